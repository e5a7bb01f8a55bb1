from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import style, unit_counts, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = unit_counts.draw(table)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.unit_counts(table), snakemake.output.words)
