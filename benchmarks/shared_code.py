"""Type I error, power, coverage and verdicts of the tests of a shared code, counted.

`python -m benchmarks.shared_code [PART ...] [--datasets N] [--cores K] [--data FOLDER]` draws data
sets from the worlds of tests/worlds.py, from recorded units, or from seeds of the default
simulation, and counts over N of them. Each part prints its rates and writes them, with their
binomial intervals, to results/benchmarks/shared-code-PART.json. With --write they also replace
those in shared_code.json beside this file, which docs/calibration.md quotes
(docs/site/calibration.py).
"""

import argparse
import json
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from tqdm import tqdm

from benchmarks import conclusions, hierarchical, relabelled, relative_overlap
from benchmarks.counting import counted, summarised
from benchmarks.machine import save
from neuro_attn import sources
from neuro_attn.configuration import load
from neuro_attn.decoding import build_populations, regions_table
from neuro_attn.decoding.population import SessionTrials
from neuro_attn.inference import sign_flips
from neuro_attn.randomness import stream
from neuro_attn.shared_code import sessions as over_sessions
from neuro_attn.shared_code.differences import difference_in_units
from neuro_attn.shared_code.discriminants import sensitivity
from neuro_attn.shared_code.leave_one_out import trials_left_out
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.shared_code.these_units import TaskTrials, moments_of, overlap_of
from neuro_attn.study import Study
from tests.worlds import (
    DEPENDENT_WORLDS,
    REGION_WORLDS,
    UNITS_WORLDS,
    RegionWorld,
    UnitsWorld,
    region_data_set,
    units_data_set,
)

SEED = 2021
ALPHA = 0.05
CONFIG = Path(__file__).parents[1] / "config/config.yaml"
KEPT = Path(__file__).with_name("shared_code.json")
REAL = {"steinmetz2019": "steinmetz2019/session11.nwb", "zhang_desimone": ""}
"""Data sets whose units are tested, and the files if not all."""


def units_experiment(
    number: int, name: str, world: UnitsWorld, cosine: float, strength: float
) -> dict[str, float]:
    """Test one data set of units."""
    rng = stream(SEED, "units", name, cosine, strength, number)
    data = units_data_set(world, rng, cosine=cosine, strength=strength)
    found = overlap_of([data])
    low, high = found.interval(0.95)
    return {
        "significant": found.p_value <= ALPHA,
        "covered": low <= cosine <= high,
        "overlap": found.value,
        "width": high - low,
    }


def region_experiment(number: int, name: str, world: RegionWorld) -> dict[str, float]:
    """Test one region."""
    rng = stream(SEED, "region", name, str(world), number)
    drawn = region_data_set(world, rng)
    of_sessions = [sensitivity(first, second, folds=5, rng=rng) for first, second in drawn]
    within = np.array([float(each.first[0] + each.second[0]) for each in of_sessions])
    across = np.array(
        [float(each.first_on_second[0] + each.second_on_first[0]) for each in of_sessions]
    )
    signs = sign_flips.sign_patterns(world.sessions, rng)
    flips = sign_flips.sign_flip_test(across[:, None], signs)
    ratio = over_sessions.overlap_of_sessions(across, within)
    low, high = ratio.interval(0.95)
    found = {
        "significant": float(flips.p_value[0]) <= ALPHA,
        "overlap": ratio.value,
        "width": high - low,
        "t": stats.ttest_1samp(across, 0).pvalue <= ALPHA,
    }
    # If only some sessions have a code, the region has no single overlap.
    if not world.only:
        found["covered"] = low <= (world.cosine or 0.0) <= high
    return found


def units(n: int, cores: int) -> dict[str, Any]:
    """Type I error and coverage of orthogonal codes, power and coverage of others."""
    results = {}
    for name, world in UNITS_WORLDS.items():
        run = partial(units_experiment, name=name, world=world, cosine=0.0, strength=2.0)
        results[name] = counted(run, n, cores, f"{name}, cosine 0")
    white = UNITS_WORLDS["white noise"]
    for cosine, strength in ((1, 0.5), (1, 1.0), (1, 3.0), (0.25, 2.0), (0.5, 1.0), (-1, 1.0)):
        name = f"white noise, cosine {cosine:g}, d {strength:g}"
        run = partial(units_experiment, name=name, world=white, cosine=cosine, strength=strength)
        results[name] = counted(run, n, cores, name)
    return results


def dependent(n: int, cores: int) -> dict[str, Any]:
    """Type I error where trials depend on each other."""
    results = {}
    for name, world in DEPENDENT_WORLDS.items():
        run = partial(units_experiment, name=name, world=world, cosine=0.0, strength=2.0)
        results[name] = counted(run, n, cores, name)
    return results


