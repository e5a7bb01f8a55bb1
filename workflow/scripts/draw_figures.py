from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.figures.drawing import write_figures
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    write_figures(
        figures=snakemake.params.figures,
        results=dict(snakemake.input.items()),
        settings=snakemake.params.settings,
        outputs=dict(snakemake.output.items()),
    )
