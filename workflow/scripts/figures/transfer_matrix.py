from neuro_attn.configuration import dataset_from
from neuro_attn.figures import transfer_matrix, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    summary = read_csv(snakemake.input[0])
    dataset = dataset_from(snakemake.params.settings)
    figure = transfer_matrix.draw(summary, dataset.inference.alpha)
    caption = words.transfer_matrix(summary, dataset.windows)
    write(figure, caption, snakemake.output, snakemake.params.note)
