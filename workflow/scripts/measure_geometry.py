import pandas as pd

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.geometry.tables import measure
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    regions = read_csv(snakemake.input.regions)["region"].unique()
    measured = [measure(recordings, study, region) for region in regions]
    for table, path in snakemake.output.items():
        tables = [getattr(of_region, table) for of_region in measured]
        full = [each for each in tables if len(each)] or tables[:1]
        write_csv(pd.concat(full, ignore_index=True), path)
