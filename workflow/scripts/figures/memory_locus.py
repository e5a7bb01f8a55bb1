from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import memory_locus, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = memory_locus.draw(table)
    write(figure, words.memory_locus(table), snakemake.output)
