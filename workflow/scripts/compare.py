from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import comparison, recording
from neuro_attn.jobs import job
from neuro_attn.results import write_csv

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    brains, files = (
        [recording.load(path) for path in paths]
        for paths in (snakemake.input.brain, snakemake.input.networks)
    )
    brain, populations = (
        [one for whole in wholes for one in comparison.apart(whole)] for wholes in (brains, files)
    )
    absent = [each for whole in files for each in comparison.absent_of(whole)]
    confidence = snakemake.params.confidence
    networks = comparison.by_population(populations, snakemake.params.networks)
    write_csv(comparison.distances(brain, networks, confidence), snakemake.output.distances)
    tested = comparison.fits(brain, networks, confidence)
    write_csv(tested, snakemake.output.fit)
    nearest = comparison.nearest(brain, networks, tested=tested, confidence=confidence)
    write_csv(nearest, snakemake.output.nearest)
    write_csv(comparison.signature_table([*brain, *populations]), snakemake.output.signatures)
    left_out = comparison.left_out_table(brain, populations, confidence, absent)
    write_csv(left_out, snakemake.output.left_out)
