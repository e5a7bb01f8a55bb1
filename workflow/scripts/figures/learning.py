from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import learning, words
from neuro_attn.figures.writing import write
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    figure = learning.draw(read_csv(snakemake.input.training))
    write(figure, words.learning(read_csv(snakemake.input.report_error)), snakemake.output)
