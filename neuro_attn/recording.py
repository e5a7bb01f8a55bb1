"""The Recording contract: one session's firing rates as trial x unit x time, labelled and checked.

A Recording is an `xarray.Dataset` with the variable ``rates`` (trial, unit, time), float32, in
spikes/s (networks: a.u.). ``time`` is in s from the task's event (bin centres). On trial stand
``trial_id``, ``task``, ``label`` and every trial column of the source; on unit ``unit_id``,
``region`` and ``session``. Attributes say dataset, session, origin and the settings that shaped it.
"""

import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import __version__, budget, clock
from neuro_attn.bytestrings import text_columns
from neuro_attn.configuration import AnyDataset, RecordedDataset, Regions, Time
from neuro_attn.errors import InputError
from neuro_attn.events import check_on_clock, event_times, no_column
from neuro_attn.expressions import evaluate, explain_no_row, one_each
from neuro_attn.files import as_filename, written_whole
from neuro_attn.guard import guarded
from neuro_attn.hdf5 import opened_hdf5
from neuro_attn.independence import repeated_spikes, shared_windows
from neuro_attn.observation_intervals import fully_observed, silent_bins, was_observed
from neuro_attn.rates import bin_rates
from neuro_attn.spelling import alike

_COPIES = 3
"""Arrays as large as its rates while a Recording is read and checked."""
_MOST_VARIABLES, _SHOWN = 5_000, 40
"""Most variables of a file, and how many are named if there are more."""
_LISTED = 5
_OWN_NAMES = frozenset({"time", "session", "region", "unit_id", "rates"})
"""Coordinates of a Recording that are not on the trial dimension."""


@dataclass(frozen=True)
class SpikeSession:
    """A session as read from its source: spikes, units and trials on one clock.

    Parameters
    ----------
    session : str
        Name, unique in the data set.
    spike_times : list of array, one per unit
        In the order of the file, s.
    units : pandas.DataFrame
        One row a unit: ``unit_id``, ``region`` and anything else.
    trials : pandas.DataFrame
        One row a trial: ``trial_id`` and every column of the source; events in s.
    origin : str
        The file, named in errors.
    provenance : dict
        Further provenance of the data (file, sha256, ...).
    observed : list of array, one per unit, shape (interval, 2), optional
        Intervals in which each unit was observed, s; None if the source does not give them.
    has_spikes : bool
        False for the outline of a simulation, whose spikes are not drawn.
    has_clock : bool
        False for trials that were cut out earlier and are concatenated on an artificial clock.
    where_spikes : str
        File and column of the spike times, named in errors; in `origin` if empty.
    remarks : list of str
        Sentences on how the files were read, shown by `check` and by a run.
    """

    session: str
    spike_times: list[np.ndarray]
    units: pd.DataFrame
    trials: pd.DataFrame
    origin: str
    provenance: dict = field(default_factory=dict)
    observed: list[np.ndarray] | None = None
    has_spikes: bool = True
    has_clock: bool = True
    where_spikes: str = ""
    remarks: list[str] = field(default_factory=list)


def from_spikes(session: SpikeSession, name: str, dataset: RecordedDataset) -> xr.Dataset:
    """Cut a session into the trials of the data set's tasks and bin its spikes.

    Parameters
    ----------
    session : SpikeSession
        The session as read.
    name : str
        Name of the data set.
    dataset : settings of a data set
        Its tasks, label, time and regions.

    Returns
    -------
    xarray.Dataset
        A Recording with the units of the selected regions and the trials of all tasks.

    Raises
    ------
    InputError
        If trial ids repeat, trials belong to two tasks or classes, an event is missing, or what
        results breaks the contract.
    """
    part = cut(session, dataset)
    time = dataset.time
    shape = (len(part.trials), len(part.spike_times), time.n_bins)
    budget.need(
        _COPIES * budget.array_bytes(shape, 4),
        session.origin,
        f"a recording of {shape[0]:,} trials x {shape[1]:,} units x {shape[2]:,} bins",
        "Choose fewer trials, units or regions, a shorter time or wider bins.",
    )
    rates = bin_rates(
        part.spike_times,
        part.trials["event_time"].to_numpy(),
        time.start,
        time.bin,
        time.n_bins,
    )
    return build(
        rates,
        part.trials,
        session.units[part.keep],
        name,
        session.session,
        dataset,
        {"origin": session.origin, **session.provenance, **part.attributes},
    )


