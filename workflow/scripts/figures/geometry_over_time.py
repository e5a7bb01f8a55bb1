from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import geometry_over_time, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    confidence = dataset_from(snakemake.params.settings).inference.confidence
    figure = geometry_over_time.draw(table, confidence)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.geometry_over_time(table), snakemake.output.words)
