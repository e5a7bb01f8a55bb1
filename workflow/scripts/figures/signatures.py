from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import signatures, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table, distances = read_csv(snakemake.input.signatures), read_csv(snakemake.input.distances)
    networks = snakemake.params.networks
    figure = signatures.draw(table, distances, snakemake.params.brain, networks)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    drawn = signatures.shown(table, distances, networks)
    write_text(words.signatures(drawn), snakemake.output.words)
