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
from benchmarks.accuracy_differences import drifts
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


DRIFTS = "the same, and the quantity drifts, too"
"""World in which trials cannot be exchanged, so that permutations are no null."""


class World(NamedTuple):
    """A label, how strongly units code it, and how trials depend on each other.

    ``kind`` of the label; ``strength`` of the code of each task, in SDs of a unit's noise;
    ``drift``, SD of the slow changes of each unit's rate, where rates are numbers of spikes;
    ``label_drifts``, whether the label changes as slowly.
    """

    kind: str
    strength: float
    drift: float = 0.0
    label_drifts: bool = False


WORLDS = {
    "angle, no code": World("circular", 0.0),
    "angle, independent codes of the tasks": World("circular", 1.0),
    "quantity, no code": World("linear", 0.0),
    "quantity, independent codes of the tasks": World("linear", 1.0),
    "angle, independent codes, drifting spike counts": World("circular", 1.0, drift=1.0),
    "quantity, no code, drifting spike counts": World("linear", 0.0, drift=1.0),
    DRIFTS: World("linear", 0.0, drift=1.0, label_drifts=True),
}
"""By name. Tasks have independent codes and different mean rates; units share noise."""


def session_of(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the rates (trial, unit) and the labels of a session, tasks one after the other.

    Angles cluster around one direction and quantities are skewed, so that both can be guessed.
    """
    n = len(TASKS) * TRIALS
    # Tasks alternate at random.
    time = rng.random(n) if world.drift else np.zeros(n)
    if world.kind == "circular":
        label = rng.vonmises(0, 2.0, n)
        features = np.stack([np.cos(label), np.sin(label)], axis=1)
    else:
        label = rng.exponential(size=n)
        if world.label_drifts:
            label = drifts(time, 1, rng)[:, 0]
        features = label[:, None]
    codes = world.strength * rng.normal(size=(len(TASKS), features.shape[1], UNITS))
    task = np.repeat(np.arange(len(TASKS)), TRIALS)
    rates = np.einsum("nf,nfu->nu", features, codes[task])
    rates += rng.normal(size=(len(TASKS), UNITS))[task]
    shared = 0.5 * rng.normal(size=(n, 1))
    if not world.drift:
        return rates + (shared + rng.normal(size=(n, UNITS))), label
    rates += shared + world.drift * drifts(time, UNITS, rng)
    # The SD of counts around their mean is about 3.
    return rng.poisson(np.maximum(10 + 3 * rates, 0)).astype(float), label


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
