from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.configuration import Captioning
from neuro_attn.jobs import job
from neuro_attn.networks.skills.captioning.learning import captioning
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    tables = captioning(
        Captioning.model_validate(snakemake.params.settings),
        snakemake.wildcards.family,
        int(snakemake.wildcards.seed),
        snakemake.params.seed,
    )
    for name, table in tables.items():
        write_csv(table, snakemake.output[name])
