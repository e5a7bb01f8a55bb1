from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import Simulation
from neuro_attn.jobs import job
from neuro_attn.sources.simulation.generation import plant

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = Simulation.model_validate(snakemake.params.simulation)
    name = settings.stream or snakemake.wildcards.dataset
    truth = plant(settings, name, snakemake.params.seed)
    recording.save(truth, snakemake.output[0])
