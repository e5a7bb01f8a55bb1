"""Coverage of onsets and latencies, and errors of their differences, counted.

`python -m benchmarks.onsets [alone | differences | decoded | paper] [--datasets N] [--cores K]`
draws rises of known shape and counts over N of them. The parts:

alone        onset and latency of one region, from simulated outcomes of trials
differences  two regions, with equal onsets and other shapes, or with other onsets
decoded      the same as alone, decoded from units
paper        experiments of the size of the original

Each part prints its rates and writes them, with their binomial intervals, to
results/benchmarks/onsets-PART.json. With --write they also replace those in onsets.json beside this
file, which docs/calibration.md quotes (docs/site/calibration.py).
"""

import argparse
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import ndtri

from benchmarks import calibration
from benchmarks.machine import save
from neuro_attn.configuration import Inference
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.inference.latencies import latencies
from neuro_attn.inference.onset_table import Rise, difference_of, onset_table, rise_of
from neuro_attn.inference.pvalues import corrected_p_value
from neuro_attn.inference.rises import accuracy, signal
from neuro_attn.randomness import stream

SEED = 2021
KEPT = Path(__file__).with_name("onsets.json")
SETTINGS = Inference(permutations=99, bootstraps=100)
TRIALS = 250
"""Test trials; the SD of accuracy at chance is 0.032."""
CORRELATION = 0.2
"""Of the noise in neighbouring bins."""
WINDOW = (-0.2, 0.8)
"""Start and end of the time bins, s."""


class World(NamedTuple):
    """A rise: its shape, duration (s) and highest accuracy, and the bin width (s)."""

    shape: str
    duration: float
    highest: float
    width: float = 0.05

    def __str__(self) -> str:
        """Return a description."""
        return (
            f"{self.shape}, {1000 * self.duration:.0f} ms, accuracy {self.highest:g}, bins of "
            f"{1000 * self.width:.0f} ms"
        )


SHAPES = (
    ("exponential", 0.03),
    ("exponential", 0.1),
    ("ramp", 0.1),
    ("ramp", 0.3),
    ("sigmoid", 0.15),
    ("sigmoid", 0.3),
)
WORLDS = [
    *(World(*shape, highest) for shape in SHAPES for highest in (0.7, 0.95)),
    *(World(*shape, 0.85, 0.02) for shape in SHAPES[1::2]),
]
FAST = World("exponential", 0.03, 0.95)
PAIRS = {
    "equal onsets: ramp of 300 ms, exponential of 30 ms": (World("ramp", 0.3, 0.8), FAST, 0.0),
    "equal onsets: sigmoid of 300 ms, exponential of 30 ms": (
        World("sigmoid", 0.3, 0.8),
        FAST,
        0.0,
    ),
    "equal onsets: exponentials of 100 and 30 ms": (World("exponential", 0.1, 0.8), FAST, 0.0),
    "equal onsets and shapes: exponentials of 30 ms": (
        World("exponential", 0.03, 0.8),
        FAST,
        0.0,
    ),
    "onsets 100 ms apart: exponentials of 30 ms": (World("exponential", 0.03, 0.8), FAST, 0.1),
}
"""Two regions, and how much later the onset of the first one is, s."""


def simulated(world: World, start: float, rng: np.random.Generator) -> tuple[Rise | None, float]:
    """Return the rise that is found in simulated trials, and the true latency.

    In each bin, a trial is decoded correctly with the probability of the rise. Resamples draw
    trials; the null has the noise of as many trials at chance.
    """
    n_bins = round((WINDOW[1] - WINDOW[0]) / world.width)
    edges = WINDOW[0] + world.width * np.arange(n_bins + 1)
    times = edges[:-1] + world.width / 2
    weakness = np.exp(rng.uniform(np.log(0.1), np.log(1)))
    course = signal(world.shape, world.duration, edges=edges, starts=np.array([start]))[0]
    true = accuracy(course, ndtri(world.highest), weakness)
    correct = (_noise(TRIALS, n_bins, rng) < ndtri(0.5 + true)).astype(float)
    weights = rng.multinomial(TRIALS, np.full(TRIALS, 1 / TRIALS), size=SETTINGS.bootstraps)
    observed = correct.mean(axis=0)
    n_permutations = SETTINGS.permutations
    null = 0.5 + 0.5 / np.sqrt(TRIALS) * _noise(n_permutations, n_bins, rng).T
    found = rise_of(
        observed,
        centred(observed, (weights @ correct / TRIALS).T),
        null,
        p=corrected_p_value(observed, null, (0,)),
        times=times,
        settings=SETTINGS,
        rng=rng,
    )
    return found, float(latencies(true[None], times)[0])


