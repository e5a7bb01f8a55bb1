"""Error rates, intervals and power, counted over simulated data sets.

`python -m benchmarks.calibration [part ...] [--datasets N] [--cores K]` simulates data sets whose
truth is known, sends each through the whole analysis, and counts. Every part prints its numbers
with their n and writes results/benchmarks/calibration-PART.json and .png. With --write the rates
also replace those in calibration.json beside this file, which docs/calibration.md quotes
(docs/site/calibration.py). The parts:

errors    false alarms of max-T, clusters and onsets, and the distribution of p, where nothing is
coverage  how often intervals of accuracy hold the truth
spread    SD over bootstrap resamples against the true SD, by what is resampled
power     experiments with half of the sessions of the original: which regions transfer
drift     drift or noise that lasts, and labels in runs: false alarms of the null models
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
import yaml
from scipy import stats
from scipy.signal import lfilter
from tqdm import tqdm

from benchmarks.machine import FOLDER, save
from neuro_attn import decoding
from neuro_attn.configuration import AnyDataset, parse
from neuro_attn.configuration.sources.simulation import SimulationDataset
from neuro_attn.decoding import cross_task, population_decoder, splits
from neuro_attn.inference import tables
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.inference.pvalues import TIE, p_value
from neuro_attn.randomness import stream
from neuro_attn.recording import assign_tasks, build
from neuro_attn.sources.simulation import generation as simulation
from neuro_attn.sources.simulation.drive import drive_of, weights_of
from neuro_attn.study import Study

SEED = 2021
ALPHA = 0.05
NAME = "simulated"
TASKS = ("pro", "retro")
WITHIN, ACROSS = ("pro", "pro"), ("pro", "retro")
KEPT = Path(__file__).with_name("calibration.json")
PAPER = Path(__file__).with_name("paper_size.yaml")
Found = dict[str, Any]

# --- data sets with Gaussian rates -------------------------------------------------------------


def settings(
    n_times: int,
    decoding: Found | None = None,
    inference: Found | None = None,
    *,
    tasks: Sequence[str] = TASKS,
    start: float = 0.0,
    width: float = 0.1,
) -> AnyDataset:
    """Return the settings of a simulated data set; the window "late" is its second half."""
    stop = round(start + n_times * width, 6)
    keys = {
        "source": "netcdf",
        "files": "*",
        "label": "side",
        "tasks": {task: {"trials": f"order == '{task}'"} for task in tasks},
        "time": {"start": start, "stop": stop, "bin": width},
        "windows": {"late": [round(start + n_times // 2 * width, 6), stop]},
        "decoding": {"draws": 1, "unit_counts": [], **(decoding or {})},
        "inference": {"permutations": 99, "bootstraps": 20, **(inference or {})},
    }
    return parse({"datasets": {NAME: keys}}).datasets[NAME]


def sessions(
    rng: np.random.Generator,
    axes: dict[str, np.ndarray],
    n_trials: int,
    course: np.ndarray,
    times: np.ndarray,
    memory: float = 0.7,
) -> list[xr.Dataset]:
    """Draw the Recordings of a data set.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    axes : dict of str to array, shape (session, task, unit)
        By region: how much units fire more for one class and less for the other, in SDs of noise.
    n_trials : int
        Trials of a task in a session, half of them of each class, in random order.
    course : array, shape (time,)
        Strength of the code.
    times : array, shape (time,)
        Bin centres, s.
    memory : float
        Correlation of a unit's noise between neighbouring times.
    """
    made = []
    n_sessions, n_tasks, _ = next(iter(axes.values())).shape
    for number in range(n_sessions):
        task = rng.permutation(np.repeat(np.arange(n_tasks), n_trials))
        side = np.empty_like(task)
        for each in range(n_tasks):
            side[task == each] = rng.permutation(np.repeat([0, 1], n_trials // 2))
        axis = np.concatenate([of_region[number] for of_region in axes.values()], axis=1)
        region = np.repeat(list(axes), [of_region.shape[2] for of_region in axes.values()])
        noise = rng.normal(size=(len(task), len(region), len(times)))
        for time in range(1, len(times)):
            noise[..., time] *= np.sqrt(1 - memory**2)
            noise[..., time] += memory * noise[..., time - 1]
        code = np.where(side == 1, 1, -1)[:, None] * axis[task]
        rates = 10 + code[..., None] * course + noise
        made.append(as_recording(f"session{number}", rates, task, side, region, times))
    return made


def as_recording(
    session: str,
    rates: np.ndarray,
    task: np.ndarray,
    side: np.ndarray,
    region: np.ndarray,
    times: np.ndarray,
) -> xr.Dataset:
    """Return a Recording of rates (trial, unit, time)."""
    return xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates.astype(np.float32))},
        coords={
            "time": times,
            "trial_id": ("trial", np.arange(len(task))),
            "task": ("trial", np.array(TASKS, object)[task]),
            "label": ("trial", np.array(["left", "right"], object)[side]),
            "unit_id": ("unit", [f"{session}-{unit}" for unit in range(len(region))]),
            "region": ("unit", region.astype(object)),
            "session": ("unit", [session] * len(region)),
        },
        attrs={"session": session},
    )


def decoded(
    recordings: list[xr.Dataset],
    dataset: AnyDataset,
    region: str,
    seed: int,
    n_units: int | None = None,
    decode: Callable[..., xr.Dataset] = cross_task.decode_region,
) -> xr.Dataset:
    """Decode a region, as the workflow does."""
    study = Study(NAME, dataset, seed)
    members = decoding.build_populations(recordings, study, region)
    return decode(members, study, region=region, n_units=n_units, progress=False)


def without(dataset: AnyDataset, **numbers: int) -> AnyDataset:
    """Return settings with fewer permutations or bootstraps than a configuration may ask for."""
    return dataset.model_copy(update={"inference": dataset.inference.model_copy(update=numbers)})


def rows(table: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the rows of a pair of tasks, over all sessions."""
    chosen = (table["train_task"] == pair[0]) & (table["test_task"] == pair[1])
    if "session" in table:
        chosen &= table["session"] == decoding.POOLED
    return table[chosen]


