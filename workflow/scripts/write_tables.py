from neuro_attn.figures.tables import write_tables
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    write_tables(
        tables=snakemake.params.tables,
        results=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
    )
