r"""Overlap of the codes of two tasks in a region; sessions are the sample.

Each session s contributes the sensitivity of its discriminants within (:math:`d'_{AA}, d'_{BB}`)
and across tasks (:math:`d'_{AB}, d'_{BA}`; `discriminants`). The test concerns their mean across,

.. math:: x_s = (d'_{AB} + d'_{BA}) / 2 ,

and the overlap is

.. math:: R = \frac{\sum_s (d'_{AB} + d'_{BA})}{\sum_s (d'_{AA} + d'_{BB})} ,

weighted by the strength of the codes: 1 for one code, 0 for unrelated codes, -1 for a reversed
code. Units and trials of a session leave with it, so the results generalise to other sessions. They
do not generalise to other subjects, unless there are many.

References
----------
Maris & Oostenveld (2007), J. Neurosci. Methods 164, 177 (sign flips). Winkler et al. (2014),
NeuroImage 92, 381 (maximum over a family). Efron & Tibshirani (1993), An Introduction to the
Bootstrap, chapter 11 (jackknife). Rouder et al. (2009), Psychon. Bull. Rev. 16, 225 (Bayes factor).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.integrate import quad

from neuro_attn.shared_code.student import critical, upper_tail

FLIPS = 10_000
"""Sign patterns that are drawn where there are more; below 14 sessions all are enumerated."""
_EXACT = 13
_TIE = 1e-9


class Flips(NamedTuple):
    """P-values of a sign-flip test.

    Parameters
    ----------
    p_value, p_corrected : array, shape (test,)
        Two-sided; uncorrected, and corrected by the maximum over all tests.
    smallest : array, shape (test,)
        The smallest p-value that the number of sessions of each test allows, 1 without sessions.
    """

    p_value: np.ndarray
    p_corrected: np.ndarray
    smallest: np.ndarray


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


def sign_patterns(n_sessions: int, rng: np.random.Generator) -> np.ndarray:
    """Return signs (pattern, session), the data's own first: all of them, or a random sample."""
    if n_sessions <= _EXACT:
        bits = np.arange(2**n_sessions)[:, None] >> np.arange(n_sessions) & 1
        return 1.0 - 2 * bits
    drawn = rng.choice([-1.0, 1.0], size=(FLIPS, n_sessions))
    drawn[0] = 1
    return drawn


def sign_flip_test(values: np.ndarray, signs: np.ndarray) -> Flips:
    """Test whether means over sessions are 0, two-sided, by flipping the signs of whole sessions.

    The statistic is the mean in units of the root mean square over sessions, which flips do not
    change. Regions and windows with different scales therefore have equal weight in the maximum.
    The test assumes that a session's value is positive or negative with equal probability if the
    codes of the region are unrelated.

    Parameters
    ----------
    values : array, shape (session, test)
        x_s; NaN where a session does not contribute to a test.
    signs : array, shape (pattern, session)
        From `sign_patterns`; the first row is the data's.

    Returns
    -------
    Flips
    """
    present = np.isfinite(values)
    filled = np.where(present, values, 0)
    square = np.sqrt((filled**2).sum(axis=0))
    scaled = np.divide(filled, square, out=np.zeros_like(filled), where=square > 0)
    statistic = np.abs(signs @ scaled)
    observed = statistic[0]
    alone = (statistic >= observed - _TIE).mean(axis=0)
    # Where sessions differ between tests, the largest attainable statistic does, too.
    reach = np.sqrt(np.maximum(present.sum(axis=0), 1))
    largest = (statistic / reach).max(axis=1)
    together = (largest[:, None] >= observed / reach - _TIE).mean(axis=0)
    empty = square == 0
    return Flips(
        np.where(empty, 1, alone),
        np.where(empty, 1, np.maximum(alone, together)),
        np.clip(2.0 ** (1 - present.sum(axis=0)), 1 / len(signs), 1),
    )


def positive_p_value(values: np.ndarray, signs: np.ndarray) -> float:
    """Return the one-sided p-value of a mean above 0, by flipping the signs of whole sessions.

    Parameters
    ----------
    values : array, shape (session,)
        NaN where a session does not contribute.
    signs : array, shape (pattern, session)
        From `sign_patterns`; the first row is the data's.
    """
    means = signs @ np.nan_to_num(values)
    return float((means >= means[0] - _TIE * np.abs(means).max()).mean())


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


def mean_with_interval(values: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """Return the mean over sessions with its t interval; NaN where there are too few values.

    Every session has the same weight. Weights by precision, as of fixed effects, would make the
    interval one of these sessions alone.

    Examples
    --------
    >>> mean, low, high = mean_with_interval(np.array([1.0, 2.0, 3.0]), 0.95)
    >>> round(low, 2), mean, round(high, 2)
    (-0.48, 2.0, 4.48)
    """
    n = len(values)
    mean = float(values.mean()) if n else float("nan")
    if n < 2:
        return mean, float("nan"), float("nan")
    half = float(values.std(ddof=1) / np.sqrt(n)) * critical(confidence, n - 1)
    return mean, mean - half, mean + half


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
