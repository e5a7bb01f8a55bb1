from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import list_recall, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = list_recall.draw(table)
    write(figure, words.list_recall(table), snakemake.output)
