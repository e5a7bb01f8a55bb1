"""Type I error and power of cross-temporal generalisation within a task, counted.

`python -m benchmarks.cross_temporal [--datasets N] [--cores K]` draws data sets whose code changes
between two epochs in a known way, decodes them, and counts in how many of N the codes of the two
epochs are called related. It prints the rates and writes them, with their binomial intervals, to
results/benchmarks/cross-temporal.json. With --write they also replace cross_temporal.json beside
this file, which docs/calibration.md quotes (docs/site/calibration.py).
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.calibration import TASKS, decoded, sessions, settings, without
from benchmarks.counting import count_worlds
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.significance import significant
from neuro_attn.randomness import stream

SEED = 2021
ALPHA = 0.05
KEPT = Path(__file__).with_name("cross_temporal.json")
SESSIONS, UNITS, TRIALS = 2, 12, 40
"""Sessions, and units and trials of each session."""
STRENGTH = 0.6
"""SD of the code over units, in SDs of the noise."""
EPOCHS = np.array([0, 0, 1, 1])
"""The epoch of each time bin."""
TIMES = 0.05 + 0.1 * np.arange(len(EPOCHS))
Axes = np.ndarray


def axis(rng: np.random.Generator, dimensions: int | None = None) -> Callable[[], Axes]:
    """Return a function that draws an axis (session, unit), within some dimensions of tuning."""
    if dimensions is None:
        return lambda: STRENGTH * rng.normal(size=(SESSIONS, UNITS))
    tuning = rng.normal(size=(SESSIONS, UNITS, dimensions)) / np.sqrt(dimensions)
    return lambda: STRENGTH * (tuning @ rng.normal(size=(dimensions, 1)))[..., 0]


def no_code(rng: np.random.Generator) -> list[Axes]:
    return [np.zeros((SESSIONS, UNITS))] * 2


def late_code(rng: np.random.Generator) -> list[Axes]:
    return [np.zeros((SESSIONS, UNITS)), axis(rng)()]


def independent_codes(rng: np.random.Generator, dimensions: int | None = None) -> list[Axes]:
    draw = axis(rng, dimensions)
    return [draw(), draw()]


def related_codes(rng: np.random.Generator, cosine: float) -> list[Axes]:
    first, other = independent_codes(rng)
    return [first, cosine * first + np.sqrt(1 - cosine**2) * other]


WORLDS: dict[str, Callable[[np.random.Generator], list[Axes]]] = {
    "no code": no_code,
    "a code in the second epoch": late_code,
    "independent codes": independent_codes,
    "independent codes in 3 dimensions of tuning": partial(independent_codes, dimensions=3),
    "one code": partial(related_codes, cosine=1.0),
    "codes with a cosine of 0.7": partial(related_codes, cosine=0.7),
    "a code that reverses": partial(related_codes, cosine=-1.0),
}
"""By name: the axes (session, unit) of both epochs."""


def decoding_of(
    axes: list[Axes], number: int, rng: np.random.Generator, *, epochs: np.ndarray = EPOCHS
) -> xr.Dataset:
    """Decode a data set of one task with these axes in the epochs of its time bins."""
    silent = {"V4": np.zeros((SESSIONS, 1, axes[0].shape[1]))}
    recordings = sessions(rng, silent, TRIALS, np.ones(len(TIMES)), TIMES, memory=0.3)
    for session, recording in enumerate(recordings):
        sign = np.where(recording["label"] == "right", 1, -1)
        code = np.stack([axes[epoch][session] for epoch in epochs], axis=-1)
        recording["rates"].values[:] += sign[:, None, None] * code
    dataset = without(settings(len(TIMES), tasks=TASKS[:1]), bootstraps=0)
    return decoded(recordings, dataset, "V4", number)


def experiment(number: int, name: str) -> dict[str, bool]:
    """Return whether the codes of the epochs are called the same or reversed, in any bins."""
    rng = stream(SEED, "cross-temporal", name, number)
    made = decoding_of(WORLDS[name](rng), number, rng)
    apart = EPOCHS[:, None] != EPOCHS
    inference = settings(len(TIMES), tasks=TASKS[:1]).inference
    found = {}
    alone = made.drop_vars("cross_mirrored")
    for nulls, values in (("", made), (", shuffled labels alone", alone)):
        tested = cross_temporal([values], inference).isel(region=0, train_task=0, test_task=0)
        for direction, p in (("above", "p_corrected"), ("below", "p_corrected_below")):
            marked = significant(tested[p].values[apart], ALPHA)
            found[f"{direction}{nulls}"] = bool(marked.any())
    return found


if __name__ == "__main__":
    count_worlds(__doc__.splitlines()[0], experiment, list(WORLDS), KEPT)
