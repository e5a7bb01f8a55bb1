"""Type I error of predictions of continuous labels, counted.

`python -m benchmarks.continuous_labels [--datasets N] [--cores K]` draws data sets with two tasks
and a label that is a number on each trial, predicts it within and across tasks, and counts in how
many of N data sets p < 0.05. It prints the rates and writes them, with their binomial intervals, to
results/benchmarks/continuous-labels.json. With --write they also replace continuous_labels.json
beside this file, which docs/calibration.md quotes (docs/site/calibration.py).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

import neuro_attn
from benchmarks.counting import count_worlds
from neuro_attn.inference.significance import significant
from neuro_attn.randomness import stream

SEED = 2021
ALPHA = 0.05
KEPT = Path(__file__).with_name("continuous_labels.json")
SESSIONS, UNITS, TRIALS = 3, 12, 40
"""Sessions, units of each, and trials of each task in a session."""
TASKS = ("remember", "attend")
PERMUTATIONS = 99


class World(NamedTuple):
    """Kind of the label, and strength of the code of each task, in SDs of a unit's noise."""

    kind: str
    strength: float


WORLDS = {
    "angle, no code": World("circular", 0.0),
    "angle, independent codes of the tasks": World("circular", 1.0),
    "quantity, no code": World("linear", 0.0),
    "quantity, independent codes of the tasks": World("linear", 1.0),
}
"""By name. Tasks have independent codes and different mean rates; units share noise."""


def session_of(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the rates (trial, unit) and the labels of a session, tasks one after the other.

    Angles cluster around one direction and quantities are skewed, so that both can be guessed.
    """
    n = len(TASKS) * TRIALS
    if world.kind == "circular":
        label = rng.vonmises(0, 2.0, n)
        features = np.stack([np.cos(label), np.sin(label)], axis=1)
    else:
        label = rng.exponential(size=n)
        features = label[:, None]
    codes = world.strength * rng.normal(size=(len(TASKS), features.shape[1], UNITS))
    task = np.repeat(np.arange(len(TASKS)), TRIALS)
    rates = np.einsum("nf,nfu->nu", features, codes[task])
    rates += rng.normal(size=(len(TASKS), UNITS))[task]
    rates += 0.5 * rng.normal(size=(n, 1)) + rng.normal(size=(n, UNITS))
    return rates, label


def experiment(number: int, name: str) -> dict[str, bool]:
    """Return whether the label is predicted significantly within and across tasks."""
    world, rng = WORLDS[name], stream(SEED, "continuous labels", name, number)
    rates, labels = zip(*(session_of(world, rng) for _ in range(SESSIONS)), strict=True)
    found = neuro_attn.predict_across_tasks(
        list(rates),
        list(labels),
        [np.repeat(TASKS, TRIALS)] * SESSIONS,
        kind=world.kind,
        permutations=PERMUTATIONS,
        seed=number,
        decoding={"draws": 1},
        inference={"bootstraps": 20},
    ).predictions
    of_all = found[found["session"] == "all"].set_index(["train_task", "test_task"])["p_value"]
    first, second = TASKS
    return {
        "within": bool(significant(of_all[first, first], ALPHA)),
        "across": bool(significant(of_all[first, second], ALPHA)),
    }


if __name__ == "__main__":
    count_worlds(__doc__.splitlines()[0], experiment, list(WORLDS), KEPT)
