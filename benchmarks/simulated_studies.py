"""How often the analysis finds what is planted in studies of the size of the original one.

    python -m benchmarks.simulated_studies

Each study is a simulation of `config/panichello_buschman.yaml` with another seed: all sessions,
units and trials, but spike counts in one window (0.5 to 0.8 s) instead of smoothed rates. We count
the studies in which the interval contains the planted value, and the verdicts.
docs/original_study.md shows the counts, which are kept in `simulated_studies.json`.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path

import yaml

from benchmarks.calibration import NAME, spike_counts
from neuro_attn.behaviour import tables as behaviour
from neuro_attn.configuration import parse
from neuro_attn.configuration.sources.simulation import SimulationDataset
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.study import Study

CONFIG = Path(__file__).parents[1] / "config/panichello_buschman.yaml"
KEPT = Path(__file__).with_suffix(".json")
STUDIES = 100
EN_DASH = "\N{EN DASH}"
SELECTION, GENERALISATION = ("retro_1", "retro_2"), ("pro", "retro_2")


def original() -> SimulationDataset:
    """Return the settings of the original study with one window of counts."""
    keys = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["datasets"]["panichello_buschman"]
    keys["time"] = {"start": 0.5, "stop": 0.8, "bin": 0.3}
    keys["windows"] = {"late": [0.5, 0.8]}
    # Values of other windows cannot be compared, and the others are not needed.
    del keys["published"]
    return parse({"datasets": {NAME: keys}}).datasets[NAME]


def study(seed: int) -> dict[str, str | bool]:
    """Return what is found in a study: verdicts, and whether intervals contain what is planted."""
    dataset = original()
    recordings = spike_counts(dataset, seed, list(dataset.simulation.regions))
    here = Study(NAME, dataset, seed)
    found: dict[str, str | bool] = {}
    table = tables_of(recordings, here, list(dataset.simulation.regions)).verdicts
    for row in table.itertuples():
        pair = (row.first_task, row.second_task)
        if pair == SELECTION:
            found[f"selection, {row.region}, verdict"] = row.verdict
        if pair == GENERALISATION:
            planted = dataset.simulation.regions[row.region].selection_axis_cosine
            inside = row.relative_low <= planted <= row.relative_high
            found[f"generalisation, {row.region}, verdict"] = row.verdict
            found[f"generalisation, {row.region}, interval"] = bool(inside)
    measures = behaviour.tables_of(recordings, here).behaviour_measures
    measures = measures[(measures["session"] == "all") & (measures["measure"] == "mean_error")]
    errors = {"pro": 46.1, "retro_1": 51.8, "retro_2": 51.8, "single": 38.1}
    for row in measures[measures["task"].isin(errors)].itertuples():
        found[f"error, {row.task}, interval"] = bool(row.ci_low <= errors[row.task] <= row.ci_high)
    return found


def table(kept: dict[str, dict[str, int]]) -> str:
    """Return the counts as a table in Markdown."""
    lines = [
        "| analysis | interval contains what is planted | verdicts |",
        "| --- | --- | --- |",
    ]
    for name in dict.fromkeys(what.rpartition(", ")[0] for what in kept):
        inside, verdicts = (kept.get(f"{name}, {kind}", {}) for kind in ("interval", "verdict"))
        listed = sorted(verdicts.items(), key=lambda each: -each[1])
        lines.append(
            f"| {name} | {inside.get('True', 0) if inside else EN_DASH} | "
            f"{', '.join(f'{n} {verdict}' for verdict, n in listed) or EN_DASH} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Count what is found in all studies, and keep the counts."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for seed in range(STUDIES):
        for what, value in study(seed).items():
            counts[what][str(value)] += 1
        print(seed, {what: dict(each) for what, each in counts.items()}, flush=True)
    kept = {what: dict(each) for what, each in sorted(counts.items())}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(table(kept))


if __name__ == "__main__":
    main()