# --- errors ------------------------------------------------------------------------------------

NULLS_OF_WINDOWS = ("window_null", "window_mirrored")
SILENT, OWN = "codes nothing", "a code for each task"
NULL_TIMES = 0.05 + 0.1 * np.arange(8)


def null_experiment(number: int, population: str) -> Found:
    """Analyse two regions that have no code in common to both tasks, and one of them none at all.

    12 units in each of 2 sessions, 24 trials of each task. The other region's code of a task is
    drawn anew for each task, session and data set.
    """
    rng = stream(SEED, "errors", population, number)
    axes = {SILENT: np.zeros((2, 2, 12)), OWN: 0.6 * rng.normal(size=(2, 2, 12))}
    recordings = sessions(rng, axes, 24, np.ones(8), NULL_TIMES)
    dataset = settings(8, {"population": population})
    both = [decoded(recordings, dataset, region, number) for region in axes]
    found: Found = {}
    for where, regions, pair in (("within", both[:1], WITHIN), ("across", both, ACROSS)):
        for correction in ("max", "cluster"):
            inference = dataset.inference.model_copy(update={"correction": correction})
            table = rows(tables.transfer_table(regions, inference), pair)
            found[f"{where}: {correction}"] = float(table["p_corrected"].min())
    onsets = onset_table(both, dataset.inference)
    onsets = onsets[onsets["compared_with"] == ""]
    silent = rows(onsets, WITHIN)
    found["within: onset"] = bool((silent["region"] == SILENT).any())
    found["across: onset"] = bool(len(rows(onsets, ACROSS)))
    for name, of_region, pair in (
        # Across tasks p is the larger of two, and not uniform: it may only be too large.
        ("within", both[0], WITHIN),
        (f"across, {SILENT}", both[0], ACROSS),
        (f"across, {OWN}", both[1], ACROSS),
    ):
        lowest, p = window_p_values(of_region, pair)
        found[f"{name}: window"] = p
        # Equal values of the null count against the data. Dealt out by chance, they leave p
        # uniform if label orders are exchangeable.
        found[f"{name}: window, ties dealt out"] = float(rng.uniform(lowest, p))
    return found


