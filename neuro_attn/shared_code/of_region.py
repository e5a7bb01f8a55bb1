"""The codes of a region in its own sessions: what overlaps and their tests need of its rates.

`codes_of` reads the rates of one region. Everything that follows, corrections over regions and
differences between regions included, needs only its result, which `stored` and `restored` turn into
a file and back.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.decoding.building import build_populations
from neuro_attn.decoding.population import SessionTrials
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.shared_code.discriminants import Sensitivity, sensitivity
from neuro_attn.shared_code.leave_one_out import TrialsLeftOut, trials_left_out
from neuro_attn.shared_code.relative import RelativeOverlap, SessionOfPairs, relative_in_units
from neuro_attn.shared_code.sessions import RegionOverlap, overlap_of_sessions
from neuro_attn.shared_code.these_units import Moments, TaskTrials, UnitsOverlap, moments_of
from neuro_attn.study import Study

FOLDS = 5
"""Folds of the discriminants."""


class TaskPair(NamedTuple):
    """A pair of tasks, by name and number, in a window."""

    first: str
    second: str
    window: str
    numbers: tuple[int, int, int]

    @property
    def tasks(self) -> tuple[str, str]:
        """The names of the two tasks."""
        return self.first, self.second


class Sample(NamedTuple):
    """All sessions of a data set, and the subject of each."""

    sessions: list[str]
    subjects: list[str]


class SessionOfRegion(NamedTuple):
    """A session of a region.

    Parameters
    ----------
    session : str
        Its name.
    n_units : int
        Number of units of the region.
    task, label : array of int, shape (trial,)
        Task and class of every trial.
    changes : array, shape (test, trial)
        By how much the overlap in the units of all sessions changes when the trial is left out; NaN
        for trials of other tasks, and where a task has no measurable code.
    """

    session: str
    n_units: int
    task: np.ndarray
    label: np.ndarray
    changes: np.ndarray

    def left_out(self, test: int, pair: TaskPair) -> tuple[np.ndarray, np.ndarray]:
        """Return the changes in a test, and the task and class, of the trials of its tasks."""
        trials = _trials_of(self.task, pair)
        is_second = self.task[trials] == pair.numbers[1]
        cell = is_second * (self.label.max() + 1) + self.label[trials]
        return self.changes[test, trials], cell


class SessionsOfRegion(NamedTuple):
    """The sessions of a region, and d' of each of them in each test.

    Parameters
    ----------
    name : str
        The region.
    parts : list of SessionOfRegion
        Its sessions.
    first, second, across, back : array, shape (session, test)
        d' within the two tasks, and across tasks in both directions, in each session of `parts`.
        After `among` there are rows for all sessions of the data set, which are NaN for others.
    overlaps : dict of TaskPair to UnitsOverlap
        The overlap in exactly these units.
    relative : dict of TaskPair to RelativeOverlap
        The same relative to the reference tasks, for all other pairs if there are any.
    """

    name: str
    parts: list[SessionOfRegion]
    first: np.ndarray
    second: np.ndarray
    across: np.ndarray
    back: np.ndarray
    overlaps: dict[TaskPair, UnitsOverlap] = {}
    relative: dict[TaskPair, RelativeOverlap] = {}

    @property
    def mean_across(self) -> np.ndarray:
        """Mean d' across tasks over both directions, (session, test)."""
        return (self.across + self.back) / 2

    def overlap(self, test: int, chosen: np.ndarray) -> RegionOverlap:
        """Return R in some sessions."""
        across = np.where(chosen, (self.across + self.back)[:, test], np.nan)
        return overlap_of_sessions(across, (self.first + self.second)[:, test])

    def among(self, sessions: Sequence[str]) -> "SessionsOfRegion":
        """Return the same with a row of d' for each of these sessions."""
        row_of = {part.session: row for row, part in enumerate(self.parts)}
        rows = np.array([row_of.get(session, -1) for session in sessions])

        def extended(values: np.ndarray) -> np.ndarray:
            return np.where(rows[:, None] >= 0, values[rows], np.nan)

        return self._replace(
            first=extended(self.first),
            second=extended(self.second),
            across=extended(self.across),
            back=extended(self.back),
        )

    def left_out(self, test: int, pair: TaskPair) -> TrialsLeftOut:
        """Return the overlap in these units, with its changes when a trial is left out."""
        of_sessions = {part.session: part.left_out(test, pair) for part in self.parts}
        return TrialsLeftOut(self.overlaps[pair], of_sessions)


def tests_of(study: Study) -> list[TaskPair]:
    """Return every pair of tasks in every window."""
    tasks, windows = tuple(study.dataset.tasks), tuple(study.dataset.windows)
    return [
        TaskPair(tasks[first], tasks[second], window, (first, second, number))
        for first, second in combinations(range(len(tasks)), 2)
        for number, window in enumerate(windows)
    ]


