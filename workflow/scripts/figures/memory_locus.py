from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import memory_locus, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = memory_locus.draw(table)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.memory_locus(table), snakemake.output.words)