def window_p_values(of_region: xr.Dataset, pair: tuple[str, str]) -> tuple[float, float]:
    """Return b / (m + 1), b the permutations above the observed mean over sessions, and p.

    Both of the null, of the two across tasks, that says less.
    """
    cell = of_region.sel(train_task=pair[0], test_task=pair[1], window="late").mean("session")
    observed = cell["window_accuracy"].mean("draw").values.astype(float)
    found = []
    for null in (cell[name].values for name in NULLS_OF_WINDOWS if name in cell):
        above = float((null - observed > TIE).sum() / (len(null) + 1))
        found.append((float(p_value(observed, null)), above))
    p, above = max(found)
    return above, p


def errors(n: int, cores: int) -> Found:
    results: Found = {}
    for population in ("simultaneous", "pseudopopulation"):
        run = partial(null_experiment, population=population)
        found = pd.DataFrame(repeated(run, n, cores, f"errors, {population}"))
        m = 99
        for name in found:
            if name.endswith("ties dealt out"):
                uniform = stats.kstest(found[name], "uniform", alternative=side(name)).pvalue
                results[f"{population}, {name}"] = {"ks_p": float(uniform), "n": n}
                print(f"{population:<18}{name:<58} KS p {uniform:.3f}  n {n}", flush=True)
                continue
            wrong = found[name] if found[name].dtype == bool else found[name] <= ALPHA
            results[f"{population}, {name}"] = rate(int(wrong.sum()), n)
            if name.endswith("max"):
                # Maxima have no ties to speak of, p only its steps.
                moved = found[name] - stream(SEED, "steps", name).uniform(0, 1 / (m + 1), n)
                results[f"{population}, {name}"]["ks_p"] = float(
                    stats.kstest(moved, "uniform", alternative=side(name)).pvalue
                )
            print(f"{population:<18}{name:<58}{said(results[f'{population}, {name}'])}", flush=True)
        results[f"{population}, p"] = {
            name: np.sort(found[name]).tolist()
            for name in found
            if name.endswith(("max", "ties dealt out"))
        }
    return results


def side(name: str) -> str:
    """Return what of a uniform distribution p is tested for: across tasks it may be larger."""
    return "two-sided" if name.startswith("within") else "greater"


def draw_errors(results: Found, axes: Sequence[plt.Axes]) -> None:
    draw_rates(results, axes[0])
    axes[0].axvline(ALPHA, color="0.5", linestyle=":")
    axes[0].set(xlabel="false alarms at alpha = .05", xlim=(0, None))
    axes[1].plot([0, 1], [0, 1], ":", color="0.5")
    for population in ("simultaneous", "pseudopopulation"):
        for name, p in results[f"{population}, p"].items():
            share = (np.arange(len(p)) + 0.5) / len(p)
            axes[1].plot(p, share, linewidth=1, label=f"{population}, {name}")
    axes[1].set(xlabel="p", ylabel="share of null data sets")
    axes[1].legend(frameon=False, fontsize=5)


# --- coverage ----------------------------------------------------------------------------------

PLANTED_UNITS, PLANTED_TRIALS = 20, 60
"""Units and trials of a task in each of two sessions."""
COURSE_TIMES = -0.2 + 0.05 * (np.arange(20) + 0.5)


class Covered(NamedTuple):
    """What intervals of accuracy are counted for.

    Parameters
    ----------
    population : str
        "simultaneous" or "pseudopopulation".
    shared : float
        Cosine of the codes of the two tasks.
    strength : float
        SD of the codes over units, in SDs of noise.
    """

    population: str
    shared: float = 1.0
    strength: float = 0.2


COVERED = {
    "pseudopopulation, shared code": Covered("pseudopopulation"),
    "pseudopopulation, independent codes": Covered("pseudopopulation", shared=0.0),
    "pseudopopulation, strong shared code": Covered("pseudopopulation", strength=0.5),
    "simultaneous, shared code": Covered("simultaneous"),
}


def planted_axes(rng: np.random.Generator, shared: float, n_units: int, strength: float):
    """Return axes (session, task, unit) of independent units whose codes correlate by `shared`."""
    first, other = rng.normal(size=(2, 2, n_units))
    second = shared * first + np.sqrt(1 - shared**2) * other
    return strength * np.stack([first, second], axis=1)


