"""Angles and the von Mises distribution."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import i0e, i1e

from neuro_attn.experiment import circular_difference

MOST_PRECISE = 1e4
"""Largest concentration that is fitted, an SD of 0.57 degrees; equal angles have no largest one."""
_STEPS = 4
"""Newton steps to a concentration; they double its exact digits, of which the start has two."""


def circular_error(report: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Return the signed angle from targets to reports.

    Parameters
    ----------
    report, target : array-like
        Angles, rad; NaN where there is none.

    Returns
    -------
    numpy.ndarray
        Degrees in [-180, 180).

    Examples
    --------
    >>> circular_error([0.1, 6.2], [6.2, 0.1]).round(1)
    array([ 10.5, -10.5])
    """
    return np.rad2deg(circular_difference(np.asarray(report, float), np.asarray(target, float)))


def circular_sd(kappa: ArrayLike) -> np.ndarray:
    r"""Return the circular SD of a von Mises distribution, degrees.

    .. math:: \sigma = \sqrt{-2 \ln (I_1(\kappa) / I_0(\kappa))}

    For small errors it is that of the normal distribution; without concentration it is infinite.

    Parameters
    ----------
    kappa : array-like
        Concentration, 0 or more.

    Examples
    --------
    >>> circular_sd([1.0, 10.0, 100.0]).round(1)
    array([72.8, 18.6,  5.7])
    """
    kappa = np.asarray(kappa, float)
    with np.errstate(divide="ignore"):
        return np.rad2deg(np.sqrt(-2 * np.log(i1e(kappa) / i0e(kappa))))


def concentration(resultant: ArrayLike) -> np.ndarray:
    r"""Return the concentration of the von Mises distribution with a mean cosine.

    We solve :math:`I_1(\kappa) / I_0(\kappa) = R` by Newton's method from the approximation of Best
    & Fisher (1981), Commun. Stat. B 10, 493.

    Parameters
    ----------
    resultant : array-like
        Mean cosine R of the deviations; not above 1.

    Returns
    -------
    numpy.ndarray
        0 where R is not above 0, and at most `MOST_PRECISE`.

    Examples
    --------
    >>> concentration([-0.1, 0.5, 1.0]).round(3)
    array([0.000e+00, 1.159e+00, 1.000e+04])
    """
    r = np.clip(np.asarray(resultant, float), 0, 1 - 0.5 / MOST_PRECISE)
    kappa = np.where(
        r < 0.53,
        2 * r + r**3 + 5 * r**5 / 6,
        np.where(
            r < 0.85, -0.4 + 1.39 * r + 0.43 / (1 - r), 1 / (r**3 - 4 * r**2 + 3 * r + 1e-300)
        ),
    )
    for _ in range(_STEPS):
        mean = i1e(kappa) / i0e(kappa)
        slope = 1 - mean**2 - np.divide(mean, kappa, out=np.full_like(mean, 0.5), where=kappa > 0)
        kappa = np.clip(kappa - (mean - r) / np.maximum(slope, 1e-12), 0, MOST_PRECISE)
    return kappa
