from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import cross_temporal, words
from neuro_attn.figures.writing import write

with told_in_one_message(snakemake.log[0]):
    results = recording.load(snakemake.input[0])
    alpha = dataset_from(snakemake.params.settings).inference.alpha
    figure = cross_temporal.draw(results, alpha)
    write(figure, words.cross_temporal(results, alpha), snakemake.output, snakemake.params.note)
