from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.configuration import ListRecall
from neuro_attn.jobs import job
from neuro_attn.networks.skills.list_recall import list_recall
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = ListRecall.model_validate(snakemake.params.settings)
    table = list_recall(
        settings,
        snakemake.wildcards.family,
        int(snakemake.wildcards.seed),
        snakemake.params.seed,
    )
    write_csv(table, snakemake.output.list_recall)
