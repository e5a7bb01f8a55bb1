from neuro_attn.figures import unit_counts, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    table = read_csv(snakemake.input[0])
    figure = unit_counts.draw(table)
    write(figure, words.unit_counts(table), snakemake.output, snakemake.params.note)
