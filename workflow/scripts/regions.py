import sys

from neuro_attn import decoding, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message
from neuro_attn.results import write_csv

with told_in_one_message(snakemake.log[0]):
    dataset = dataset_from(snakemake.params.settings)
    recordings = [recording.load(path) for path in snakemake.input.recordings]
    for each in decoding.sessions_left_out(recordings, dataset):
        print(f"session {each.session} is left out: {each} trials", file=sys.stderr)
    table = decoding.regions_table(recordings, snakemake.wildcards.dataset, dataset)
    write_csv(table, snakemake.output.table)
