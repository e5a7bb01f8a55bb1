from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import onsets, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    table = read_csv(snakemake.input[0])
    figure = onsets.draw(table, dataset_from(snakemake.params.settings).inference.confidence)
    write(figure, words.onsets(table), snakemake.output, snakemake.params.note)
