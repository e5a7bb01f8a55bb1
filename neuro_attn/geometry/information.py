r"""Colour information: fraction of a unit's variance over trials explained by an item's colour.

For every unit, with K colour bins that contain a fraction p_k of the trials each,

.. math:: \omega^2 = \frac{\sigma_b^2}{\sigma_b^2 + \sigma_w^2}, \quad
    \sigma_b^2 = \sum_k p_k (m_k - \bar m)^2 - \sum_k p_k (1 - p_k) v_k, \quad
    \sigma_w^2 = \sum_k p_k s_k^2

with m the means, s^2 the variances within bins and v the variances of the means. We subtract the
contribution of noise to the variance of the means, so without information omega^2 is 0 on average
and can be negative. For bins of equal size it equals Hays' (1963) omega squared,
:math:`(SS_b - (K - 1) MS_w) / (SS_t + MS_w)`. The information of a region is the mean over units,
as for percent explained variance (Buschman et al. 2012, Neuron 76:838).
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.population import Population
from neuro_attn.geometry.colors import Colors, say_what_is_cued
from neuro_attn.geometry.conditions import resampled_sums, shuffled
from neuro_attn.geometry.estimates import (
    Resampling,
    UndefinedError,
    bootstrap_weights,
    session_rates,
)
from neuro_attn.solver import constant_units

ITEMS = ("cued", "uncued")
FEWEST = 2
"""Smallest number of trials per colour bin, as required for a variance."""


class Information(NamedTuple):
    """Omega squared of a region, or of units with a trailing axis (unit).

    Parameters
    ----------
    value : array, shape ()
        Value on the data.
    replicates : array, shape (replicate,)
        Values in bootstrap replicates.
    null : array, shape (shuffle,)
        Values with shuffled colours; empty without references (`Resampling`).
    """

    value: np.ndarray
    replicates: np.ndarray
    null: np.ndarray


def omega_squared(
    rates: np.ndarray, members: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return omega squared of every unit.

    Parameters
    ----------
    rates : array, shape (trial, unit)
        Rates.
    members : array, shape (..., condition, trial)
        Indicators of the conditions, with at least two trials per condition.
    weights : array, shape (replicate, trial), optional
        Weights of the trials in each replicate, for indicators of shape (condition, trial).

    Returns
    -------
    numpy.ndarray, shape (..., unit) or (replicate, unit)
        NaN for constant units.
    """
    constant = constant_units(rates)
    rates = rates - rates.mean(axis=0, dtype=float)
    values = np.concatenate([np.ones((len(rates), 1)), rates, rates**2], axis=1)
    if weights is None:
        first = second = members @ values
    else:
        first, second = (resampled_sums(w, members, values) for w in (weights, weights**2))
    n_units = rates.shape[1]
    total, sums, squares = np.split(first, [1, 1 + n_units], axis=-1)
    own, own_sums, own_squares = np.split(second, [1, 1 + n_units], axis=-1)
    means = sums / total
    share = total / total.sum(axis=-2, keepdims=True)
    spread = np.maximum(squares / total - means**2, 0)
    within = spread * total**2 / (total**2 - own)
    of_mean = (own_squares - 2 * means * own_sums + own * means**2) / (total**2 - own)
    grand = (share * means).sum(axis=-2, keepdims=True)
    between = (share * (means - grand) ** 2 - share * (1 - share) * of_mean).sum(axis=-2)
    variance = between + (share * within).sum(axis=-2)
    varies = ~constant & (variance > 1e-12 * (rates**2).mean(axis=0) + 1e-300)
    return np.where(varies, between / np.where(varies, variance, 1), np.nan)


def color_information(
    population: Population,
    time_bin: int,
    task: int,
    item: str,
    colors: Colors,
    resampling: Resampling,
) -> Information:
    """Return the information about the colour of the cued or the uncued item.

    We average over units, and over trials in which either item is cued.

    Parameters
    ----------
    population : Population
        The population.
    time_bin : int
        Index of a bin or window.
    task : int
        Index of the task.
    item : {"cued", "uncued"}
        The item.
    colors : dict of str to Shown
        Colours in every session.
    resampling : Resampling
        Numbers of resamples.

    Raises
    ------
    UndefinedError
        If no unit's rate varies, no session has enough trials, or the cued item is unknown.
    """
    found = [
        each
        for _, each in information_of_units(population, time_bin, task, item, colors, resampling)
    ]
    varies = np.isfinite(np.concatenate([each.value for each in found]))
    if not varies.any():
        raise UndefinedError("no unit's rate varies")
    return Information(
        *(
            np.nan_to_num(np.concatenate(each, axis=-1)[..., varies]).mean(axis=-1)
            for each in zip(*found, strict=True)
        )
    )


def information_of_units(
    population: Population,
    time_bin: int,
    task: int,
    item: str,
    colors: Colors,
    resampling: Resampling,
) -> list[tuple[np.ndarray, Information]]:
    """Return the information of each unit, for every session and cued item with enough trials.

    Parameters
    ----------
    population, time_bin, task, item, colors, resampling
        As for `color_information`.

    Returns
    -------
    list of (array, Information)
        Indices of the units in the population, shape (unit,), and their information.

    Raises
    ------
    UndefinedError
        If no session has enough trials, or the cued item is unknown.
    """
    items = colors[population.parts[0].session].items
    if not say_what_is_cued(population.classes, items):
        raise UndefinedError(
            f"which item is cued is not known: the classes are not called {' and '.join(items)}"
        )
    found, first = [], 0
    for part in population.parts:
        rates = session_rates(part, time_bin)
        units = first + np.arange(rates.shape[1])
        first += rates.shape[1]
        for number, selected in enumerate(items):
            mine = (part.task == task) & (part.label == population.classes.index(selected))
            shown = number if item == "cued" else 1 - number
            member = colors[part.session].bins[shown][:, mine]
            if member.sum(axis=-1).min() < FEWEST:
                continue
            names = (part.session, task, selected, item)
            rng = resampling.rng("information bootstrap", *names)
            weights = bootstrap_weights(mine.sum(), resampling.bootstraps, rng)
            values = omega_squared(rates[mine], member, weights)
            null = np.empty((0, len(units)))
            if resampling.references:
                rng = resampling.rng("information shuffle", *names)
                null = omega_squared(rates[mine], shuffled(member, resampling.shuffles, rng))
            found.append((units, Information(values[0], values[1:], null)))
    if not found:
        raise UndefinedError(f"no session has {FEWEST} trials of a cue in every colour bin")
    return found
