from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    regions = read_csv(snakemake.input.regions)["region"].unique()
    tables = tables_of(recordings, study, regions)
    for table, path in snakemake.output.items():
        write_csv(getattr(tables, table), path)
