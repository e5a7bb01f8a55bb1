"""Type I error and power of differences of accuracy between tests of the same decoders, counted.

`python -m benchmarks.accuracy_differences [--datasets N] [--cores K]` draws data sets with a task
and two sets of trials that are only tested, decodes them, and counts in how many of N accuracies
differ significantly. It prints the rates and writes them, with their binomial intervals, to
results/benchmarks/accuracy-differences.json. With --write they also replace
accuracy_differences.json beside this file, which docs/calibration.md quotes
(docs/site/calibration.py).
"""

import argparse
import json
import os
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from benchmarks.calibration import NAME, TASKS, as_recording, settings
from benchmarks.machine import save
from benchmarks.shared_code import counted
from neuro_attn.configuration import parse
from neuro_attn.decoding import build_populations
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.inference.accuracy_differences import difference_table
from neuro_attn.inference.significance import significant
from neuro_attn.printing import bar
from neuro_attn.randomness import stream
from neuro_attn.study import Study

SEED = 2021
ALPHA = 0.05
KEPT = Path(__file__).with_name("accuracy_differences.json")
SESSIONS, UNITS = 8, 15
TRIALS = {TASKS[0]: 40, "many": 20, "few": 4}
"""Trials of each class in a session: of the task, and of those that are only tested."""
TIMES = np.array([0.05])


class World(NamedTuple):
    """How strong the code is, in SDs of a unit's noise, and how it differs.

    ``strength``, in the task; ``factor``, in the trials that are only tested, relative to the task;
    ``spread``, SD of the logarithm of the strength over sessions; ``shared``, SD of noise that all
    units of a session share.
    """

    strength: float
    factor: float = 1.0
    spread: float = 0.5
    shared: float = 0.0


WORLDS = {
    "no code": World(0.0),
    "a weak code": World(0.15),
    "a strong code, correlated noise": World(0.5, shared=0.5),
    "strengths that differ more over sessions": World(0.3, spread=1.0),
    "a code that is half as strong": World(0.5, factor=0.5),
}
"""By name; in the last one, accuracies differ between the task and the other trials."""


def study_of(number: int) -> Study:
    """Return the settings of a data set: one window, two folds, one draw."""
    keys = settings(1, tasks=TASKS[:1]).model_dump(mode="json")
    keys["test_only"] = {task: {"trials": f"order == '{task}'"} for task in list(TRIALS)[1:]}
    keys["windows"] = {"late": [0.0, 0.1]}
    return Study(NAME, parse({"datasets": {NAME: keys}}).datasets[NAME], number)


def recordings_of(world: World, rng: np.random.Generator) -> list[xr.Dataset]:
    """Draw the sessions of a data set."""
    made = []
    task = np.repeat(list(TRIALS), [2 * n for n in TRIALS.values()])
    side = np.concatenate([np.repeat([0, 1], n) for n in TRIALS.values()])
    gain = np.where(task == TASKS[0], 1.0, world.factor) * np.where(side == 1, 1, -1)
    for session in range(SESSIONS):
        strength = world.strength * np.exp(world.spread * rng.normal())
        axis = strength * rng.normal(size=UNITS)
        noise = rng.normal(size=(len(task), UNITS)) + world.shared * rng.normal(size=(len(task), 1))
        rates = (10 + gain[:, None] * axis + noise)[..., None]
        region, first = np.repeat(["V4"], UNITS), np.zeros(len(task), int)
        one = as_recording(f"session{session}", rates, first, side, region, TIMES)
        made.append(one.assign_coords(task=("trial", task.astype(object))))
    return made


def summary_of(recordings: list[xr.Dataset], study: Study) -> pd.DataFrame:
    """Return the accuracies of all sessions in the window."""
    rows = []
    for member in build_populations(recordings, study, "V4"):
        (surrogates,) = surrogates_of([member], study)
        with bar(desc="", disable=True) as progress:
            decoder = PopulationDecoder(
                member, study, region="V4", n_units=None, surrogates=surrogates, progress=progress
            )
            accuracy = decoder.replicated([ORIGINAL])[0, 0, :, -1, -1]
        rows += [
            (member.session, "V4", TASKS[0], test, "late", float(each))
            for test, each in zip(member.tested_tasks, accuracy, strict=True)
        ]
    names = ["session", "region", "train_task", "test_task", "window", "accuracy"]
    table = pd.DataFrame(rows, columns=names)
    mean = table.groupby(names[1:-1], sort=False)["accuracy"].mean().reset_index()
    return pd.concat([mean.assign(session="all"), table], ignore_index=True)


def experiment(number: int, name: str) -> dict[str, bool]:
    """Return whether accuracies differ significantly, and whether intervals contain 0."""
    rng, study = stream(SEED, "accuracy differences", name, number), study_of(number)
    table = difference_table(summary_of(recordings_of(WORLDS[name], rng), study), study)
    found = {}
    for row in table.itertuples():
        pair = f"{row.first_task} and {row.second_task}"
        found[f"significant, {pair}"] = bool(significant(row.p_value, ALPHA))
        found[f"covered, {pair}"] = bool(row.ci_low <= 0 <= row.ci_high)
    return found


def main() -> None:
    """Count in all worlds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=400, help="data sets behind each rate")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    given = parser.parse_args()
    run = {name: partial(experiment, name=name) for name in WORLDS}
    found = {name: counted(run[name], given.datasets, given.cores, name) for name in WORLDS}
    save("accuracy-differences", found)
    if given.write:
        kept = json.dumps({"accuracy_differences": found}, indent=1)
        KEPT.write_text(kept + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
