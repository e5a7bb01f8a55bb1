"""Reader of arrays of binned activity: unit x condition x time x trial, padded with NaN."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import budget
from neuro_attn.configuration.sources.matlab import MatlabDataset
from neuro_attn.errors import InputError
from neuro_attn.independence import repeated_rates
from neuro_attn.recording import (
    as_attribute,
    assign_tasks,
    build,
    judge_independence,
    region_counts,
    selected_units,
)
from neuro_attn.sources.checks import digest
from neuro_attn.sources.mat import variables
from neuro_attn.sources.regions import grouped

_TOLERANCE = 1e-3
"""Largest difference between two times that are treated as equal, samples."""


@dataclass(frozen=True)
class Binned:
    """An array of a file in the bins of a data set.

    Parameters
    ----------
    session : str
        The file's stem, with a number if the file contains several arrays.
    rates : array of float, shape (unit, condition, trial, time)
        Rates in the bins; NaN where there is no trial.
    conditions : pandas.DataFrame
        One row a condition, one column for each of the array's axes of conditions.
    units : pandas.DataFrame
        ``unit_id`` (from 1) and ``region``.
    path : str
        The file.
    """

    session: str
    rates: np.ndarray
    conditions: pd.DataFrame
    units: pd.DataFrame
    path: str
    variable: str


@dataclass(frozen=True)
class _Array:
    """An array of a file, its position and the number of such arrays."""

    path: str
    session: str
    variable: str
    number: int
    n_arrays: int

    @property
    def where(self) -> str:
        return f"{self.path}, {self.variable}"

    def values_of(self, name: str) -> list:
        """Return values by name, from the same element of an array of structs if it has them."""
        names = variables.elements(self.path, name)
        same = names[self.number] if len(names) == self.n_arrays else name
        return variables.values(self.path, same)


def _arrays(path: str | Path, dataset: MatlabDataset) -> list[_Array]:
    """Return the array of each session: the elements of an array of structs are sessions."""
    names, stem = variables.elements(path, dataset.variable), Path(path).stem
    sessions = [stem] if len(names) == 1 else [f"{stem}-{n + 1}" for n in range(len(names))]
    return [
        _Array(str(path), sessions[number], name, number, len(names))
        for number, name in enumerate(names)
    ]


def session_names(path: str | Path, dataset: MatlabDataset) -> list[str]:
    """Return the sessions of a file: one for each array, or for each unit recorded apart."""
    arrays = _arrays(path, dataset)
    if dataset.simultaneous:
        return [each.session for each in arrays]
    axis = dataset.axes.index("unit")
    shapes = [variables.shape(path, each.variable) for each in arrays]
    return [
        name
        for each, shape in zip(arrays, shapes, strict=True)
        for name in _apart(each.session, shape[axis] if axis < len(shape) else 1)
    ]


def _apart(session: str, n_units: int) -> list[str]:
    return [f"{session}-unit{number}" for number in range(1, n_units + 1)]


def load(path: str | Path, dataset: MatlabDataset) -> list[Binned]:
    """Read the arrays of a file, one for each session, in the bins of ``dataset.time``.

    Parameters
    ----------
    path : str or Path
        The .mat file, of version 7.3 or older.
    dataset : MatlabDataset
        Names the array, its axes, the values along them, and the time of its samples.

    Returns
    -------
    list of Binned

    Raises
    ------
    InputError
        If the file is missing or unreadable, a variable is missing or does not fit the axes, bins
        do not fall on samples or reach outside of them, or values are missing inside a trial.
    """
    return [_load(each, dataset) for each in _arrays(path, dataset)]


def _load(this: _Array, dataset: MatlabDataset) -> Binned:
    array = variables.numbers(this.path, this.variable, len(dataset.axes))
    where = this.where
    factors = dataset.factors()
    order = [dataset.axes.index(axis) for axis in ("unit", *factors, "trial", "time")]
    array = array.transpose(order)
    conditions = _conditions(this, dataset, array.shape[1:-2])
    n_units, n_trials, n_samples = array.shape[0], array.shape[-2], array.shape[-1]
    samples = _samples(dataset, n_samples, where)
    array = array[..., samples.start : samples.stop]
    budget.need_array(array.shape, 8, where, copies=4)
    array = array.astype(float)
    shape = (n_units, len(conditions), n_trials, dataset.time.n_bins, -1)
    if array.size == 0:
        raise InputError(where, f"is empty ({' x '.join(map(str, array.shape))}).")
    rates = array.reshape(shape).mean(axis=-1)
    if dataset.values == "counts":
        rates /= dataset.sample
    _check_values(rates, dataset, where)
    units = pd.DataFrame(
        {"unit_id": np.arange(1, n_units + 1), "region": _regions(this, dataset, n_units)}
    )
    return Binned(this.session, rates, conditions, units, this.path, this.variable)


def read(path: str | Path, name: str, dataset: MatlabDataset) -> list[xr.Dataset]:
    """Read all sessions of a file; see `load` and `recordings`."""
    return [each for array in load(path, dataset) for each in recordings(array, name, dataset)]


def recordings(binned: Binned, name: str, dataset: MatlabDataset) -> list[xr.Dataset]:
    """Return the session of an array, or its units as sessions of their own.

    Trials get the columns of the conditions, ``trial`` (from 1 in each condition) and
    ``trial_id`` (from 1 in the session).

    Parameters
    ----------
    binned : Binned
        An element of the list from `load`.
    name : str
        Name of the data set.
    dataset : MatlabDataset
        Its tasks, label and regions.

    Returns
    -------
    list of xarray.Dataset
        As `session_names` names them.

    Raises
    ------
    InputError
        If units that were recorded together have different trials, or as in
        `recording.assign_tasks`.
    """
    provenance = {
        "origin": binned.path,
        "file": Path(binned.path).name,
        "sha256": digest(binned.path),
    }
    units = grouped(binned.units, dataset.regions, binned.path)
    keep = selected_units(units, dataset.regions)
    names = [binned.session] if dataset.simultaneous else _apart(binned.session, len(units))
    rows = np.arange(len(units))
    parts = [rows] if dataset.simultaneous else list(rows[:, None])
    made = []
    for session, part in zip(names, parts, strict=True):
        there = ~np.isnan(binned.rates[part, :, :, 0])
        if (there != there[0]).any():
            differs = (there != there[0]).any(axis=2)
            unit, cell = (int(axis[0]) for axis in np.nonzero(differs))
            raise InputError(
                f"{binned.path}, {binned.variable}",
                f"units 1 and {unit + 1} have different trials in condition {cell + 1}.",
                "Units recorded together share their trials; simultaneous: false makes each "
                "unit a session.",
            )
        condition, trial = np.nonzero(there[0])
        trials = binned.conditions.iloc[condition].reset_index(drop=True)
        trials = trials.assign(trial=trial + 1, trial_id=np.arange(1, len(trial) + 1))
        trials, counts = assign_tasks(trials, dataset, binned.path)
        trials = trials.drop(columns="event_time")
        row = trials["trial_id"].to_numpy() - 1
        part = part[keep[part]]
        rates = binned.rates[part][:, condition[row], trial[row]].transpose(1, 0, 2)
        measure = "a.u." if dataset.values == "other" else "spikes/s"
        problem = repeated_rates(trials["trial_id"].to_numpy(), rates)
        remark = judge_independence(problem, dataset, binned.path)
        attributes = {**provenance, **counts, **region_counts(units), **as_attribute([remark])}
        made.append(
            build(rates, trials, units.iloc[part], name, session, dataset, attributes, measure)
        )
    return made


def _conditions(this: _Array, dataset: MatlabDataset, shape: tuple[int, ...]) -> pd.DataFrame:
    """Return the conditions, those of the last axis changing fastest."""
    along = []
    for axis, length in zip(dataset.factors(), shape, strict=True):
        given = dataset.levels.get(axis, list(range(1, length + 1)))
        levels = this.values_of(given) if isinstance(given, str) else list(given)
        if len(levels) != length:
            raise InputError(
                this.where,
                f"axis {axis!r} has {length} values, levels.{axis} has {len(levels)}.",
            )
        along.append(pd.Index(levels, name=axis))
    if not along:
        return pd.DataFrame(index=range(1))
    return pd.MultiIndex.from_product(along).to_frame(index=False)


def _samples(dataset: MatlabDataset, n_samples: int, where: str) -> slice:
    """Return the samples of the data set's time."""
    time, width = dataset.time, dataset.sample
    first, per_bin = (time.start - dataset.start) / width, time.bin / width
    begin, step = round(first), round(per_bin)
    if abs(first - begin) > _TOLERANCE or abs(per_bin - step) > _TOLERANCE or not step:
        raise InputError(
            where,
            f"bins of {time.bin:g} s from {time.start:g} s do not fall on its samples.",
            f"They are {width:g} s wide and start at {dataset.start:g} s.",
        )
    stop = begin + step * time.n_bins
    if begin < 0 or stop > n_samples:
        raise InputError(
            where,
            f"time {time.start:g} to {time.stop:g} s reaches outside the samples.",
            f"They cover {dataset.start:g} to {dataset.start + n_samples * width:g} s.",
        )
    return slice(begin, stop)