def real(n: int, cores: int, data: str) -> dict[str, Any]:
    """Type I error in recorded units: the labels of one task are permuted within sessions.

    Each data set is a region, a pair of tasks and a window, drawn at random.
    """
    results = {}
    for name, files in REAL.items():
        dataset = load(CONFIG.with_name(f"{name}.yaml")).datasets[name]
        if files:
            dataset = dataset.model_copy(update={"files": files})
        study = Study(name, dataset, SEED)
        recordings = sources.read(name, dataset, data, SEED)
        regions = regions_table(recordings, study)["region"].unique()
        members = [
            [part for each in build_populations(recordings, study, region) for part in each.parts]
            for region in regions
        ]
        tasks, windows = len(dataset.tasks), len(dataset.windows)
        found = [
            real_experiment(members, tasks, windows, stream(SEED, "real", name, number))
            for number in tqdm(range(n), desc=name, leave=False)
        ]
        results[name] = summarised(found, name)
    return results


def real_experiment(
    members: list[list[SessionTrials]], tasks: int, windows: int, rng: np.random.Generator
) -> dict[str, float]:
    """Test one region with the labels of the second task permuted."""
    parts = members[rng.integers(len(members))]
    first, second = rng.choice(tasks, 2, replace=False)
    place = parts[0].rates.shape[2] - windows + rng.integers(windows)
    pairs = []
    for part in parts:
        one, other = (np.flatnonzero(part.task == task) for task in (first, second))
        pairs.append(
            (
                TaskTrials(part.rates[one, :, place], part.label[one]),
                TaskTrials(part.rates[other, :, place], rng.permutation(part.label[other])),
            )
        )
    return {"significant": overlap_of(pairs).p_value <= ALPHA}


def differences(n: int, cores: int) -> dict[str, Any]:
    """Type I error, power and coverage of differences in overlap between two sets of units.

    As in a run, differences are tested only where all codes are significant.
    """
    results = {}
    for cosines, strengths in product(
        ((0.5, 0.5), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0), (0.9, 0.5), (-1.0, 1.0)),
        ((1.0, 1.0), (2.0, 0.8)),
    ):
        what = f"cosines {cosines[0]:g} and {cosines[1]:g}, d {strengths[0]:g} and {strengths[1]:g}"
        run = partial(difference_experiment, cosines=cosines, strengths=strengths)
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            found = [each for each in pool.map(run, range(n), chunksize=20) if each]
        results[what] = summarised(found, what)
    return results


def difference_experiment(
    number: int, cosines: tuple[float, float], strengths: tuple[float, float]
) -> dict[str, float]:
    """Compare the codes of two sets of units in the same trials; empty if a code is too weak."""
    rng = stream(SEED, "differences", *cosines, *strengths, number)
    found = []
    for cosine, strength in zip(cosines, strengths, strict=True):
        data = units_data_set(UnitsWorld(), rng, cosine=cosine, strength=strength)
        orders = [np.argsort(task.label, kind="stable") for task in data]
        tasks = [
            TaskTrials(task.rates[order], task.label[order])
            for task, order in zip(data, orders, strict=True)
        ]
        found.append(trials_left_out({"session": moments_of(*tasks)}))
    codes = [each.overlap.p_codes for each in found]
    if max(max(each) for each in codes) >= ALPHA:
        return {}
    value, low, high, p = difference_in_units(*found, 0.95)
    return {
        "significant": p <= ALPHA,
        "covered": low <= cosines[0] - cosines[1] <= high,
        "overlap": value,
        "width": high - low,
    }


def region(n: int, cores: int) -> dict[str, Any]:
    """Type I error where the axes of the tasks are unrelated; power and coverage of others."""
    results = {}
    for n_sessions in (4, 8, 16):
        worlds = dict(REGION_WORLDS)
        for cosine, spread in product((0.0, 0.5, 1.0, -1.0), (0.0, 0.5, 1.0)):
            worlds[f"cosine {cosine:g}, CV {spread:g}"] = RegionWorld(cosine=cosine, spread=spread)
        for name, world in worlds.items():
            made = replace(world, sessions=n_sessions)
            run = partial(region_experiment, name=name, world=made)
            what = f"{name}, {n_sessions} sessions"
            results[what] = counted(run, n, cores, what)
    return results


def reference(n: int, cores: int) -> dict[str, Any]:
    """Coverage of the relative overlap where it is estimable, in these units and in the region."""
    results = {}
    for what in relative_overlap.WORLDS:
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            run = partial(reference_experiment, what=what)
            found = list(pool.map(run, range(n), chunksize=20))
        estimable = [each for each in found if each["estimable"]]
        results[what] = {
            **summarised(estimable, what),
            **summarised([{"estimable": each["estimable"]} for each in found], what),
        }
    return results


