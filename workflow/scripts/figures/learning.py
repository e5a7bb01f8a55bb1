from neuro_attn.figures import learning, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    figure = learning.draw(read_csv(snakemake.input.training))
    write(figure, words.learning(read_csv(snakemake.input.report_error)), snakemake.output)
