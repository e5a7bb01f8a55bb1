from neuro_attn.figures import signatures, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    table, distances = read_csv(snakemake.input.signatures), read_csv(snakemake.input.distances)
    networks = snakemake.params.networks
    figure = signatures.draw(table, distances, snakemake.params.brain, networks)
    drawn = signatures.shown(table, distances, networks)
    write(figure, words.signatures(drawn), snakemake.output, snakemake.params.note)
