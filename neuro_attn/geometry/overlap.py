"""How far two codes of a population are the same: of two items, tasks, classes or times.

Every measure here compares two codes, x and y, made of condition means in halves of the trials
(`codes`), and is estimated in the same way:

- the value: mean over random splits into halves; its interval from Bayesian bootstraps, whose
  weights multiply the same halves;
- the ceiling: x of one half of the trials against x of the other half (each halved again), and
  the same of y; mean of both, at most 1, which noise in few trials can exceed by far;
- the floor: mean absolute value with the conditions shuffled over trials, where codes have no
  reliable length, so that it is the plain measure and not the debiased one.

Ceiling and floor are the references, which only `Resampling(references=True)` asks for.
"""

from collections.abc import Callable

import numpy as np

from neuro_attn.decoding.populations import Population
from neuro_attn.geometry.codes import (
    Design,
    class_designs,
    codes,
    color_designs,
    difference_designs,
    time_designs,
)
from neuro_attn.geometry.colors import Colors
from neuro_attn.geometry.conditions import shuffled, weighted_means
from neuro_attn.geometry.estimates import (
    Estimate,
    Resampling,
    UndefinedError,
    bootstrap_weights,
    random_halves,
    unreliable,
)
from neuro_attn.geometry.subspaces import DIMENSIONS, cosine_of_halves, overlaps

Measures = dict[str, Estimate]


def color_overlap(
    population: Population,
    point: int,
    task: int,
    colors: Colors,
    resampling: Resampling,
) -> Measures:
    """Compare the subspaces of the two items' colours in a task."""
    designs = color_designs(population, point, task, colors)
    return _compare(designs, overlaps, ("colors", task), "the items' colours", resampling)


def class_overlap(
    population: Population, point: int, pair: tuple[int, int], resampling: Resampling
) -> Measures:
    """Compare the subspaces of the classes of two tasks."""
    if len(population.classes) <= DIMENSIONS:
        raise UndefinedError("two classes span one axis in each task, which axis_cosine compares")
    designs = class_designs(population, point, pair)
    found = _compare(designs, overlaps, ("classes", *pair), "the tasks' classes", resampling)
    del found["plane_cosine"]  # its sign comes from the order of contrasts, which classes lack
    return found


def parallelism(
    population: Population, point: int, pair: tuple[int, int], resampling: Resampling
) -> Measures:
    """Return the parallelism score of the task: whether its axis is the same in all classes."""
    designs = difference_designs(population, point, pair)

    def measures(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"parallelism_task": cosine_of_halves(x, y)}

    what = "the axis between the tasks"
    return _compare(designs, measures, ("parallelism", *pair), what, resampling)


def stability(
    population: Population,
    times: tuple[slice | int, slice | int],
    task: int,
    resampling: Resampling,
) -> Measures:
    """Return the cosine between a task's coding axes at two times."""
    designs = time_designs(population, times, task)

    def measures(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"axis_stability": cosine_of_halves(x, y)}

    what = "the task's coding axes at one of the times"
    return _compare(designs, measures, ("stability", task), what, resampling)


def _compare(
    designs: list[Design],
    measures: Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]],
    names: tuple[object, ...],
    what: str,
    resampling: Resampling,
) -> Measures:
    """Estimate measures of two codes, with intervals and, if asked for, ceilings and floors."""
    values, ceilings, floors = [], [], []
    for design in designs:

        def rng(purpose: str, session: str = design.session) -> np.random.Generator:
            return resampling.rng(purpose, session, *names)

        n_trials = len(design.strata)
        both = np.concatenate(design.members)
        generator = rng("split")
        halves = np.stack(
            [random_halves(design.strata, both, generator) for _ in range(resampling.splits)]
        )
        weights = bootstrap_weights(n_trials, resampling.bootstraps, rng("bootstrap"))
        values.append(codes(design, halves, weights))
        if not resampling.references:
            continue
        quarters = np.stack([_quarters(half, design, both, generator) for half in halves])
        sides = quarters.swapaxes(0, 1)[:, None]
        ceilings.append([codes(design, side, None) for side in sides])
        generator = rng("shuffle")
        one = shuffled(design.members[0], resampling.shuffles, generator)
        other = one
        if design.members[0] is not design.members[1]:
            other = shuffled(design.members[1], resampling.shuffles, generator)
        floors.append(
            [
                np.repeat((contrast @ weighted_means(member, rates))[:, None, None], 2, axis=2)
                for contrast, member, rates in zip(
                    design.contrasts, (one, other), design.rates, strict=True
                )
            ]
        )
    x, y = (np.concatenate(codes, axis=-1) for codes in zip(*values, strict=True))
    estimates = {
        name: _estimate(value, what, resampling.confidence)
        for name, value in measures(x, y).items()
    }
    if not resampling.references:
        return estimates
    same = [
        measures(*(np.concatenate([of[side][code] for of in ceilings], axis=-1) for side in (0, 1)))
        for code in (0, 1)
    ]
    noise = measures(*(np.concatenate(codes, axis=-1) for codes in zip(*floors, strict=True)))
    return {
        name: _with_references(estimate, [each[name] for each in same], noise[name], what)
        for name, estimate in estimates.items()
    }


def _estimate(value: np.ndarray, what: str, confidence: float) -> Estimate:
    finite = np.isfinite(value[1:])
    if not np.isfinite(value[0]) or finite.mean() < confidence:
        raise unreliable(what, finite.mean())
    return Estimate(float(value[0]), value[1:][finite])


def _with_references(
    estimate: Estimate, same: list[np.ndarray], noise: np.ndarray, what: str
) -> Estimate:
    ceilings = np.concatenate(same)
    if not np.isfinite(ceilings).any():
        raise UndefinedError(f"half of the trials have no reliable code of {what}: no ceiling")
    if not np.isfinite(noise).any():
        raise UndefinedError(f"shuffled trials span no code of {what}: no floor")
    return estimate._replace(
        ceiling=min(float(np.nanmean(ceilings)), 1.0), floor=float(np.nanmean(np.abs(noise)))
    )


def _quarters(
    halves: np.ndarray, design: Design, members: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return both halves halved again, shape (half, 2, trial)."""
    return np.stack(
        [random_halves(np.where(half > 0, design.strata, -1), members, rng) for half in halves]
    )