def in_window(number: int, purpose: str, world: Covered, resamples: int) -> xr.Dataset:
    """Decode the window of a data set whose units and trials are drawn anew for each number."""
    rng = stream(SEED, purpose, *world, number)
    axes = {"V4": planted_axes(rng, world.shared, PLANTED_UNITS, world.strength)}
    recordings = sessions(rng, axes, PLANTED_TRIALS, np.ones(1), np.array([0.05]))
    dataset = settings(1, {"population": world.population})
    dataset = without(dataset, bootstraps=resamples, permutations=0)
    return decoded(recordings, dataset, "V4", number, decode=cross_task.decode_windows)


def true_experiment(number: int, world: Covered) -> Found:
    """Return the accuracies of a data set, which enter the expectation that intervals must hold."""
    accuracy = in_window(number, "truth", world, 0)["window_accuracy"].mean(["session", "draw"])
    return {
        "within": float(accuracy.sel(train_task="pro", test_task="pro").item()),
        "across": float(accuracy.sel(train_task="pro", test_task="retro").item()),
    }


def interval_experiment(number: int, world: Covered) -> Found:
    """Return the intervals of accuracy."""
    made = in_window(number, "coverage", world, 39)
    made["bootstrap"] = made["window_bootstrap"]
    found: Found = {}
    table = tables.summary_table([made], settings(1).inference)
    for name, pair in (("within", WITHIN), ("across", ACROSS)):
        row = rows(table, pair).iloc[0]
        found[name] = tuple(row[["accuracy", "ci_low", "ci_high"]])
    return found


def coverage(n: int, cores: int) -> Found:
    results: Found = {}
    for name, world in COVERED.items():
        many = repeated(partial(true_experiment, world=world), n, cores, f"truth, {name}")
        truth = pd.DataFrame(many).mean()
        run = partial(interval_experiment, world=world)
        found = pd.DataFrame(repeated(run, n, cores, f"coverage, {name}"))
        for pair in found:
            held = {"truth": float(truth[pair]), **covered(found[pair], truth[pair])}
            results[f"{name}: {pair}"] = held
            print(f"{name}: {pair:<10} truth {truth[pair]:.3f}  {said(held)}", flush=True)
    return results


def covered(intervals: pd.Series, truth: float) -> Found:
    """Say how often (estimate, low, high) hold the truth, and how the estimate errs."""
    estimate, low, high = np.array(intervals.dropna().tolist(), dtype=float).T
    told = np.isfinite(low)
    estimate, low, high = estimate[told], low[told], high[told]
    held = rate(int(((low <= truth) & (truth <= high)).sum()), len(low))
    error = estimate - truth
    return {
        **held,
        "below": int((high < truth).sum()),
        "above": int((low > truth).sum()),
        "bias": float(error.mean()),
        "bias_se": float(error.std() / np.sqrt(len(error))),
        "sd": float(error.std()),
        "width": float((high - low).mean()),
    }


def draw_coverage(results: Found, axes: Sequence[plt.Axes]) -> None:
    axes[0].axvspan(0.92, 0.98, color="0.9")
    axes[0].axvline(0.95, color="0.5", linestyle=":")
    draw_rates(results, axes[0])
    axes[0].set(xlabel="coverage of 95 % intervals", xlim=(None, 1.005))


# --- spread ------------------------------------------------------------------------------------

SPREAD = {
    # units and trials of a task (in each of 2 sessions), strength of the code
    "accuracy about 0.65": (12, 40, 0.16),
    "accuracy about 0.85": (12, 40, 0.31),
    "accuracy about 0.98": (12, 40, 0.61),
}
RESAMPLED = ("trials", "units", "trials and units")
TRIAL_SETS = 2


