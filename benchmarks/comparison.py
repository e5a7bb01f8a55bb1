"""Rates of the fit of networks to regions: planted regions, reversed codes and twins, counted.

`python -m benchmarks.comparison [WORLD ...] [--datasets N] [--cores K]` simulates recordings of
regions and of networks whose codes of two tasks have known cosines, estimates their overlaps, tests
the fit of each network to each region, and counts the verdicts over N data sets. The rates are
printed and written, with their binomial intervals, to results/benchmarks/comparison.json. With
--write they also replace those in comparison.json beside this file, which docs/calibration.md
quotes (docs/site/calibration.py).
"""

import argparse
import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats
from tqdm import tqdm

from benchmarks.machine import save
from neuro_attn.comparison.fit import COMPATIBLE, INCOMPATIBLE, fit
from neuro_attn.comparison.nearest_region import named_region
from neuro_attn.comparison.overlaps import overlaps_of
from neuro_attn.configuration import load
from neuro_attn.decoding import Population
from neuro_attn.decoding.population import SessionTrials
from neuro_attn.randomness import stream
from neuro_attn.study import Study

SEED = 33
CONFIDENCE = 0.95
NAME = "benchmark"
CONFIG = Path(__file__).parents[1] / "config/config.yaml"
DATASET = load(CONFIG).datasets["simulation"]
"""Settings that nothing here depends on."""
LAYER = "random layer of 60 units"
MATCHED = "random layers, noise matched"
KEPT = Path(__file__).with_name("comparison.json")


@dataclass(frozen=True)
class World:
    """Conditions under which regions and a network are recorded.

    Parameters
    ----------
    cosine : float
        Cosine of the codes of both tasks in the network, and in the regions "planted" and "twin".
    strength : float
        SD over units of half the difference between classes, in SDs of the regions' noise.
    units, trials : int
        Units of a session, and trials of each task and class.
    sessions, networks : int
        Sessions of a region, and replicate networks. Units of all sessions are drawn independently.
    spread : float
        SD of the cosine between sessions, and between replicate networks.
    correlation : float
        Noise correlation between all pairs of units.
    along : float
        SD of noise that all units share along the axes of the codes, in units of their strength.
    tasks, classes : int
        Number of tasks and of classes.
    """

    cosine: float = 0.5
    strength: float = 0.2
    units: int = 40
    trials: int = 40
    sessions: int = 1
    networks: int = 1
    spread: float = 0.0
    correlation: float = 0.0
    along: float = 0.0
    tasks: int = 2
    classes: int = 2


WORLDS = {
    "cosine 0.5": World(),
    "cosine 0": World(cosine=0.0),
    "cosine 1": World(cosine=1.0),
    "cosine 1, accuracy near 1": World(cosine=1.0, strength=0.6),
    "cosine 0.2, strong codes": World(cosine=0.2, strength=0.5),
    "weak codes": World(strength=0.12),
    "noise correlation 0.2": World(correlation=0.2),
    "noise along the codes": World(along=1.0, strength=0.3),
    "12 units": World(units=12, strength=0.35),
    "4 sessions, 3 networks": World(sessions=4, networks=3, units=20, trials=20),
    "the same, cosines differ by 0.2": World(
        sessions=4, networks=3, units=20, trials=20, spread=0.2
    ),
    "8 sessions, 5 networks": World(sessions=8, networks=5, trials=20),
    "three tasks": World(tasks=3),
    "four classes": World(classes=4),
}


def codes(
    world: World,
    region: str,
    number: int,
    rng: np.random.Generator,
    *,
    cosine: float,
    is_network: bool = False,
) -> xr.Dataset:
    """Record a region, or a network with half the noise, and estimate the overlap of its codes."""
    parts = [
        _session(
            world,
            f"{region}{session}",
            rng,
            cosine=float(np.clip(cosine + world.spread * rng.normal(), -1, 1)),
            noise=0.5 if is_network else 1.0,
        )
        for session in range(world.networks if is_network else world.sessions)
    ]
    return overlaps(parts, region, number)


def overlaps(parts: list[SessionTrials], region: str, number: int) -> xr.Dataset:
    """Return the part of a signature that the fit concerns, from sessions of two windows."""
    tasks, classes = (
        tuple(map(str, range(1 + max(each.max() for each in of_parts))))
        for of_parts in ([part.task for part in parts], [part.label for part in parts])
    )
    members = [
        Population(part.session, [part], tasks, classes, ("early", "late"), np.zeros(0))
        for part in parts
    ]
    found = overlaps_of(members, Study(NAME, DATASET, number), region)
    return found.rename(session="code_session").assign_attrs(
        dataset=NAME, region=region, seed=number
    )


