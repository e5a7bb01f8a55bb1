from neuro_attn.figures import list_recall, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    table = read_csv(snakemake.input[0])
    figure = list_recall.draw(table)
    write(figure, words.list_recall(table), snakemake.output)