def codes_of(recordings: list[xr.Dataset], study: Study, region: str) -> SessionsOfRegion:
    """Return d' and overlaps of every pair of tasks in every window, in the sessions of a region.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        The sessions with units of the region; others are allowed.
    study : Study
        The data set.
    region : str
        The region.

    Raises
    ------
    InputError
        If the region has too few units or trials.
    """
    recordings, study = without_test_only(recordings, study)
    members = build_populations(recordings, study, region)
    parts = [part for member in members for part in member.parts]
    tests = tests_of(study)
    d_primes = np.full((4, len(parts), len(tests)), np.nan)
    pairs = {test.numbers[:2]: test.tasks for test in tests}
    for (row, part), (pair, names) in product(enumerate(parts), pairs.items()):
        of_pair = [column for column, test in enumerate(tests) if test.numbers[:2] == pair]
        d_primes[:, row, of_pair] = _sensitivity(part, pair, names, study)
    n_times = len(members[0].times)
    parts = [replace(part, rates=part.rates[..., n_times:].copy()) for part in parts]
    moments = {test: _moments(parts, test) for test in tests}
    left_out = [trials_left_out(of_test) for of_test in moments.values()]
    changes = [np.full((len(tests), len(part.task)), np.nan) for part in parts]
    for number, (test, of_test) in enumerate(zip(tests, left_out, strict=True)):
        for part, of_part in zip(parts, changes, strict=True):
            of_part[number, _trials_of(part.task, test)] = of_test.sessions[part.session][0]
    first, second, across, back = d_primes
    return SessionsOfRegion(
        region,
        [
            SessionOfRegion(part.session, part.rates.shape[1], part.task, part.label, of_part)
            for part, of_part in zip(parts, changes, strict=True)
        ],
        first,
        second,
        across,
        back,
        {test: each.overlap for test, each in zip(tests, left_out, strict=True)},
        _related(parts, moments, study.dataset.reference_tasks),
    )


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


def _trials_of(task: np.ndarray, test: TaskPair) -> np.ndarray:
    """Return the trials of a pair of tasks, those of the first task first, as in `Moments`."""
    return np.concatenate([np.flatnonzero(task == number) for number in test.numbers[:2]])


def _moments(parts: Sequence[SessionTrials], test: TaskPair) -> dict[str, Moments]:
    """Return the moments of each session, by its name; rates are those in the windows."""
    first, second, window = test.numbers
    return {
        part.session: moments_of(
            TaskTrials(*_trials(part, first, window)), TaskTrials(*_trials(part, second, window))
        )
        for part in parts
    }


def _related(
    parts: Sequence[SessionTrials],
    moments: dict[TaskPair, dict[str, Moments]],
    reference: Sequence[str] | None,
) -> dict[TaskPair, RelativeOverlap]:
    """Return the overlaps in these units relative to those of the reference tasks."""
    if reference is None:
        return {}
    references = {test.window: test for test in moments if set(test.tasks) == set(reference)}
    found = {}
    for test, of_pair in moments.items():
        other = references[test.window]
        if test is other:
            continue
        sessions = {}
        for part in parts:
            places = _trials_of(part.task, test), _trials_of(part.task, other)
            cell = part.task * (int(part.label.max()) + 1) + part.label
            both = of_pair[part.session], moments[other][part.session]
            sessions[part.session] = SessionOfPairs(*both, places, cell)
        found[test] = relative_in_units(sessions)
    return found


def stored(codes: SessionsOfRegion) -> xr.Dataset:
    """Return the codes of a region as a data set, for writing."""
    parts, overlaps, related = codes.parts, codes.overlaps.values(), codes.relative
    d_primes = np.stack([codes.first, codes.second, codes.across, codes.back])
    none = RelativeOverlap(np.nan, np.nan, np.full((2, 2), np.nan), np.nan)
    relative = [related.get(test, none) for test in codes.overlaps]
    return xr.Dataset(
        {
            "d_prime": (("direction", "part", "test"), d_primes),
            "session": ("part", [part.session for part in parts]),
            "n_units": ("part", [part.n_units for part in parts]),
            "n_trials": ("part", [len(part.task) for part in parts]),
            "task": ("trial", np.concatenate([part.task for part in parts])),
            "label": ("trial", np.concatenate([part.label for part in parts])),
            "changes": (("test", "trial"), np.concatenate([p.changes for p in parts], axis=1)),
            "energies": (
                ("test", "energy"),
                [(each.product, each.first, each.second) for each in overlaps],
            ),
            "covariance": (
                ("test", "energy", "other_energy"),
                [each.covariance for each in overlaps],
            ),
            "double": (("test", "energy"), [each.double for each in overlaps]),
            "freedom": ("test", [each.freedom for each in overlaps]),
            "is_related": ("test", [int(test in related) for test in codes.overlaps]),
            "pair": (("test", "of_pair"), [(each.pair, each.reference) for each in relative]),
            "pair_covariance": (
                ("test", "of_pair", "of_other"),
                [each.covariance for each in relative],
            ),
            "pair_freedom": ("test", [each.freedom for each in relative]),
        },
        attrs={"region": codes.name},
    )


def restored(found: xr.Dataset, tests: Sequence[TaskPair]) -> SessionsOfRegion:
    """Return the codes of a region from what `stored` returned."""
    values = {name: found[name].values for name in found.data_vars}
    ends = np.cumsum(values["n_trials"])[:-1]
    of_trials = (np.split(values[name], ends, axis=-1) for name in ("task", "label", "changes"))
    parts = [
        SessionOfRegion(str(session), int(n_units), task, label, changes)
        for session, n_units, task, label, changes in zip(
            values["session"], values["n_units"], *of_trials, strict=True
        )
    ]
    overlaps, relative = {}, {}
    for number, test in enumerate(tests):
        of_both, of_first, of_second = values["energies"][number].tolist()
        overlaps[test] = UnitsOverlap(
            of_both,
            of_first,
            of_second,
            covariance=values["covariance"][number],
            double=values["double"][number],
            freedom=float(values["freedom"][number]),
        )
        if values["is_related"][number]:
            pair, reference = values["pair"][number].tolist()
            relative[test] = RelativeOverlap(
                pair,
                reference,
                covariance=values["pair_covariance"][number],
                freedom=float(values["pair_freedom"][number]),
            )
    first, second, across, back = values["d_prime"]
    return SessionsOfRegion(
        str(found.attrs["region"]), parts, first, second, across, back, overlaps, relative
    )