def _session(
    world: World, name: str, rng: np.random.Generator, *, cosine: float, noise: float
) -> SessionTrials:
    """Draw the rates of a session in two windows; codes are half as strong in the early one.

    Mean rates differ between tasks by the SD of the noise.
    """
    units, shape = world.units, (world.tasks, world.classes)
    codes = rng.normal(size=(*shape, units))
    codes -= codes.mean(axis=1, keepdims=True)
    codes /= np.sqrt(1 - 1 / world.classes)
    axes = codes[:, 0].copy()
    # The first task and any other have this cosine.
    codes[1:] = cosine * codes[0] + np.sqrt(1 - cosine**2) * codes[1:]
    task, label = np.indices(shape).reshape(2, -1).repeat(world.trials, axis=1)
    rates = world.strength * codes[task, label][:, :, None] * [0.5, 1.0]
    rates += rng.normal(size=(world.tasks, units))[task][:, :, None]
    common = rng.normal(size=(len(task), 1, 2))
    private = rng.normal(size=(len(task), units, 2))
    weight = world.correlation
    rates += noise * (np.sqrt(weight) * common + np.sqrt(1 - weight) * private)
    shared = rng.normal(size=(len(task), 2, len(axes)))
    rates += world.along * world.strength * np.swapaxes(shared @ axes, 1, 2)
    return _part(name, rates, task, label)


def experiment(number: int, name: str, world: World) -> dict[str, bool]:
    """Test a network against the region of its code, a twin of it, and two other regions.

    A second network has the reverse of a shared code.
    """
    rng = stream(SEED, "comparison", name, number)
    cosines = {"planted": world.cosine, "twin": world.cosine, "shared": 1.0, "separate": 0.0}
    regions = {
        region: codes(world, region, number, rng, cosine=cosine)
        for region, cosine in cosines.items()
    }
    network, backwards = (
        codes(world, "network", number, rng, cosine=cosine, is_network=True)
        for cosine in (world.cosine, -1.0)
    )
    others = [each for each in ("shared", "separate") if cosines[each] != world.cosine]
    return outcomes(regions, network, backwards, others)


def layer_experiment(number: int) -> dict[str, bool]:
    """Test a layer of 60 random tanh units against other units of that layer.

    Its inputs are the task and the selected side, with a gain that depends on the task. The
    network has half the noise of the regions.
    """
    rng = stream(SEED, "comparison", LAYER, number)
    inputs = rng.normal(size=(3, 60, 5))
    made = dict(zip(("network", "planted", "twin"), map(_activations, inputs), strict=True))
    made["shared"] = 0.35 * np.array([-1, 1])[:, None] * rng.normal(size=60) + np.zeros((2, 1, 1))
    made["backwards"] = made["shared"] * np.array([1, -1])[:, None, None]
    task, side = np.indices((2, 2)).reshape(2, -1).repeat(60, axis=1)
    found = {}
    for name, code in made.items():
        noise = 0.5 if name in ("network", "backwards") else 1.0
        rates = code[task, side][:, :, None] + noise * rng.normal(size=(len(task), 60, 2))
        found[name] = overlaps([_part(name, rates, task, side)], name, number)
    network, backwards = found.pop("network"), found.pop("backwards")
    return outcomes(found, network, backwards, ["shared"])


def _activations(weights: np.ndarray) -> np.ndarray:
    """Return the responses of tanh units to each task and side, shape (task, side, unit)."""
    task, side = np.meshgrid([0, 1], [-1, 1], indexing="ij")
    seen = [np.ones_like(task), task, side * (1 - task), side * task, 0.5 * side]
    return np.tanh(0.35 * np.stack(seen, axis=-1) @ weights.T)


def _part(name: str, rates: np.ndarray, task: np.ndarray, label: np.ndarray) -> SessionTrials:
    trials, units = np.arange(len(task)), np.arange(rates.shape[1]).astype(str)
    return SessionTrials(name, rates.astype(np.float32), task, label, units, trials)


