from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import style, timeline

with told_in_one_message(snakemake.log[0]):
    figure = timeline.draw(dataset_from(snakemake.params.settings).simulation.timing)
    style.save(figure, snakemake.output.png)
    style.save(figure, snakemake.output.svg)
