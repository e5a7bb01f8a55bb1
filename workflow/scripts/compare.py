from neuro_attn import comparison, recording
from neuro_attn.errors import told_in_one_message
from neuro_attn.files import write_csv

with told_in_one_message(snakemake.log[0]):
    brain = [comparison.signature(recording.load(path)) for path in snakemake.input.brain]
    networks = []
    for path in snakemake.input.networks:
        signature = comparison.signature(recording.load(path))
        network, trained = snakemake.params.networks[signature.attrs["dataset"]]
        networks.append((network, trained, signature.attrs["region"], signature))
    confidence = snakemake.params.confidence
    write_csv(comparison.distances(brain, networks, confidence), snakemake.output.distances)
    write_csv(comparison.nearest(brain, networks, confidence), snakemake.output.nearest)
    everything = brain + [signature for *_, signature in networks]
    write_csv(comparison.signature_table(everything), snakemake.output.signatures)
