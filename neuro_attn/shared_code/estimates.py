"""Overlap of the codes of all pairs of tasks, in all windows and regions, at both levels."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.decoding.building import POOLED
from neuro_attn.inference.sign_flips import positive_p_value, sign_flip_test, sign_patterns
from neuro_attn.recording import subject_of
from neuro_attn.shared_code.of_region import Sample, SessionsOfRegion, TaskPair
from neuro_attn.shared_code.relative import RelativeOverlap
from neuro_attn.shared_code.sessions import RegionOverlap, bayes_factor
from neuro_attn.shared_code.these_units import UnitsOverlap
from neuro_attn.study import Study

UNITS, REGION, SUBJECTS = "these units", "the region", "other subjects"
"""What an estimate is about: exactly these units, the region in other sessions of these subjects,
or the region in other subjects."""
FEWEST_SUBJECTS = 4
"""Smallest number of subjects for estimates about other subjects."""
ONE_SUBJECT = "unnamed"
"""Subject of recordings that name none."""
Overlap = UnitsOverlap | RegionOverlap


class Sizes(NamedTuple):
    """Numbers of units (in all sessions), sessions and subjects."""

    n_units: int
    n_sessions: int
    n_subjects: int


class Estimate(NamedTuple):
    """Overlap of two codes with its tests.

    Parameters
    ----------
    level : str
        `UNITS`, `REGION` or `SUBJECTS`.
    region, subject : str
        The region, and the subject, or ``all``.
    test : TaskPair
        The tasks and the window.
    overlap : UnitsOverlap or RegionOverlap
        Estimate and intervals.
    p_value, p_corrected : float
        Two-sided p-values of no overlap; the latter corrected over windows and regions.
    smallest_p : float
        The smallest p-value that the number of sessions allows; 0 for these units.
    p_codes : tuple of float
        One-sided p-values of "the task has no code", for each task.
    bayes_factor : float
        Evidence for an overlap over none; NaN for these units.
    sizes : Sizes
        Sample sizes.
    relative : RelativeOverlap or None
        The overlap relative to that of the reference tasks, if there are any.
    sample : array, shape (session,) or (subject,)
        Mean d' across tasks of each that contributes; empty for these units.
    """

    level: str
    region: str
    subject: str
    test: TaskPair
    overlap: Overlap
    p_value: float
    p_corrected: float
    smallest_p: float
    p_codes: tuple[float, float]
    bayes_factor: float
    sizes: Sizes
    relative: RelativeOverlap | None = None
    sample: np.ndarray = np.empty(0)


def sample_of(recordings: list[xr.Dataset]) -> Sample:
    """Return the sessions of some recordings and their subjects.

    The subject is the attribute ``subject``, or the trial column of that name if it has one value
    in a session.
    """
    return Sample(
        [str(recording.attrs["session"]) for recording in recordings],
        [subject_of(recording) or ONE_SUBJECT for recording in recordings],
    )


def in_units(
    regions: Sequence[SessionsOfRegion], tests: list[TaskPair], sample: Sample
) -> list[Estimate]:
    """Return the overlap in exactly these units; p-values are corrected by Holm's method."""
    everyone = np.ones(len(sample.sessions), bool)
    found: list[Estimate] = []
    for region, test in product(regions, tests):
        overlap = region.overlaps[test]
        found.append(
            Estimate(
                level=UNITS,
                region=region.name,
                subject=POOLED,
                test=test,
                overlap=overlap,
                p_value=overlap.p_value,
                p_corrected=np.nan,
                smallest_p=0.0,
                p_codes=overlap.p_codes,
                bayes_factor=np.nan,
                sizes=_sizes(region, sample, everyone),
            )
        )
    corrected = np.empty(len(found))
    pairs = [each.test.tasks for each in found]
    for pair in dict.fromkeys(pairs):
        members = [number for number, other in enumerate(pairs) if other == pair]
        corrected[members] = holm(np.array([found[member].p_value for member in members]))
    return [each._replace(p_corrected=p) for each, p in zip(found, corrected.tolist(), strict=True)]


