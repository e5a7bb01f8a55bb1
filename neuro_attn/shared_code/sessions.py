r"""Overlap of the codes of two tasks in a region; sessions are the sample.

Each session s contributes the sensitivity of its discriminants within (:math:`d'_{AA}, d'_{BB}`)
and across tasks (:math:`d'_{AB}, d'_{BA}`; `discriminants`). The test concerns their mean across,

.. math:: x_s = (d'_{AB} + d'_{BA}) / 2 ,

and the overlap is

.. math:: R = \frac{\sum_s (d'_{AB} + d'_{BA})}{\sum_s (d'_{AA} + d'_{BB})} ,

weighted by the strength of the codes: 1 for one code, 0 for unrelated codes, -1 for a reversed
code. Units and trials of a session leave with it, so the results generalise to other sessions. They
do not generalise to other subjects, unless there are many. Tests flip the signs of whole sessions
(`neuro_attn.inference.sign_flips`).

References
----------
Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 11 (jackknife). Rouder et al.
(2009), Psychon. Bull. Rev. 16, 225 (Bayes factor).
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad

from neuro_attn.inference.student import critical, upper_tail


@dataclass(frozen=True)
class RegionOverlap:
    """Overlap R with its jackknife.

    Parameters
    ----------
    value : float
        R; NaN where it is not defined.
    without : array, shape (session,)
        R without each session; NaN for sessions that do not contribute.
    freedom : float
        Degrees of freedom of its intervals: the effective number of sessions less 1.
    """

    value: float
    without: np.ndarray
    freedom: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the interval from the jackknife and t; NaN where R is not defined."""
        each = self.without[np.isfinite(self.without)]
        if not np.isfinite(self.value) or len(each) < 2:
            return float("nan"), float("nan")
        half = jackknife_error(each) * critical(confidence, self.freedom)
        return self.value - half, self.value + half


def overlap_of_sessions(across: np.ndarray, within: np.ndarray) -> RegionOverlap:
    r"""Estimate R with a leave-one-session-out jackknife.

    .. math:: \mathrm{SE}^2 = \frac{S - 1}{S} \sum_s (R_{-s} - \bar R)^2

    Intervals use the t distribution with the effective number of sessions less 1, at least 1:
    :math:`S_\mathrm{eff} = (\sum Y)^2 / \sum Y^2` with :math:`Y = \max(d'_{AA} + d'_{BB}, 0)`.

    Parameters
    ----------
    across, within : array, shape (session,)
        Sums of both directions: d'_AB + d'_BA, and d'_AA + d'_BB. NaN where a session does not
        contribute.

    Returns
    -------
    RegionOverlap
        Not defined for fewer than two sessions, or where the codes within tasks, of all sessions
        or of all but one, are not positive on average.
    """
    present = np.isfinite(across) & np.isfinite(within)
    x, y = across[present], within[present]
    without = np.full(len(across), np.nan)
    left = y.sum() - y
    if len(x) < 2 or y.sum() <= 0 or (left <= 0).any():
        return RegionOverlap(np.nan, without, 1.0)
    without[present] = (x.sum() - x) / left
    positive = np.maximum(y, 0)
    freedom = max(float(positive.sum() ** 2 / (positive**2).sum()) - 1, 1.0)
    return RegionOverlap(float(x.sum() / y.sum()), without, freedom)


def jackknife_error(without: np.ndarray) -> float:
    """Return the standard error from estimates without each session."""
    n = len(without)
    return float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))


def difference(
    first: RegionOverlap, second: RegionOverlap, confidence: float
) -> tuple[float, float, float, float]:
    """Return R of one region minus R of another: value, low, high and two-sided p-value.

    Sessions with both regions are left out together, so that what the regions have in common
    cancels. A session with one of them only changes that one.
    """
    value = first.value - second.value
    if not np.isfinite(value):
        return (float("nan"),) * 4
    changes = [each.without - each.value for each in (first, second)]
    used = np.isfinite(changes[0]) | np.isfinite(changes[1])
    error = jackknife_error(np.nan_to_num(changes[0][used]) - np.nan_to_num(changes[1][used]))
    freedom = min(first.freedom, second.freedom)
    half = error * critical(confidence, freedom)
    p = 2 * upper_tail(abs(value) / error, freedom) if error > 0 else float(value == 0)
    return float(value), float(value - half), float(value + half), float(p)


def bayes_factor(values: np.ndarray) -> float:
    r"""Return the evidence for a mean other than 0 over that for 0 (JZS; Rouder et al. 2009).

    The effect size has a Cauchy prior of scale :math:`\sqrt 2 / 2`. Above 3 counts as evidence for,
    below 1/3 as evidence against a mean other than 0.

    Parameters
    ----------
    values : array, shape (session,)
        x_s, without missing values. NaN is returned for fewer than 2 or equal values.
    """
    n = len(values)
    sd = values.std(ddof=1) if n > 1 else 0.0
    if not sd > 0:
        return float("nan")
    t = values.mean() / (sd / np.sqrt(n))
    freedom, scale = n - 1, np.sqrt(0.5)

    def integrand(g: float) -> float:
        variance = 1 + n * g * scale**2
        return float(
            variance**-0.5
            * (1 + t**2 / (variance * freedom)) ** (-(freedom + 1) / 2)
            * (2 * np.pi) ** -0.5
            * g**-1.5
            * np.exp(-1 / (2 * g))
        )

    alternative, _ = quad(integrand, 0, np.inf)
    return float(alternative / (1 + t**2 / freedom) ** (-(freedom + 1) / 2))
