from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.decoding import without_test_only
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.shared_code.estimates import sample_of
from neuro_attn.shared_code.of_region import codes_of, restored, tests_of
from neuro_attn.shared_code.tables import tables_from
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    recordings, study = without_test_only(recordings, study)
    if "parts" in dict(snakemake.input.items()):
        tests = tests_of(study)
        codes = [restored(recording.load(path), tests) for path in snakemake.input.parts]
    else:
        regions = read_csv(snakemake.input.regions)["region"].unique()
        codes = [codes_of(recordings, study, region) for region in regions]
    tables = tables_from(codes, sample_of(recordings), study)
    for table, path in snakemake.output.items():
        write_csv(getattr(tables, table), path)
