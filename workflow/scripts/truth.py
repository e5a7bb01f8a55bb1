from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.sources.simulation import plant

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    truth = plant(dataset.simulation, snakemake.wildcards.dataset, snakemake.params.seed)
    recording.save(truth, snakemake.output[0])
