"""Pairs of codes, x and y, of a population, as contrasts of condition means.

The contrasts are between the colours of an item, the classes of a task, the tasks within a class,
or the classes at one time. We compute codes in halves of the trials, so that `subspaces` can
compare x in one half with y in the other.
"""

import itertools
from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.geometry.colors import Colors, cued, no_noise
from neuro_attn.geometry.conditions import membership, resampled_sums
from neuro_attn.geometry.estimates import (
    UndefinedError,
    helmert_contrasts,
    in_noise_units,
    session_rates,
)
from neuro_attn.geometry.subspaces import harmonics

FEWEST = 4
"""Smallest number of trials per condition: the ceiling needs a trial in each half of each half."""


class CodePair(NamedTuple):
    """Rates, conditions and contrasts of the codes x and y in the relevant trials of a session.

    Parameters
    ----------
    session : str
        The session.
    rates : two arrays, shape (trial, unit)
        Rates for x and for y, in noise units.
    members : two arrays, shape (condition, trial)
        Indicators of their conditions. If both are the same object, they are shuffled together.
    contrasts : two arrays, shape (contrast, condition)
        Contrasts, which map condition means to x and to y.
    strata : array of int, shape (trial,)
        Stratum of each trial; random halves are balanced within strata.
    """

    session: str
    rates: tuple[np.ndarray, np.ndarray]
    members: tuple[np.ndarray, np.ndarray]
    contrasts: tuple[np.ndarray, np.ndarray]
    strata: np.ndarray


def of_colors(
    population: Population, time_bin: int | slice, task: int, colors: Colors
) -> list[CodePair]:
    """Return the codes of the colours of the two items in a task, one pair per session.

    If the classes are the items, we use the trials in which the item is cued, so that both codes
    are those of the selected item.

    Parameters
    ----------
    population : Population
        The population.
    time_bin : int or slice
        Index of a bin or window, or bins to average.
    task : int
        Index of the task.
    colors : dict of str to Shown
        Colours in every session.

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
    """Return the codes of the classes in two tasks, one pair per session.

    Parameters
    ----------
    population : Population
        The population.
    time_bin : int or slice
        Index of a bin or window, or bins to average.
    pair : tuple of int
        Indices of the two tasks.

    Raises
    ------
    UndefinedError
        If no session has enough trials.
    """
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
    """Return the codes of the difference between two tasks in one class and in another.

    Contrasts run over all ordered pairs of classes.

    Parameters
    ----------
    population, time_bin, pair
        As for `of_classes`.

    Raises
    ------
    UndefinedError
        If no session has enough trials.
    """
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
    """Return the codes of the classes of a task at two times, one pair per session.

    Parameters
    ----------
    population : Population
        The population.
    times : pair of int or slice
        Index of a bin or window, or bins to average, for x and for y.
    task : int
        Index of the task.

    Raises
    ------
    UndefinedError
        If no session has enough trials.
    """
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


def codes(pair: CodePair, halves: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the codes x and y of a session in both halves of the trials.

    Parameters
    ----------
    pair : CodePair
        The session.
    halves : array, shape (split, 2, trial)
        1 for trials in the half, 0 otherwise.
    weights : array, shape (replicate, trial)
        Weights of the trials.

    Returns
    -------
    x, y : array, shape (replicate, split, 2, contrast, unit)
    """
    found = []
    for contrast, member, rates in zip(pair.contrasts, pair.members, pair.rates, strict=True):
        in_halves = halves[..., None, :] * member
        flat = in_halves.reshape(-1, in_halves.shape[-1])
        means = resampled_sums(weights, flat, rates) / (weights @ flat.T)[..., None]
        found.append(contrast @ means.reshape(len(weights), *in_halves.shape[:-1], rates.shape[1]))
    x, y = found
    return x, y


def _with_trials(population: Population, tasks: tuple[int, ...]) -> list[SessionTrials]:
    """Return the sessions with at least `FEWEST` trials of every class in the tasks."""
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
    """Return rates in noise units at each time, and conditions, for the trials of some tasks.

    The noise SD of a unit is pooled over times.

    Returns
    -------
    rates : list of array, shape (trial, unit)
        Rates at each time.
    condition : array of int, shape (trial,)
        Condition of each trial, numbered by task and then by class.
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
