"""Overlap of the codes of all pairs of tasks, in all windows and regions, at both levels."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.decoding.building import POOLED, build_populations
from neuro_attn.decoding.population import SessionTrials
from neuro_attn.shared_code.discriminants import Sensitivity, sensitivity
from neuro_attn.shared_code.sessions import (
    RegionOverlap,
    bayes_factor,
    overlap_of_sessions,
    positive_p_value,
    sign_flip_test,
    sign_patterns,
)
from neuro_attn.shared_code.these_units import TaskTrials, UnitsOverlap, overlap_of
from neuro_attn.study import Study

UNITS, REGION = "these units", "the region"
"""What an estimate is about: exactly these units, or the region in other sessions."""
ONE_SUBJECT = "unnamed"
"""Subject of recordings that name none."""
FOLDS = 5
"""Folds of the discriminants."""
Overlap = UnitsOverlap | RegionOverlap


class Test(NamedTuple):
    """A pair of tasks, by name and number, in a window."""

    first: str
    second: str
    window: str
    numbers: tuple[int, int, int]


class Estimate(NamedTuple):
    """Overlap of two codes with its tests.

    Parameters
    ----------
    level : str
        `UNITS` or `REGION`.
    region, subject : str
        The region, and the subject, or ``all``.
    test : Test
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
    n_units, n_sessions, n_subjects : int
        Sample sizes.
    """

    level: str
    region: str
    subject: str
    test: Test
    overlap: Overlap
    p_value: float
    p_corrected: float
    smallest_p: float
    p_codes: tuple[float, float]
    bayes_factor: float
    n_units: int
    n_sessions: int
    n_subjects: int


class Sample(NamedTuple):
    """All sessions of a data set, and the subject of each."""

    sessions: list[str]
    subjects: list[str]


class SessionsOfRegion(NamedTuple):
    """The sessions of a region, and d' of each session of the data set in each test.

    `first`, `second`, `across` and `back` have shape (session, test). They are NaN for sessions
    that have too few units of the region, or too few trials.
    """

    name: str
    parts: list[SessionTrials]
    n_times: int
    first: np.ndarray
    second: np.ndarray
    across: np.ndarray
    back: np.ndarray

    @property
    def n_units(self) -> int:
        """Number of units in all sessions."""
        return sum(part.rates.shape[1] for part in self.parts)

    @property
    def mean_across(self) -> np.ndarray:
        """Mean d' across tasks over both directions, (session, test)."""
        return (self.across + self.back) / 2

    def overlap(self, test: int, chosen: np.ndarray) -> RegionOverlap:
        """Return R in some sessions."""
        across = np.where(chosen, (self.across + self.back)[:, test], np.nan)
        return overlap_of_sessions(across, (self.first + self.second)[:, test])


def sample_of(recordings: list[xr.Dataset]) -> Sample:
    """Return the sessions of some recordings and their subjects (attribute ``subject``)."""
    return Sample(
        [str(recording.attrs["session"]) for recording in recordings],
        [str(recording.attrs.get("subject", ONE_SUBJECT)) for recording in recordings],
    )


def tests_of(study: Study) -> list[Test]:
    """Return every pair of tasks in every window."""
    tasks, windows = tuple(study.dataset.tasks), tuple(study.dataset.windows)
    return [
        Test(tasks[first], tasks[second], window, (first, second, number))
        for first, second in combinations(range(len(tasks)), 2)
        for number, window in enumerate(windows)
    ]


def sessions_of(
    recordings: list[xr.Dataset], study: Study, region: str, tests: list[Test]
) -> SessionsOfRegion:
    """Return d' within and across tasks in every session of a region.

    Raises
    ------
    InputError
        If the region has too few units or trials.
    """
    members = build_populations(recordings, study, region)
    parts = {part.session: part for member in members for part in member.parts}
    found = np.full((4, len(recordings), len(tests)), np.nan)
    pairs = {test.numbers[:2]: (test.first, test.second) for test in tests}
    for row, recording in enumerate(recordings):
        part = parts.get(recording.attrs["session"])
        if part is None:
            continue
        for pair, names in pairs.items():
            of_pair = [column for column, test in enumerate(tests) if test.numbers[:2] == pair]
            found[:, row, of_pair] = _sensitivity(part, pair, names, study)
    return SessionsOfRegion(region, list(parts.values()), len(members[0].times), *found)


