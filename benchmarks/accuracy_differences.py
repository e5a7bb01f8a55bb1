"""Type I error of differences of accuracy between tests of the same decoders, counted.

`python -m benchmarks.accuracy_differences [--datasets N] [--cores K]` draws data sets with a task
and two sets of trials that are only tested, decodes them, and counts in how many of N accuracies
differ significantly. It prints the rates and writes them, with their binomial intervals, to
results/benchmarks/accuracy-differences.json. With --write they also replace
accuracy_differences.json beside this file, which docs/calibration.md quotes
(docs/site/calibration.py).
"""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from benchmarks.calibration import NAME, TASKS, settings
from benchmarks.counting import count_worlds
from neuro_attn.configuration import AnyDataset, parse
from neuro_attn.decoding.population import Population, SessionTrials
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


AT_END = "the same, further trials at the end"
"""World in which accuracies differ although codes do not."""
STEP = 0.97
"""Correlation of the drifts of neighbouring trials."""


class World(NamedTuple):
    """How strong the code is, and how trials vary.

    ``strength``, in SDs of a unit's noise; ``spread``, SD of the logarithm of the strength over
    sessions; ``shared``, SD of noise that all units of a session share; ``drift``, SD of the slow
    changes of each unit's rate; ``counts``, whether rates are numbers of spikes; ``at_end``,
    whether trials that are only tested follow all others, instead of being mixed with them.
    """

    strength: float
    spread: float = 0.5
    shared: float = 0.0
    drift: float = 0.0
    counts: bool = False
    at_end: bool = False


WORLDS = {
    "no code": World(0.0),
    "a weak code": World(0.15),
    "a strong code, correlated noise": World(0.5, shared=0.5),
    "drifting spike counts, correlated noise": World(0.5, shared=0.5, drift=1.0, counts=True),
    AT_END: World(0.5, shared=0.5, drift=1.0, counts=True, at_end=True),
}
"""By name; the code is the same in all trials, so no accuracy differs but by drifts (`AT_END`)."""


@cache
def dataset() -> AnyDataset:
    """Return the settings of all data sets: one window, two folds, one draw."""
    keys = settings(1, tasks=TASKS[:1]).model_dump(mode="json")
    keys["test_only"] = {task: {"trials": f"order == '{task}'"} for task in list(TRIALS)[1:]}
    keys["windows"] = {"late": [0.0, 0.1]}
    return parse({"datasets": {NAME: keys}}).datasets[NAME]


def populations_of(world: World, rng: np.random.Generator) -> list[Population]:
    """Draw the sessions of a data set: rates in one bin, which is also the window."""
    made = []
    task = np.repeat(np.arange(len(TRIALS)), [2 * n for n in TRIALS.values()])
    side = np.concatenate([np.repeat([0, 1], n) for n in TRIALS.values()])
    sign, is_trained = np.where(side == 1, 1, -1)[:, None], task == 0
    late = world.at_end * ~is_trained
    for session in range(SESSIONS):
        strength = world.strength * np.exp(world.spread * rng.normal())
        axis = strength * rng.normal(size=UNITS)
        private = rng.normal(size=(len(task), UNITS))
        signal = sign * axis + world.shared * rng.normal(size=(len(task), 1))
        if world.drift:
            signal += world.drift * drifts(rng.random(len(task)) + late, UNITS, rng)
        if world.counts:
            # The SD of counts around their mean is about 3.
            rates = rng.poisson(np.maximum(10 + 3 * signal, 0)).astype(np.float32)
        else:
            rates = (10 + signal + private).astype(np.float32)
        trained, tested = (
            Population(
                f"session{session}",
                [_part(f"session{session}", rates[mine], task[mine] - first, side[mine])],
                names,
                ("left", "right"),
                ("late",),
                TIMES,
            )
            for mine, first, names in (
                (is_trained, 0, TASKS[:1]),
                (~is_trained, 1, tuple(TRIALS)[1:]),
            )
        )
        made.append(replace(trained, test_only=tested))
    return made


def drifts(time: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n slow changes, of rates for example, SD 1, at the times of trials (trial, n)."""
    steps = rng.normal(size=(len(time), n))
    steps[1:] *= np.sqrt(1 - STEP**2)
    return lfilter([1.0], [1.0, -STEP], steps, axis=0)[time.argsort().argsort()]


def _part(session: str, rates: np.ndarray, task: np.ndarray, side: np.ndarray) -> SessionTrials:
    """Return trials of a session, from rates (trial, unit)."""
    units = np.array([f"{session}-{unit}" for unit in range(UNITS)], object)
    in_bins = np.repeat(rates[..., None], 2, axis=2)
    return SessionTrials(session, in_bins, task, side, units, np.arange(len(task)))


def summary_of(populations: list[Population], study: Study) -> pd.DataFrame:
    """Return the accuracies of all sessions in the window."""
    rows = []
    for member in populations:
        (surrogates,) = surrogates_of([member], study)
        with bar(total=1, desc="", disable=True) as progress:
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
    rng, study = stream(SEED, "accuracy differences", name, number), Study(NAME, dataset(), number)
    table = difference_table(summary_of(populations_of(WORLDS[name], rng), study), study)
    found = {}
    for row in table.itertuples():
        pair = f"{row.first_task} and {row.second_task}"
        found[f"significant, {pair}"] = bool(significant(row.p_value, ALPHA))
        found[f"covered, {pair}"] = bool(row.ci_low <= 0 <= row.ci_high)
    return found


if __name__ == "__main__":
    count_worlds(__doc__.splitlines()[0], experiment, list(WORLDS), KEPT)
