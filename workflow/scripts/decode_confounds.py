from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.decoding import confounds
from neuro_attn.inference import tables
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset, name = dataset_from(snakemake.params.settings), snakemake.wildcards.dataset
    recordings = [recording.load(path) for path in snakemake.input.recordings]
    decoded = confounds.decode_confounds(
        recordings, dataset, read_csv(snakemake.input.regions), snakemake.params.seed, name
    )
    summaries = {
        key: tables.summary_table(decodings, dataset.inference)
        for key, decodings in decoded.items()
    }
    write_csv(confounds.together(summaries), snakemake.output[0])
