from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.inference import tables
from neuro_attn.inference.blocks import with_nulls
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = dataset_from(snakemake.params.settings).inference
    blocks = [recording.load(path) for path in snakemake.input.nulls]
    decodings = [
        with_nulls(each, [b for b in blocks if b.attrs["region"] == each.attrs["region"]])
        for each in map(recording.load, snakemake.input.decodings)
    ]
    write_csv(tables.transfer_table(decodings, settings), snakemake.output.transfer)
    write_csv(tables.summary_table(decodings, settings), snakemake.output.summary)
    write_csv(onset_table(decodings, settings, snakemake.params.seed), snakemake.output.onsets)
    write_csv(tables.unit_count_table(decodings), snakemake.output.unit_counts)
    write_csv(tables.trial_count_table(decodings), snakemake.output.trial_counts)
    recording.save(cross_temporal(decodings, settings), snakemake.output.cross_temporal)
