from neuro_attn.handover import hand_over

hand_over()

import json

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.decoding.confound_aims import shared_by
from neuro_attn.files import write_text
from neuro_attn.jobs import job
from neuro_attn.results import read_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    regions = list(read_csv(snakemake.input.regions)["region"].unique())
    shared = shared_by(recordings, study, regions)
    write_text(json.dumps(shared.as_json()), snakemake.output[0])
