from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import signatures, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table, distances = read_csv(snakemake.input.signatures), read_csv(snakemake.input.distances)
    networks = snakemake.params.networks
    figure = signatures.draw(table, distances, snakemake.params.brain, networks)
    drawn = signatures.shown(table, distances, networks)
    write(figure, words.signatures(drawn), snakemake.output, snakemake.params.note)