class Cut(NamedTuple):
    """The trials and units of a Recording before their spikes are binned."""

    trials: pd.DataFrame
    """Trials of all tasks, from `assign_tasks`, on which all units were observed."""
    keep: np.ndarray
    """Units of selected regions that were observed on these trials; bool, shape (unit,)."""
    spike_times: list[np.ndarray]
    """Spike times of each selected unit, sorted."""
    attributes: dict[str, Any]
    """Attributes of the Recording: the counts of `assign_tasks`, units without a region, and
    ``remarks`` if there is anything to say."""


def cut(session: SpikeSession, dataset: RecordedDataset) -> Cut:
    """Choose the trials and units of a Recording.

    Parameters
    ----------
    session : SpikeSession
        The session as read.
    dataset : settings of a data set
        Its tasks, label, time and regions.

    Raises
    ------
    InputError
        As in `from_spikes`, if spikes and events are not on one clock that counts seconds, no
        trial or unit was observed, or trials share spikes.
    """
    trials, counts = assign_tasks(session.trials, dataset, session.origin)
    if session.has_clock and dataset.overlapping_windows == "error":
        for name, task in dataset.tasks.items():
            check_on_clock(
                trials[trials["task"] == name],
                str(task.align),
                dataset.time.stop - dataset.time.start,
                f"{session.origin}, tasks.{name}.align",
            )
    keep = selected_units(session.units, dataset.regions)
    of_clock = _check_clock(session, trials, keep, dataset)
    trials, keep, left_out = _observed(session, trials, keep, dataset.time)
    spike_times = [np.sort(session.spike_times[row]) for row in np.flatnonzero(keep)]
    events = trials["event_time"].to_numpy()
    opens, closes = events + dataset.time.start, events + dataset.time.stop
    ids = trials["trial_id"].to_numpy()
    remarks = [
        *session.remarks,
        of_clock,
        left_out,
        judge_independence(
            shared_windows(ids, events, dataset.time.stop - dataset.time.start)
            if session.has_clock
            else repeated_spikes(ids, spike_times, opens, closes),
            dataset,
            session.origin,
        ),
    ]
    attributes = {**counts, **region_counts(session.units), **as_attribute(remarks)}
    return Cut(trials, keep, spike_times, attributes)


def as_attribute(remarks: Iterable[str]) -> dict[str, str]:
    """Return remarks as the attribute ``remarks`` of a Recording, if there are any."""
    text = " ".join(filter(None, remarks))
    return {"remarks": text} if text else {}


def _check_clock(
    session: SpikeSession, trials: pd.DataFrame, keep: np.ndarray, dataset: RecordedDataset
) -> str:
    """Refuse spikes and events that are not on one clock in s; return remarks."""
    if not (session.has_clock and session.has_spikes and keep.any()):
        return ""
    where = session.where_spikes or f"{session.origin}, spike times"
    unit_ids = session.units["unit_id"].tolist()
    spikes = clock.together(
        clock.describe(session.spike_times[row], str(unit_ids[row])) for row in np.flatnonzero(keep)
    )
    if not spikes.n_spikes and session.observed is None:
        raise InputError(where, "no unit has spikes.")
    events = trials["event_time"].to_numpy()
    time = dataset.time
    found = clock.diagnose(spikes, events + time.start, events + time.stop)
    if found.problem:
        columns = ", ".join(dict.fromkeys(str(task.align) for task in dataset.tasks.values()))
        of = f"{session.origin}, column {columns}" if found.of_events else where
        raise InputError(of, found.problem, found.remedy)
    # If a file gives the intervals of observation, silence is data.
    return found.restarts if session.observed is not None else found.remark


