from pathlib import Path

from neuro_attn import networks
from neuro_attn.configuration import Network
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = Network.model_validate(snakemake.params.network)
    name, replicate = snakemake.params.name, int(snakemake.wildcards.seed)
    # The checkpoint is not an output, because Snakemake removes outputs before rerunning a job.
    checkpoint = Path(snakemake.output.weights).with_name(".checkpoint.npz")
    model, log = networks.train(
        settings, snakemake.params.seed, name, replicate, checkpoint, str(snakemake.params.sources)
    )
    write_csv(log.assign(network=name, seed=replicate), snakemake.output.log)
    networks.save_weights(model, snakemake.output.weights)
    checkpoint.unlink(missing_ok=True)
