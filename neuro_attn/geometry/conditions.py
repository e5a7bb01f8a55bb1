"""Condition means as weighted means over trials.

Bootstrap replicates, split halves and shuffles differ only in the weights, of shape
(..., condition, trial), so we compute each with one matrix product.
"""

import numpy as np

_ELEMENTS = 2**22
"""Elements of the largest intermediate array of `resampled_sums`."""


def membership(condition: np.ndarray, n_conditions: int) -> np.ndarray:
    """Return the indicator matrix of conditions and trials.

    Parameters
    ----------
    condition : array of int, shape (trial,)
        Condition of each trial; -1 for trials without a condition.
    n_conditions : int
        Number of conditions.

    Returns
    -------
    numpy.ndarray, shape (condition, trial)
        1.0 if the trial belongs to the condition, 0.0 otherwise.
    """
    return (condition == np.arange(n_conditions)[:, None]).astype(float)


def weighted_means(weights: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Return condition means, shape (..., condition, unit).

    Parameters
    ----------
    weights : array, shape (..., condition, trial)
        Weight of each trial in each condition; every condition needs a positive weight.
    rates : array, shape (trial, unit)
        Rates.
    """
    return (weights @ rates) / weights.sum(axis=-1, keepdims=True)


def resampled_sums(weights: np.ndarray, members: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return weighted sums of trials in each condition, shape (replicate, condition, unit).

    Replicates have one weight a trial, the same in all its conditions. We therefore weight trials
    last, by one matrix product, and never build the weights of every replicate and condition.

    Parameters
    ----------
    weights : array, shape (replicate, trial)
        Weight of each trial.
    members : array, shape (condition, trial)
        Indicators from `membership`, or of conditions in halves of the trials.
    values : array, shape (trial, unit)
        Rates, or other values of every unit.

    Examples
    --------
    >>> members = membership(np.array([0, 0, 1]), 2)
    >>> resampled_sums(np.array([[1.0, 2.0, 3.0]]), members, np.array([[1.0], [1.0], [10.0]]))
    array([[[ 3.],
            [30.]]])
    """
    (n_conditions, n_trials), n_units = members.shape, values.shape[1]
    sums = np.empty((len(weights), n_conditions, n_units))
    step = max(_ELEMENTS // max(n_trials * n_units, 1), 1)
    for first in range(0, n_conditions, step):
        some = members[first : first + step]
        products = some.T[:, :, None] * values[:, None, :]
        product = weights @ products.reshape(n_trials, -1)
        sums[:, first : first + step] = product.reshape(len(weights), len(some), n_units)
    return sums


def bootstrapped(member: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the weights of a Bayesian bootstrap, shape (replicate, condition, trial).

    Within a condition, trials have Dirichlet(1, ..., 1) weights (Rubin 1981, Ann. Statist. 9:130).
    Their mean, and up to a factor (n + 1) / n their variance, equal those of resampling n trials
    with replacement. All weights are positive, so no condition is ever empty.

    Parameters
    ----------
    member : array, shape (condition, trial)
        Indicators from `membership`. A trial has the same weight in all its conditions.
    replicates : int
        Number of replicates.
    rng : numpy.random.Generator
        Source of randomness.
    """
    return member * rng.exponential(size=(replicates, 1, member.shape[1]))


def split_halves(member: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return two disjoint random halves of each condition's trials, shape (2, condition, trial).

    If the number of trials is odd, one trial is omitted, so that the halves are of equal size.

    Parameters
    ----------
    member : array, shape (condition, trial)
        Indicators from `membership`.
    rng : numpy.random.Generator
        Source of randomness.
    """
    halves = np.zeros((2, *member.shape))
    for condition, row in enumerate(member):
        trials = rng.permutation(np.flatnonzero(row))
        n = len(trials) // 2
        halves[0, condition, trials[:n]] = 1
        halves[1, condition, trials[n : 2 * n]] = 1
    return halves


def shuffled(member: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the conditions shuffled over trials, shape (replicate, condition, trial).

    Trials without a condition are not shuffled.

    Parameters
    ----------
    member : array, shape (condition, trial)
        Indicators from `membership`.
    replicates : int
        Number of shuffles.
    rng : numpy.random.Generator
        Source of randomness.
    """
    trials = np.flatnonzero(member.any(axis=0))
    order = rng.permuted(np.tile(trials, (replicates, 1)), axis=1)
    result = np.zeros((replicates, *member.shape))
    result[:, :, trials] = np.moveaxis(member[:, order], 0, 1)
    return result