def _observed(
    session: SpikeSession, trials: pd.DataFrame, keep: np.ndarray, time: Time
) -> tuple[pd.DataFrame, np.ndarray, str]:
    """Exclude trials and units that were not observed, and count them."""
    rows = np.flatnonzero(keep)
    if session.observed is None or not len(rows) or not len(trials):
        return trials, keep, ""
    events = trials["event_time"].to_numpy()
    opens, closes = events + time.start, events + time.stop
    observed = [was_observed(session.observed[row], opens, closes) for row in rows]
    of_trials, of_units = fully_observed(np.column_stack(observed))
    if not of_trials.any() or not of_units.any():
        raise InputError(
            session.origin,
            f"no unit was observed from {time.start:g} to {time.stop:g} s on any trial.",
            "Intervals of observation and trials must be on one clock, in s.",
        )
    seen = np.column_stack(observed).any(axis=1)
    if seen.mean() < 0.5:
        raise InputError(
            session.origin,
            f"{int((~seen).sum())} of {len(trials)} trials lie outside the recording: no unit was "
            f"observed from {time.start:g} to {time.stop:g} s.",
            "Put intervals of observation and trials on one clock, in s. If these trials were "
            "not recorded, exclude them with the task's expression.",
        )
    if of_trials.all() and of_units.all():
        return trials, keep, ""
    keep[rows[~of_units]] = False
    left_out = f"{_counted(int((~of_trials).sum()), 'trial')} of {len(trials)} and "
    left_out += f"{_counted(int((~of_units).sum()), 'unit')} of {len(rows)} are left out: not "
    left_out += f"observed from {time.start:g} to {time.stop:g} s."
    return trials[of_trials].reset_index(drop=True), keep, left_out


def on_silent_bins(counts: np.ndarray, centers: np.ndarray, width: float) -> str:
    """Return a remark if no unit fires in some bins, as in files cut around an event.

    Parameters
    ----------
    counts : array of int, shape (unit, time)
        Spikes of each unit in each bin over all trials.
    centers : array, shape (time,)
        Centres of the bins, s from the event.
    width : float
        Width of a bin, s.
    """
    silent = np.flatnonzero(silent_bins(counts.sum(axis=0), counts.sum(axis=1)))
    if not len(silent):
        return ""
    parts = np.split(silent, np.flatnonzero(np.diff(silent) > 1) + 1)
    ends = [(centers[part[0]] - width / 2, centers[part[-1]] + width / 2) for part in parts]
    # Rounded to a microsecond, an edge at the event is 0 and not 1e-17.
    spans = [f"{round(begin, 6) + 0.0:g} to {round(end, 6) + 0.0:g} s" for begin, end in ends]
    shown = ", ".join(spans[:3]) + (f" and {len(spans) - 3} more" if len(spans) > 3 else "")
    return (
        f"No unit fires on any trial in {len(silent)} of {_counted(len(centers), 'bin')} ({shown} "
        "from the event): the file seems to contain only spikes around events. Choose a time that "
        "the file covers; these rates of 0 are not a baseline."
    )


def judge_independence(problem: str, dataset: RecordedDataset, origin: str) -> str:
    """Refuse trials that share spikes, or remark on them where the data set allows it.

    Parameters
    ----------
    problem : str
        Message from `independence`; empty for independent trials.
    dataset : RecordedDataset
        Its key ``overlapping_windows``.
    origin : str
        The file, named in the error.

    Returns
    -------
    str
        The remark; empty for independent trials.

    Raises
    ------
    InputError
        If trials share spikes and ``overlapping_windows`` is ``error``.
    """
    if problem and dataset.overlapping_windows == "error":
        raise InputError(
            f"{origin}, trials",
            problem,
            "Training and test trials would share spikes, which raises accuracy even on noise. "
            "Keep one row per trial, exclude trials with the tasks' expressions, or shorten "
            "time. To accept the overlap, set overlapping_windows: allow.",
        )
    return f"{problem} They share spikes (overlapping_windows: allow)." if problem else ""


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def selected_units(units: pd.DataFrame, regions: Regions) -> np.ndarray:
    """Return which units lie in a region that is not excluded, shape (unit,), bool."""
    region = units["region"].astype(str)
    keep = units["region"].notna() & ~region.isin([*regions.exclude, ""])
    return keep.to_numpy(dtype=bool, copy=True)


def region_counts(units: pd.DataFrame) -> dict[str, int]:
    """Count the units whose region the source leaves empty, as an attribute of the Recording."""
    region = units["region"]
    return {"n_units_without_region": int((region.isna() | (region.astype(str) == "")).sum())}


