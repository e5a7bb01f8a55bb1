from neuro_attn.errors import told_in_one_message
from neuro_attn.figures.tables import write_tables

with told_in_one_message(snakemake.log[0]):
    write_tables(
        tables=snakemake.params.tables,
        results=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
    )
