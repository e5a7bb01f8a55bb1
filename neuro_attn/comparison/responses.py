"""Responses of populations to the conditions of an experiment, in halves of the trials.

The conditions are the classes of every task in every window. If the data sets define colours and
the classes are the items, classes are subdivided by the colour bin of the cued item. Rates are in
units of each unit's noise SD within conditions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.decoding import Population, build_populations
from neuro_attn.geometry.colors import cued, shown_colors
from neuro_attn.geometry.estimates import in_noise_units, session_rates
from neuro_attn.study import Study


class Responses(NamedTuple):
    """Single-trial responses of a population to each condition.

    Parameters
    ----------
    name : str
        Region, or population of a network.
    conditions : tuple of tuple
        Names of the conditions: window, task, class and colour bin.
    parts : list of list of array, shape (trial, unit)
        For each session of the population, the responses in each condition. The trials and their
        order are the same in all windows.
    """

    name: str
    conditions: tuple[tuple[str, ...], ...]
    parts: list[list[np.ndarray]]

    @property
    def n_units(self) -> int:
        """Number of units summed over sessions."""
        return sum(part[0].shape[1] for part in self.parts)

    @property
    def n_trials(self) -> int:
        """Number of trials of the rarest condition of any session."""
        return min(len(trials) for part in self.parts for trials in part)

    def within(self, windows: Sequence[str] | None) -> "Responses":
        """Return the responses in some of the windows; None for all."""
        if windows is None:
            return self
        kept = [number for number, each in enumerate(self.conditions) if each[0] in windows]
        return Responses(
            self.name,
            tuple(self.conditions[number] for number in kept),
            [[part[number] for number in kept] for part in self.parts],
        )

    def arranged(self, conditions: tuple) -> "Arranged":
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
    recordings: list[xr.Dataset], study: Study, *, region: str, by_color: bool
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
    """
    return [
        _of_population(population, recordings, study, region=region, by_color=by_color)
        for population in build_populations(recordings, study, region)
    ]


def _of_population(
    population: Population,
    recordings: list[xr.Dataset],
    study: Study,
    *,
    region: str,
    by_color: bool,
) -> Responses:
    by_session = {recording.attrs["session"]: recording for recording in recordings}
    first = len(population.times)
    parts: list[list[np.ndarray]] = []
    names: list[tuple[str, str, str]] = []
    for part in population.parts:
        n_trials = len(part.label)
        bins = np.ones((1, n_trials), dtype=bool)
        if by_color:
            assert study.dataset.colors is not None
            shown = shown_colors(by_session[part.session], study.dataset.colors, study.name)
            bins = (shown.bins * cued(part.label, population.classes, shown.items)).any(axis=0)
        groups, names = [], []
        for task, of_task in enumerate(population.tasks):
            for label, of_class in enumerate(population.classes):
                for number, of_bin in enumerate(bins):
                    groups.append((part.task == task) & (part.label == label) & of_bin)
                    names.append((of_task, of_class, f"color {number}" if by_color else ""))
        member = np.array(groups).astype(float)
        own = []
        for window in range(len(population.windows)):
            rates = in_noise_units(session_rates(part, first + window), member.T)
            own += [rates[group] for group in groups]
        parts.append(own)
    conditions = tuple((window, *condition) for window in population.windows for condition in names)
    return Responses(region, conditions, parts)


class Arranged(NamedTuple):
    """Responses of a population in a given order of the conditions, ready to draw trials from.

    Parameters
    ----------
    kind : array of int, shape (condition,)
        Conditions with the same trials, in different windows, have the same number.
    parts : list of (array, array)
        For each session the trials of all conditions, shape (trial, unit), and the number of trials
        of each condition, shape (condition,).
    """

    kind: np.ndarray
    parts: list[tuple[np.ndarray, np.ndarray]]

    def random_halves(
        self, *, n_units: int, n_trials: int, resample: bool, rng: np.random.Generator
    ) -> np.ndarray:
        """Return mean responses of random units in random halves of the trials.

        A trial belongs to the same half in all windows, and is resampled in all windows together.
        Noise that is shared between the windows of a trial is thus never multiplied with itself.

        Parameters
        ----------
        n_units, n_trials : int
            Numbers of units and of trials to draw; an odd number of trials is reduced by one.
        resample : bool
            Whether to draw trials with replacement within each half.
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
            if resample:
                again = rng.integers(half, size=(n_kinds, 2, half))[self.kind]
                chosen = np.take_along_axis(chosen, again, axis=-1)
            rows = (first[:, None, None] + chosen).swapaxes(0, 1)
            # One trial after the other, which is faster than to gather all and average them.
            total = np.take(trials, rows[..., 0], axis=0)
            for number in range(1, half):
                total += np.take(trials, rows[..., number], axis=0)
            columns.append(total / half)
        together = np.concatenate(columns, axis=-1)
        return together[..., rng.permutation(together.shape[-1])[:n_units]]