class TaskTrials(NamedTuple):
    """The trials of all tasks, and the number of trials in none."""

    trials: pd.DataFrame
    """One row a trial: the source's columns, ``task``, ``label`` and ``event_time``."""
    counts: dict[str, Any]
    """``n_trials_in_file``, ``n_trials_without_task`` and ``n_trials_without_label``: trials of a
    task to which no class applies; and ``without_trials`` if an expression of a task or a class is
    true on no trial: its key with a reason, as JSON. Attributes of the Recording."""


def assign_tasks(trials: pd.DataFrame, dataset: AnyDataset, origin: str) -> TaskTrials:
    """Return the trials of all tasks with the columns ``task``, ``label`` and ``event_time``.

    Trials without a task or a class of the label are excluded and counted.

    Raises
    ------
    InputError
        As in `from_spikes`.
    """
    trials = text_columns(trials, origin)
    if trials["trial_id"].duplicated().any():
        repeated = trials["trial_id"][trials["trial_id"].duplicated()].tolist()[0]
        raise InputError(
            origin,
            f"trial_id {repeated!r} is used more than once.",
            "Number the trials of a session, or remove trials that occur twice.",
        )
    task = np.full(len(trials), "", dtype=object)
    event = np.full(len(trials), np.nan)
    without: dict[str, str] = {}
    for name, settings in dataset.tasks.items():
        member = evaluate(settings.trials, trials, f"{origin}, tasks.{name}.trials")
        if not member.any():
            without[f"tasks.{name}.trials"] = explain_no_row(settings.trials, trials)
        if (shared := member & (task != "")).any():
            other = task[shared][0]
            raise InputError(
                origin,
                f"trial {trials['trial_id'][shared].tolist()[0]!r} belongs to the tasks "
                f"{other!r} and {name!r}.",
                "A trial in two tasks would inflate transfer; make the tasks exclude each other.",
            )
        task[member] = name
        if settings.align is not None:
            times = event_times(trials, settings.align, f"{origin}, tasks.{name}.align")
            if not np.isfinite(times[member]).all():
                row = trials["trial_id"][member & ~np.isfinite(times)].tolist()[0]
                raise InputError(
                    f"{origin}, column {settings.align}",
                    f"no time of the event of task {name!r} on trial {row!r}.",
                    "Leave such trials out with the task's expression.",
                )
            event[member] = times[member]
    label = _labels(trials, dataset.label, task != "", origin, without)
    own = [column for column in trials.columns if column not in ("task", "label", "event_time")]
    assigned = trials[own].assign(task=task, label=label, event_time=event)
    in_task, in_class = task != "", label != ""
    counts: dict[str, Any] = {
        "n_trials_in_file": len(trials),
        "n_trials_without_task": int((~in_task).sum()),
        "n_trials_without_label": int((in_task & ~in_class).sum()),
    }
    if without:
        counts["without_trials"] = json.dumps(without)
    return TaskTrials(assigned[in_task & in_class].reset_index(drop=True), counts)


def _labels(
    trials: pd.DataFrame,
    label: str | dict[str, str],
    used: np.ndarray,
    origin: str,
    without: dict[str, str],
) -> np.ndarray:
    """Return each trial's class; add classes that no trial has to ``without``, with the reason."""
    if isinstance(label, str):
        if label not in trials.columns:
            raise no_column(label, trials, f"{origin}, label")
        with guarded(f"{origin}, {label}", "column"):
            one_each(trials[label], f"{origin}, label")
            return np.array([_class_name(value) for value in trials[label]], dtype=object)
    labels = np.full(len(trials), "", dtype=object)
    for name, expression in label.items():
        member = evaluate(expression, trials, f"{origin}, label.{name}")
        if (both := member & (labels != "") & used).any():
            raise InputError(
                f"{origin}, label",
                f"trial {trials['trial_id'][both].tolist()[0]!r} is both "
                f"{labels[both][0]!r} and {name!r}.",
            )
        labels[member] = name
        if not member.any():
            without[f"label.{name}"] = explain_no_row(expression, trials)
    return labels


def _class_name(value: Any) -> str:
    """Return the name of the class that a label column names on a trial; empty where it is missing.

    A whole number has the same name whether its column is of integers or, because values are
    missing, of floats.
    """
    if pd.isna(value):
        return ""
    whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return str(int(value)) if whole else str(value)


