from neuro_attn import decoding, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.files import from_filename
from neuro_attn.jobs import job
from neuro_attn.results import read_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    name, region = snakemake.wildcards.dataset, from_filename(snakemake.wildcards.region)
    dataset = dataset_from(snakemake.params.settings)
    recordings = [recording.load(path) for path in snakemake.input.recordings]
    members = decoding.populations(recordings, name, dataset, region)
    n_units = decoding.units_per_draw(dataset, read_csv(snakemake.input.regions))
    result = decoding.decode_region(members, dataset, n_units, snakemake.params.seed, name, region)
    recording.save(result, snakemake.output[0])
