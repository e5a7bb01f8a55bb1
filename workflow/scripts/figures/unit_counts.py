from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import unit_counts, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = unit_counts.draw(table)
    write(figure, words.unit_counts(table), snakemake.output, snakemake.params.note)
