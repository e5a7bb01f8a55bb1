"""How far two codes of a population are the same: of two items, tasks, classes or times.

Every measure here compares two codes, x and y, made of condition means in halves of the trials
(`subspaces`), and is estimated in the same way:

- the value: mean over random splits into halves; its interval from Bayesian bootstraps, whose
  weights multiply the same halves;
- the ceiling: x of one half of the trials against x of the other half (each halved again), and
  the same of y; mean of both, at most 1, which noise in few trials can exceed by far;
- the floor: mean absolute value with the conditions shuffled over trials, where codes have no
  reliable length, so that it is the plain measure and not the debiased one.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.populations import Part, Population
from neuro_attn.geometry.colors import Colors, cued, no_noise
from neuro_attn.geometry.conditions import membership, shuffled, weighted_means
from neuro_attn.geometry.estimates import (
    Estimate,
    Resampling,
    UndefinedError,
    bootstrap_weights,
    class_contrasts,
    in_noise_units,
    part_rates,
    random_halves,
    unreliable,
)
from neuro_attn.geometry.subspaces import DIMENSIONS, cosine_of_halves, harmonics, overlaps

FEWEST = 4
"""Trials of a condition: one for each half of each half, for the ceiling."""

Measures = dict[str, Estimate]


class Design(NamedTuple):
    """What a session's two codes are made of; only trials that take part.

    Parameters
    ----------
    session : str
        The session.
    rates : two arrays, shape (trial, unit)
        Rates that x and y are made of.
    members : two arrays, shape (condition, trial)
        Their conditions; one and the same array where they are shuffled together.
    contrasts : two arrays, shape (contrast, condition)
        What makes codes of condition means.
    strata : array of int, shape (trial,)
        Trials that are halved together.
    """

    session: str
    rates: tuple[np.ndarray, np.ndarray]
    members: tuple[np.ndarray, np.ndarray]
    contrasts: tuple[np.ndarray, np.ndarray]
    strata: np.ndarray


def color_overlap(
    population: Population,
    point: int,
    task: int,
    colors: Colors,
    resampling: Resampling,
) -> Measures:
    """Compare the subspaces of the upper and of the lower item's colours in a task.

    Where the classes say which item is cued, each location's colours are those of trials that cue
    it: what is selected is the cued item.
    """
    designs = []
    for part in population.parts:
        mine = part.task == task
        shown = colors[part.session]
        bins = shown.bins[..., mine] * cued(part.label[mine], population.classes)
        if bins.sum(axis=-1).min() < FEWEST:
            continue
        regressors = no_noise(part.label[mine], shown.angles[:, mine])
        rates = in_noise_units(part_rates(part, point)[mine], regressors)
        waves = harmonics(bins.shape[1])
        designs.append(
            Design(
                part.session, (rates, rates), (bins[0], bins[1]), (waves, waves), part.label[mine]
            )
        )
    if not designs:
        raise UndefinedError(
            f"no session has {FEWEST} trials in every colour bin of both locations"
        )
    return _compare(designs, overlaps, ("colors", task), "the items' colours", resampling)


def class_overlap(
    population: Population, point: int, pair: tuple[int, int], resampling: Resampling
) -> Measures:
    """Compare the subspaces of the classes of two tasks."""
    n_classes = len(population.classes)
    if n_classes <= DIMENSIONS:
        raise UndefinedError("two classes span one axis in each task, which axis_cosine compares")
    helmert = class_contrasts(n_classes)
    designs = []
    for part in _with_trials(population, pair):
        (rates,), condition = _in_pair(part, (point,), pair, n_classes)
        member = membership(condition, 2 * n_classes)
        designs.append(
            Design(
                part.session,
                (rates, rates),
                (member[:n_classes], member[n_classes:]),
                (helmert, helmert),
                condition,
            )
        )
    found = _compare(designs, overlaps, ("classes", *pair), "the tasks' classes", resampling)
    del found["plane_cosine"]  # its sign comes from the order of contrasts, which classes lack
    return found


def parallelism(
    population: Population, point: int, pair: tuple[int, int], resampling: Resampling
) -> Measures:
    """Return the parallelism score of the task: whether its axis is the same in all classes."""
    n_classes = len(population.classes)
    difference = np.concatenate([np.eye(n_classes), -np.eye(n_classes)], axis=1)
    one, other = np.array(list(itertools.permutations(range(n_classes), 2))).T
    designs = []
    for part in _with_trials(population, pair):
        (rates,), condition = _in_pair(part, (point,), pair, n_classes)
        member = membership(condition, 2 * n_classes)
        designs.append(
            Design(
                part.session,
                (rates, rates),
                (member, member),
                (difference[one], difference[other]),
                condition,
            )
        )

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
    n_classes = len(population.classes)
    helmert = class_contrasts(n_classes)
    designs = []
    for part in _with_trials(population, (task,)):
        rates, condition = _in_pair(part, times, (task,), n_classes)
        member = membership(condition, n_classes)
        designs.append(
            Design(
                part.session, (rates[0], rates[1]), (member, member), (helmert, helmert), condition
            )
        )

    def measures(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"axis_stability": cosine_of_halves(x, y)}

    what = "the task's coding axes at one of the times"
    return _compare(designs, measures, ("stability", task), what, resampling)


def _with_trials(population: Population, tasks: tuple[int, ...]) -> list[Part]:
    """Return the sessions with enough trials of every class in the tasks."""
    n_classes = len(population.classes)
    parts = [
        part
        for part in population.parts
        if all(
            np.bincount(part.label[part.task == task], minlength=n_classes).min() >= FEWEST
            for task in tasks
        )
    ]
    if not parts:
        raise UndefinedError(f"no session has {FEWEST} trials of every class")
    return parts


def _in_pair(
    part: Part, times: tuple[slice | int, ...], tasks: tuple[int, ...], n_classes: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return a session's rates in noise units at each time, and the condition of each trial.

    Only trials of `tasks`; conditions are numbered by task, then class. Noise is pooled over times.
    """
    mine = np.isin(part.task, tasks)
    order = np.array([tasks.index(task) for task in part.task[mine]])
    condition = order * n_classes + part.label[mine]
    rates = np.concatenate([part_rates(part, time)[mine] for time in times])
    at = np.repeat(np.arange(len(times)), len(condition))
    n_conditions = len(tasks) * n_classes
    group = membership(
        at * n_conditions + np.tile(condition, len(times)), len(times) * n_conditions
    )
    return np.split(in_noise_units(rates, group.T), len(times)), condition


