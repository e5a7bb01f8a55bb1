from neuro_attn import networks
from neuro_attn.configuration import Network
from neuro_attn.errors import told_in_one_message
from neuro_attn.files import write_csv

with told_in_one_message(snakemake.log[0]):
    settings = Network.model_validate(snakemake.params.network)
    model, log = networks.train(
        settings, snakemake.params.seed, snakemake.params.name, int(snakemake.wildcards.seed)
    )
    names = {"network": snakemake.params.name, "seed": int(snakemake.wildcards.seed)}
    write_csv(log.assign(**names), snakemake.output.log)
    networks.save_weights(model, snakemake.output.weights)
