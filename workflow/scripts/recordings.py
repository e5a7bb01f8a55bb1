from neuro_attn.handover import hand_over

hand_over()

import sys

from neuro_attn import budget, recording, sources
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job

memory = snakemake.config.get("memory")
with (
    job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output),
    budget.limited(memory),
):
    params = snakemake.params
    # Files of a storage are read from local copies.
    files = list(snakemake.input)
    paths = [sources.as_copied(path, files) for path in params.paths]
    folder = sources.as_copied(params.folder, files)
    part = sources.Part(paths, files, params.sessions)
    outputs = dict(zip(part.sessions, snakemake.output, strict=True))
    for made in sources.read_part(
        params.name,
        dataset_from(params.settings),
        part,
        folder,
        params.seed,
        leave_out=params.name in snakemake.config["leave_out"],
    ):
        if folder != params.folder and "origin" in made.attrs:
            made.attrs["origin"] = made.attrs["origin"].replace(folder, params.folder, 1)
        recording.save(made, outputs[made.attrs["session"]])
        if reason := made.attrs.get(recording.LEFT_OUT):
            print(f"session {made.attrs['session']} is left out: {reason}", file=sys.stderr)
