from neuro_attn import decoding, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.files import write_csv

with told_in_one_message(snakemake.log[0]):
    recordings = [recording.load(path) for path in snakemake.input.recordings]
    table = decoding.regions_table(
        recordings, snakemake.wildcards.dataset, dataset_from(snakemake.params.settings)
    )
    write_csv(table, snakemake.output.table)
