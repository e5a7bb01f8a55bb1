from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.geometry.tables import measure
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.results.parts import joined, read_parts
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    if "parts" in dict(snakemake.input.items()):
        measured = [read_parts(path) for path in snakemake.input.parts]
    else:
        dataset = dataset_from(snakemake.params.settings)
        study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
        recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
        regions = read_csv(snakemake.input.regions)["region"].unique()
        measured = [measure(recordings, study, region)._asdict() for region in regions]
    for table, path in snakemake.output.items():
        write_csv(joined([of_region[table] for of_region in measured]), path)
