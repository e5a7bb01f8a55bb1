from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.inference import nulls, predictions, reduction
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
    found = predictions.prediction_cross_temporal(regions, settings)
    recording.save(found, snakemake.output.cross_temporal)
    write_csv(predictions.prediction_table(regions, settings), snakemake.output.windows)
    write_csv(predictions.prediction_table(regions, settings, "time"), snakemake.output.over_time)
