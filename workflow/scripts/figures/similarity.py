from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import similarity, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    figure = similarity.draw(read_csv(snakemake.input.distances), snakemake.params.confidence)
    text = words.similarity(read_csv(snakemake.input.nearest))
    write(figure, text, snakemake.output, snakemake.params.note)
