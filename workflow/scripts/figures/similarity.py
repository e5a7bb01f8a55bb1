from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import similarity, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    figure = similarity.draw(read_csv(snakemake.input.distances), snakemake.params.confidence)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.similarity(read_csv(snakemake.input.nearest)), snakemake.output.words)
