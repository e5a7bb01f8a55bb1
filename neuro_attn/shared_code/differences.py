"""Differences in overlap between two regions: in exactly these units, and in the region.

In exactly these units, trials are left out (`leave_one_out`). Units of two regions that were
recorded together share their trials, so the changes of both regions are subtracted trial by trial,
and the jackknife of the differences contains what the regions have in common. Interval and p-value
use the t distribution. Only regions in which both tasks have a significant code are compared,
because the overlap of a weak code is not estimable.

In the region, sessions are left out instead (`sessions.difference`), and for other subjects, whole
subjects: what the sessions of a subject share is no evidence about other subjects.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from neuro_attn.inference.region_pairs import ComparedRegions, region_pairs
from neuro_attn.inference.significance import significant
from neuro_attn.inference.student import critical, upper_tail
from neuro_attn.shared_code.estimates import (
    REGION,
    SUBJECTS,
    UNITS,
    holm,
    means_of_subjects,
)
from neuro_attn.shared_code.leave_one_out import TrialsLeftOut
from neuro_attn.shared_code.of_region import Sample, SessionsOfRegion, TaskPair
from neuro_attn.shared_code.sessions import difference
from neuro_attn.shared_code.these_units import jackknife_covariance


class Difference(NamedTuple):
    """Overlap in a region minus that in another region, with its interval and two-sided p-values.

    `p_corrected` is corrected over windows and pairs of regions of a pair of tasks by Holm's
    method, for each level apart.
    """

    level: str
    region: str
    compared_with: str
    test: TaskPair
    value: float
    low: float
    high: float
    p_value: float
    p_corrected: float = np.nan


def differences_of(
    found: Sequence[SessionsOfRegion],
    tests: Sequence[TaskPair],
    sample: Sample,
    *,
    compared: ComparedRegions,
    confidence: float,
    alpha: float,
) -> list[Difference]:
    """Return the differences of pairs of regions, for every pair of tasks and window.

    Parameters
    ----------
    found : sequence of SessionsOfRegion
        The regions.
    tests : sequence of TaskPair
        Pairs of tasks and windows.
    sample : Sample
        All sessions, and their subjects.
    compared : 'all' or sequence of pairs
        Pairs of regions (`inference.region_pairs`).
    confidence : float
        Coverage of the intervals.
    alpha : float
        Level below which a code is significant.
    """
    rows = [
        *_in_units(found, tests, compared, confidence=confidence, alpha=alpha),
        *between_rows(found, tests, REGION, compared=compared, confidence=confidence),
        *between_rows(
            means_of_subjects(found, sample),
            tests,
            SUBJECTS,
            compared=compared,
            confidence=confidence,
        ),
    ]
    families: dict[tuple, list[int]] = {}
    for number, row in enumerate(rows):
        families.setdefault((row.level, row.test.tasks), []).append(number)
    for members in families.values():
        corrected = holm(np.array([rows[number].p_value for number in members]))
        for number, p in zip(members, corrected.tolist(), strict=True):
            rows[number] = rows[number]._replace(p_corrected=p)
    return rows


def _in_units(
    found: Sequence[SessionsOfRegion],
    tests: Sequence[TaskPair],
    compared: ComparedRegions,
    *,
    confidence: float,
    alpha: float,
) -> Iterator[Difference]:
    for number, test in enumerate(tests):
        coded = {
            region.name: region.left_out(number, test)
            for region in found
            if significant(max(region.overlaps[test].p_codes), alpha)
        }
        for one, other in region_pairs(coded, compared):
            numbers = difference_in_units(coded[one], coded[other], confidence)
            yield Difference(UNITS, one, other, test, *numbers)


def between_rows(
    found: Sequence[SessionsOfRegion],
    tests: Sequence[TaskPair],
    level: str,
    *,
    compared: ComparedRegions,
    confidence: float,
) -> Iterator[Difference]:
    """Yield differences whose sample are the rows of the regions: sessions or subjects."""
    for number, test in enumerate(tests):
        overlaps = {
            each.name: each.overlap(number, np.ones(len(each.first), bool)) for each in found
        }
        for one, other in region_pairs(overlaps, compared):
            numbers = difference(overlaps[one], overlaps[other], confidence)
            if np.isfinite(numbers[0]):
                yield Difference(level, one, other, test, *numbers)


def difference_in_units(
    first: TrialsLeftOut, second: TrialsLeftOut, confidence: float
) -> tuple[float, float, float, float]:
    """Return r in the units of one region minus r in those of another: value, low, high, p-value.

    Parameters
    ----------
    first, second : TrialsLeftOut
        The overlap in each region. Both tasks must have a measurable code, and the trials of a
        session are in the same order in both.
    confidence : float
        Coverage of the interval.
    """
    value = first.overlap.value - second.overlap.value
    nothing = 0.0, None
    variance = 0.0
    for session in {**first.sessions, **second.sessions}:
        own, cell = first.sessions.get(session, nothing)
        subtracted, other_cell = second.sessions.get(session, nothing)
        change = np.atleast_2d(np.subtract(own, subtracted))
        of_trials = other_cell if cell is None else cell
        assert of_trials is not None
        variance += float(jackknife_covariance(change, of_trials)[0, 0])
    freedom = min(first.overlap.freedom, second.overlap.freedom)
    error = np.sqrt(variance)
    half = error * critical(confidence, freedom)
    p = 2 * upper_tail(abs(value) / error, freedom) if error > 0 else float(value == 0)
    return value, value - half, value + half, p