def in_regions(
    regions: Sequence[SessionsOfRegion], tests: list[TaskPair], sample: Sample, study: Study
) -> Iterator[Estimate]:
    """Yield the overlap in each region, of all subjects and, if there are several, of each.

    P-values are corrected by the maximum over windows and regions, with the same sign flips of a
    session in all of them.
    """
    subjects = {POOLED: np.ones(len(sample.sessions), bool)}
    if len(names := dict.fromkeys(sample.subjects)) > 1:
        subjects |= {name: np.array(sample.subjects) == name for name in names}
    for subject, chosen in subjects.items():
        signs = sign_patterns(int(chosen.sum()), study.rng("sign flips", subject))
        sizes = [_sizes(region, sample, chosen) for region in regions]
        yield from _tested(
            regions, tests, signs, level=REGION, subject=subject, chosen=chosen, sizes=sizes
        )


def in_subjects(
    regions: Sequence[SessionsOfRegion], tests: list[TaskPair], sample: Sample, study: Study
) -> Iterator[Estimate]:
    """Yield the overlap in each region of other subjects, if there are `FEWEST_SUBJECTS` or more.

    A subject contributes the means of d' over its sessions, and all its sessions leave with it.
    """
    n_subjects = len(set(sample.subjects))
    if means := means_of_subjects(regions, sample):
        everyone = np.ones(len(sample.sessions), bool)
        yield from _tested(
            means,
            tests,
            sign_patterns(n_subjects, study.rng("sign flips", "subjects")),
            level=SUBJECTS,
            subject=POOLED,
            chosen=np.ones(n_subjects, bool),
            sizes=[_sizes(region, sample, everyone) for region in regions],
        )


def means_of_subjects(
    regions: Sequence[SessionsOfRegion], sample: Sample
) -> list[SessionsOfRegion]:
    """Return regions whose rows are subjects, or none if there are too few subjects.

    A row contains means over the subject's sessions with the region.
    """
    names = dict.fromkeys(sample.subjects)
    if len(names) < FEWEST_SUBJECTS:
        return []
    rows = [np.array(sample.subjects) == name for name in names]
    return [_means_over(region, rows) for region in regions]


def _means_over(region: SessionsOfRegion, rows: Sequence[np.ndarray]) -> SessionsOfRegion:

    def means(values: np.ndarray) -> np.ndarray:
        present = np.isfinite(values)
        n = np.stack([present[row].sum(axis=0) for row in rows])
        total = np.stack([np.where(present, values, 0)[row].sum(axis=0) for row in rows])
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)

    return region._replace(
        first=means(region.first),
        second=means(region.second),
        across=means(region.across),
        back=means(region.back),
    )


def _tested(
    regions: Sequence[SessionsOfRegion],
    tests: list[TaskPair],
    signs: np.ndarray,
    *,
    level: str,
    subject: str,
    chosen: np.ndarray,
    sizes: Sequence[Sizes],
) -> Iterator[Estimate]:
    """Yield estimates from some rows (sessions or subjects) of all regions."""
    for pair in dict.fromkeys(test.tasks for test in tests):
        columns = [number for number, test in enumerate(tests) if test.tasks == pair]
        places = list(product(range(len(regions)), columns))
        values = np.stack([regions[row].mean_across[chosen, n] for row, n in places], axis=1)
        flips = sign_flip_test(values, signs)
        for place, (row, column) in enumerate(places):
            region = regions[row]
            present = values[np.isfinite(values[:, place]), place]
            yield Estimate(
                level=level,
                region=region.name,
                subject=subject,
                test=tests[column],
                overlap=region.overlap(column, chosen),
                p_value=float(flips.p_value[place]),
                p_corrected=float(flips.p_corrected[place]),
                smallest_p=float(flips.smallest[place]),
                p_codes=(
                    positive_p_value(region.first[chosen, column], signs),
                    positive_p_value(region.second[chosen, column], signs),
                ),
                bayes_factor=bayes_factor(present),
                sizes=sizes[row],
                sample=present,
            )


def _sizes(region: SessionsOfRegion, sample: Sample, chosen: np.ndarray) -> Sizes:
    subject_of = dict(zip(sample.sessions, sample.subjects, strict=True))
    kept = {name for name, take in zip(sample.sessions, chosen, strict=True) if take}
    parts = [part for part in region.parts if part.session in kept]
    subjects = {subject_of[part.session] for part in parts}
    n_units = sum(part.n_units for part in parts)
    return Sizes(n_units, len(parts), len(subjects))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected for the number of tests (Holm 1979, Scand. J. Stat. 6, 65).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(raised, 1)
    return corrected
