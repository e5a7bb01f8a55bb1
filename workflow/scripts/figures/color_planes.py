from neuro_attn.figures import color_planes, words
from neuro_attn.figures.writing import write
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    planes, geometry = (read_csv(path) for path in snakemake.input)
    figure = color_planes.draw(planes, geometry)
    write(figure, words.color_planes(planes, geometry), snakemake.output, snakemake.params.note)
