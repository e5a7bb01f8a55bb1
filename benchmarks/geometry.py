"""Coverage and false positives of geometry measures and of the nearest-region verdict.

`python -m benchmarks.geometry [part ...] [--experiments N] [--cores K]` simulates experiments with
known ground truth and analyses them. Each part prints its results with n and writes
results/benchmarks/geometry-PART.json.

planted   coverage of the intervals of axis cosine, plane cosine and alignment, before, during and
          after selection
noise     false positives of cosines, alignment, abstraction and colour information in pure noise
resemblance   how often the verdict is the region simulated from the network's own activations, and
              how often it is a region although two are equally near
"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from tqdm import tqdm

from benchmarks.machine import save
from neuro_attn import sources
from neuro_attn.comparison import Sizes, by_population, fits, nearest, of_populations, of_regions
from neuro_attn.configuration import AnyDataset, parse
from neuro_attn.decoding import build_populations
from neuro_attn.geometry.colors import shown_colors
from neuro_attn.geometry.estimates import Estimate, Resampling, UndefinedError, normal_interval
from neuro_attn.geometry.information import ITEMS, color_information
from neuro_attn.geometry.measures import abstraction, axis_cosine, color_overlap
from neuro_attn.geometry.places import Context, Place
from neuro_attn.randomness import stream
from neuro_attn.recording import build
from neuro_attn.sources.simulation.generation import MEMORY_LEVEL
from neuro_attn.study import Study

NAME = "planted"
CONFIDENCE = 0.95
RETRO, PAIR = 1, (0, 1)
RISE = 0.03
WINDOW = (0.4, 0.8)
STRONG = {"units": 40, "selection_sd": 4.0, "color_sd": 10.0, "cue_sd": 0.0}
REGIONS: dict[str, dict[str, float]] = {
    "before": {**STRONG, "selection_onset": 1.2, "selection_axis_cosine": 0.0},
    "during": {**STRONG, "selection_onset": 0.6, "selection_axis_cosine": 0.5},
    "after": {**STRONG, "selection_onset": 0.1, "selection_axis_cosine": 1.0},
    "separate": {**STRONG, "selection_onset": 0.1, "selection_axis_cosine": 0.0},
    "reversed": {**STRONG, "selection_onset": 0.1, "selection_axis_cosine": -0.5},
}
"""Regions with selection after, during or before the window, and with or without shared axes."""
NOISE = {"noise": {"units": 40, "selection_sd": 0.0, "color_sd": 0.0, "cue_sd": 0.0}}


def settings(
    regions: dict[str, dict[str, float]], bootstraps: int = 100, cycles: int = 4
) -> AnyDataset:
    """Return the settings of a simulated experiment."""
    keys = {
        "source": "simulation",
        "label": "selected",
        "tasks": {
            "pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"},
            "retro": {"trials": "trial_type == 'retro'", "align": "cue_onset"},
        },
        "time": {"start": WINDOW[0], "stop": WINDOW[1], "bin": 0.1},
        "windows": {"delay": list(WINDOW)},
        "colors": {"items": {"upper": "upper_color", "lower": "lower_color"}},
        "decoding": {"population": "pseudopopulation", "draws": 5},
        "inference": {"bootstraps": bootstraps, "permutations": 39},
        "simulation": {
            "sessions": 2,
            "cycles": cycles,
            # High enough that rates are rarely clipped at 0, which would distort the planted axes.
            "baseline": 40.0,
            "selection_rise": RISE,
            "regions": regions,
            # In retro trials, both items remain in memory until after the window.
            "timing": {"retro": {"selection_delay": [0.6, 0.8]}},
        },
    }
    return parse({"datasets": {NAME: keys}}).datasets[NAME]


def planted_cosine(onset: float) -> float:
    r"""Return the cosine of each principal angle between the colour planes in the window.

    Colours lie in :math:`\alpha u + \beta c` and :math:`\alpha l + \beta c`, with u, l and c
    orthogonal, alpha the mean of (1 - S) over the window and beta that of S.
    """
    time = np.arange(*WINDOW, 0.001) + 0.0005
    selection = np.where(time > onset, 1 - np.exp(-np.maximum(time - onset, 0) / RISE), 0)
    alpha, beta = MEMORY_LEVEL * (1 - selection.mean()), MEMORY_LEVEL * selection.mean()
    return float(beta**2 / (alpha**2 + beta**2))


def estimates(
    data: list[xr.Dataset], dataset: AnyDataset, region: str, seed: int
) -> Iterator[tuple[str, Callable[[], dict[str, Estimate]]]]:
    """Yield the names of groups of measures, and functions that estimate them in the window."""
    study = Study(NAME, dataset, seed)
    resampling = Resampling(
        study,
        bootstraps=dataset.inference.bootstraps,
        splits=dataset.decoding.draws,
        shuffles=dataset.inference.permutations,
        confidence=CONFIDENCE,
    )
    population = build_populations(data, study, region)[0]
    time_bin = len(population.times)
    assert dataset.colors is not None
    colors = {one.attrs["session"]: shown_colors(one, dataset.colors, NAME) for one in data}
    context = Context(colors, dataset.decoding, resampling)
    pair, task = Place(PAIR, (time_bin,)), Place((RETRO,), (time_bin,))
    yield "axes", partial(axis_cosine.estimate, population, pair, context)
    yield "colors", partial(color_overlap.estimate, population, task, context)
    yield "abstraction", partial(abstraction.estimate, population, pair, context)
    for item in ITEMS:

        def informed(item: str = item) -> dict[str, Estimate]:
            found = color_information(population, time_bin, RETRO, item, colors, resampling)
            return {f"{item}_color": Estimate(float(found.value), found.replicates, 1.0, 0.0)}

        yield "information", informed


def planted_experiment(seed: int, **keys: int) -> list[dict[str, Any]]:
    """Return each estimate with its planted value, and whether its interval contains that value."""
    dataset = settings(REGIONS, **keys)
    data = sources.read(NAME, dataset, "", seed)
    rows = []
    for region, planted in REGIONS.items():
        cosine = planted_cosine(planted["selection_onset"])
        truth = {"plane_cosine": cosine**2, "alignment": cosine**2, "squared_cosine_1": cosine**2}
        if planted["selection_onset"] < WINDOW[1]:
            truth["axis_cosine"] = planted["selection_axis_cosine"]
        for family, estimate in estimates(data, dataset, region, seed):
            planted_here = {"axes": "axis_cosine", "colors": "alignment"}.get(family)
            if planted_here not in truth:
                continue
            try:
                found = estimate()
            except UndefinedError:
                rows += [{"region": region, "measure": family, "defined": False}]
                continue
            for name in found.keys() & truth.keys():
                value, replicates = found[name].value, found[name].replicates
                low, high = normal_interval(value, replicates, CONFIDENCE)
                rows.append(
                    {
                        "region": region,
                        "measure": name,
                        "defined": True,
                        "planted": truth[name],
                        "value": value,
                        "half": (high - low) / 2,
                        "inside": int(low <= truth[name] <= high),
                    }
                )
    return rows


def noise_experiment(seed: int, **keys: int) -> list[dict[str, Any]]:
    """Return for every measure whether its interval in pure noise is above the null value."""
    dataset = settings(NOISE, **keys)
    data = sources.read(NAME, dataset, "", seed)
    rows = []
    for family, estimate in estimates(data, dataset, "noise", seed):
        try:
            found = estimate()
        except UndefinedError:
            rows.append({"measure": family, "defined": False, "alarm": False})
            continue
        for name, one in found.items():
            low, _ = normal_interval(one.value, one.replicates, CONFIDENCE)
            nothing = 0.5 if family == "abstraction" else 0.0
            rows.append(
                {"measure": name, "defined": True, "value": one.value, "alarm": low > nothing}
            )
    return rows


def resemblance_experiment(seed: int) -> list[dict[str, Any]]:
    """Return nearest region and verdict, with one or with two regions that have the network's code.

    The network is a layer of 60 random tanh units. Its inputs are the task and the selected side,
    with a gain that depends on the task. The region "own" consists of other units of that layer, on
    other trials. The region "twin" has the same units as "own", on its own trials. The other
    regions have a shared code and a weak code. The network has half the noise of the regions and is
    matched to them.
    """
    rng = stream(seed, "benchmark", "resemblance")
    dataset = parse({"datasets": {NAME: RESEMBLANCE}}).datasets[NAME]
    inputs = rng.normal(size=(200, 5))
    layers = {"network": inputs[:60], "own": inputs[60:120], "twin": inputs[60:120]}
    regions = {name: _activations(weights) for name, weights in layers.items()}
    axis = rng.normal(size=60)
    side = np.array([-1, 1])[None, :, None]
    regions["shared"] = 0.35 * side * axis + np.zeros((2, 1, 1))
    regions["weak"] = 0.05 * side * rng.normal(size=(2, 1, 60))
    recordings = {
        name: _recorded(code, dataset, name, 0.5 if name == "network" else 1.0, rng)
        for name, code in regions.items()
    }
    sizes = Sizes(60, 30)
    signatures = {
        name: of_regions(
            [recordings[name]], Study(NAME, dataset, seed), regions=[name], sizes=sizes
        )[0]
        for name in regions
        if name != "network"
    }
    rows = []
    for part, names in {
        "planted": ("own", "shared", "weak"),
        "none planted": ("own", "twin"),
    }.items():
        brain = [signatures[name] for name in names]
        matched = of_populations(
            [recordings["network"]],
            Study(NAME, dataset, seed),
            populations=["network"],
            sizes=sizes,
            brain=brain,
            confidence=CONFIDENCE,
        )
        networks = by_population(matched, {NAME: ("network", True)})
        tested = fits(brain, networks, CONFIDENCE)
        row = nearest(brain, networks, tested=tested, confidence=CONFIDENCE).iloc[0]
        rows.append({"part": part, "region": row["region"], "verdict": row["verdict"]})
    return rows


RESEMBLANCE = {
    "source": "netcdf",
    "files": "*",
    "label": "side",
    "tasks": {task: {"trials": f"order == '{task}'"} for task in ("pro", "retro")},
    "time": {"start": 0.0, "stop": 0.2, "bin": 0.1},
    "windows": {"early": [0.0, 0.1], "late": [0.1, 0.2]},
    "decoding": {"draws": 3, "unit_counts": []},
    "inference": {"permutations": 19, "bootstraps": 100},
}


def _activations(weights: np.ndarray) -> np.ndarray:
    """Return the responses of tanh units to each task and side, shape (task, side, unit)."""
    task, side = np.meshgrid([0, 1], [-1, 1], indexing="ij")
    seen = [np.ones_like(task), task, side * (1 - task), side * task, 0.5 * side]
    return np.tanh(0.35 * np.stack(seen, axis=-1) @ weights.T)


def _recorded(
    code: np.ndarray, dataset: AnyDataset, region: str, noise: float, rng: np.random.Generator
) -> xr.Dataset:
    """Return a recording of 60 noisy trials per task and side of a code (task, side, unit)."""
    task, side = np.indices((2, 2)).reshape(2, -1).repeat(60, axis=1)
    rates = code[task, side][:, :, None] + noise * rng.normal(size=(len(task), code.shape[2], 2))
    trials = pd.DataFrame({"trial_id": np.arange(len(task))})
    trials["task"], trials["label"] = np.array(["pro", "retro"])[task], np.array(["l", "u"])[side]
    units = pd.DataFrame({"unit_id": np.arange(code.shape[2]).astype(str), "region": region})
    return build(rates, trials, units, NAME, "session", dataset, {}, "a.u.")


def count_resemblance(rows: pd.DataFrame, n: int) -> dict[str, Any]:
    """Print and return the number of experiments by nearest region and verdict."""
    table = rows.groupby(["part", "region", "verdict"]).size().rename("experiments")
    print(f"nearest regions and verdicts, of {n} experiments (planted: own)")
    print(table.to_string())
    return {"rows": table.reset_index().to_dict("records")}


def count_planted(rows: pd.DataFrame, n: int) -> dict[str, Any]:
    """Print and return the number of intervals that contain the planted value."""
    done = rows[rows["defined"].astype(bool)].astype({"inside": int})
    table = done.groupby(["measure", "region"]).agg(
        planted=("planted", "first"),
        mean=("value", "mean"),
        sd=("value", "std"),
        half=("half", "median"),
        inside=("inside", "sum"),
        n=("inside", "size"),
    )
    print(f"intervals that contain the planted value, of {n} experiments")
    print(table.round(3).to_string())
    return {"rows": table.reset_index().to_dict("records")}


def count_noise(rows: pd.DataFrame, n: int) -> dict[str, Any]:
    """Print and return the number of false positives in pure noise."""
    table = rows.groupby("measure").agg(
        defined=("defined", "sum"), alarms=("alarm", "sum"), mean=("value", "mean")
    )
    print(f"pure noise, {n} experiments: defined, and interval above 0 (accuracies: above 0.5)")
    print(table.round(4).to_string())
    return {"rows": table.reset_index().to_dict("records")}


PARTS: dict[str, tuple[Callable, Callable]] = {
    "planted": (planted_experiment, count_planted),
    "noise": (noise_experiment, count_noise),
    "resemblance": (resemblance_experiment, count_resemblance),
}


def run(part: str, n: int, cores: int) -> dict[str, Any]:
    """Simulate and analyse the experiments of a part, and count the results."""
    experiment, count = PARTS[part]
    context = get_context("spawn")  # compiled code does not survive a fork
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        found = list(tqdm(pool.map(experiment, range(n)), total=n, desc=part, disable=None))
    return {"experiments": n, **count(pd.DataFrame([row for rows in found for row in rows]), n)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--experiments", type=int, default=100)
    parser.add_argument("--cores", type=int, default=1)
    chosen = parser.parse_args()
    for part in chosen.part or PARTS:
        save(f"geometry-{part}", run(part, chosen.experiments, chosen.cores))


if __name__ == "__main__":
    main()
