"""P-values from permutations, alone and corrected for how many are looked at."""

import numpy as np
from scipy import stats

TIE = 1e-6
"""Accuracies this near are equal: they are means in float32, whose rounding depends on order."""
SCALED_TIE = 1e-4
"""The same in SDs of the null."""


def p_value(observed: np.ndarray, null: np.ndarray, tie: float = TIE) -> np.ndarray:
    """Return one-sided permutation p-values, (b + 1) / (m + 1) with b counting null >= observed.

    Never 0 (Phipson & Smyth 2010); above .5 where the statistic is below the null's median.

    Parameters
    ----------
    observed : array, shape (...)
        The statistic.
    null : array, shape (..., permutation)
        The same under m permutations.
    tie : float
        Differences up to this are rounding; such values count as equal.
    """
    b = (null >= observed[..., None] - tie).sum(axis=-1)
    return (b + 1) / (null.shape[-1] + 1)


def corrected_p_value(
    observed: np.ndarray, null: np.ndarray, family: tuple[int, ...]
) -> np.ndarray:
    """Return p-values corrected by the maximum over a family of tests (Westfall & Young 1993).

    Statistics are first divided by their SD over permutations, so that tests with a wide null
    do not set the threshold for all. The permutations must be the same label orders throughout
    the family; the maximum then keeps the dependence between its members.

    Parameters
    ----------
    observed : array, shape (...)
        The statistic.
    null : array, shape (..., permutation)
        The same under permutations.
    family : tuple of int
        Axes of `observed` over which tests belong together.

    Returns
    -------
    array, shape (...)
    """
    scaled, scaled_null = studentized(observed, null)
    largest = scaled_null.max(axis=family, keepdims=True)
    return p_value(scaled, np.broadcast_to(largest, scaled_null.shape), SCALED_TIE)


def false_discovery_p_value(
    observed: np.ndarray, null: np.ndarray, family: tuple[int, ...]
) -> np.ndarray:
    """Return p-values that control the false discovery rate (Benjamini & Hochberg 1995).

    Of the members of a family with a value of at most q, a fraction of at most q is expected to
    be false. That holds if the tests are independent or positively dependent, as the accuracies
    of neighbouring times are.

    Parameters
    ----------
    observed : array, shape (...)
        The statistic.
    null : array, shape (..., permutation)
        The same under permutations.
    family : tuple of int
        Axes of `observed` over which tests belong together.

    Returns
    -------
    array, shape (...)
    """
    first = tuple(range(len(family)))
    p = np.moveaxis(p_value(observed, null), family, first)
    together = p.reshape(-1, *p.shape[len(family) :])
    controlled = stats.false_discovery_control(together, axis=0, method="bh")
    return np.moveaxis(controlled.reshape(p.shape), first, family)


def studentized(observed: np.ndarray, null: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the statistic and its null in SDs from the mean of both together.

    The data are one of the equally likely label orders, so they count in mean and SD; that keeps
    the permutation test exact.
    """
    everything = np.concatenate([null, observed[..., None]], axis=-1).astype(float)
    mean = everything.mean(axis=-1)
    # Accuracies that differ by rounding alone have no spread.
    sd = np.maximum(everything.std(axis=-1), TIE)
    return (observed - mean) / sd, (null - mean[..., None]) / sd[..., None]
