from neuro_attn.configuration import ListRecall
from neuro_attn.errors import told_in_one_message
from neuro_attn.networks.list_recall import list_recall
from neuro_attn.results import write_csv

with told_in_one_message(snakemake.log[0]):
    settings = ListRecall.model_validate(snakemake.params.settings)
    table = list_recall(
        settings,
        snakemake.wildcards.family,
        int(snakemake.wildcards.seed),
        snakemake.params.seed,
    )
    write_csv(table, snakemake.output.table)
