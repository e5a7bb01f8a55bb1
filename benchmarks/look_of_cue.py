"""Verdicts on V4 with and without a code of the look of the cue.

    python -m benchmarks.look_of_cue

We simulate V4 in eight sessions of the original study's trials (`paper_size.yaml`), with a shared
and with task-specific codes, in 0.1 to 0.25 s after the cue, when units respond to its look. The
response to the look is absent or has, at its peak, three times the SD of the selection code; half
of its variance distinguishes upper from lower cues. Verdicts on selection
concern the two retro cue sets, verdicts on generalisation pro and retro set 2. The latter rest on
the overlap relative to that of selection, or, without reference tasks, relative to codes within
tasks. Counts of verdicts are kept in `look_of_cue.json`, which docs/original_study.md shows.
"""

import json
from collections import Counter
from itertools import product
from pathlib import Path

from benchmarks.calibration import NAME, paper, spike_counts
from neuro_attn.configuration import SimulatedRegion
from neuro_attn.configuration.sources.simulation import SimulationDataset
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.study import Study

KEPT = Path(__file__).with_suffix(".json")
TASKS = ("pro", "retro_1", "retro_2")
SELECTION, GENERALISATION = ("retro_1", "retro_2"), ("pro", "retro_2")
CODES = {"shared": 1.0, "task-specific": 0.0}
LOOKS = {"none": 0.0, "three times the selection code": 4.5}
"""SD over units of the response to the look, spikes/s; that of the selection code is 1.5."""
DATA_SETS = 50


def data_set(code: str, look: str) -> SimulationDataset:
    """Return the settings of a simulation of V4."""
    dataset = paper((0.1, 0.25), 0.15, TASKS)
    region = SimulatedRegion(
        units=160, selection_onset=0.1, selection_axis_cosine=CODES[code], cue_sd=LOOKS[look]
    )
    changes = {"sessions": 8, "regions": {"V4": region}}
    planted = dataset.simulation.model_copy(update=changes)
    return dataset.model_copy(update={"simulation": planted})


def verdicts(code: str, look: str, seed: int) -> dict[str, str]:
    """Return the verdicts on a simulated data set."""
    dataset = data_set(code, look)
    recordings = spike_counts(dataset, seed, ["V4"])
    found = {}
    for against, reference in (("selection", [*SELECTION]), ("within tasks", None)):
        study = Study(NAME, dataset.model_copy(update={"reference_tasks": reference}), seed)
        table = tables_of(recordings, study, ["V4"]).verdicts
        table = table.set_index(["first_task", "second_task"])["verdict"]
        found["selection"] = table[SELECTION]
        found[f"generalisation, relative to {against}"] = table[GENERALISATION]
    return found


def main() -> None:
    """Count the verdicts in all worlds, and keep them."""
    counted = {}
    for code, look in product(CODES, LOOKS):
        made = [verdicts(code, look, seed) for seed in range(DATA_SETS)]
        for what in made[0]:
            counts = Counter(each[what] for each in made)
            counted[f"{code}; {look}; {what}"] = dict(counts.most_common())
            print(f"{code}; {look}; {what}: {dict(counts.most_common())}", flush=True)
    KEPT.write_text(json.dumps(counted, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
