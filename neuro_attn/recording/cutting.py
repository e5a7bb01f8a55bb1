"""Spikes of a session are cut into the trials of the tasks and binned.

Trials and units that were not observed are excluded. Spikes and events that are not on one clock in
seconds, and trials that share spikes, are errors.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import budget, clock
from neuro_attn.configuration import RecordedDataset, Time
from neuro_attn.errors import InputError
from neuro_attn.events import check_on_clock
from neuro_attn.independence import repeated_spikes, shared_windows
from neuro_attn.observation_intervals import fully_observed, silent_bins, was_observed
from neuro_attn.recording.building import build
from neuro_attn.recording.session import SpikeSession
from neuro_attn.recording.storage import COPIES
from neuro_attn.recording.tasks import assign_tasks
from neuro_attn.recording.units import region_counts, selected_units
from neuro_attn.smoothing import rates_around


def from_spikes(session: SpikeSession, name: str, dataset: RecordedDataset) -> xr.Dataset:
    """Cut a session into the trials of a data set's tasks, and bin its spikes.

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
        If trial ids repeat, if a trial belongs to two tasks or classes or lacks the time of its
        event, or if the result breaks the contract.
    """
    part = cut(session, dataset)
    time = dataset.time
    shape = (len(part.trials), len(part.spike_times), time.n_bins)
    budget.need(
        COPIES * budget.array_bytes(shape, 4),
        session.origin,
        f"a recording of {shape[0]:,} trials x {shape[1]:,} units x {shape[2]:,} bins",
        "Choose fewer trials, units or regions, a shorter time or wider bins.",
    )
    rates = rates_around(part.spike_times, part.trials["event_time"].to_numpy(), time)
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
    """Attributes of the Recording: the counts of `assign_tasks`, the number of units without a
    region, and ``remarks`` if there are any."""


def cut(session: SpikeSession, dataset: RecordedDataset) -> Cut:
    """Select the trials and units of a Recording.

    Parameters
    ----------
    session : SpikeSession
        The session as read.
    dataset : settings of a data set
        Its tasks, label, time and regions.

    Raises
    ------
    InputError
        As in `from_spikes`; if spikes and events are not on one clock in seconds, if no trial or
        unit was observed, or if trials share spikes.
    """
    trials, counts = assign_tasks(session.trials, dataset, session.origin)
    if session.has_clock and dataset.overlapping_windows == "error":
        for name, task in dataset.tested_tasks.items():
            check_on_clock(
                trials[trials["task"] == name],
                str(task.align),
                dataset.time.stop - dataset.time.start,
                f"{session.origin}, {dataset.key_of(name)}.align",
            )
    keep = selected_units(session.units, dataset.regions)
    of_clock = _check_clock(session, trials, keep, dataset)
    trials, keep, left_out = _observed(session, trials, keep, dataset.time)
    spike_times = [np.sort(session.spike_times[row]) for row in np.flatnonzero(keep)]
    events = trials["event_time"].to_numpy()
    first, last = dataset.time.covered
    opens, closes = events + first, events + last
    ids = trials["trial_id"].to_numpy()
    remarks = [
        *session.remarks,
        of_clock,
        left_out,
        judge_independence(
            shared_windows(ids, events, last - first)
            if session.has_clock
            else repeated_spikes(ids, spike_times, opens, closes),
            dataset,
            session.origin,
        ),
    ]
    attributes = {**counts, **region_counts(session.units), **as_attribute(remarks)}
    return Cut(trials, keep, spike_times, attributes)


def as_attribute(remarks: Iterable[str]) -> dict[str, str]:
    """Return remarks as the attribute ``remarks``; empty if there are none."""
    text = " ".join(filter(None, remarks))
    return {"remarks": text} if text else {}


def _check_clock(
    session: SpikeSession, trials: pd.DataFrame, keep: np.ndarray, dataset: RecordedDataset
) -> str:
    """Check that spikes and events are on one clock in seconds; return remarks."""
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
        tasks = dataset.tested_tasks.values()
        columns = ", ".join(dict.fromkeys(str(task.align) for task in tasks))
        of = f"{session.origin}, column {columns}" if found.of_events else where
        raise InputError(of, found.problem, found.remedy)
    # Silence within given intervals of observation is data.
    return found.restarts if session.observed is not None else found.remark


def _observed(
    session: SpikeSession, trials: pd.DataFrame, keep: np.ndarray, time: Time
) -> tuple[pd.DataFrame, np.ndarray, str]:
    """Exclude trials and units that were not observed; return a remark that counts them."""
    rows = np.flatnonzero(keep)
    if session.observed is None or not len(rows) or not len(trials):
        return trials, keep, ""
    events = trials["event_time"].to_numpy()
    first, last = time.covered
    opens, closes = events + first, events + last
    observed = [was_observed(session.observed[row], opens, closes) for row in rows]
    of_trials, of_units = fully_observed(np.column_stack(observed))
    if not of_trials.any() or not of_units.any():
        raise InputError(
            session.origin,
            f"no unit was observed from {first:g} to {last:g} s on any trial.",
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
    left_out += f"observed from {first:g} to {last:g} s."
    return trials[of_trials].reset_index(drop=True), keep, left_out


def on_silent_bins(counts: np.ndarray, centers: np.ndarray, width: float) -> str:
    """Return a remark if no unit fires in some bins, as in files with spikes around events only.

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
    # Rounding to a microsecond shows an edge at the event as 0, not as 1e-17.
    spans = [f"{round(begin, 6) + 0.0:g} to {round(end, 6) + 0.0:g} s" for begin, end in ends]
    shown = ", ".join(spans[:3]) + (f" and {len(spans) - 3} more" if len(spans) > 3 else "")
    return (
        f"No unit fires on any trial in {len(silent)} of {_counted(len(centers), 'bin')} ({shown} "
        "from the event): the file seems to contain only spikes around events. Choose a time that "
        "the file covers; these rates of 0 are not a baseline."
    )


def judge_independence(problem: str, dataset: RecordedDataset, origin: str) -> str:
    """Raise `InputError` for trials that share spikes, or return a remark if that is allowed.

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
