"""Responses of populations to the conditions of an experiment, in halves of the trials.

The kinds of trials are the classes of every task. If the data sets define colours and the classes
are the items, classes are subdivided by the colour bin of the cued item. A condition is a kind in a
window or, for courses, in a bin that all data sets have (`common_bins`). Rates are in units of each
unit's noise SD within conditions: of the window, or over all bins.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.configuration import Time
from neuro_attn.decoding import Population, build_populations
from neuro_attn.decoding.population import SessionTrials
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.geometry.colors import cued, shown_colors
from neuro_attn.geometry.estimates import in_noise_units, session_rates
from neuro_attn.study import Study

FEWEST = 4
"""Smallest number of conditions that can be compared."""


class CommonBins(NamedTuple):
    """Bins that all data sets have.

    Parameters
    ----------
    edges : array, shape (bin + 1,)
        Edges, s; without common bins, there are none.
    of : dict of str to list of slice
        For each data set, the own bins that make up each of them.
    """

    edges: np.ndarray
    of: dict[str, list[slice]]

    def within(self, windows: Sequence[tuple[float, float]]) -> set[int]:
        """Return the numbers of the bins that lie in one of the windows (s)."""
        rounding = 1e-6
        return {
            number
            for number, (low, high) in enumerate(pairwise(self.edges))
            if any(low > start - rounding and high < stop + rounding for start, stop in windows)
        }


def common_bins(times: Mapping[str, Time]) -> CommonBins:
    """Return the bins that all data sets have; those of the coarsest, if all others divide them.

    Parameters
    ----------
    times : mapping of str to Time
        The bins of every data set.

    Examples
    --------
    >>> fine, coarse = Time(start=-0.2, stop=0.3, bin=0.05), Time(start=-0.1, stop=0.4, bin=0.1)
    >>> found = common_bins({"fine": fine, "coarse": coarse})
    >>> found.edges.round(3)
    array([-0.1,  0. ,  0.1,  0.2,  0.3])
    >>> found.of["fine"][0]
    slice(2, 4, None)
    """
    coarsest = max(times.values(), key=lambda each: each.bin)
    edges = coarsest.start + coarsest.bin * np.arange(coarsest.n_bins + 1)
    rounding = 1e-6 * coarsest.bin
    first, last = max(t.start for t in times.values()), min(t.stop for t in times.values())
    edges = edges[(edges > first - rounding) & (edges < last + rounding)]
    of = {name: [each.bins_in(pair) for pair in pairwise(edges)] for name, each in times.items()}
    for name, each in times.items():
        widths = [each.bin * (bins.stop - bins.start) for bins in of[name]]
        if not np.allclose(widths, coarsest.bin, rtol=0, atol=rounding):
            return CommonBins(edges[:0], {name: [] for name in times})
    return CommonBins(edges, of)


class Responses(NamedTuple):
    """Single-trial responses of a population to each condition.

    Parameters
    ----------
    name : str
        Region, or population of a network.
    session : str
        Session or replicate network, or the name of all together.
    conditions : tuple of tuple
        Names of the conditions: window, or number of the common bin; task, class and colour bin.
    parts : list of list of array, shape (trial, unit)
        For each session of the population, the responses in each condition. The trials and their
        order are the same in all windows and bins.
    """

    name: str
    session: str
    conditions: tuple[tuple[int | str, ...], ...]
    parts: list[list[np.ndarray]]

    @property
    def n_units(self) -> int:
        """Number of units summed over sessions."""
        return sum(part[0].shape[1] for part in self.parts)

    @property
    def n_trials(self) -> int:
        """Number of trials of the rarest condition of any session."""
        return min(len(trials) for part in self.parts for trials in part)

    def within(self, kept: set[int | str]) -> "Responses":
        """Return the responses in some of the windows and bins."""
        numbers = [number for number, each in enumerate(self.conditions) if each[0] in kept]
        return self._replace(
            conditions=tuple(self.conditions[number] for number in numbers),
            parts=[[part[number] for number in numbers] for part in self.parts],
        )

    def arranged(self, conditions: Sequence[tuple[int | str, ...]]) -> "Arranged":
        """Return the responses in the given order of the conditions, to draw trials from."""
        order = [self.conditions.index(condition) for condition in conditions]
        of_trials = [condition[1:] for condition in conditions]
        kinds = list(dict.fromkeys(of_trials))
        return Arranged(
            np.array([kinds.index(trials) for trials in of_trials]),
            [
                (
                    np.concatenate([part[condition] for condition in order]),
                    np.array([len(part[condition]) for condition in order]),
                )
                for part in self.parts
            ],
        )


def responses(
    recordings: list[xr.Dataset],
    study: Study,
    *,
    region: str,
    by_color: bool,
    bins: Sequence[slice] = (),
) -> list[Responses]:
    """Return the responses of a region's populations, one per session unless sessions are pooled.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions.
    study : Study
        The data set, with its tasks and windows.
    region : str
        The region.
    by_color : bool
        Whether to subdivide conditions by the colour bin of the cued item.
    bins : sequence of slice
        The data set's own bins that make up each common bin.
    """
    recordings, study = without_test_only(recordings, study)
    by_session = {recording.attrs["session"]: recording for recording in recordings}
    found = []
    for population in build_populations(recordings, study, region):
        names: list[tuple[str, str, str]] = []
        parts = []
        for part in population.parts:
            kinds = _kinds(part, population, by_session[part.session], study, by_color=by_color)
            names, groups = [name for name, _ in kinds], np.array([group for _, group in kinds])
            parts.append(_of_part(part, population, groups, bins))
        places = (*population.windows, *range(len(bins)))
        conditions = tuple((place, *name) for place in places for name in names)
        found.append(Responses(region, population.session, conditions, parts))
    return found


def _kinds(
    part: SessionTrials,
    population: Population,
    recording: xr.Dataset,
    study: Study,
    *,
    by_color: bool,
) -> list[tuple[tuple[str, str, str], np.ndarray]]:
    """Return task, class and colour bin of every kind of trial, with a mask of its trials."""
    bins = np.ones((1, len(part.label)), dtype=bool)
    if by_color:
        assert study.dataset.colors is not None
        shown = shown_colors(recording, study.dataset.colors, study.name)
        bins = (shown.bins * cued(part.label, population.classes, shown.items)).any(axis=0)
    return [
        (
            (task_name, class_name, f"color {number}" if by_color else ""),
            (part.task == task) & (part.label == label) & of_bin,
        )
        for task, task_name in enumerate(population.tasks)
        for label, class_name in enumerate(population.classes)
        for number, of_bin in enumerate(bins)
    ]


def _of_part(
    part: SessionTrials, population: Population, groups: np.ndarray, bins: Sequence[slice]
) -> list[np.ndarray]:
    """Return the responses of a session in each window and bin to each kind of trial."""
    own = []
    for window in range(len(population.windows)):
        rates = session_rates(part, len(population.times) + window)
        in_units = in_noise_units(rates, groups.T.astype(float))
        own += [in_units[group] for group in groups]
    if bins:
        # One SD for all bins, because a scale that varies over time would change the dynamics.
        courses = np.stack([session_rates(part, each) for each in bins]).astype(float)
        courses -= courses.mean(axis=(0, 1))
        residual = courses.copy()
        for group in groups:
            residual[:, group] -= residual[:, group].mean(axis=1, keepdims=True)
        sd = np.sqrt((residual**2).mean(axis=(0, 1)))
        varies = sd > 1e-6 * np.abs(courses).max(axis=(0, 1), initial=0)
        courses = np.where(varies, courses / np.where(varies, sd, 1), 0)
        own += [each[group] for each in courses for group in groups]
    return own


class Drawn(NamedTuple):
    """Mean responses of random units in random halves of the trials, in several draws.

    Parameters
    ----------
    conditions : array, shape (draw, half, condition, unit)
        In the windows.
    courses : tuple of array, shape (draw, half, bin, kind, unit)
        One for each run of adjacent bins.
    """

    conditions: np.ndarray
    courses: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, draws: np.ndarray, names: Sequence[tuple[int | str, ...]]) -> "Drawn":
        """Arrange draws (draw, half, condition, unit) by windows and bins, as `names` are."""
        bins = [each[0] for each in names if isinstance(each[0], int)]
        n_windows = len(names) - len(bins)
        whole = draws[:, :, n_windows:]
        runs, first = [], 0
        numbers = list(dict.fromkeys(bins))
        n_kinds = len(bins) // max(len(numbers), 1)
        for _, run in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
            n_bins = len(list(run))
            last = first + n_bins * n_kinds
            of_run = whole[:, :, first:last]
            runs.append(of_run.reshape(*of_run.shape[:2], n_bins, n_kinds, -1))
            first = last
        return cls(draws[:, :, :n_windows], tuple(runs))

    def of_units(self, units: np.ndarray) -> "Drawn":
        """Return the responses of some of the units."""
        return Drawn(self.conditions[..., units], tuple(each[..., units] for each in self.courses))

    def courses_together(self) -> np.ndarray:
        """Return the courses of all bins, shape (draw, half, bin, kind, unit)."""
        return np.concatenate(self.courses, axis=2)


def centred(rates: np.ndarray) -> np.ndarray:
    """Return responses (..., condition, unit) minus their mean over conditions."""
    return rates - rates.mean(axis=-2, keepdims=True)


class Arranged(NamedTuple):
    """Responses of a population in a given order of the conditions, ready to draw trials from.

    Parameters
    ----------
    kind : array of int, shape (condition,)
        Conditions with the same trials, in different windows or bins, have the same number.
    parts : list of (array, array)
        For each session the trials of all conditions, shape (trial, unit), and the number of trials
        of each condition, shape (condition,).
    """

    kind: np.ndarray
    parts: list[tuple[np.ndarray, np.ndarray]]

    def random_halves(self, *, n_units: int, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Return mean responses of random units in random halves of the trials.

        A trial belongs to the same half in all windows and bins. Noise that is shared between the
        windows of a trial is thus never multiplied with itself.

        Parameters
        ----------
        n_units, n_trials : int
            Numbers of units and of trials to draw; an odd number of trials is reduced by one.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        numpy.ndarray, shape (2, condition, unit)
        """
        n_kinds, half = self.kind.max() + 1, n_trials // 2
        columns = []
        for trials, counts in self.parts:
            first = np.cumsum(counts) - counts
            # Sorting random numbers permutes the trials of all conditions at once.
            keys = rng.random((n_kinds, counts.max()))[self.kind]
            keys[np.arange(counts.max()) >= counts[:, None]] = np.inf
            chosen = np.argsort(keys, axis=1)[:, : 2 * half].reshape(len(counts), 2, half)
            rows = (first[:, None, None] + chosen).swapaxes(0, 1)
            # One trial after the other, which is faster than to gather all and average them.
            total = np.take(trials, rows[..., 0], axis=0)
            for number in range(1, half):
                total += np.take(trials, rows[..., number], axis=0)
            columns.append(total / half)
        together = np.concatenate(columns, axis=-1)
        return together[..., rng.permutation(together.shape[-1])[:n_units]]
