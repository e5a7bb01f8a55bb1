from neuro_attn.configuration import dataset_from
from neuro_attn.figures import decoding_over_time, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    inference = dataset_from(snakemake.params.settings).inference
    transfer, onsets = (read_csv(path) for path in snakemake.input)
    figure = decoding_over_time.draw(transfer, onsets, inference.alpha, inference.confidence)
    text = words.decoding_over_time(transfer, onsets)
    write(figure, text, snakemake.output, snakemake.params.note)
