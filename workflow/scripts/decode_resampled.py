from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.files import from_filename
from neuro_attn.jobs import job
from neuro_attn.resampled_decoding.decode import decode
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    region = from_filename(snakemake.wildcards.region)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    recording.save(decode(recordings, study, region), snakemake.output[0])
