from neuro_attn.handover import hand_over

hand_over()

from functools import partial

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.decoding import confounds
from neuro_attn.inference import reduction, tables
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    if "parts" in dict(snakemake.input.items()):
        outcomes = [confounds.restored(recording.load(path)) for path in snakemake.input.parts]
        decoded = confounds.combined(outcomes, study.name)
    else:
        recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
        regions = read_csv(snakemake.input.regions)
        kept = partial(reduction.in_windows, settings=dataset.inference)
        decoded = confounds.decode_confounds(recordings, study, regions, kept)
    summaries = [tables.summary_table(each.decodings, dataset.inference) for each in decoded]
    write_csv(confounds.together(decoded, summaries), snakemake.output[0])
