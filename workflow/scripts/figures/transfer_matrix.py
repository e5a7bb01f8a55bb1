from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import transfer_matrix, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    summary = read_csv(snakemake.input[0])
    dataset = dataset_from(snakemake.params.settings)
    figure = transfer_matrix.draw(summary, dataset.inference.alpha)
    caption = words.transfer_matrix(summary, dataset.windows)
    write(figure, caption, snakemake.output, snakemake.params.note)