def _check_values(rates: np.ndarray, dataset: MatlabDataset, where: str) -> None:
    """Raise `InputError` unless each trial of each unit has all its values or none.

    Rates and counts cannot be negative.
    """
    if dataset.values != "other" and (negative := rates < 0).any():
        raise InputError(
            f"{where}, values",
            f"values: {dataset.values} was given, but the array has negative values, as "
            f"{rates[negative][0]:g}.",
            "If it contains z-scores or another signal, set values: other.",
        )
    missing = np.isnan(rates)
    wrong = np.isinf(rates) | (missing & ~missing.all(axis=-1, keepdims=True))
    if wrong.any():
        unit, condition, trial, time_bin = (int(axis[0]) for axis in np.nonzero(wrong))
        raise InputError(
            where,
            f"{rates[unit, condition, trial, time_bin]} in unit {unit + 1}, condition "
            f"{condition + 1}, trial {trial + 1}, bin {time_bin + 1} of time.",
            "Only whole trials may be missing (NaN); choose a time that all trials have.",
        )


def _regions(this: _Array, dataset: MatlabDataset, n_units: int) -> list[str] | str:
    if dataset.region is not None:
        return dataset.region
    column = dataset.regions.column
    try:
        regions = [str(value).strip() for value in this.values_of(column)]
    except InputError as error:
        raise InputError(
            f"{error.where}, regions.column",
            error.problem,
            f"{error.remedy} Or give the key region, one for all units.".strip(),
        ) from None
    if len(regions) != n_units:
        raise InputError(f"{this.path}, {column}", f"{len(regions)} regions for {n_units} units.")
    return regions
