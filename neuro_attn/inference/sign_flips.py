"""Tests and intervals of a mean over sessions, which are the sample.

References
----------
Maris & Oostenveld (2007), J. Neurosci. Methods 164, 177 (sign flips). Winkler et al. (2014),
NeuroImage 92, 381 (maximum over a family).
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.inference.student import critical

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
    The test assumes that a session's value is positive or negative with equal probability if there
    is no effect.

    Parameters
    ----------
    values : array, shape (session, test)
        NaN where a session does not contribute to a test.
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
