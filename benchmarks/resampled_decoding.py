"""Type I error and coverage of decoding with trials resampled by unit, counted.

`python -m benchmarks.resampled_decoding [--datasets N] [--cores K]` draws data sets with two tasks,
decodes across them as Panichello & Buschman (2021) did, and counts in how many of N data sets the
p-value over iterations is below 0.05, and how often their percentiles contain the accuracy that
decoders trained on as many new trials of these units would have. The test over sessions is counted
on the same data. It prints the rates and writes them, with their binomial intervals, to
results/benchmarks/resampled-decoding.json. With --write they also replace resampled_decoding.json
beside this file, which docs/calibration.md quotes (docs/site/calibration.py).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from benchmarks.counting import count_worlds
from neuro_attn.configuration import Decoding, parse
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.readouts import fit_readouts
from neuro_attn.inference.intervals import interval
from neuro_attn.inference.sign_flips import sign_flip_test, sign_patterns
from neuro_attn.randomness import stream
from neuro_attn.resampled_decoding.decode import count, decide, draws, units_apart
from neuro_attn.resampled_decoding.tables import p_value
from neuro_attn.shared_code.discriminants import sensitivity
from neuro_attn.study import Study

SEED = 2021
ALPHA, CONFIDENCE = 0.05, 0.95
KEPT = Path(__file__).with_name("resampled_decoding.json")
SESSIONS, UNITS, TRIALS = 8, 10, 80
"""Sessions, units of each, and trials of each task and class."""
DRAWN, ITERATIONS = 60, 100
C = 0.5
STRENGTH = 0.3
"""SD over units of the difference between the classes, in SDs of a unit's noise."""
NEW_TRAINING_SETS = 8


class World(NamedTuple):
    """Codes of two tasks.

    ``strength`` of both, relative to `STRENGTH`; ``shared``: whether they are one code.
    """

    strength: float
    shared: bool = False


WORLDS = {
    "no code": World(0),
    "independent codes, twice as strong": World(2),
    "shared code": World(1, shared=True),
}
"""By name. Noise is independent, and classes alternate."""


def study(number: int) -> Study:
    """Return the study of a data set: the decoder of the original study, and one window."""
    tasks = {name: {"trials": f"task == '{name}'"} for name in ("a", "b")}
    keys = {
        "source": "netcdf",
        "files": "*",
        "label": "side",
        "tasks": tasks,
        "time": {"start": 0.0, "stop": 0.1, "bin": 0.1},
        "windows": {"late": [0.0, 0.1]},
        "decoding": {"standardize": False, "C": C},
        "resampled_decoding": {"trials": DRAWN, "iterations": ITERATIONS},
    }
    return Study(f"data{number}", parse({"datasets": {"data": keys}}).datasets["data"], SEED)


def codes_of(world: World, rng: np.random.Generator) -> np.ndarray:
    """Draw the differences of the class means, (task, session and unit)."""
    first, second = rng.normal(size=(2, SESSIONS * UNITS))
    return world.strength * STRENGTH * np.stack([first, first if world.shared else second])


def sessions_of(codes: np.ndarray, rng: np.random.Generator) -> list[SessionTrials]:
    """Draw the trials of all sessions."""
    task, label = np.repeat([0, 1], 2 * TRIALS), np.tile([0, 1], 2 * TRIALS)
    parts = []
    for session in range(SESSIONS):
        code = codes[task, session * UNITS : (session + 1) * UNITS]
        rates = 5 + (label - 0.5)[:, None] * code + rng.normal(size=code.shape)
        units = np.arange(UNITS).astype(str).astype(object)
        parts.append(
            SessionTrials(
                f"session{session}",
                rates[..., None].astype(np.float32),
                task,
                label,
                units,
                np.arange(len(task)),
            )
        )
    return parts


def accuracy_on_new_trials(
    codes: np.ndarray, settings: Decoding, rng: np.random.Generator
) -> float:
    """Return the mean accuracy, over both directions, of decoders trained on new trials."""
    label = np.repeat([0, 1], DRAWN)
    found = []
    for train, test in ((0, 1), (1, 0)):
        rates = rng.normal(size=(NEW_TRAINING_SETS, len(label), codes.shape[1]))
        rates += (label - 0.5)[:, None] * codes[train]
        fitted = fit_readouts(rates, label[:, None], n_classes=2, settings=settings)
        origin = np.zeros((1, codes.shape[1]))
        weights, intercept = (each.squeeze() for each in fitted.on_rates(origin))
        # Outputs are normal, with these means and SD in the two classes.
        half, noise = weights @ codes[test] / 2, np.linalg.norm(weights, axis=1)
        found.append(ndtr(np.stack([half + intercept, half - intercept]) / noise))
    return float(np.mean(found))


def experiment(number: int, name: str) -> dict[str, float]:
    """Test one data set in both ways."""
    world, here = WORLDS[name], study(number)
    rng = stream(SEED, "resampled decoding", name, number)
    codes = codes_of(world, rng)
    parts = sessions_of(codes, rng)
    apart = Population(
        "all", units_apart(parts), ("a", "b"), ("lower", "upper"), ("late",), np.empty(0)
    )
    trials = np.stack([draws(parts, here, "V4", each) for each in range(ITERATIONS)])
    decisions, _ = decide(apart, trials, here.dataset.decoding)
    correct = count(decisions, apart)[:, 0, 0]
    low, high = interval(correct / (4 * DRAWN), CONFIDENCE)
    across = []
    for part in parts:
        first, second = (
            (part.rates[part.task == task], part.label[part.task == task]) for task in (0, 1)
        )
        found = sensitivity(first, second, folds=5, rng=rng)
        across.append(float(found.first_on_second[0] + found.second_on_first[0]))
    flips = sign_flip_test(np.array(across)[:, None], sign_patterns(SESSIONS, rng))
    return {
        "significant": float(p_value(correct[:, None], 4 * DRAWN, 2)[0]) < ALPHA,
        "over sessions": float(flips.p_value[0]) < ALPHA,
        "covered": low <= accuracy_on_new_trials(codes, here.dataset.decoding, rng) <= high,
    }


if __name__ == "__main__":
    count_worlds(__doc__.splitlines()[0], experiment, list(WORLDS), KEPT)
