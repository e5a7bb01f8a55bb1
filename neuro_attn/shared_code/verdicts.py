"""One conclusion about the codes of two tasks, from the overlap and the tests behind it."""

from typing import Literal, NamedTuple

from neuro_attn.inference.significance import significant

Verdict = Literal[
    "shared", "partly shared", "task-specific", "reversed", "not decodable", "inconclusive"
]

MOSTLY = 0.5
"""Overlap that a shared code must exceed."""


class Evidence(NamedTuple):
    """What a verdict rests on.

    Parameters
    ----------
    overlap, low, high : float
        Overlap, or relative overlap where there are reference tasks, and its interval of coverage
        1 - alpha.
    narrow_low, narrow_high : float
        Interval of coverage 1 - 2 alpha, for the equivalence test (Schuirmann 1987).
    p_corrected : float
        Two-sided p-value of no overlap.
    p_first, p_second : float
        One-sided p-values of "the task has no code".
    """

    overlap: float
    low: float
    high: float
    narrow_low: float
    narrow_high: float
    p_corrected: float
    p_first: float
    p_second: float


def verdict_of(evidence: Evidence, *, alpha: float, bound: float) -> Verdict:
    """Return the verdict; the first condition that holds decides.

    ``not decodable``: either task has no significant code. ``task-specific``: the interval for
    equivalence lies within plus or minus `bound`. ``reversed``, ``shared``, ``partly shared``: the
    overlap is significant, and its interval lies below 0, above `MOSTLY`, or above 0 and below 1.
    ``inconclusive``: anything else.

    Parameters
    ----------
    evidence : Evidence
        Overlap, intervals and p-values.
    alpha : float
        Level of the tests.
    bound : float
        Overlap below which codes count as task-specific.

    Examples
    --------
    >>> clear = Evidence(0.9, 0.7, 1.1, 0.74, 1.06, 0.01, 0.001, 0.001)
    >>> verdict_of(clear, alpha=0.05, bound=0.3)
    'shared'
    """
    if not (significant(evidence.p_first, alpha) and significant(evidence.p_second, alpha)):
        return "not decodable"
    if evidence.narrow_low > -bound and evidence.narrow_high < bound:
        return "task-specific"
    if not significant(evidence.p_corrected, alpha):
        return "inconclusive"
    if evidence.high < 0:
        return "reversed"
    if evidence.low > MOSTLY:
        return "shared"
    if evidence.low > 0 and evidence.high < 1:
        return "partly shared"
    return "inconclusive"


def allowed_by(low: float, high: float) -> str:
    """Return which overlaps an interval does not exclude, in words.

    Examples
    --------
    >>> allowed_by(-0.2, 0.4)
    'overlaps from −0.20 to 0.40 remain possible'
    >>> allowed_by(1.05, 1.2)  # estimates, but not overlaps, can exceed 1
    'an overlap of 1.00 remains possible'
    """
    if not low <= high:
        return "the overlap cannot be estimated"
    if low <= -1 and high >= 1:
        return "any overlap remains possible"
    least, most = (f"{min(max(each, -1), 1):.2f}" for each in (low, high))
    said = f"overlaps from {least} to {most} remain possible"
    if least == most:
        said = f"an overlap of {least} remains possible"
    return said.replace("-", "\N{MINUS SIGN}")


def allowed_relative(low: float, high: float) -> str:
    """Return which overlaps relative to the reference tasks remain possible, in words.

    Examples
    --------
    >>> allowed_relative(-0.2, 1.4)
    'relative overlaps from −0.20 to 1.40 remain possible'
    """
    if not low <= high:
        return "the overlap of the reference tasks is too weak"
    said = f"relative overlaps from {low:.2f} to {high:.2f} remain possible"
    return said.replace("-", "\N{MINUS SIGN}")