def _in_single_precision(rates: np.ndarray, units: pd.DataFrame, origin: str) -> np.ndarray:
    """Return rates as float32; refuse units that lose all variation by rounding."""
    stored = np.asarray(rates, np.float32)
    if rates.dtype == np.float64 and rates.size:
        low, high = rates.min(axis=(0, 2)), rates.max(axis=(0, 2))
        lost = (high > low) & (np.ptp(stored, axis=(0, 2)) == 0)
        if lost.any():
            unit = int(lost.argmax())
            raise InputError(
                f"{origin}, unit {units['unit_id'].tolist()[unit]}",
                f"its rates lie between {float(low[unit])!r} and {float(high[unit])!r}, which "
                f"are equal in single precision ({int(lost.sum())} of {lost.size} units).",
                "Subtract the offset from the rates.",
            )
    return stored


def build(
    rates: np.ndarray,
    trials: pd.DataFrame,
    units: pd.DataFrame,
    name: str,
    session: str,
    dataset: AnyDataset,
    provenance: dict,
    units_of_rates: str = "spikes/s",
) -> xr.Dataset:
    """Put arrays and tables together to a Recording and check it.

    Parameters
    ----------
    rates : array, shape (trial, unit, time)
        Firing rates in the bins of ``dataset.time``.
    trials, units : pandas.DataFrame
        Rows as in `rates`; `trials` from `assign_tasks`.
    name, session : str
        Names of data set and session.
    dataset : settings of a data set
        Stored as an attribute, with `provenance`.
    provenance : dict
        Where the data come from.
    units_of_rates : str
        "spikes/s", or "a.u." for networks.

    Returns
    -------
    xarray.Dataset
    """
    time = dataset.time
    origin = str(provenance.get("origin", session))
    stored = _in_single_precision(rates, units, origin)
    coordinates: dict = {
        "time": (
            "time",
            time.start + time.bin * (np.arange(time.n_bins) + 0.5),
            {"units": "s", "long_name": "time from event", "bin_width": time.bin},
        ),
        "session": ("unit", np.full(len(units), session, dtype=object)),
    }
    for column in trials.columns:
        coordinates[stored_name(str(column))] = ("trial", _storable(trials[column], origin))
    for column in units.columns:
        key = str(column) if column in ("unit_id", "region") else f"unit_{column}"
        coordinates[key] = ("unit", _storable(units[column], origin))
    recording = xr.Dataset(
        {"rates": (("trial", "unit", "time"), stored)},
        coords=coordinates,
        attrs={
            "dataset": name,
            "session": session,
            "software": f"neuro-attn {__version__}",
            "settings": json.dumps(dataset.model_dump(mode="json"), sort_keys=True),
            # NetCDF cannot store the NUL characters that descriptions of files may contain.
            **{
                k: v if isinstance(v, int) else str(v).replace("\0", "")
                for k, v in provenance.items()
            },
        },
    )
    recording["rates"].attrs.update(units=units_of_rates, long_name="firing rate")
    check(recording, origin)
    return recording


def stored_name(column: str) -> str:
    """Return the name of a trial column in a Recording.

    Columns that have the name of another part of a Recording, as ``session``, get the prefix
    ``trial_``.
    """
    return f"trial_{column}" if column in _OWN_NAMES else column


def _storable(column: pd.Series, origin: str) -> np.ndarray:
    if pd.api.types.is_bool_dtype(column):
        if column.hasnans:
            return column.to_numpy(dtype=np.float32, na_value=np.nan)
        return column.to_numpy(dtype=np.int8)
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy()
    # Missing text is empty text: NetCDF has no mark for it.
    made = np.empty(len(column), dtype=object)
    # Rows may share a text. pandas and xarray copy it for each of them.
    made[:] = ["" if pd.isna(value) else str(value) for value in column]
    length = sum(map(len, made))
    budget.need(3 * length, f"{origin}, {column.name}", f"text of {length:,} characters")
    return made


