from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.figures import cross_temporal, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    results = recording.load(snakemake.input[0])
    alpha = dataset_from(snakemake.params.settings).inference.alpha
    figure = cross_temporal.draw(results, alpha)
    write(figure, words.cross_temporal(results, alpha), snakemake.output, snakemake.params.note)
