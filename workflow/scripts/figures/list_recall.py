from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import list_recall, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = list_recall.draw(table)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.list_recall(table), snakemake.output.words)
