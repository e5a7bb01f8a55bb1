from neuro_attn.handover import hand_over

hand_over()

from neuro_attn import comparison, recording
from neuro_attn.configuration import dataset_from
from neuro_attn.jobs import job
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

with job(rule=snakemake.rule, log=snakemake.log[0], outputs=snakemake.output):
    studies = {
        name: Study(name, dataset_from(each), snakemake.params.seed)
        for name, each in snakemake.params.settings.items()
    }
    recordings = {name: [] for name in studies}
    for path in snakemake.input.recordings:
        one = recording.on_disk(path)
        recordings[one.attrs["dataset"]].append(one)
    tables = [read_csv(path) for path in snakemake.input.regions]
    regions = dict(zip(studies, (list(t["region"].unique()) for t in tables), strict=True))
    scores = comparison.model_scores(
        recordings,
        regions,
        studies,
        brain=snakemake.params.brain,
        networks=snakemake.params.networks,
        usable={
            name: comparison.usable(recordings[name], studies[name], regions[name])
            for name in snakemake.params.networks
        },
    )
    write_csv(scores, snakemake.output.scores)
    board = comparison.leaderboard(
        scores,
        read_csv(snakemake.input.fit),
        read_csv(snakemake.input.errors),
        brain=snakemake.params.brain,
        confidence=snakemake.params.confidence,
    )
    write_csv(board, snakemake.output.leaderboard)
