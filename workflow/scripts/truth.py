from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.sources.simulation import plant

with told_in_one_message(snakemake.log[0]):
    dataset = dataset_from(snakemake.params.settings)
    truth = plant(dataset.simulation, snakemake.wildcards.dataset, snakemake.params.seed)
    recording.save(truth, snakemake.output[0])
