"""Populations: the units of a region, from one session or put together over sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import AnyDataset
from neuro_attn.errors import InputError
from neuro_attn.files import meeting, shown_apart
from neuro_attn.recording import stored_name

POOLED = "all"
"""Name of the session that stands for all sessions together."""
TRIAL_NUMBER, MEAN_RATE = "trial_number", "mean_rate"
"""Confounds that are no trial columns: when a trial was, and how much a region fired in it."""


@dataclass(frozen=True)
class Part:
    """What one session gives to a population.

    Parameters
    ----------
    session : str
        The session.
    rates : array, shape (trial, unit, point)
        Float32; points are the time bins followed by the windows.
    task, label : array of int, shape (trial,)
        Numbers of task and class.
    unit_ids, trial_ids : array, shape (unit,) and (trial,)
        Their names.
    event_time : array, shape (trial,), optional
        When the trials were, s; without it they stand in order of time.
    condition : array of int, shape (trial,), optional
        Within which trials labels are shuffled, beside the task.
    block : array, shape (trial,), optional
        Values whose runs are blocks; without it, runs of the label are.
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


@dataclass(frozen=True)
class Population:
    """Units that are decoded together.

    Parameters
    ----------
    session : str
        The session, or ``POOLED`` for a pseudopopulation.
    parts : list of Part
        One a session.
    tasks, classes, windows : tuple of str
        Their names, in the order of the numbers used for them.
    times : array, shape (time,)
        Bin centres, s.
    session_labels : dict of str to tuple of array of int
        Class numbers of every session of the data set, task by task in order of time: for the null
        of swapped sessions, which are the same for all regions.
    """

    session: str
    parts: list[Part]
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
    def n_points(self) -> int:
        """Number of time bins and windows."""
        return len(self.times) + len(self.windows)

    @cached_property
    def origin(self) -> np.ndarray:
        """Mean rate of every unit, (unit,), from which decoders count; any other would do, too."""
        return np.concatenate([part.rates.mean(axis=(0, 2)) for part in self.parts])

    @cached_property
    def _flat(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All rates as (trial and unit, point), and for each unit its part, first row and step."""
        sizes = [part.rates.shape[:2] for part in self.parts]
        starts = np.cumsum([0] + [trials * units for trials, units in sizes])
        rates = np.concatenate([part.rates.reshape(-1, self.n_points) for part in self.parts])
        part = np.repeat(np.arange(len(sizes)), [units for _, units in sizes])
        first = np.concatenate(
            [start + np.arange(units) for start, (_, units) in zip(starts[:-1], sizes, strict=True)]
        )
        step = np.repeat([units for _, units in sizes], [units for _, units in sizes])
        return rates, part, first, step

    def rows(self, trials: np.ndarray, units: np.ndarray, points: slice) -> np.ndarray:
        """Put (pseudo)trials together.

        Parameters
        ----------
        trials : array of int, shape (replicate, part, row)
            Raw trial of each part.
        units : array of int, shape (replicate, unit)
            Units, numbered over all parts.
        points : slice
            Time bins and windows to take.

        Returns
        -------
        numpy.ndarray, shape (replicate, point, row, unit)
        """
        rates, part, first, step = self._flat
        chosen = np.take_along_axis(trials, part[units][:, :, None], axis=1)
        index = first[units][:, :, None] + chosen * step[units][:, :, None]
        return np.ascontiguousarray(rates[:, points][index].transpose(0, 3, 2, 1))


class Rarest(NamedTuple):
    """The combination of task and class with the fewest trials in a session."""

    session: str
    n_trials: int
    task: str
    label: str

    def __str__(self) -> str:
        return f"{self.n_trials} of task {self.task!r}, class {self.label!r}"


def class_names(recordings: list[xr.Dataset]) -> tuple[str, ...]:
    """Return the classes of a data set, in the order of the numbers used for them."""
    return tuple(sorted({str(label) for r in recordings for label in r["label"].values.tolist()}))


def trials_needed(dataset: AnyDataset) -> int:
    """Return how many trials of every task and class a session needs to take part."""
    return max(dataset.decoding.folds, dataset.sessions.min_trials)


def rarest(recording: xr.Dataset, tasks: Sequence[str], classes: Sequence[str]) -> Rarest:
    """Return the task and class of which a session has the fewest trials."""
    numbers = _numbers(recording, "task", tasks), _numbers(recording, "label", classes)
    counts = trial_counts(*numbers, (len(tasks), len(classes)))
    task, label = map(int, np.unravel_index(counts.argmin(), counts.shape))
    return Rarest(recording.attrs["session"], int(counts.min()), tasks[task], classes[label])


def sessions_left_out(recordings: list[xr.Dataset], dataset: AnyDataset) -> list[Rarest]:
    """Return the sessions that have too few trials of a task and class to take part."""
    tasks, classes = tuple(dataset.tasks), class_names(recordings)
    if not classes:
        return []
    found = [rarest(recording, tasks, classes) for recording in recordings]
    return [each for each in found if each.n_trials < trials_needed(dataset)]


def populations(
    recordings: list[xr.Dataset], name: str, dataset: AnyDataset, region: str
) -> list[Population]:
    """Return a region's populations: one a session, or one of all sessions if pooled.

    Sessions with fewer trials of a task and class than folds or ``sessions.min_trials``, and
    (unless pooled) with fewer units than ``regions.min_units``, take no part.

    Raises
    ------
    InputError
        If no session has enough trials or units, or a trial column that settings name is missing.
    """
    tasks, classes = tuple(dataset.tasks), class_names(recordings)
    pooled = dataset.decoding.population == "pseudopopulation"
    scarce = {each.session: each for each in sessions_left_out(recordings, dataset)}
    parts, sizes = [], [0]
    session_labels = {}
    for recording in recordings:
        part = _part(recording, name, dataset, region, tasks, classes)
        if part.session in scarce:
            continue
        session_labels[part.session] = tuple(
            part.label[part.in_time][part.task[part.in_time] == task] for task in range(len(tasks))
        )
        sizes.append(part.rates.shape[1])
        if sizes[-1] >= (1 if pooled else dataset.regions.min_units):
            parts.append(part)
    if len(scarce) == len(recordings):
        raise _no_session(list(scarce.values()), name, dataset)
    units = sum(sizes) if pooled else max(sizes)
    if not parts or units < dataset.regions.min_units:
        raise InputError(
            f"datasets.{name}.regions.min_units",
            f"region {region!r} has {units} units; allowed: {dataset.regions.min_units} and more.",
        )
    if dataset.inference.null == "session_swap" and len(session_labels) < 2:
        raise InputError(
            f"datasets.{name}.inference.null",
            f"session_swap needs several sessions with enough trials; there is "
            f"{len(session_labels)}.",
            "Allowed for one session: shuffle, pseudosession.",
        )
    groups = [(POOLED, parts)] if pooled else [(part.session, [part]) for part in parts]
    times = recordings[0]["time"].values
    windows = tuple(dataset.windows)
    return [
        Population(session, members, tasks, classes, windows, times, session_labels)
        for session, members in groups
    ]


def _no_session(scarce: list[Rarest], name: str, dataset: AnyDataset) -> InputError:
    """Return why no session has enough trials."""
    folds, needed = dataset.decoding.folds, trials_needed(dataset)
    most = max(scarce, key=lambda each: each.n_trials)
    key, asks = "decoding.folds", f"{folds} folds need {needed}"
    if needed > folds:
        key, asks = "sessions.min_trials", f"it asks for {needed}"
    remedy = "Give fewer folds, or tasks and classes with more trials."
    if most.n_trials == 0:
        remedy = "Leave out classes that few sessions have: give label an expression for each."
    elif most.n_trials >= folds:
        remedy = f"At most {most.n_trials} keeps a session."
    others = "; other sessions have no more" if len(scarce) > 1 else ""
    return InputError(
        f"datasets.{name}.{key}",
        f"{asks} trials of every task and class; session {most.session!r} has {most}{others}.",
        remedy,
    )


def without_times(population: Population) -> Population:
    """Return a population that has rates in the windows only."""
    n_times = len(population.times)
    parts = [replace(part, rates=part.rates[..., n_times:]) for part in population.parts]
    return replace(population, parts=parts, times=population.times[:0])


def trial_counts(task: np.ndarray, label: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return how many trials there are of each task and class, numbered from 0; of that shape."""
    cells = task * shape[1] + label
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def fewest_trials(task: np.ndarray, label: np.ndarray, n_tasks: int, n_classes: int) -> int:
    """Return the number of trials in the rarest combination of task and class."""
    return int(trial_counts(task, label, (n_tasks, n_classes)).min())


def _part(
    recording: xr.Dataset,
    name: str,
    dataset: AnyDataset,
    region: str,
    tasks: tuple[str, ...],
    classes: tuple[str, ...],
) -> Part:
    of_region = recording["region"].values == region
    rates = recording["rates"].values[:, of_region]
    for column in set(dataset.confounds) - {TRIAL_NUMBER, MEAN_RATE}:
        trial_column(recording, column, f"datasets.{name}.confounds")
    averaged = [
        rates[..., dataset.time.bins_in(window)].mean(-1) for window in dataset.windows.values()
    ]
    return Part(
        session=recording.attrs["session"],
        rates=np.concatenate([rates, np.stack(averaged, axis=-1)], axis=-1),
        task=_numbers(recording, "task", tasks),
        label=_numbers(recording, "label", classes),
        unit_ids=recording["unit_id"].values[of_region].astype(str).astype(object),
        trial_ids=recording["trial_id"].values,
        event_time=_event_time(recording),
        condition=_condition(recording, name, dataset.inference.within),
        block=None
        if (block := dataset.decoding.block) is None
        else trial_column(recording, block, f"datasets.{name}.decoding.block"),
    )


def _numbers(recording: xr.Dataset, coordinate: str, names: Sequence[str]) -> np.ndarray:
    """Return the place in `names` of a coordinate's value on every trial."""
    place = {name: number for number, name in enumerate(names)}
    # Many times as fast as an index of pandas, which every region of every session would pay.
    return np.array([place[str(value)] for value in recording[coordinate].values.tolist()], int)


def trial_column(recording: xr.Dataset, column: str, where: str) -> np.ndarray:
    """Return the values of a trial column.

    Raises
    ------
    InputError
        If there is none of that name; `where` is the key that names it.
    """
    columns = [str(c) for c in recording.coords if recording[c].dims == ("trial",)]
    stored = stored_name(column)
    if stored not in columns:
        raise InputError(where, f"no trial column {column!r}.", f"Columns: {', '.join(columns)}.")
    return recording[stored].values


def _event_time(recording: xr.Dataset) -> np.ndarray | None:
    """Return when the trials were, if it is known of all."""
    if "event_time" not in recording.coords:
        return None
    times = recording["event_time"].values
    return times if np.isfinite(times).all() else None


def _condition(recording: xr.Dataset, name: str, columns: list[str]) -> np.ndarray | None:
    """Return which trials have the same values in all columns, numbered."""
    if not columns:
        return None
    where = f"datasets.{name}.inference.within"
    table = pd.DataFrame({c: trial_column(recording, c, where) for c in columns})
    return table.groupby(columns, dropna=False).ngroup().to_numpy()


def regions_table(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> pd.DataFrame:
    """List the populations that will be decoded.

    Returns
    -------
    pandas.DataFrame
        Columns region, session, n_units and n_trials (of the rarest task and class in any of its
        sessions), one row a population.

    Raises
    ------
    InputError
        If no region can be decoded, or one that is asked for by name cannot.
    """
    found = {str(region) for r in recordings for region in np.unique(r["region"].values)}
    if dataset.regions.include is not None:
        found &= set(dataset.regions.include)
    rows: list[dict] = []
    problems: list[InputError] = []
    for region in sorted(found):
        try:
            members = populations(recordings, name, dataset, region)
        except InputError as error:
            if region in (dataset.regions.include or []):
                raise
            problems.append(error)
            continue
        rows += [
            {
                "region": region,
                "session": population.session,
                "n_units": population.n_units,
                "n_trials": min(
                    fewest_trials(p.task, p.label, len(population.tasks), len(population.classes))
                    for p in population.parts
                ),
            }
            for population in members
        ]
    if not rows:
        raise problems[0]
    if found_twice := meeting(row["region"] for row in rows):
        raise InputError(
            f"datasets.{name}.regions",
            f"the regions {shown_apart(*found_twice)} would be one file where file names ignore "
            "case and the encoding of accents, as on macOS and Windows.",
            f"If they are one region, group them under regions.map: {found_twice[0]}: "
            f"[{', '.join(found_twice)}]. Otherwise, give one another name there, or exclude it.",
        )
    return pd.DataFrame(rows)


def units_per_draw(dataset: AnyDataset, table: pd.DataFrame) -> int | None:
    """Return how many units a draw takes from each population; None means all of them."""
    match dataset.decoding.units:
        case "all":
            return None
        case "matched":
            return int(table["n_units"].min())
        case number:
            return int(number)
