from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.figures import timeline
from neuro_attn.figures.writing import write

with told_in_one_message(snakemake.log[0]):
    figure = timeline.draw(dataset_from(snakemake.params.settings).simulation.timing)
    write(figure, "", snakemake.output, snakemake.params.note)
