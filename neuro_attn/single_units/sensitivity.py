r"""Sensitivity (d') of many units to two classes, and its permutation test.

.. math:: d' = \frac{\bar x_A - \bar x_B}{\sqrt{(s_A^2 + s_B^2) / 2}}

with means and variances (n - 1) over the trials of classes A and B.
"""

from typing import NamedTuple

import numpy as np

_TIE = 1e-9


class Sensitivity(NamedTuple):
    """Sensitivity of units, arrays of shape (unit,); missing where a unit is constant.

    Parameters
    ----------
    d_prime : array
        Mean of the first class minus that of the second, in SDs.
    p_value : array
        Two-sided permutation p-value.
    """

    d_prime: np.ndarray
    p_value: np.ndarray


def sensitivity(
    rates: np.ndarray, is_first: np.ndarray, permutations: int, rng: np.random.Generator
) -> Sensitivity:
    """Return the sensitivity of units, tested by shuffling the classes of trials.

    All units have the same permutations, so their correlation is preserved.

    Parameters
    ----------
    rates : array, shape (trial, unit)
        Rates on trials of two classes.
    is_first : array of bool, shape (trial,)
        Whether a trial has the first class; two or more trials have each.
    permutations : int
        Number of permutations; those of a smaller number are the first of a larger one.
    rng : numpy.random.Generator
        Source of randomness.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> first = np.repeat([True, False], 50)
    >>> found = sensitivity(2.0 * first[:, None] + rng.normal(size=(100, 1)), first, 99, rng)
    >>> found.d_prime.round(1), found.p_value
    (array([2.2]), array([0.01]))
    """
    shuffled = rng.permuted(np.tile(is_first, (permutations, 1)), axis=1)
    members = np.concatenate([is_first[None], shuffled]).astype(float)
    d_prime = _d_prime(np.asarray(rates, float), members)
    observed, null = np.abs(d_prime[0]), np.abs(np.nan_to_num(d_prime[1:]))
    exceeding = (null >= observed - _TIE).sum(axis=0)
    p_value = (exceeding + 1) / (permutations + 1)
    return Sensitivity(d_prime[0], np.where(np.isnan(observed), np.nan, p_value))


def _d_prime(rates: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return d' (label set, unit); `members` is 1 for trials of the first class."""
    centred = rates - rates.mean(axis=0)
    n_first = members[0].sum()
    n_second = len(rates) - n_first
    sums, squares = members @ centred, members @ centred**2
    first, second = sums / n_first, (centred.sum(axis=0) - sums) / n_second
    of_first = (squares - n_first * first**2) / (n_first - 1)
    of_second = ((centred**2).sum(axis=0) - squares - n_second * second**2) / (n_second - 1)
    variance = (of_first + of_second) / 2
    # What rounding leaves of the variance of a constant unit is no noise.
    is_noisy = variance > 1e-12 * np.maximum((rates**2).mean(axis=0), np.finfo(float).tiny)
    return np.divide(
        first - second, np.sqrt(np.where(is_noisy, variance, 1)),
        out=np.full_like(sums, np.nan), where=is_noisy,
    )  # fmt: skip
