"""Populations: the units of a region, from one session or combined over sessions."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from neuro_attn.configuration.labels import CLASSES, LabelKind


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
        Numbers of task and class. If the label is continuous, all trials have one class.
    unit_ids, trial_ids : array, shape (unit,) and (trial,)
        Their names.
    event_time : array, shape (trial,), optional
        Times of the events, s. Without them, trials are assumed to be in order of time.
    condition : array of int, shape (trial,), optional
        Labels are shuffled only among trials of the same task and condition.
    block : array, shape (trial,), optional
        Runs of equal values are blocks. Without it, runs of the label are.
    stratum : array of int, shape (trial,), optional
        Number, from 0, of the value of a balanced variable. Every side of a split has equally many
        trials of every stratum in each class.
    nuisance : array, shape (trial, regressor, 1 or bin), optional
        Nuisance variables that are regressed out of the rates (`neuro_attn.decoding.adjustment`).
    value : array of float, shape (trial,), optional
        Values of a continuous label.
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
    stratum: np.ndarray | None = None
    nuisance: np.ndarray | None = None
    value: np.ndarray | None = None

    @property
    def decoded(self) -> np.ndarray:
        """What is decoded, and permuted: class numbers, or values of a continuous label."""
        return self.label if self.value is None else self.value

    @property
    def in_time(self) -> np.ndarray:
        """Trial numbers in order of time."""
        return in_time(self.task, self.event_time)

    @property
    def trials_by_task(self) -> list[np.ndarray]:
        """Trial numbers of each task, in order of time."""
        return trials_by_task(self.task, self.event_time)


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
    n_strata : int
        Number of strata of every part; 1 if nothing is balanced.
    pseudotrials : int, optional
        Training rows of a class, in place of ``decoding.pseudotrials``.
    test_only : Population, optional
        The same units in trials of further tasks, on which decoders are tested and never trained.
    label_kind : str
        The kind of the label.
    widths : array, shape (bin,), optional
        Widths of time bins and windows, s, with which rates are spike counts; without it, rates
        are counts.
    """

    session: str
    parts: list[SessionTrials]
    tasks: tuple[str, ...]
    classes: tuple[str, ...]
    windows: tuple[str, ...]
    times: np.ndarray
    session_labels: dict[str, tuple[np.ndarray, ...]] = field(default_factory=dict)
    n_strata: int = 1
    pseudotrials: int | None = None
    test_only: "Population | None" = None
    label_kind: LabelKind = CLASSES
    widths: np.ndarray | None = None

    @property
    def is_continuous(self) -> bool:
        """Whether the label is continuous, so that decoders are regressions."""
        return self.label_kind != CLASSES

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the outputs of a decoder are: classes towards which it decides, or targets."""
        if self.label_kind == "circular":
            return ("cosine", "sine")
        return self.classes[1:] if len(self.classes) == 2 else self.classes

    @property
    def tested_tasks(self) -> tuple[str, ...]:
        """Names of all tasks on which decoders are tested; those of `test_only` are the last."""
        return self.tasks if self.test_only is None else self.tasks + self.test_only.tasks

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
    def part_of_unit(self) -> np.ndarray:
        """Number of the part of every unit, (unit,)."""
        return np.repeat(np.arange(len(self.parts)), [part.rates.shape[1] for part in self.parts])

    @cached_property
    def _flat(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All rates as (trial and unit, bin), and for each unit its part, first row and step."""
        sizes = [part.rates.shape[:2] for part in self.parts]
        starts = np.cumsum([0] + [trials * units for trials, units in sizes])
        by_part = [part.rates.reshape(-1, self.n_bins) for part in self.parts]
        # The rates of a single session are not copied.
        rates = by_part[0] if len(by_part) == 1 else np.concatenate(by_part)
        first = np.concatenate(
            [start + np.arange(units) for start, (_, units) in zip(starts[:-1], sizes, strict=True)]
        )
        step = np.repeat([units for _, units in sizes], [units for _, units in sizes])
        return rates, self.part_of_unit, first, step

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


def in_time(task: np.ndarray, event_time: np.ndarray | None) -> np.ndarray:
    """Return the numbers of a session's trials in order of time; see `SessionTrials`."""
    if event_time is None:
        return np.arange(len(task))
    return np.argsort(event_time, kind="stable")


def trials_by_task(task: np.ndarray, event_time: np.ndarray | None) -> list[np.ndarray]:
    """Return the numbers of the trials of each task in order of time; see `SessionTrials`."""
    order = in_time(task, event_time)
    return [order[task[order] == each] for each in range(int(task.max()) + 1)]


def without_times(population: Population) -> Population:
    """Return a population that has rates in the windows only, and no view of the others."""
    n_times = len(population.times)
    parts = [
        replace(
            part,
            rates=part.rates[..., n_times:].copy(),
            nuisance=_in_windows(part.nuisance, n_times),
        )
        for part in population.parts
    ]
    test_only = population.test_only
    return replace(
        population,
        parts=parts,
        times=population.times[:0],
        widths=None if population.widths is None else population.widths[n_times:],
        test_only=None if test_only is None else without_times(test_only),
    )


def _in_windows(nuisance: np.ndarray | None, n_times: int) -> np.ndarray | None:
    """Return nuisance variables in the windows; those without bins are the same in all."""
    if nuisance is None or nuisance.shape[-1] == 1:
        return nuisance
    return nuisance[..., n_times:]


def cells_of(
    part: SessionTrials, label: np.ndarray, *, n_classes: int, n_strata: int = 1
) -> np.ndarray:
    """Return the number of the combination of task, class and stratum of every trial, (trial,).

    Trials are split, resampled and counted within these cells.
    """
    cell = part.task * n_classes + label
    return cell if part.stratum is None else cell * n_strata + part.stratum


def trial_counts(task: np.ndarray, label: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return how many trials there are of each task and class, numbered from 0; of that shape."""
    cells = task * shape[1] + label
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def fewest_trials(task: np.ndarray, label: np.ndarray, *, n_tasks: int, n_classes: int) -> int:
    """Return the number of trials in the rarest combination of task and class."""
    return int(trial_counts(task, label, (n_tasks, n_classes)).min())
