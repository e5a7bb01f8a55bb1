"""Condition means as one weighted mean, whose weights say which trials count how much.

Bootstraps, split halves and label shuffles differ only in these weights, of shape
(..., condition, trial), so each is a single matrix product.
"""

import numpy as np


def membership(condition: np.ndarray, n_conditions: int) -> np.ndarray:
    """Return which trials belong to which condition.

    Parameters
    ----------
    condition : array of int, shape (trial,)
        Condition of each trial; -1 for none.
    n_conditions : int
        Number of conditions.

    Returns
    -------
    numpy.ndarray, shape (condition, trial)
        1.0 or 0.0.
    """
    return (condition == np.arange(n_conditions)[:, None]).astype(float)


def weighted_means(weights: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Return condition means, shape (..., condition, unit).

    Parameters
    ----------
    weights : array, shape (..., condition, trial)
        Weight of each trial in each condition; every condition needs a trial.
    rates : array, shape (trial, unit)
        One rate a trial and unit.
    """
    return (weights @ rates) / weights.sum(axis=-1, keepdims=True)


def bootstrapped(member: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the weights of a Bayesian bootstrap, shape (replicate, condition, trial).

    Within a condition, trials have Dirichlet(1, ..., 1) weights (Rubin 1981, Ann. Statist. 9:130),
    which have the mean and, up to (n + 1) / n, the variance of resampling n trials with
    replacement. No trial's weight is 0, so a colour bin with two trials is never left empty.

    Parameters
    ----------
    member : array, shape (condition, trial)
        From `membership`; a trial keeps one weight in all its conditions.
    replicates : int
        Number of replicates.
    rng : numpy.random.Generator
        Source of randomness.
    """
    return member * rng.exponential(size=(replicates, 1, member.shape[1]))


def split_halves(member: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return two disjoint random halves of each condition's trials, shape (2, condition, trial).

    Conditions with an odd number of trials lose one, so that the halves are equally large.
    """
    halves = np.zeros((2, *member.shape))
    for condition, row in enumerate(member):
        trials = rng.permutation(np.flatnonzero(row))
        n = len(trials) // 2
        halves[0, condition, trials[:n]] = 1
        halves[1, condition, trials[n : 2 * n]] = 1
    return halves


def shuffled(member: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the conditions shuffled over their trials, shape (replicate, condition, trial).

    Trials that belong to no condition stay out.
    """
    trials = np.flatnonzero(member.any(axis=0))
    order = rng.permuted(np.tile(trials, (replicates, 1)), axis=1)
    result = np.zeros((replicates, *member.shape))
    result[:, :, trials] = np.moveaxis(member[:, order], 0, 1)
    return result
