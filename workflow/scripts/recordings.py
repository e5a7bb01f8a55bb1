from neuro_attn import recording, sources
from neuro_attn.configuration import dataset_from
from neuro_attn.errors import told_in_one_message

with told_in_one_message(snakemake.log[0]):
    dataset = dataset_from(snakemake.params.settings)
    recordings = sources.read(
        snakemake.params.name, dataset, snakemake.params.folder, snakemake.params.seed
    )
    for each, path in zip(recordings, snakemake.output, strict=True):
        recording.save(each, path)
