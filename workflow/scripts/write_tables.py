from neuro_attn.figures.tables import Page, write_tables
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    write_tables([Page(**page) for page in snakemake.params.tables])
