from neuro_attn.handover import hand_over

hand_over()

import json
from functools import partial
from pathlib import Path

from neuro_attn import recording
from neuro_attn.configuration import dataset_from
from neuro_attn.decoding import confounds
from neuro_attn.decoding.confound_aims import Shared
from neuro_attn.files import from_filename
from neuro_attn.inference import reduction
from neuro_attn.jobs import job
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    dataset = dataset_from(snakemake.params.settings)
    study = Study(snakemake.wildcards.dataset, dataset, snakemake.params.seed)
    recordings = [recording.on_disk(path) for path in snakemake.input.recordings]
    shared = json.loads(Path(snakemake.input.shared).read_text(encoding="utf-8"))
    outcomes = confounds.decode_region(
        recordings,
        study,
        from_filename(snakemake.wildcards.region),
        shared=Shared.from_json(shared),
        n_units=snakemake.params.n_units,
        kept=partial(reduction.in_windows, settings=dataset.inference),
    )
    recording.save(confounds.stored(outcomes), snakemake.output[0])
