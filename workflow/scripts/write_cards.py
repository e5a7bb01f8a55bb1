from neuro_attn.handover import hand_over

hand_over()

from neuro_attn.configuration import family_file
from neuro_attn.files import write_text
from neuro_attn.jobs import job
from neuro_attn.report.cards import Card, as_page
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    tables = {name: read_csv(path) for name, path in snakemake.input.items()}
    for (name, settings), path in zip(
        snakemake.params.networks.items(), snakemake.output, strict=True
    ):
        family = snakemake.params.families[name]
        card = Card(name, settings, family_file(family) if family else None, tables)
        write_text(as_page(card), path)
