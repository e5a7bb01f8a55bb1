from neuro_attn import comparison, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = {name: dataset_from(each) for name, each in snakemake.params.settings.items()}
    recordings = {name: [] for name in settings}
    for path in snakemake.input.recordings:
        one = recording.load(path)
        recordings[one.attrs["dataset"]].append(one)
    tables = [read_csv(path) for path in snakemake.input.regions]
    regions = dict(zip(settings, (list(t["region"].unique()) for t in tables), strict=True))
    brain, networks = snakemake.params.brain, snakemake.params.networks
    table = comparison.compare_representations(
        recordings, regions, settings, brain, networks, snakemake.params.seed
    )
    write_csv(table, snakemake.output[0])
