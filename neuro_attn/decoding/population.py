"""Populations: the units of a region, from one session or combined over sessions."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class SessionTrials:
    """The units and trials that one session contributes to a population.

    Parameters
    ----------
    session : str
        The session.
    rates : array, shape (trial, unit, bin)
        Float32. The time bins are followed by the windows, which are the means of several of them;
        "bin" stands for both.
    task, label : array of int, shape (trial,)
        Numbers of task and class.
    unit_ids, trial_ids : array, shape (unit,) and (trial,)
        Their names.
    event_time : array, shape (trial,), optional
        Times of the events, s. Without them, trials are assumed to be in order of time.
    condition : array of int, shape (trial,), optional
        Labels are shuffled only among trials of the same task and condition.
    block : array, shape (trial,), optional
        Runs of equal values are blocks. Without it, runs of the label are.
    """

    session: str
    rates: np.ndarray
    task: np.ndarray
    label: np.ndarray
    unit_ids: np.ndarray
    trial_ids: np.ndarray
    event_time: np.ndarray | None = None
    condition: np.ndarray | None = None
    block: np.ndarray | None = None

    @property
    def in_time(self) -> np.ndarray:
        """Trial numbers in order of time."""
        if self.event_time is None:
            return np.arange(len(self.task))
        return np.argsort(self.event_time, kind="stable")

    @property
    def trials_by_task(self) -> list[np.ndarray]:
        """Trial numbers of each task, in order of time."""
        order = self.in_time
        return [order[self.task[order] == task] for task in range(int(self.task.max()) + 1)]


@dataclass(frozen=True)
class Population:
    """Units that are decoded together.

    Parameters
    ----------
    session : str
        The session, or ``POOLED`` for a pseudopopulation.
    parts : list of SessionTrials
        One per session.
    tasks, classes, windows : tuple of str
        Their names, in the order of the numbers used for them.
    times : array, shape (time,)
        Bin centres, s.
    session_labels : dict of str to tuple of array of int
        Class numbers of every session of the data set, task by task in order of time. Null models
        that exchange sessions need those of sessions without units in the region, too.
    """

    session: str
    parts: list[SessionTrials]
    tasks: tuple[str, ...]
    classes: tuple[str, ...]
    windows: tuple[str, ...]
    times: np.ndarray
    session_labels: dict[str, tuple[np.ndarray, ...]] = field(default_factory=dict)

    @property
    def n_units(self) -> int:
        """Number of units, over all parts."""
        return sum(part.rates.shape[1] for part in self.parts)

    @property
    def n_bins(self) -> int:
        """Number of time bins and windows."""
        return len(self.times) + len(self.windows)

    @cached_property
    def origin(self) -> np.ndarray:
        """Mean rate of every unit, (unit,): the arbitrary origin of the decoders' inputs."""
        return np.concatenate([part.rates.mean(axis=(0, 2)) for part in self.parts])

    @cached_property
    def _flat(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All rates as (trial and unit, bin), and for each unit its part, first row and step."""
        sizes = [part.rates.shape[:2] for part in self.parts]
        starts = np.cumsum([0] + [trials * units for trials, units in sizes])
        rates = np.concatenate([part.rates.reshape(-1, self.n_bins) for part in self.parts])
        part = np.repeat(np.arange(len(sizes)), [units for _, units in sizes])
        first = np.concatenate(
            [start + np.arange(units) for start, (_, units) in zip(starts[:-1], sizes, strict=True)]
        )
        step = np.repeat([units for _, units in sizes], [units for _, units in sizes])
        return rates, part, first, step

    def rows(self, trials: np.ndarray, units: np.ndarray, bins: slice) -> np.ndarray:
        """Return the rates of (pseudo)trials.

        Parameters
        ----------
        trials : array of int, shape (replicate, part, row)
            Raw trial of each part.
        units : array of int, shape (replicate, unit)
            Units, numbered over all parts.
        bins : slice
            Time bins and windows to take.

        Returns
        -------
        numpy.ndarray, shape (replicate, bin, row, unit)
        """
        rates, part, first, step = self._flat
        chosen = np.take_along_axis(trials, part[units][:, :, None], axis=1)
        index = first[units][:, :, None] + chosen * step[units][:, :, None]
        return np.ascontiguousarray(rates[:, bins][index].transpose(0, 3, 2, 1))


def without_times(population: Population) -> Population:
    """Return a population that has rates in the windows only."""
    n_times = len(population.times)
    parts = [replace(part, rates=part.rates[..., n_times:]) for part in population.parts]
    return replace(population, parts=parts, times=population.times[:0])


def trial_counts(task: np.ndarray, label: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return how many trials there are of each task and class, numbered from 0; of that shape."""
    cells = task * shape[1] + label
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def fewest_trials(task: np.ndarray, label: np.ndarray, *, n_tasks: int, n_classes: int) -> int:
    """Return the number of trials in the rarest combination of task and class."""
    return int(trial_counts(task, label, (n_tasks, n_classes)).min())
