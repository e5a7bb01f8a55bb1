from neuro_attn.configuration import dataset_from
from neuro_attn.figures import timeline
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    figure = timeline.draw(dataset_from(snakemake.params.settings).simulation.timing)
    write(figure, "", snakemake.output, snakemake.params.note)
