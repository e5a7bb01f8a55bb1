from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.inference import confusion, nulls, reduction, tables
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = dataset_from(snakemake.params.settings).inference
    inputs = dict(snakemake.input.items())
    if "reduced" in inputs:
        regions = [recording.on_disk(path, reduction.LARGE) for path in inputs["reduced"]]
    else:
        # One block of permutations a region: a job of its own would take longer to start.
        regions = [
            reduction.reduced([recording.on_disk(path, nulls.STORED)], settings)
            for path in inputs["decodings"]
        ]
    recording.save(cross_temporal(regions, settings), snakemake.output.cross_temporal)
    write_csv(tables.transfer_table(regions, settings), snakemake.output.transfer)
    write_csv(tables.summary_table(regions, settings), snakemake.output.summary)
    onsets = onset_table(regions, settings, snakemake.params.seed, snakemake.params.compared)
    write_csv(onsets, snakemake.output.onsets)
    write_csv(tables.unit_count_table(regions), snakemake.output.unit_counts)
    write_csv(tables.trial_count_table(regions), snakemake.output.trial_counts)
    write_csv(confusion.confusion_table(regions), snakemake.output.confusion)
    write_csv(confusion.information_table(regions), snakemake.output.information)
