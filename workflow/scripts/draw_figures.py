from neuro_attn.errors import told_in_one_message
from neuro_attn.figures.drawing import write_figures

with told_in_one_message(snakemake.log[0]):
    write_figures(
        figures=snakemake.params.figures,
        results=dict(snakemake.input.items()),
        settings=snakemake.params.settings,
        outputs=dict(snakemake.output.items()),
    )
