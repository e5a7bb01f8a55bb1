from neuro_attn.figures import similarity, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    figure = similarity.draw(read_csv(snakemake.input.distances), snakemake.params.confidence)
    text = words.similarity(read_csv(snakemake.input.nearest))
    write(figure, text, snakemake.output, snakemake.params.note)
