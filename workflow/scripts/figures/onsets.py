from neuro_attn.configuration import dataset_from
from neuro_attn.figures import onsets, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    table = read_csv(snakemake.input[0])
    figure = onsets.draw(table, dataset_from(snakemake.params.settings).inference.confidence)
    write(figure, words.onsets(table), snakemake.output, snakemake.params.note)
