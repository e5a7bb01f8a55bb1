from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.figures.tables import Page, write_tables
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    files = zip(snakemake.input, snakemake.output[::2], snakemake.output[1::2], strict=True)
    write_tables(
        Page(**page, file=file, html=html, caption=caption)
        for page, (file, html, caption) in zip(snakemake.params.tables, files, strict=True)
    )
