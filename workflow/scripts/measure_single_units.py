from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.single_units.tables import tables_of
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    units = read_csv(snakemake.input.session_units)
    regions = {name: set(of["session"]) for name, of in units.groupby("region", sort=False)}
    recordings = map(recording.on_disk, snakemake.input.recordings)
    tables = tables_of(recordings, study, regions)
    for table, path in snakemake.output.items():
        write_csv(getattr(tables, table), path)