def spread_experiment(number: int, size: tuple[int, int, float]) -> Found:
    """Return the variance over sets of trials of one set of units, and over bootstrap resamples.

    Only one set of units in 8 is resampled, as the variance of resamples differs little.
    """
    n_units, n_trials, strength = size
    axes = {"V4": planted_axes(stream(SEED, "spread", number), 1, n_units, strength)}
    dataset = settings(1, {"population": "pseudopopulation", "draws": 5})

    def decode(trials: int, bootstraps: int) -> xr.Dataset:
        rng = stream(SEED, "spread", number, trials)
        recordings = sessions(rng, axes, n_trials, np.ones(1), np.array([0.05]))
        chosen = without(dataset, bootstraps=bootstraps, permutations=0)
        seed = 1000 * number + trials
        return decoded(recordings, chosen, "V4", seed, decode=cross_task.decode_windows)

    pairs = {"within": WITHIN, "across": ACROSS}
    found: Found = {}
    true = [decode(trials, 0)["window_accuracy"] for trials in range(TRIAL_SETS)]
    for name, (train, test) in pairs.items():
        of_pair = [float(each.sel(train_task=train, test_task=test).mean()) for each in true]
        found[f"{name}, mean"], found[f"{name}, variance"] = (
            np.mean(of_pair),
            np.var(of_pair, ddof=1),
        )
    for what in RESAMPLED if number % 8 == 0 else ():
        with resampling(what):
            made = decode(0, 50)
        for name, (train, test) in pairs.items():
            cell = made.sel(train_task=train, test_task=test, window="late").mean("session")
            found[f"{name}, {what}"] = cell["window_bootstrap"].values.var(ddof=1)
    return found


def resampling(what: str) -> ExitStack:
    """Let bootstraps resample trials or units alone, while the context lasts."""
    stack = ExitStack()
    if what == "trials":
        units = population_decoder.PopulationDecoder.units
        stack.enter_context(
            patch.object(
                population_decoder.PopulationDecoder,
                "units",
                lambda self, draw, _: units(self, draw, population_decoder.ORIGINAL),
            )
        )
    if what == "units":
        stack.enter_context(
            patch.object(
                splits, "bootstrap_counts", lambda part, *_, **__: np.ones(len(part.task), int)
            )
        )
    return stack


def spread(n: int, cores: int) -> Found:
    results: Found = {}
    for point, size in SPREAD.items():
        run = partial(spread_experiment, size=size)
        found = pd.DataFrame(repeated(run, n, cores, f"spread, {point}"))
        drawn = stream(SEED, "spread", point).integers(n, size=(200, n))
        for name, what in product(("within", "across"), RESAMPLED):
            true, ratio = true_sd_and_ratio(found, name, what)
            others = [true_sd_and_ratio(found.iloc[each], name, what)[1] for each in drawn]
            results[f"{point}, {name}, {what}"] = {
                "accuracy": float(found[f"{name}, mean"].mean()),
                "true_sd": true,
                "ratio": ratio,
                "ratio_se": float(np.std(others)),
                "n": n,
                "resampled": int(found[f"{name}, {what}"].notna().sum()),
            }
            print(f"{point}, {name}, {what}: {results[f'{point}, {name}, {what}']}", flush=True)
    return results


def true_sd_and_ratio(found: pd.DataFrame, name: str, what: str) -> tuple[float, float]:
    """Return the SD over data sets of accuracy, and the SD over resamples divided by it."""
    mean, variance = found[f"{name}, mean"], found[f"{name}, variance"].mean()
    of_units = max(mean.var(ddof=1) - variance / TRIAL_SETS, 0)
    true = {"trials": variance, "units": of_units, "trials and units": variance + of_units}[what]
    return float(np.sqrt(true)), float(np.sqrt(found[f"{name}, {what}"].mean() / true))


def draw_spread(results: Found, axes: Sequence[plt.Axes]) -> None:
    position = np.arange(len(results))[::-1]
    axes[0].plot([each["ratio"] for each in results.values()], position, "o", color="#0072B2")
    axes[0].axvline(1, color="0.5", linestyle=":")
    axes[0].set_yticks(position, list(results), fontsize=6)
    axes[0].set(xlabel="SD of resamples / true SD", xscale="log")


# --- experiments of the size of the original ---------------------------------------------------


def paper(window: tuple[float, float], width: float, tasks: Sequence[str], **inference: int):
    """Return the settings of the paper-sized simulation with fewer times, draws and tasks."""
    keys = yaml.safe_load(PAPER.read_text(encoding="utf-8"))["datasets"]["panichello_buschman"]
    keys["tasks"] = {task: keys["tasks"][task] for task in tasks}
    keys["time"] = {"start": window[0], "stop": window[1], "bin": width}
    keys["windows"] = {"delay": list(window)}
    keys["decoding"] |= {"draws": 1, "unit_counts": []}
    # As many trials in one round of longer blocks: nothing drifts, so their order is nothing.
    planted = keys["simulation"]
    cycles = planted.pop("cycles")
    planted["block_trials"] = {k: cycles * n for k, n in planted["block_trials"].items()}
    planted["cycles"] = 1
    keys["inference"] |= inference
    return parse({"datasets": {NAME: keys}}).datasets[NAME]


