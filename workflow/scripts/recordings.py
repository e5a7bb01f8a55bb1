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
    part = sources.Part(params.paths, list(snakemake.input), params.sessions)
    outputs = dict(zip(part.sessions, snakemake.output, strict=True))
    for made in sources.read_part(
        params.name,
        dataset_from(params.settings),
        part,
        params.folder,
        params.seed,
        leave_out=params.name in snakemake.config["leave_out"],
    ):
        recording.save(made, outputs[made.attrs["session"]])
        if reason := made.attrs.get(recording.LEFT_OUT):
            print(f"session {made.attrs['session']} is left out: {reason}", file=sys.stderr)
