"""Relative overlaps in simulated data sets of three tasks; `shared_code.reference` counts them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from neuro_attn.shared_code.discriminants import Sensitivity, sensitivity
from neuro_attn.shared_code.relative import (
    RelativeOverlap,
    SessionOfPairs,
    relative_in_units,
    relative_of_sessions,
)
from neuro_attn.shared_code.sessions import RegionOverlap, overlap_of_sessions
from neuro_attn.shared_code.these_units import TaskTrials, moments_of, pooled
from tests.worlds import ReferenceWorld, reference_data_set

CODES = {
    "cosine 0": ReferenceWorld(relative=0),
    "cosine 0.5": ReferenceWorld(relative=0.5),
    "cosine 1": ReferenceWorld(relative=1),
    "cosine -1": ReferenceWorld(relative=-1),
    "cosine 1, first task twice as strong": ReferenceWorld(relative=1, gain=2),
}
SIZES = {
    "these units, d' 2": {"sessions": 1, "spread": 0.0, "strength": 2.0},
    "these units, d' 4": {"sessions": 1, "spread": 0.0, "strength": 4.0},
    **{f"{n} sessions": {"sessions": n} for n in (4, 8, 16)},
}
WORLDS = {
    f"{size}, {code}": replace(world, **settings)
    for size, settings in SIZES.items()
    for code, world in CODES.items()
}


def experiment(what: str, rng: np.random.Generator) -> dict[str, float]:
    """Draw one data set of a world and estimate its relative overlap.

    Returns
    -------
    dict
        Whether the relative overlap is estimable; whether its interval, and that of the overlap,
        contain the planted cosine; both estimates, the width, and in the region the ratio of d'.
    """
    world = WORLDS[what]
    return _in_units(world, rng) if world.sessions == 1 else _in_region(world, rng)


def _in_units(world: ReferenceWorld, rng: np.random.Generator) -> dict[str, float]:
    (drawn,) = reference_data_set(world, rng)
    tasks = [TaskTrials(rates[..., 0], label) for rates, label in drawn]
    ends = np.cumsum([0, *(len(task.label) for task in tasks)])
    first, second, third = (np.arange(*each) for each in pairwise(ends))
    session = SessionOfPairs(
        moments_of(tasks[0], tasks[2]),
        moments_of(tasks[1], tasks[2]),
        (np.r_[first, third], np.r_[second, third]),
        np.concatenate([2 * number + task.label for number, task in enumerate(tasks)]),
    )
    overlap = pooled([session.pair])
    relative = relative_in_units({"session": session})
    return {**_judged(relative, overlap.interval(0.95), world), "overlap": overlap.value}


def _in_region(world: ReferenceWorld, rng: np.random.Generator) -> dict[str, float]:
    pair, reference = [], []
    for first, second, third in reference_data_set(world, rng):
        pair.append(sensitivity(first, third, folds=5, rng=rng))
        reference.append(sensitivity(second, third, folds=5, rng=rng))
    overlap = _overlap_of(pair)
    relative = relative_of_sessions(overlap, _overlap_of(reference))
    return {
        **_judged(relative, overlap.interval(0.95), world),
        "overlap": overlap.value,
        "ratio": float(_across(pair).sum() / _across(reference).sum()),
    }


def _across(found: list[Sensitivity]) -> np.ndarray:
    return np.array([float(each.first_on_second[0] + each.second_on_first[0]) for each in found])


def _overlap_of(found: list[Sensitivity]) -> RegionOverlap:
    within = np.array([float(each.first[0] + each.second[0]) for each in found])
    return overlap_of_sessions(_across(found), within)


def _judged(
    relative: RelativeOverlap, of_overlap: tuple[float, float], world: ReferenceWorld
) -> dict[str, float]:
    low, high = relative.interval(0.95)
    return {
        "estimable": low <= high,
        "covered": low <= world.relative <= high,
        "covered by overlap": of_overlap[0] <= world.relative <= of_overlap[1],
        "relative": relative.value,
        "width": high - low,
    }
