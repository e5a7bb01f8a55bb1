from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.configuration.published import PublishedValue
from neuro_attn.jobs import job
from neuro_attn.published import compared
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    values = [PublishedValue.model_validate(each) for each in snakemake.params.published]
    tables = dict(snakemake.input.items())
    write_csv(compared(values, tables, snakemake.wildcards.dataset), snakemake.output[0])
