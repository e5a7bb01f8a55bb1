from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import color_planes, style, words
from neuro_attn.files import write_text
from neuro_attn.results import read_csv

with told_in_one_message(snakemake.log[0]):
    planes, geometry = (read_csv(path) for path in snakemake.input)
    figure = color_planes.draw(planes, geometry)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
    write_text(words.color_planes(planes, geometry), snakemake.output.words)
