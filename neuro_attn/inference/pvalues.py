r"""P-values from permutations, uncorrected and corrected for multiple comparisons.

Accuracies are means of float32 values, whose rounding depends on the order of summation, so each
is exact only to within ``TIE``. Every comparison of an observed statistic with a null uses this
tolerance. In SDs of the null it is :math:`\epsilon_i = \mathrm{TIE} / \mathrm{SD}_i` for test i.
Permutation k of test j reaches the statistic of test i if it is larger or tied,

.. math:: T_j^{(k)} + \epsilon_j \ge T_i - \epsilon_i .

A permutation that reaches the statistic of its own test reaches it in the family, too, so a
corrected p-value is never below the uncorrected one. Counting ties makes p larger, never smaller,
so tests remain valid.
"""

from typing import NamedTuple

import numpy as np

TIE = 1e-6
"""Accuracies that differ by less are tied. Rounding is below 1e-7; one trial in 10,000 is 1e-4."""


class Studentized(NamedTuple):
    """Statistics in SDs from their mean over the data and the permutations.

    Parameters
    ----------
    observed : array, shape (...)
        The statistic; -inf where nothing varies.
    null : array, shape (..., permutation)
        The same under permutations.
    tie : array, shape (...)
        ``TIE`` in these units; 0 where nothing varies.
    """

    observed: np.ndarray
    null: np.ndarray
    tie: np.ndarray


def p_value(observed: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return one-sided permutation p-values, (b + 1) / (m + 1) with b counting null >= observed.

    They are never 0 (Phipson & Smyth 2010), and above 0.5 if the statistic is below the median of
    the null.

    Parameters
    ----------
    observed : array, shape (...)
        The statistic.
    null : array, shape (..., permutation)
        The same under m permutations. Values within ``TIE`` of the observed one reach it.
    """
    return fraction(np.asarray(observed, float)[..., None] - null <= TIE)


def fraction(reached: np.ndarray) -> np.ndarray:
    """Return (b + 1) / (m + 1), b counting the m permutations (last axis) that reach a value."""
    return (reached.sum(axis=-1) + 1) / (reached.shape[-1] + 1)


def fraction_reaching(largest: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Return `fraction` of permutations whose largest statistic (permutation,) reaches values.

    Examples
    --------
    >>> fraction_reaching(np.array([1.0, 3.0, 2.0]), np.array([2.0, 4.0])).tolist()
    [0.75, 0.25]
    """
    n = len(largest)
    return (n - np.searchsorted(np.sort(largest), reach) + 1) / (n + 1)


def corrected_p_value(
    observed: np.ndarray, null: np.ndarray, family: tuple[int, ...]
) -> np.ndarray:
    """Return p-values corrected by the maximum over a family of tests (Westfall & Young 1993).

    Statistics are first divided by their SD over permutations, so that tests with a wide null
    do not set the threshold for all. The permutations must be the same label sets throughout
    the family; the maximum then keeps the dependence between its members. A member in which
    nothing varies has p = 1 and does not change that of others.

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
        Never below `p_value`.
    """
    scaled = studentized(observed, null)
    largest = (scaled.null + scaled.tie[..., None]).max(axis=family, keepdims=True)
    return fraction(largest >= (scaled.observed - scaled.tie)[..., None])


def false_discovery_p_value(
    observed: np.ndarray, null: np.ndarray, family: tuple[int, ...]
) -> np.ndarray:
    """Return p-values that control the false discovery rate (Benjamini & Hochberg 1995).

    Of the members of a family with a value of at most q, a fraction of at most q is expected to
    be false. That holds if the tests are independent or positively dependent, as the accuracies
    of neighbouring times are. Members in which nothing varies have 1 and are not counted.

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
        Never below `p_value`.
    """
    first = tuple(range(len(family)))
    alone, varies = (
        np.moveaxis(each, family, first)
        for each in (p_value(observed, null), _varies(together(observed, null)))
    )
    controlled = np.ones_like(alone)
    for others in np.ndindex(alone.shape[len(family) :]):
        of_family = (..., *others)
        controlled[of_family] = false_discovery(alone[of_family], varies[of_family])
    return np.moveaxis(controlled, first, family)


def false_discovery(p: np.ndarray, varies: np.ndarray) -> np.ndarray:
    """Return p-values of one family that control the false discovery rate, 1 where not `varies`."""
    # SciPy's statistics take a second to import, and most tables are controlled otherwise.
    from scipy.stats import false_discovery_control

    controlled = np.ones_like(p)
    if varies.any():
        controlled[varies] = false_discovery_control(p[varies], method="bh")
    return controlled


class Scale(NamedTuple):
    """Mean and SD of a statistic over the data and the permutations.

    The data are one of the equally likely label sets, so they count in mean and SD; that keeps
    the permutation test exact.

    Parameters
    ----------
    mean, sd : array, shape (..., 1)
        The SD is 1 where nothing varies.
    varies : array of bool, shape (...)
        Where values differ by more than rounding.
    """

    mean: np.ndarray
    sd: np.ndarray
    varies: np.ndarray

    @property
    def tie(self) -> np.ndarray:
        """Return ``TIE`` in SDs, 0 where nothing varies."""
        return np.where(self.varies, TIE / self.sd[..., 0], 0)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return values (..., permutation) in SDs from the mean, -inf where nothing varies."""
        scaled = values.astype(float)
        scaled -= self.mean
        scaled /= self.sd
        scaled[~self.varies] = -np.inf
        return scaled


def scale_of(everything: np.ndarray) -> Scale:
    """Return mean and SD of a statistic (..., permutation); the data are one of the last axis."""
    varies = _varies(everything)
    sd = np.where(varies, everything.std(axis=-1), 1)
    return Scale(everything.mean(axis=-1, keepdims=True), sd[..., None], varies)


def studentized(observed: np.ndarray, null: np.ndarray) -> Studentized:
    """Return the statistic and its null in SDs from the mean of both together; see `Scale`."""
    everything = together(observed, null)
    scale = scale_of(everything)
    scaled = scale.of(everything)
    return Studentized(scaled[..., -1], scaled[..., :-1], scale.tie)


def together(observed: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return null and observation, the last, in one array (..., permutation + 1)."""
    return np.concatenate([null, np.asarray(observed)[..., None]], axis=-1).astype(float)


def _varies(everything: np.ndarray) -> np.ndarray:
    """Return where values differ by more than rounding over the last axis."""
    return np.ptp(everything, axis=-1) > TIE