def _sensitivity(
    part: SessionTrials, pair: tuple[int, int], names: tuple[str, str], study: Study
) -> np.ndarray:
    """Return d' (first, second, across or back; window), mean over draws of the folds."""
    n_windows = len(study.dataset.windows)
    windows = slice(part.rates.shape[2] - n_windows, None)
    first, second = (_trials(part, task, windows) for task in pair)
    drawn: list[Sensitivity] = []
    for draw in range(study.dataset.decoding.draws):
        # The same folds in all regions, so that differences between regions are paired.
        rng = study.rng("folds of discriminants", part.session, *names, draw)
        drawn.append(sensitivity(first, second, folds=FOLDS, rng=rng))
    return np.mean(drawn, axis=0)


def _trials(part: SessionTrials, task: int, bins: int | slice) -> tuple[np.ndarray, np.ndarray]:
    """Return rates and classes of the trials of a task."""
    chosen = np.flatnonzero(part.task == task)
    return part.rates[chosen][..., bins], part.label[chosen]


def in_units(regions: Sequence[SessionsOfRegion], tests: list[Test], sample: Sample) -> list[Estimate]:
    """Return the overlap in exactly these units; p-values are corrected by Holm's method."""
    found: list[Estimate] = []
    for region in regions:
        for test in tests:
            *pair, window = test.numbers
            trials = [
                tuple(TaskTrials(*_trials(part, task, region.n_times + window)) for task in pair)
                for part in region.parts
            ]
            overlap = overlap_of(trials)
            sizes = _sizes(region, sample, np.ones(len(sample.sessions), bool))
            found.append(
                Estimate(
                    *(UNITS, region.name, POOLED, test, overlap, overlap.p_value, 1.0, 0.0),
                    *(overlap.p_codes, np.nan, *sizes),
                )
            )
    corrected = dict[int, float]()
    for members in _families(found):
        adjusted = holm(np.array([found[member].p_value for member in members]))
        corrected.update(zip(members, adjusted.tolist(), strict=True))
    return [each._replace(p_corrected=corrected[n]) for n, each in enumerate(found)]


def in_regions(
    regions: Sequence[SessionsOfRegion], tests: list[Test], sample: Sample, study: Study
) -> Iterator[Estimate]:
    """Yield the overlap in each region, of all subjects and, if there are several, of each.

    P-values are corrected by the maximum over windows and regions, with the same sign flips of a
    session in all of them.
    """
    everyone = np.ones(len(sample.sessions), bool)
    subjects = {POOLED: everyone}
    names = dict.fromkeys(sample.subjects)
    if len(names) > 1:
        subjects |= {name: np.array(sample.subjects) == name for name in names}
    for subject, chosen in subjects.items():
        signs = sign_patterns(int(chosen.sum()), study.rng("sign flips", subject))
        for pair in dict.fromkeys(test.numbers[:2] for test in tests):
            columns = [n for n, test in enumerate(tests) if test.numbers[:2] == pair]
            together = np.concatenate(
                [region.mean_across[chosen][:, columns] for region in regions], axis=1
            )
            flips = sign_flip_test(together, signs)
            place = 0
            for region in regions:
                codes = [
                    positive_p_value(each[chosen][:, columns], signs)
                    for each in (region.first, region.second)
                ]
                for number, column in enumerate(columns):
                    values = region.mean_across[chosen, column]
                    yield Estimate(
                        *(REGION, region.name, subject, tests[column]),
                        region.overlap(column, chosen),
                        *(float(p[place]) for p in (flips.p_value, flips.p_corrected)),
                        flips.smallest[place],
                        (float(codes[0][number]), float(codes[1][number])),
                        bayes_factor(values[np.isfinite(values)]),
                        *_sizes(region, sample, chosen),
                    )
                    place += 1


def _sizes(region: SessionsOfRegion, sample: Sample, chosen: np.ndarray) -> tuple[int, int, int]:
    """Return numbers of units, sessions and subjects."""
    subject_of = dict(zip(sample.sessions, sample.subjects, strict=True))
    kept = {name for name, take in zip(sample.sessions, chosen, strict=True) if take}
    parts = [part for part in region.parts if part.session in kept]
    subjects = {subject_of[part.session] for part in parts}
    return sum(part.rates.shape[1] for part in parts), len(parts), len(subjects)


def _families(found: list[Estimate]) -> list[list[int]]:
    """Return the estimates that are corrected together: those of a pair of tasks."""
    families: dict[tuple[str, str], list[int]] = {}
    for number, each in enumerate(found):
        families.setdefault((each.test.first, each.test.second), []).append(number)
    return list(families.values())


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