def outcomes(
    regions: dict[str, xr.Dataset], network: xr.Dataset, backwards: xr.Dataset, others: list[str]
) -> dict[str, bool]:
    """Return what happens to the region "planted" among others, and to a reversed network."""
    verdicts = {each: fit(network, region).verdict(CONFIDENCE) for each, region in regions.items()}
    of_reversed = {
        each: fit(backwards, regions[each]).verdict(CONFIDENCE)
        for each in ("shared", "separate")
        if each in regions
    }
    named = named_region({each: verdicts[each] for each in ("planted", *others)})
    kept = [verdicts[each] != INCOMPATIBLE for each in ("planted", "twin")]
    return {
        "rejected": not kept[0],
        "compatible": verdicts["planted"] == COMPATIBLE,
        "named": named == "planted",
        "misnamed": named in others,
        "twins": all(kept),
        **{f"reversed_and_{each}": was == INCOMPATIBLE for each, was in of_reversed.items()},
    }


def counted(found: list[dict[str, bool]], what: str) -> dict[str, Any]:
    """Return and print rates with their exact binomial intervals."""
    n = len(found)
    summary: dict[str, Any] = {"n": n}
    for name in found[0]:
        k = sum(each[name] for each in found)
        low, high = stats.binomtest(k, n).proportion_ci(method="exact")
        summary[name] = {"rate": k / n, "low": float(low), "high": float(high)}
    rates = ", ".join(f"{name} {summary[name]['rate']:.3f}" for name in found[0])
    print(f"{what:<34} {rates}", flush=True)
    return summary


def matched_experiment(number: int) -> dict[str, bool]:
    """Test five replicates of a random layer against a region that other units of theirs make.

    Regions and networks have the same noise. Another network has unrelated codes.
    """
    rng = stream(SEED, "comparison", MATCHED, number)
    task, side = np.indices((2, 2)).reshape(2, -1).repeat(60, axis=1)

    def recorded(name: str, drawn: list[np.ndarray]) -> xr.Dataset:
        noise = rng.normal(size=(len(drawn), len(task), 60, 2))
        parts = [
            _part(f"{name}{session}", code[task, side][:, :, None] + noise[session], task, side)
            for session, code in enumerate(drawn)
        ]
        return overlaps(parts, name, number)

    def reversing(sign: float) -> np.ndarray:
        return _axes(rng.normal(size=60)) * np.array([1, sign])[:, None, None]

    regions = {
        name: recorded(name, [_activations(rng.normal(size=(60, 5)))])
        for name in ("planted", "twin")
    }
    regions["shared"] = recorded("shared", [reversing(1)])
    network = recorded("network", [_activations(rng.normal(size=(60, 5))) for _ in range(5)])
    backwards = recorded("backwards", [reversing(-1) for _ in range(5)])
    unrelated = recorded(
        "unrelated",
        [np.concatenate([_axes(rng.normal(size=60))[:1] for _ in range(2)]) for _ in range(5)],
    )
    found = outcomes(regions, network, backwards, ["shared"])
    verdict = fit(unrelated, regions["shared"]).verdict(CONFIDENCE)
    return {**found, "unrelated_and_shared": verdict == INCOMPATIBLE}


def _axes(weights: np.ndarray) -> np.ndarray:
    """Return responses (task, side, unit) along the same axis in both tasks."""
    return 0.35 * np.array([-1, 1])[:, None] * weights + np.zeros((2, 1, 1))


EXPERIMENTS: dict[str, Callable[[int], dict[str, bool]]] = {
    **{name: partial(experiment, name=name, world=world) for name, world in WORLDS.items()},
    LAYER: layer_experiment,
    MATCHED: matched_experiment,
}


def main() -> None:
    """Count in the worlds that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worlds", nargs="*", help=f"of: {'; '.join(EXPERIMENTS)} (default: all)")
    parser.add_argument("--datasets", type=int, default=400, help="data sets behind each rate")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    given = parser.parse_args()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    with ProcessPoolExecutor(given.cores, mp_context=get_context("spawn")) as pool:
        for name in given.worlds or EXPERIMENTS:
            run = EXPERIMENTS[name]
            numbers = range(given.datasets)
            found = pool.map(run, numbers, chunksize=20)
            kept[name] = counted(list(tqdm(found, total=given.datasets, leave=False)), name)
            kept = {each: kept[each] for each in EXPERIMENTS if each in kept}
            save("comparison", kept)
            if given.write:
                KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
