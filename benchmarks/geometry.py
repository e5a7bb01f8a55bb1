"""Coverage and false positives of geometry measures.

`python -m benchmarks.geometry [part ...] [--experiments N] [--cores K]` simulates experiments with
known ground truth and analyses them. Each part prints its results with n and writes
results/benchmarks/geometry-PART.json. With --write the results also replace those in geometry.json
beside this file, which docs/calibration.md quotes (docs/site/calibration.py).

planted   coverage of the intervals of axis cosine, plane cosine and alignment, before, during and
          after selection
noise     false positives of cosines, alignment, abstraction and colour information in pure noise
"""

import argparse
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats
from tqdm import tqdm

from benchmarks.calibration import spike_counts
from benchmarks.machine import save
from neuro_attn.configuration import AnyDataset, parse
from neuro_attn.decoding import build_populations
from neuro_attn.geometry.colors import shown_colors
from neuro_attn.geometry.estimates import Estimate, Resampling, UndefinedError, normal_interval
from neuro_attn.geometry.information import ITEMS, color_information
from neuro_attn.geometry.measures import abstraction, axis_cosine, color_overlap
from neuro_attn.geometry.places import Context, Place
from neuro_attn.sources.simulation.drive import MEMORY_LEVEL
from neuro_attn.study import Study

KEPT = Path(__file__).with_name("geometry.json")
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
    regions: dict[str, dict[str, float]], bootstraps: int = 60, cycles: int = 4
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
    data = spike_counts(dataset, seed, list(REGIONS))
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
    data = spike_counts(dataset, seed, list(NOISE))
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


def count_planted(rows: pd.DataFrame) -> dict[str, Any]:
    """Return how often intervals contain the planted value, and their widths against the SD."""
    results = {}
    done = rows[rows["defined"].astype(bool)]
    for (measure, region), each in done.groupby(["measure", "region"]):
        results[f"{measure}, {region}"] = {
            "measure": measure,
            "planted": float(each["planted"].iloc[0]),
            "covered": rate(int(each["inside"].sum()), len(each)),
            "mean": float(each["value"].mean()),
            "sd": float(each["value"].std()),
            "half": float(each["half"].median()),
        }
    return results


def count_noise(rows: pd.DataFrame) -> dict[str, Any]:
    """Return how often an interval in pure noise is above 0, or above 0.5 for accuracies."""
    results = {}
    for measure, each in rows.groupby("measure"):
        results[measure] = {
            "above": rate(int(each["alarm"].sum()), len(each)),
            "defined": int(each["defined"].sum()),
        }
    return results


def rate(k: int, n: int) -> dict[str, float]:
    """Return a share with its exact binomial 95 % interval."""
    low, high = stats.binomtest(k, n).proportion_ci()
    return {"rate": k / n, "low": float(low), "high": float(high), "n": n}


PARTS: dict[str, tuple[Callable, Callable]] = {
    "planted": (planted_experiment, count_planted),
    "noise": (noise_experiment, count_noise),
}


def run(part: str, n: int, cores: int) -> dict[str, Any]:
    """Simulate and analyse the experiments of a part, count the results and print them."""
    experiment, count = PARTS[part]
    context = get_context("spawn")  # compiled code does not survive a fork
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        found = list(tqdm(pool.map(experiment, range(n)), total=n, desc=part, disable=None))
    results = count(pd.DataFrame([row for rows in found for row in rows]))
    for name, each in results.items():
        print(f"{name:<28} {json.dumps(each)}", flush=True)
    return {"experiments": n, "rates": results}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--experiments", type=int, default=400)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    chosen = parser.parse_args()
    for part in chosen.part or PARTS:
        found = run(part, chosen.experiments, chosen.cores)
        save(f"geometry-{part}", found)
        if chosen.write:
            kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
            KEPT.write_text(json.dumps({**kept, part: found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
