from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import geometry, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = geometry.draw(table, dataset_from(snakemake.params.settings).inference.confidence)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.geometry(table), snakemake.output.words)
