from neuro_attn.figures import memory_locus, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    table = read_csv(snakemake.input[0])
    figure = memory_locus.draw(table)
    write(figure, words.memory_locus(table), snakemake.output)