def _noise(n: int, n_bins: int, rng: np.random.Generator) -> np.ndarray:
    """Return normal noise (n, bin) that is correlated between neighbouring bins."""
    noise = rng.normal(size=(n, n_bins))
    for each in range(1, n_bins):
        noise[:, each] *= np.sqrt(1 - CORRELATION**2)
        noise[:, each] += CORRELATION * noise[:, each - 1]
    return noise


def alone_experiment(number: int, world: World) -> dict[str, float]:
    """Return the errors and widths of onset and latency, s; nothing if there is no onset."""
    rng = stream(SEED, "onset of a shape", str(world), number)
    start = rng.uniform(0.05, 0.3)
    rise, latency = simulated(world, start, rng)
    if rise is None:
        return {}
    low, high = interval(rise.onset.resampled, SETTINGS.confidence)
    first, last = interval(rise.latencies, SETTINGS.confidence)
    return {
        "onset": low <= start <= high,
        "latency": first <= latency <= last,
        "bad fit": rise.onset.fit_p_value < SETTINGS.alpha,
        "onset_error": rise.onset.time - start,
        "onset_width": high - low,
        "latency_error": rise.latency - latency,
        "latency_width": last - first,
    }


def difference_experiment(
    number: int, name: str, pair: tuple[World, World, float]
) -> dict[str, float]:
    """Return what is said to differ between two regions; nothing if one has no onset."""
    rng = stream(SEED, "onsets of two regions", name, number)
    one, other, later = pair
    start = rng.uniform(0.05, 0.3)
    rises = [simulated(one, start + later, rng)[0], simulated(other, start, rng)[0]]
    if rises[0] is None or rises[1] is None:
        return {}
    onsets, _, shows = difference_of(rises[0], rises[1], SETTINGS.confidence)
    return {
        "covered": onsets[1] <= later <= onsets[2],
        **{shown: shows == shown for shown in ("onset", "onset or shape", "none")},
        "width": onsets[2] - onsets[1],
    }


def decoded_experiment(number: int, world: World) -> dict[str, float]:
    """Return whether the interval contains an onset that is decoded from units, as in a run."""
    rng = stream(SEED, "onset", str(world), number)
    start = rng.uniform(0.1, 0.3)
    times = calibration.COURSE_TIMES
    edges = np.append(times - world.width / 2, times[-1] + world.width / 2)
    course = signal(world.shape, world.duration, edges=edges, starts=np.array([start]))[0]
    axes = {"V4": calibration.planted_axes(rng, 1, calibration.PLANTED_UNITS, 0.25)[:, :1]}
    recordings = calibration.sessions(rng, axes, calibration.PLANTED_TRIALS, course, times, 0.2)
    dataset = calibration.settings(
        len(times),
        {"population": "pseudopopulation"},
        {"bootstraps": 39, "permutations": 39},
        tasks=calibration.TASKS[:1],
        start=-0.2,
        width=world.width,
    )
    made = calibration.decoded(recordings, dataset, "V4", number)
    table = onset_table([made], dataset.inference)
    if table.empty:
        return {}
    row = table.iloc[0]
    return {
        "onset": row["ci_low"] <= start <= row["ci_high"],
        "bad fit": row["fit_p_value"] < SETTINGS.alpha,
        "onset_error": row["onset_s"] - start,
        "onset_width": row["ci_high"] - row["ci_low"],
    }


