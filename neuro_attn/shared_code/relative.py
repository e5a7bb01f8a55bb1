r"""Overlap of the codes of two tasks, relative to the overlap of two reference tasks.

Within-task sensitivity contains everything that distinguishes the classes in a task, such as the
look of a cue. If two tasks use different cues, this part cannot generalise, and the overlap of
their codes is below 1 even if they share one code for the decoded variable. A fair reference is
then the overlap of two tasks that are known to share that code and that differ in the same way. For
the pair of tasks A and B and the reference tasks C and D,

.. math:: q = r_{AB} / r_{CD} ,

with r the overlap in exactly these units (`these_units`), or R in the region (`sessions`): 1 if the
codes of A and B overlap as much as those of the reference tasks, 0 for unrelated codes. As r does
not depend on the strength of any code, nor does q. The ratio of the sensitivities across tasks,
:math:`(d'_{AB} + d'_{BA}) / (d'_{CD} + d'_{DC})`, would depend on it: a code of A that is twice as
strong as that of C makes it 1.5.

The interval is that of Fieller: all :math:`q_0` for which :math:`r_{AB} - q_0 r_{CD}` is compatible
with 0. The joint covariance of both overlaps is that of their jackknife, over trials or sessions,
so it includes what a task that both pairs have contributes to both. If the overlap of the reference
tasks is not significantly above 0, the interval has no end, and q is not estimable.

References
----------
Panichello & Buschman (2021), Nature 592, 601 (generalisation between two cues of one task as the
reference of generalisation between tasks). Fieller (1954), J. R. Stat. Soc. B 16, 175.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neuro_attn.inference.student import critical
from neuro_attn.shared_code.leave_one_out import changes_of_overlap
from neuro_attn.shared_code.sessions import RegionOverlap
from neuro_attn.shared_code.these_units import Moments, jackknife_covariance, pooled


@dataclass(frozen=True)
class RelativeOverlap:
    """Overlap of a pair of tasks and of the reference tasks, with their sampling error.

    Parameters
    ----------
    pair, reference : float
        The two overlaps; NaN where they are not defined.
    covariance : array, shape (2, 2)
        Their jackknife covariance.
    freedom : float
        Degrees of freedom of the covariance.
    """

    pair: float
    reference: float
    covariance: np.ndarray
    freedom: float

    @property
    def value(self) -> float:
        """q; NaN where the overlap of the reference tasks is not above 0."""
        return self.pair / self.reference if self.reference > 0 else float("nan")

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return Fieller's interval.

        NaN if the overlap of the reference tasks does not exceed 0 at this confidence, so that the
        interval has no end.

        Examples
        --------
        >>> clear = RelativeOverlap(0.4, 0.5, np.diag([0.001, 0.001]), 100)
        >>> low, high = clear.interval(0.95)
        >>> round(low, 2), round(high, 2)
        (0.65, 0.98)
        >>> RelativeOverlap(0.4, 0.05, np.diag([0.001, 0.001]), 100).interval(0.95)
        (nan, nan)
        """
        limit = critical(confidence, self.freedom) ** 2
        of_pair, shared, of_reference = self.covariance[np.triu_indices(2)]
        square = self.reference**2 - limit * of_reference
        if not (np.isfinite(self.pair) and self.reference > 0 and square > 0):
            return float("nan"), float("nan")
        middle = self.pair * self.reference - limit * shared
        rest = self.pair**2 - limit * of_pair
        half = np.sqrt(max(middle**2 - square * rest, 0.0))
        return float((middle - half) / square), float((middle + half) / square)


class SessionOfPairs(NamedTuple):
    """A session with the moments of a pair of tasks and of the reference tasks.

    Parameters
    ----------
    pair, reference : Moments
        The moments of each.
    places : pair of arrays, shape (trial,)
        Which trial of the session each trial of `pair` and of `reference` is.
    cell : array, shape (trial of the session,)
        Its task and class.
    """

    pair: Moments
    reference: Moments
    places: tuple[np.ndarray, np.ndarray]
    cell: np.ndarray


def relative_in_units(sessions: Mapping[str, SessionOfPairs]) -> RelativeOverlap:
    """Return the relative overlap in exactly the units of some sessions; trials are the sample."""
    moments = [
        {name: each.pair for name, each in sessions.items()},
        {name: each.reference for name, each in sessions.items()},
    ]
    overlaps = [pooled(list(parts.values())) for parts in moments]
    freedom = min(each.freedom for each in overlaps)
    value, reference = (each.value for each in overlaps)
    if not np.isfinite([value, reference]).all():
        return RelativeOverlap(np.nan, np.nan, np.full((2, 2), np.nan), freedom)
    changes = [changes_of_overlap(parts) for parts in moments]
    covariance = np.zeros((2, 2))
    for name, session in sessions.items():
        both = np.zeros((2, len(session.cell)))
        for row, place in enumerate(session.places):
            both[row, place] = changes[row][name]
        used = np.union1d(*session.places)
        covariance += jackknife_covariance(both[:, used], session.cell[used])
    return RelativeOverlap(value, reference, covariance, freedom)


def relative_of_sessions(pair: RegionOverlap, reference: RegionOverlap) -> RelativeOverlap:
    """Return the relative overlap in a region; sessions are the sample."""
    freedom = min(pair.freedom, reference.freedom)
    without = np.stack([pair.without, reference.without])
    without = without[:, np.isfinite(without).all(axis=0)]
    n = without.shape[1]
    if n < 2:
        return RelativeOverlap(np.nan, np.nan, np.full((2, 2), np.nan), freedom)
    deviations = without - without.mean(axis=1, keepdims=True)
    covariance = (n - 1) / n * deviations @ deviations.T
    return RelativeOverlap(pair.value, reference.value, covariance, freedom)
