from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.inference import nulls, reduction
from neuro_attn.jobs import job

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    settings = dataset_from(snakemake.params.settings).inference
    paths = [snakemake.input.decoding, *snakemake.input.nulls]
    blocks = [recording.on_disk(path, nulls.STORED) for path in paths]
    recording.save(reduction.reduced(blocks, settings), snakemake.output[0])
