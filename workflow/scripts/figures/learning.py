from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import learning, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    figure = learning.draw(read_csv(snakemake.input.training))
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.learning(read_csv(snakemake.input.report_error)), snakemake.output.words)
