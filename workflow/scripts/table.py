from neuro_attn.figures.tables import to_html
from neuro_attn.files import write_text
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    table, note = read_csv(snakemake.input[0]), snakemake.params.get("note", "")
    page = to_html(table, snakemake.params.title, snakemake.input[0], note)
    write_text(page, snakemake.output[0])