def check(recording: xr.Dataset, origin: str) -> None:
    """Raise `InputError` where a Recording breaks the contract.

    Parameters
    ----------
    recording : xarray.Dataset
        What claims to be a Recording.
    origin : str
        The file or data set, named in errors.
    """
    if "rates" not in recording or recording["rates"].dims != ("trial", "unit", "time"):
        found = ", ".join(f"{k}{v.dims}" for k, v in recording.data_vars.items()) or "none"
        raise InputError(
            origin, "no variable rates with dimensions trial, unit, time.", f"Variables: {found}."
        )
    if recording["rates"].dtype.kind not in "iuf":
        raise InputError(f"{origin}, rates", f"{recording['rates'].dtype}, not numbers.")
    for name, dimension in {
        "trial_id": "trial",
        "task": "trial",
        "label": "trial",
        "unit_id": "unit",
        "region": "unit",
        "session": "unit",
        "time": "time",
    }.items():
        if name not in recording.coords or recording[name].dims != (dimension,):
            raise InputError(origin, f"no coordinate {name} on {dimension}.")
    for name in ("trial_id", "unit_id"):
        with guarded(f"{origin}, {name}", "column"):
            values = pd.Index(recording[name].values)
            if values.has_duplicates:
                repeated = values[values.duplicated()].tolist()[0]
                raise InputError(origin, f"{name} {repeated!r} is used more than once.")
    for key, coordinate in recording.coords.items():
        if coordinate.dtype != object:
            continue
        for value in coordinate.values.tolist():
            if isinstance(value, str) and "\0" in value:
                raise InputError(
                    f"{origin}, {key}",
                    f"{value!r} contains a NUL character, which NetCDF files cannot store.",
                    "Remove the character from the file.",
                )
    for name in ("region", "session"):
        with guarded(f"{origin}, {name}", "column"):
            for value in dict.fromkeys(recording[name].values.tolist()):
                as_filename(str(value), f"{origin}, {name}")
    rates = recording["rates"].values
    if not (finite := np.isfinite(rates)).all():
        trial, unit, time = (int(where[0]) for where in np.nonzero(~finite))
        raise InputError(
            f"{origin}, rates",
            f"{rates[trial, unit, time]} at "
            f"trial {recording['trial_id'].values.tolist()[trial]!r}, "
            f"unit {recording['unit_id'].values.tolist()[unit]!r}, "
            f"time {recording['time'].values[time]:g} s.",
            "Rates must be finite.",
        )
    if str(recording["rates"].attrs.get("units")) == "spikes/s" and (rates < 0).any():
        raise InputError(
            f"{origin}, rates",
            "negative firing rates.",
            "If these are z-scores or another signal, set units: a.u. in NetCDF, or values: other "
            "in other sources.",
        )


_MANY_CLASSES = 12
"""Number of classes beyond which a column is probably not one of conditions."""
_COMPARE = (
    "Compare its spelling, case and type with the values that neuro-attn inspect lists for the "
    "column."
)


def reason_without_trials(recordings: list[xr.Dataset], key: str) -> str:
    """Return why an expression is true on no trial of any session, if `assign_tasks` knows why.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions.
    key : str
        The expression's key, as ``tasks.pro.trials`` or ``label.left``.
    """
    told = [json.loads(each.attrs.get("without_trials", "{}")) for each in recordings]
    if told and all(key in each for each in told):
        return next((each[key] for each in told if each[key]), "")
    return ""


def _check_number_of_classes(
    found: pd.DataFrame, recordings: list[xr.Dataset], key: str, label: str
) -> None:
    """Raise `InputError` if a column has so many values that no session can be decoded."""
    n_classes, n_tasks = found["label"].nunique(), found["task"].nunique()
    most = max(each.sizes["trial"] for each in recordings)
    if n_classes <= _MANY_CLASSES or most >= 2 * n_classes * n_tasks:
        return
    numbers = pd.to_numeric(found["label"], errors="coerce")
    remedy = "Group them into classes: give label an expression for each."
    if numbers.notna().all():
        median = f"{numbers.median():.4g}"
        low, high = f"{label} <= {median}", f"{label} > {median}"
        remedy = f"Group them into classes, for example at the median: low: {low}, high: {high}."
    raise InputError(
        f"{key}.label",
        f"the column {label!r} has {n_classes} values on {len(found)} trials: too few trials of "
        "each to decode.",
        remedy,
    )


