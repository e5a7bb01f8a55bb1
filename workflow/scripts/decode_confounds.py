from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.decoding import confounds
from neuro_attn.inference import tables
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    regions = read_csv(snakemake.input.regions)
    decoded = confounds.decode_confounds(recordings, study, regions)
    summaries = [tables.summary_table(each.decodings, dataset.inference) for each in decoded]
    write_csv(confounds.together(decoded, summaries), snakemake.output[0])
