from neuro_attn import recording
from neuro_attn.configuration import Simulation
from neuro_attn.jobs import job
from neuro_attn.sources.simulation.generation import plant

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = Simulation.model_validate(snakemake.params.simulation)
    truth = plant(settings, snakemake.wildcards.dataset, snakemake.params.seed)
    recording.save(truth, snakemake.output[0])
