from neuro_attn.handover import hand_over

hand_over()

from pathlib import Path

from neuro_attn import networks
from neuro_attn.configuration import Network
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = Network.model_validate(snakemake.params.network)
    name, outputs = snakemake.params.name, snakemake.output
    # Checkpoints are not outputs, because Snakemake removes outputs before rerunning a job.
    checkpoints = [Path(path).with_name(".checkpoint.npz") for path in outputs.weights]
    for replicate, checkpoint in enumerate(checkpoints):
        model, log = networks.train(
            settings,
            snakemake.params.seed,
            name,
            replicate,
            checkpoint,
            str(snakemake.params.sources),
        )
        write_csv(log.assign(network=name, seed=replicate), outputs.log[replicate])
        networks.save_weights(model, outputs.weights[replicate])
    for checkpoint in checkpoints:
        checkpoint.unlink(missing_ok=True)
