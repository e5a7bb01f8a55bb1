"""Two codes of a population, x and y: what they are made of, and how.

A code is made of condition means, by contrasts: the colours of an item, the classes of a task, the
differences between tasks, the classes at a time. All are taken in halves of the trials, so that
`subspaces` can compare x in one half with y in the other.
"""

import itertools
from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.geometry.colors import Colors, cued, no_noise
from neuro_attn.geometry.conditions import membership, weighted_means
from neuro_attn.geometry.estimates import (
    UndefinedError,
    helmert_contrasts,
    in_noise_units,
    session_rates,
)
from neuro_attn.geometry.subspaces import harmonics

FEWEST = 4
"""Trials of a condition: one for each half of each half, for the ceiling."""


class CodePair(NamedTuple):
    """What the two codes of a session are made of; only trials that take part.

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


def of_colors(
    population: Population, time_bin: int | slice, task: int, colors: Colors
) -> list[CodePair]:
    """Return the colours of the two items in a task.

    Where the classes say which item is cued, each item's colours are those of trials that cue it:
    what is selected is the cued item.

    Raises
    ------
    UndefinedError
        If no session has enough trials.
    """
    found = []
    for part in population.parts:
        mine = part.task == task
        shown = colors[part.session]
        bins = shown.bins[..., mine] * cued(part.label[mine], population.classes, shown.items)
        if bins.sum(axis=-1).min() < FEWEST:
            continue
        regressors = no_noise(part.label[mine], shown.angles[:, mine])
        rates = in_noise_units(session_rates(part, time_bin)[mine], regressors)
        waves = harmonics(bins.shape[1])
        found.append(
            CodePair(
                part.session, (rates, rates), (bins[0], bins[1]), (waves, waves), part.label[mine]
            )
        )
    if not found:
        raise UndefinedError(f"no session has {FEWEST} trials in every colour bin of both items")
    return found


def of_classes(
    population: Population, time_bin: int | slice, pair: tuple[int, ...]
) -> list[CodePair]:
    """Return the classes in two tasks."""
    n_classes = len(population.classes)
    helmert = helmert_contrasts(n_classes)
    found = []
    for part in _with_trials(population, pair):
        (rates,), condition = _in_pair(part, (time_bin,), pair, n_classes)
        member = membership(condition, 2 * n_classes)
        found.append(
            CodePair(
                part.session,
                (rates, rates),
                (member[:n_classes], member[n_classes:]),
                (helmert, helmert),
                condition,
            )
        )
    return found


def of_differences(
    population: Population, time_bin: int | slice, pair: tuple[int, ...]
) -> list[CodePair]:
    """Return the differences between two tasks in one class and in another, over pairs of these."""
    n_classes = len(population.classes)
    difference = np.concatenate([np.eye(n_classes), -np.eye(n_classes)], axis=1)
    one, other = np.array(list(itertools.permutations(range(n_classes), 2))).T
    found = []
    for part in _with_trials(population, pair):
        (rates,), condition = _in_pair(part, (time_bin,), pair, n_classes)
        member = membership(condition, 2 * n_classes)
        found.append(
            CodePair(
                part.session,
                (rates, rates),
                (member, member),
                (difference[one], difference[other]),
                condition,
            )
        )
    return found


def of_times(
    population: Population, times: tuple[slice | int, slice | int], task: int
) -> list[CodePair]:
    """Return the classes of a task at two times."""
    n_classes = len(population.classes)
    helmert = helmert_contrasts(n_classes)
    found = []
    for part in _with_trials(population, (task,)):
        rates, condition = _in_pair(part, times, (task,), n_classes)
        member = membership(condition, n_classes)
        found.append(
            CodePair(
                part.session, (rates[0], rates[1]), (member, member), (helmert, helmert), condition
            )
        )
    return found


def codes(
    pair: CodePair, halves: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y, shape (replicate, split, 2, contrast, unit).

    Parameters
    ----------
    pair : CodePair
        The session.
    halves : array, shape (split, 2, trial); without weights (replicate, split, 2, trial)
        Which trials are in which half.
    weights : array, shape (replicate, trial), optional
        Weights of the trials.
    """
    if weights is not None:
        halves = halves * weights[:, None, None, :]
    x, y = (
        contrast @ weighted_means(halves[..., None, :] * member, rates)
        for contrast, member, rates in zip(pair.contrasts, pair.members, pair.rates, strict=True)
    )
    return x, y


def _with_trials(population: Population, tasks: tuple[int, ...]) -> list[SessionTrials]:
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
    part: SessionTrials, times: tuple[slice | int, ...], tasks: tuple[int, ...], n_classes: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return a session's rates in noise units at each time, and the condition of each trial.

    Only trials of `tasks`; conditions are numbered by task, then class. Noise is pooled over times.
    """
    mine = np.isin(part.task, tasks)
    order = np.array([tasks.index(task) for task in part.task[mine]])
    condition = order * n_classes + part.label[mine]
    rates = np.concatenate([session_rates(part, time)[mine] for time in times])
    at = np.repeat(np.arange(len(times)), len(condition))
    n_conditions = len(tasks) * n_classes
    group = membership(
        at * n_conditions + np.tile(condition, len(times)), len(times) * n_conditions
    )
    return np.split(in_noise_units(rates, group.T), len(times)), condition
