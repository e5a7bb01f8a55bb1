from neuro_attn import budget, recording, sources
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job

memory = snakemake.config.get("memory")
with (
    job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output),
    budget.limited(memory),
):
    dataset = dataset_from(snakemake.params.settings)
    recordings = sources.read(
        snakemake.params.name, dataset, snakemake.params.folder, snakemake.params.seed
    )
    for each, path in zip(recordings, snakemake.output, strict=True):
        recording.save(each, path)
