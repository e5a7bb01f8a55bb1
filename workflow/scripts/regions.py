import sys

from neuro_attn import decoding, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    recordings = [recording.load(path) for path in snakemake.input.recordings]
    for each in decoding.sessions_left_out(recordings, dataset):
        print(f"session {each.session} is left out: {each} trials", file=sys.stderr)
    table = decoding.regions_table(recordings, snakemake.wildcards.dataset, dataset)
    write_csv(table, snakemake.output.table)