def check_together(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> None:
    """Raise `InputError` where a data set's Recordings cannot be analysed together.

    Every task needs trials, every task the same two or more classes, the sessions need different
    names, and every region that is asked for by name needs enough units.
    """
    key = f"datasets.{name}"
    sessions = [recording.attrs["session"] for recording in recordings]
    for session in sessions:
        if sessions.count(session) > 1:
            raise InputError(key, f"two sessions are named {session!r}.")
    found = pd.concat(
        [recording[["task", "label"]].to_dataframe()[["task", "label"]] for recording in recordings]
    )
    lost = sum(int(each.attrs.get("n_trials_without_label", 0)) for each in recordings)
    if isinstance(dataset.label, str) and len(found):
        _check_number_of_classes(found, recordings, key, dataset.label)
    keys = [f"tasks.{task}.trials" for task in dataset.tasks]
    keys += [] if isinstance(dataset.label, str) else [f"label.{each}" for each in dataset.label]
    reasons = {each: reason_without_trials(recordings, each) for each in keys}
    check_classes(found, lost, name, dataset, reasons)
    counts = _units_per_region(recordings, dataset)
    without = sum(int(each.attrs.get("n_units_without_region", 0)) for each in recordings)
    if not counts and without:
        raise InputError(
            f"{key}.regions.column",
            f"none of the {without} units has a region: {dataset.regions.column!r} is blank.",
            "Name another column, or set one region for all units with the key region.",
        )
    minimum = dataset.regions.min_units
    for region in dataset.regions.include or []:
        if counts.get(region, 0) < minimum:
            raise InputError(
                f"{key}.regions.include",
                f"region {region!r} has {counts.get(region, 0)} units; min_units is {minimum}.",
                f"Regions: {_listed(counts)}.",
            )
    if not counts or max(counts.values()) < minimum:
        where = sessions[0] if len(sessions) == 1 else "all sessions"
        raise InputError(
            f"{key}.regions.min_units",
            f"no region has {minimum} unit{'' if minimum == 1 else 's'}.",
            f"At most {max(counts.values(), default=0)} gives one region. Regions of {where}: "
            f"{_listed(counts)}.",
        )


def check_classes(
    found: pd.DataFrame,
    lost: int,
    name: str,
    dataset: AnyDataset,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raise `InputError` unless every task has trials of the same two or more classes.

    Parameters
    ----------
    found : pandas.DataFrame
        ``task`` and ``label`` of the trials of all sessions.
    lost : int
        Trials of the tasks that have no class.
    name, dataset
        As in `check_together`.
    reasons : mapping of str to str
        Why expressions are true on no trial, by their key, as ``tasks.pro.trials``.
    """
    key = f"datasets.{name}"
    classes = {task: set(found["label"][found["task"] == task]) for task in dataset.tasks}
    everywhere = set().union(*classes.values())
    of_label = [why for each, why in reasons.items() if each.startswith("label.") and why]
    if not everywhere and lost:
        raise InputError(
            f"{key}.label",
            f"no trial has a class: the label matches none of the {lost} trials of the tasks.",
            " ".join(of_label) or _COMPARE,
        )
    for task, present in classes.items():
        if not present:
            raise InputError(
                f"{key}.tasks.{task}.trials",
                f"task {task!r} has no trials: {dataset.tasks[task].trials!r} is true on none "
                "that has a label.",
                reasons.get(f"tasks.{task}.trials") or _COMPARE,
            )
        if len(present) < 2:
            raise InputError(
                f"{key}.label",
                f"task {task!r} has trials of one class only, {next(iter(present))!r}.",
                " ".join(["Decoding needs two or more.", *of_label]),
            )
        if present != everywhere:
            missing = sorted(everywhere - present)
            more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
            raise InputError(
                f"{key}.label",
                f"task {task!r} has no trials of class {', '.join(missing[:_LISTED])}{more}.",
                "Classes that differ only in case or blanks are separate: write them alike in the "
                "files, or give label an expression for each class."
                if alike(everywhere)
                else "Every task needs trials of every class: give label an expression for each "
                "class that all tasks have, or leave the task out.",
            )


def _units_per_region(recordings: list[xr.Dataset], dataset: AnyDataset) -> dict[str, int]:
    """Return the units of each region: in all sessions if pooled, else in its largest session."""
    per_session = [pd.Series(r["region"].values, dtype=object).value_counts() for r in recordings]
    table = pd.concat(per_session, axis=1) if per_session else pd.DataFrame()
    pooled = dataset.decoding.population == "pseudopopulation"
    total = table.sum(axis=1) if pooled else table.max(axis=1)
    return {str(region): int(n) for region, n in total.items()}


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{region} ({n})" for region, n in sorted(counts.items())[:40]) or "none"


def save(recording: xr.Dataset, path: str | Path) -> None:
    """Write a Recording, or any labelled result, atomically as NetCDF4.

    Column names may contain characters that NetCDF does not allow in names of coordinates. Spaces,
    slashes and control characters are percent-encoded.
    """
    recording = _renamed(recording, _as_variable)
    encoding = {
        name: {"zlib": True, "complevel": 4}
        for name, variable in recording.data_vars.items()
        if variable.dtype.kind in "fiu" and variable.size > 1
    }
    # Into memory first: HDF5 can crash the process where the disk is full.
    content = recording.to_netcdf(None, engine="h5netcdf", encoding=encoding)
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def _renamed(labelled: xr.Dataset, rename: Callable[[str], str]) -> xr.Dataset:
    """Return a data set with all coordinates renamed."""
    names = {name: rename(str(name)) for name in labelled.coords}
    return labelled.rename({name: new for name, new in names.items() if name != new})


def _as_variable(name: str) -> str:
    """Return a name that NetCDF allows for a coordinate."""
    plain = "".join(c if c.isprintable() and c not in " /%" else quote(c, safe="") for c in name)
    return plain if plain.strip(".") else plain.replace(".", "%2E") or "%"


def _from_variable(name: str) -> str:
    """Return the name that `_as_variable` encoded."""
    return "" if name == "%" else unquote(name)


@contextmanager
def opened(path: str | Path) -> Iterator[xr.Dataset]:
    """Open what `save` wrote; its arrays are read only where they are asked for.

    Raises
    ------
    InputError
        If the file is missing, or if anything in the block fails because it is damaged.
    """
    if not Path(path).is_file():
        raise InputError(str(path), "no such file.")
    with guarded(path, "NetCDF4 file"):
        # h5netcdf complains of itself on standard error where HDF5 cannot read these.
        with opened_hdf5(path) as file:
            dict(file.attrs)
            _check_indexes(file, path)
            _check_names(list(file), path)
        # xarray takes "file::x" for an address, but no absolute path.
        # Attributes that contradict a variable are ignored, as NetCDF's own tools do.
        with warnings.catch_warnings(category=xr.SerializationWarning, action="ignore"):
            opened = xr.open_dataset(Path(path).absolute(), engine="h5netcdf")
        with opened as found:
            yield _renamed(found, _from_variable)


def _check_indexes(file: Any, path: str | Path) -> None:
    """Raise `InputError` if what xarray reads on opening does not fit into the budget of memory."""
    for name in islice(file, _MOST_VARIABLES):
        node = file[name]
        if getattr(node, "ndim", 0) == 1 and "REFERENCE_LIST" in node.attrs:
            budget.need_node(node, f"{path}, {name}", copies=4)


def _check_names(names: list[str], path: str | Path) -> None:
    """Raise `InputError` if a file has more variables than xarray opens in seconds."""
    if len(names) > _MOST_VARIABLES:
        shown = ", ".join(names[:_SHOWN])
        raise InputError(
            str(path),
            f"has {len(names):,} variables: {shown} and {len(names) - _SHOWN:,} more.",
            f"A recording has at most {_MOST_VARIABLES:,}; leave out trial columns that no "
            "expression uses.",
        )


def load(path: str | Path) -> xr.Dataset:
    """Read into memory what `save` wrote; errors are those of `opened`."""
    with opened(path) as found:
        sizes = [
            budget.array_bytes(
                each.shape, budget.item_bytes(each.dtype), each.encoding.get("chunksizes")
            )
            for each in found.variables.values()
        ]
        shape = " x ".join(f"{n:,} ({name})" for name, n in found.sizes.items())
        budget.need(_COPIES * sum(sizes), str(path), f"a recording of {shape}")
        return found.load()