def paper_experiment(number: int) -> dict[str, float]:
    """Return the error of the onset of a region in an experiment of the size of the original."""
    dataset = calibration.paper((-0.1, 0.6), 0.05, ("pro",), permutations=99, bootstraps=50)
    # The look of a cue is informative of the item, sooner than selection is.
    planted = {
        region: each.model_copy(update={"cue_sd": 0.0})
        for region, each in dataset.simulation.regions.items()
    }
    region = list(planted)[number % len(planted)]
    dataset = dataset.model_copy(
        update={"simulation": dataset.simulation.model_copy(update={"regions": planted})}
    )
    recordings = calibration.spike_counts(dataset, number, [region])
    n_units = min(each.units for each in planted.values())
    made = calibration.decoded(recordings, dataset, region, number, n_units)
    table = onset_table([made], dataset.inference)
    if table.empty:
        return {}
    row, start = table.iloc[0], planted[region].selection_onset
    return {
        "onset": row["ci_low"] <= start <= row["ci_high"],
        "onset_error": row["onset_s"] - start,
        "onset_width": row["ci_high"] - row["ci_low"],
    }


def alone(n: int, cores: int) -> dict[str, Any]:
    """Count how often intervals contain onsets and latencies."""
    return {
        str(world): counted(partial(alone_experiment, world=world), n, cores, str(world))
        for world in WORLDS
    }


def differences(n: int, cores: int) -> dict[str, Any]:
    """Count what is said to differ between two regions."""
    return {
        name: counted(partial(difference_experiment, name=name, pair=pair), n, cores, name)
        for name, pair in PAIRS.items()
    }


def decoded(n: int, cores: int) -> dict[str, Any]:
    """Count the same for onsets decoded from units."""
    worlds = [World("exponential", 0.03, 0.8), World("ramp", 0.3, 0.8), World("sigmoid", 0.3, 0.8)]
    names = [f"{world.shape} of {1000 * world.duration:.0f} ms" for world in worlds]
    return {
        name: counted(partial(decoded_experiment, world=world), n, cores, name)
        for name, world in zip(names, worlds, strict=True)
    }


def paper(n: int, cores: int) -> dict[str, Any]:
    """Measure errors in experiments of the size of the original; at most 40."""
    return {"paper": counted(paper_experiment, min(n, 40), cores, "the original's size")}


def counted(
    run: Callable[[int], dict[str, float]], n: int, cores: int, what: str
) -> dict[str, Any]:
    """Repeat an experiment; return rates with binomial intervals, and means of errors in ms."""
    found = pd.DataFrame(calibration.repeated(run, n, cores, what)).dropna()
    summary: dict[str, Any] = {"n": len(found), "without": n - len(found)}
    for name in found:
        if name.endswith("_error"):
            summary[name] = {"mean": 1000 * found[name].mean(), "sd": 1000 * found[name].std()}
        elif name.endswith("width"):
            summary[name] = 1000 * found[name].mean()
        else:
            k = int(found[name].astype(bool).sum())
            low, high = stats.binomtest(k, len(found)).proportion_ci()
            summary[name] = {"rate": k / len(found), "low": float(low), "high": float(high)}
    shown = {
        name: each["rate"] if "rate" in each else round(each["mean"])
        for name, each in summary.items()
        if isinstance(each, dict)
    }
    print(f"{what:<62} n {len(found)} {shown}", flush=True)
    return summary


PARTS = {"alone": alone, "differences": differences, "decoded": decoded, "paper": paper}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=PARTS, help="default: all")
    parser.add_argument("--datasets", type=int, default=400, help="data sets behind each rate")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    given = parser.parse_args()
    for part in given.parts or PARTS:
        found = PARTS[part](given.datasets, given.cores)
        save(f"onsets-{part}", found)
        if given.write:
            kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
            text = json.dumps({**kept, f"onsets_{part}": found}, indent=1)
            KEPT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