def intervals(n: int, cores: int) -> dict[str, Any]:
    """Coverage and width of intervals of a region by the jackknife, bootstraps and fixed effects.

    The true overlap is the cosine of the world; the true mean d' is that of all data sets.
    """
    results: dict[str, Any] = {}
    for n_sessions, (name, world) in product((4, 8, 16), hierarchical.WORLDS.items()):
        what = f"{name}, {n_sessions} sessions"
        made = replace(world, sessions=n_sessions)
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            run = partial(intervals_experiment, what=what, world=made)
            found = list(pool.map(run, range(n), chunksize=20))
        for quantity in found[0]:
            ends = {way: [each[quantity][way] for each in found] for way in found[0][quantity]}
            values = np.array(ends.pop("value"))[:, 0]
            truth = (world.cosine or 0.0) if quantity == "overlap" else float(values.mean())
            results[f"{quantity}: {what}"] = {
                way: summarised(
                    [{"covered": low <= truth <= high, "width": high - low} for low, high in pairs],
                    f"{quantity}, {way}: {what}",
                )
                for way, pairs in ends.items()
            }
    return results


def intervals_experiment(
    number: int, what: str, world: RegionWorld
) -> dict[str, dict[str, hierarchical.Ends]]:
    """Draw one data set and return its intervals."""
    return hierarchical.experiment(world, stream(SEED, "intervals", what, number))


def reference_experiment(number: int, what: str) -> dict[str, float]:
    """Estimate one relative overlap."""
    return relative_overlap.experiment(what, stream(SEED, "reference", what, number))


def power(n: int, cores: int) -> dict[str, Any]:
    """Power of the overlap in these units, and of permuting the labels of the trained task."""
    results = {}
    weak = {name: (1.0, 0.7) for name in UNITS_WORLDS if name != "300 units, 20 trials"}
    for name, planted in [*weak.items(), ("white noise", (0.25, 2.0))]:
        what = f"{name}, cosine {planted[0]:g}, d {planted[1]:g}"
        run = partial(power_experiment, what=what, world=UNITS_WORLDS[name], planted=planted)
        results[what] = counted(run, n, cores, what)
    return results


def power_experiment(
    number: int, what: str, world: UnitsWorld, planted: tuple[float, float]
) -> dict[str, float]:
    """Test one data set in both ways."""
    return relabelled.experiment(world, *planted, stream(SEED, "power", what, number))


def region_verdicts(n: int, cores: int) -> dict[str, Any]:
    """Verdicts on a region of 8 sessions."""
    return {
        what: counted(partial(region_verdict, what=what, world=world), n, cores, what)
        for what, world in conclusions.WORLDS.items()
    }


def region_verdict(number: int, what: str, world: RegionWorld) -> dict[str, float]:
    """Return the verdict on one region."""
    return conclusions.experiment(world, stream(SEED, "region verdict", what, number))


def region_differences(n: int, cores: int) -> dict[str, Any]:
    """Type I error, power and coverage of differences between two regions of 8 sessions."""
    results = {}
    for what in conclusions.PAIRS:
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            run = partial(region_difference, what=what)
            found = [each for each in pool.map(run, range(n), chunksize=20) if each]
        results[what] = {**summarised(found, what), "drawn": n}
    return results


def region_difference(number: int, what: str) -> dict[str, float]:
    """Compare two regions."""
    rng = stream(SEED, "region difference", what, number)
    return conclusions.difference_experiment(*conclusions.PAIRS[what], rng)


def verdicts_of_seed(seed: int) -> dict[str, str]:
    """Return the verdict on each region of the default simulation, in its last window."""
    dataset = load(CONFIG).datasets["simulation"]
    recordings = sources.read("simulation", dataset, CONFIG.parent, seed)
    study = Study("simulation", dataset, seed)
    table = tables_of(recordings, study, list(dataset.simulation.regions)).verdicts
    last = table[table["window"] == list(dataset.windows)[-1]]
    return dict(zip(last["region"], last["verdict"], strict=True))


def verdicts(n: int, cores: int) -> dict[str, Any]:
    """Count the verdicts on the default simulation over seeds; at most 100, which take minutes."""
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(verdicts_of_seed, range(min(n, 100))))
    results: dict[str, Any] = {"n": len(found)}
    for region in found[0]:
        results[region] = dict(Counter(each[region] for each in found))
        print(f"{region:<12} {results[region]}", flush=True)
    return results


PARTS = {
    "units": units,
    "dependent": dependent,
    "differences": differences,
    "region": region,
    "reference": reference,
    "intervals": intervals,
    "power": power,
    "region_verdicts": region_verdicts,
    "region_differences": region_differences,
    "verdicts": verdicts,
}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [*PARTS, "real"]
    described = f"of {', '.join(known)}; default: all but real"
    parser.add_argument("parts", nargs="*", metavar="PART", help=described)
    parser.add_argument("--data", help="folder of the recordings, for the part real")
    parser.add_argument("--datasets", type=int, default=1000, help="data sets behind each rate")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(known):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in given.parts or PARTS:
        if part == "real" and not given.data:
            parser.error("the part real needs --data")
        run = partial(real, data=given.data) if part == "real" else PARTS[part]
        found = run(given.datasets, given.cores)
        save(f"shared-code-{part}", found)
        if given.write:
            kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
            KEPT.write_text(json.dumps({**kept, part: found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
