import pandas as pd

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.geometry.tables import measure
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset, name = dataset_from(snakemake.params.settings), snakemake.wildcards.dataset
    recordings = [recording.load(path) for path in snakemake.input.recordings]
    regions = read_csv(snakemake.input.regions)["region"].unique()
    measured = [
        measure(recordings, dataset, region, snakemake.params.seed, name) for region in regions
    ]
    for table, path in snakemake.output.items():
        tables = [getattr(of_region, table) for of_region in measured]
        full = [each for each in tables if len(each)] or tables[:1]
        write_csv(pd.concat(full, ignore_index=True), path)