def spike_counts(dataset: SimulationDataset, seed: int, regions: Sequence[str]) -> list[xr.Dataset]:
    """Simulate the Recordings of a data set around its events alone.

    The model is that of `sources.simulation`. Counts of a bin are drawn from the sum of its rates,
    which has the same distribution as spikes drawn at 0.01 s over whole trials and then binned, but
    takes a fraction of the time.
    """
    planted, time = dataset.simulation, dataset.time
    truth = simulation.plant(planted, NAME, seed)
    edges = np.arange(round((time.stop - time.start) / simulation.STEP)) * simulation.STEP
    made = []
    for session in planted.session_names:
        rng = stream(seed, "trials", session)
        trials = assign_tasks(simulation._draw_trials(planted, rng), dataset, session).trials
        starts = trials["event_time"].to_numpy()[:, None] + time.start + edges
        shared_gain = rng.normal(size=len(trials))
        rates, units = [], []
        for region in regions:
            own = truth.sel(unit=(truth["session"] == session) & (truth["region"] == region))
            drive = drive_of(trials, starts, planted.regions[region], planted)
            n_units = own.sizes["unit"]
            weights = weights_of(own, planted.regions[region]).astype(np.float32)
            rate = np.maximum(own["baseline"].values.astype(np.float32) + drive @ weights.T, 0)
            rate = rate.reshape(len(trials), time.n_bins, -1, n_units).sum(axis=2)
            gain = [simulation._gain(planted, shared_gain, rng) for _ in range(n_units)]
            counts = rng.poisson(rate * np.stack(gain, axis=1)[:, None] * simulation.STEP)
            rates.append(counts.transpose(0, 2, 1) / time.bin)
            units.append(simulation._units(own))
        made.append(
            build(
                np.concatenate(rates, axis=1),
                trials,
                pd.concat(units, ignore_index=True),
                NAME,
                session,
                dataset,
                {},
            )
        )
    return made