def _compare(
    designs: list[Design],
    measures: Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]],
    names: tuple[object, ...],
    what: str,
    resampling: Resampling,
) -> Measures:
    """Estimate measures of two codes, with intervals, ceilings and floors."""
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
        values.append(_codes(design, design.members, halves, weights))
        quarters = np.stack([_quarters(half, design, both, generator) for half in halves])
        sides = quarters.swapaxes(0, 1)[:, None]
        ceilings.append([_codes(design, design.members, side, None) for side in sides])
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
    estimated = measures(x, y)
    same = [
        measures(*(np.concatenate([of[side][code] for of in ceilings], axis=-1) for side in (0, 1)))
        for code in (0, 1)
    ]
    noise = measures(*(np.concatenate(codes, axis=-1) for codes in zip(*floors, strict=True)))
    return {
        name: _estimate(
            value, [each[name] for each in same], noise[name], what, resampling.confidence
        )
        for name, value in estimated.items()
    }


def _estimate(
    value: np.ndarray,
    same: list[np.ndarray],
    noise: np.ndarray,
    what: str,
    confidence: float,
) -> Estimate:
    finite = np.isfinite(value[1:])
    if not np.isfinite(value[0]) or finite.mean() < confidence:
        raise unreliable(what, finite.mean())
    ceilings = np.concatenate(same)
    if not np.isfinite(ceilings).any():
        raise UndefinedError(f"half of the trials have no reliable code of {what}: no ceiling")
    if not np.isfinite(noise).any():
        raise UndefinedError(f"shuffled trials span no code of {what}: no floor")
    return Estimate(
        float(value[0]),
        value[1:][finite],
        min(float(np.nanmean(ceilings)), 1.0),
        float(np.nanmean(np.abs(noise))),
    )


def _codes(
    design: Design,
    members: tuple[np.ndarray, np.ndarray],
    halves: np.ndarray,
    weights: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y, shape (replicate, split, 2, contrast, unit).

    Parameters
    ----------
    design : Design
        The session.
    members : two arrays, shape (condition, trial)
        Conditions.
    halves : array, shape (split, 2, trial); without weights (replicate, split, 2, trial)
        Which trials are in which half.
    weights : array, shape (replicate, trial), optional
        Weights of the trials.
    """
    if weights is not None:
        halves = halves * weights[:, None, None, :]
    x, y = (
        contrast @ weighted_means(halves[..., None, :] * member, rates)
        for contrast, member, rates in zip(design.contrasts, members, design.rates, strict=True)
    )
    return x, y


def _quarters(
    halves: np.ndarray, design: Design, members: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return both halves halved again, shape (half, 2, trial)."""
    return np.stack(
        [random_halves(np.where(half > 0, design.strata, -1), members, rng) for half in halves]
    )