def halved(dataset: SimulationDataset) -> SimulationDataset:
    """Return settings with half of the sessions, whose units and trials are as many as before."""
    planted = dataset.simulation
    regions = {
        name: region.model_copy(update={"units": region.units // 2})
        for name, region in planted.regions.items()
    }
    fewer = {"sessions": planted.sessions // 2, "regions": regions}
    return dataset.model_copy(update={"simulation": planted.model_copy(update=fewer)})


def power_experiment(number: int) -> Found:
    """Return which regions have significant transfer in a simulated experiment.

    It has half of the sessions of the original, and therefore half of its units and trials.
    """
    dataset = halved(paper((0.4, 0.8), 0.4, ("pro", "retro_2")))
    dataset = without(dataset, permutations=39, bootstraps=2)
    regions = list(dataset.simulation.regions)
    recordings = spike_counts(dataset, number, regions)
    n_units = min(region.units for region in dataset.simulation.regions.values())
    made = [
        decoded(recordings, dataset, region, number, n_units, cross_task.decode_windows)
        for region in regions
    ]
    table = tables.summary_table(made, dataset.inference)
    found: Found = {}
    for pair in (("pro", "retro_2"), ("retro_2", "pro")):
        for row in rows(table, pair).itertuples():
            found[f"{row.region}, {' to '.join(pair)}"] = bool(row.p_corrected <= ALPHA)
            found[f"{row.region}, {' to '.join(pair)}, accuracy"] = float(row.accuracy)
    return found


def power(n: int, cores: int) -> Found:
    found = pd.DataFrame(repeated(power_experiment, n, cores, "power"))
    results: Found = {}
    for pair in ("pro to retro_2", "retro_2 to pro"):
        named = [name for name in found if name.endswith(pair)]
        for name in named:
            accuracy = found[f"{name}, accuracy"]
            results[name] = {**rate(int(found[name].sum()), n), "accuracy": float(accuracy.mean())}
        specific = found[[name for name in named if not name.startswith("LPFC")]].any(axis=1)
        results[f"any region with its own axes, {pair}"] = rate(int(specific.sum()), n)
    for name, value in results.items():
        accuracy = f"  accuracy {value['accuracy']:.3f}" if "accuracy" in value else ""
        print(f"{name:<54}{said(value)}{accuracy}", flush=True)
    return results


def draw_power(results: Found, axes: Sequence[plt.Axes]) -> None:
    draw_rates(results, axes[0])
    axes[0].set(xlabel="share of experiments with significant transfer", xlim=(-0.02, 1.02))


# --- drift -------------------------------------------------------------------------------------

BLOCKS = {"splits": "blocks", "block": "run"}
NULLS: dict[str, tuple[Found, Found]] = {
    "shuffle": ({}, {"null_model": "shuffle"}),
    "shuffle, blocks left out": (BLOCKS, {"null_model": "shuffle"}),
    "pseudosession": ({}, {"null_model": "pseudosession"}),
    "pseudosession, blocks left out": (
        {"splits": "blocks", "block": "run"},
        {"null_model": "pseudosession"},
    ),
    "session swap": ({}, {"null_model": "session_swap"}),
}
DRIFT_TRIALS, RUNS = 120, 12
DRIFTS = {"random walk": None, "AR(1) 0.7": 0.7, "AR(1) 0.3": 0.3}
"""Correlations of a unit's noise between successive trials; None for a walk without end."""


def drifting(number: int, memory: float | None = None) -> list[xr.Dataset]:
    """Draw sessions with noise that lasts and labels in runs; nothing is coded.

    5 sessions of 20 units; 12 runs of 10 trials in random order, half of them of each class. Over a
    session a random walk goes as far as 4 times the SD of a rate from trial to trial.
    """
    made = []
    for session in range(5):
        rng = stream(SEED, "drift", *([] if memory is None else [memory]), number, session)
        side = np.repeat(rng.permutation(RUNS) % 2, DRIFT_TRIALS // RUNS)
        noise = rng.normal(size=(2, DRIFT_TRIALS, 20))
        if memory is None:
            noise = 4 * noise[0].cumsum(axis=0) / np.sqrt(DRIFT_TRIALS) + noise[1]
        else:
            noise = autoregressive(noise[0], memory)
        region = np.repeat(["V4"], 20)
        task = np.zeros(DRIFT_TRIALS, int)
        made.append(
            as_recording(
                f"session{session}", 10 + noise[..., None], task, side, region, np.array([0.05])
            ).assign_coords(run=("trial", np.arange(DRIFT_TRIALS) // (DRIFT_TRIALS // RUNS)))
        )
    return made


def autoregressive(noise: np.ndarray, memory: float) -> np.ndarray:
    """Return stationary noise (trial, unit) of which successive trials share `memory`."""
    innovations = np.sqrt(1 - memory**2) * noise
    innovations[0] = noise[0]
    return lfilter([1], [1, -memory], innovations, axis=0)


def drift_experiment(
    number: int,
    memory: float | None = None,
    nulls: dict[str, tuple[Found, Found]] = NULLS,
) -> Found:
    """Return the p-value of the mean over sessions under every null."""
    recordings = drifting(number, memory)
    found: Found = {}
    for name, (of_decoding, of_inference) in nulls.items():
        dataset = settings(1, of_decoding, {"permutations": 39, **of_inference}, tasks=TASKS[:1])
        dataset = without(dataset, bootstraps=0)
        made = decoded(recordings, dataset, "V4", number, decode=cross_task.decode_windows)
        found[name] = window_p_values(made, WITHIN)[1]
    return found


def drift(n: int, cores: int) -> Found:
    results: Found = {}
    for world, memory in DRIFTS.items():
        run = partial(drift_experiment, memory=memory)
        found = pd.DataFrame(repeated(run, n, cores, f"drift, {world}"))
        for name in found:
            results[f"{world}: {name}"] = rate(int((found[name] <= ALPHA).sum()), n)
            print(f"{world:<18}{name:<36}{said(results[f'{world}: {name}'])}", flush=True)
        results[f"{world}, p"] = {name: np.sort(found[name]).tolist() for name in found}
    return results


def draw_drift(results: Found, axes: Sequence[plt.Axes]) -> None:
    shown = drifting(0)[0]
    rate_of_unit = shown["rates"].values[:, 0, 0]
    right = shown["label"].values == "right"
    trial = np.arange(len(right))
    for side, color in ((right, "#D55E00"), (~right, "#0072B2")):
        axes[0].plot(trial[side], rate_of_unit[side], ".", color=color)
    axes[0].set(xlabel="trial", ylabel="rate of a unit", title="a rate that drifts, labels in runs")
    axes[1].plot([0, 1], [0, 1], ":", color="0.5")
    for name, p in results["random walk, p"].items():
        wrong = f"{name}: {results[f'random walk: {name}']['rate']:.0%}"
        axes[1].plot(p, (np.arange(len(p)) + 0.5) / len(p), label=wrong)
    axes[1].set(xlabel="p", ylabel="share of data sets", title="false alarms at .05")
    axes[1].legend(frameon=False, fontsize=7)


# --- how it is run and told --------------------------------------------------------------------


def repeated(run: Callable[[int], Found], n: int, cores: int, what: str) -> list[Found]:
    """Return `run` of 0 to n - 1, on several cores."""
    chunk = max(1, min(8, n // (4 * cores)))
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        each = pool.map(run, range(n), chunksize=chunk)
        return list(tqdm(each, total=n, desc=what, disable=None, leave=False))


def rate(k: int, n: int) -> Found:
    """Return a share with its exact binomial 95 % interval."""
    low, high = stats.binomtest(k, n).proportion_ci()
    return {"rate": k / n, "k": k, "n": n, "low": float(low), "high": float(high)}


def said(value: Found) -> str:
    """Return a share in words."""
    text = f"{value['rate']:.4f} [{value['low']:.4f}, {value['high']:.4f}]  n {value['n']}"
    if "ks_p" in value:
        text += f"  KS p {value['ks_p']:.3f}"
    if "bias" in value:
        text += f"  bias {value['bias']:+.4f} +- {value['bias_se']:.4f}, SD {value['sd']:.4f}"
        text += f", width {value['width']:.4f}, below {value['below']}, above {value['above']}"
    return text


def draw_rates(results: Found, ax: plt.Axes) -> None:
    """Plot the shares among results, with their intervals, one below the other."""
    names = [name for name in results if "rate" in results[name]]
    position = np.arange(len(names))[::-1]
    for at, name in zip(position, names, strict=True):
        limits = [results[name]["low"], results[name]["high"]]
        ax.plot(limits, [at, at], color="#0072B2")
        ax.plot(results[name]["rate"], at, "o", color="#0072B2")
    ax.set_yticks(position, names, fontsize=6)


PARTS: dict[str, tuple[Callable[[int, int], Found], int]] = {
    "errors": (errors, 1000),
    "coverage": (coverage, 400),
    "spread": (spread, 400),
    "power": (power, 400),
    "drift": (drift, 400),
}
"""Each part with the data sets it takes unless told otherwise."""
DRAWN: dict[str, tuple[Callable[[Found, Sequence[plt.Axes]], None], int]] = {
    "errors": (draw_errors, 2),
    "coverage": (draw_coverage, 1),
    "spread": (draw_spread, 1),
    "power": (draw_power, 1),
    "drift": (draw_drift, 2),
}
"""How the results of a part are drawn, and in how many panels."""


def keep(part: str, results: Found) -> None:
    """Replace the rates of a part in `KEPT`; p-values of single data sets are not kept."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept[part] = {name: value for name, value in results.items() if not name.endswith(", p")}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--datasets", type=int, help="data sets of each part")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    # Read by the processes as they start: their matrices are small.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    for part in options.parts or PARTS:
        run, n = PARTS[part]
        results = run(options.datasets or n, options.cores)
        print(f"written to {save(f'calibration-{part}', results)}", flush=True)
        if options.write:
            keep(part, results)
        if part in DRAWN:
            draw, n_panels = DRAWN[part]
            figure, axes = plt.subplots(
                1, n_panels, figsize=(2 + 5 * n_panels, 4.5), layout="constrained", squeeze=False
            )
            draw(results, axes[0])
            figure.savefig(FOLDER / f"calibration-{part}.png", dpi=150)
            plt.close(figure)


if __name__ == "__main__":
    main()
