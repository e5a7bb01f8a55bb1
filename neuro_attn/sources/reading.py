"""Reads all sessions of a data set, as Recordings or as outlines of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from neuro_attn import printing
from neuro_attn.cautions import cautions, of_time
from neuro_attn.configuration import AnyDataset, RecordedDataset, Time
from neuro_attn.duplicates import check_distinct, fingerprinted
from neuro_attn.errors import InputError
from neuro_attn.rates import bin_rates, count_spikes, spikes_of
from neuro_attn.recording import (
    LEFT_OUT,
    SpikeSession,
    as_attribute,
    build,
    by_region,
    check_together,
    cut,
    from_spikes,
    on_silent_bins,
)
from neuro_attn.smoothing import rates_around
from neuro_attn.sources.discovered import source_of
from neuro_attn.sources.finding import Part, session_paths
from neuro_attn.sources.regions import check_map, grouped
from neuro_attn.sources.specification import Request, Source, Unread
from neuro_attn.study import Study


def read(name: str, dataset: AnyDataset, data_folder: str | Path, seed: int) -> list[xr.Dataset]:
    """Read, or simulate, all sessions of a data set and check that they fit together.

    Parameters
    ----------
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its source, tasks, label, time and regions.
    data_folder : str or Path
        What its files are relative to.
    seed : int
        Seed of the run; only the simulation uses it.

    Returns
    -------
    list of xarray.Dataset
        Recordings, in the order of `session_names`.

    Raises
    ------
    InputError
        If files or settings cannot be used; the message names file and table, or key.
    """
    source = source_of(name, dataset)
    _check_alignment(name, dataset, source)
    request: Request[Any] = Request(name, dataset, data_folder, seed)
    paths = session_paths(name, dataset, data_folder)
    recordings = [_made(each, source, request) for each in source.sessions(paths, request)]
    # A file may contain sessions that are not analysed.
    recordings = [made for made in recordings if dataset.sessions.take(made.attrs["session"])]
    for made in recordings:
        _remark_on_silence(made, _counts(made, kept=source.keeps_rates or _is_smoothed(dataset)))
    check_sessions(recordings, name, dataset)
    return recordings


def read_part(
    name: str,
    dataset: AnyDataset,
    part: Part,
    data_folder: str | Path,
    seed: int,
    *,
    leave_out: bool = False,
) -> Iterator[xr.Dataset]:
    """Read, or simulate, some sessions of a data set, each for a file of its own.

    Parameters
    ----------
    name, dataset, data_folder, seed
        As in `read`.
    part : Part
        What to read, from `finding.parts`.
    leave_out : bool
        Whether a session that cannot be read is left out instead of being an error.

    Yields
    ------
    xarray.Dataset
        Recordings in which units of a region are neighbours, with the coordinates that
        `duplicates.check_distinct` compares. A session that is left out has only attributes:
        ``session``, and ``left_out`` with the reason.

    Raises
    ------
    InputError
        If files or settings cannot be used, or a session is no longer in its file.
    """
    source = source_of(name, dataset)
    _check_alignment(name, dataset, source)
    request: Request[Any] = Request(name, dataset, data_folder, seed)
    missing, errors = dict.fromkeys(part.sessions), list[InputError]()
    for session in source.sessions(part.paths, request):
        try:
            made = _made(session, source, request)
        except InputError as error:
            if not leave_out:
                raise
            errors.append(error)
            continue
        if made.attrs["session"] not in missing:
            continue
        del missing[made.attrs["session"]]
        _remark_on_silence(made, _counts(made, kept=source.keeps_rates or _is_smoothed(dataset)))
        yield by_region(fingerprinted(made, _per_trial(made)))
    if missing and not errors:
        raise InputError(
            ", ".join(part.paths),
            f"session {next(iter(missing))!r} is no longer there.",
            "Do not change files during a run; run again.",
        )
    # Sessions are in the order of their names in a file; if it is unreadable, all are missing.
    reasons = [*map(str, errors), *[str(errors[-1])] * len(missing)] if missing else []
    for name_of_session, reason in zip(missing, reasons, strict=False):
        attributes = {"session": name_of_session, "dataset": name, LEFT_OUT: reason}
        yield xr.Dataset(attrs=attributes)


def check_sessions(
    recordings: list[xr.Dataset], name: str, dataset: AnyDataset, *, timed: bool = True
) -> None:
    """Check that sessions fit together and are distinct; print remarks and cautions.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions.
    name : str
        Name of the data set.
    dataset : settings of a data set
        Its tasks, label, regions and time.
    timed : bool
        Whether rates have an axis of time, so that cautions about it apply.

    Raises
    ------
    InputError
        If sessions lack classes or regions, or if two are the same recording.
    """
    check_map(recordings, name, dataset)
    for made in recordings:
        if "remarks" in made.attrs:
            printing.tell(f"{made.attrs['origin']}: {made.attrs['remarks']}")
    check_together(recordings, name, dataset)
    found = cautions(recordings, name, dataset)
    about_time = [] if timed else list(of_time(name, dataset))
    for caution in (each for each in found if each not in about_time):
        printing.tell(str(caution))
    marked = [
        made if "fingerprint" in made.coords else fingerprinted(made, _per_trial(made))
        for made in recordings
    ]
    check_distinct(marked, name)


def kept(outlines: list[xr.Dataset], study: Study) -> tuple[list[xr.Dataset], dict[str, str]]:
    """Return the sessions that could be read, after all checks, and why the others could not.

    Parameters
    ----------
    outlines : list of xarray.Dataset
        All sessions, from `recording.outline`; see `read_part`.
    study : Study
        The data set.

    Raises
    ------
    InputError
        As `check_sessions`; if no session could be read, or one that must not be left out.
    """
    found = [each for each in outlines if LEFT_OUT not in each.attrs]
    unreadable = {e.attrs["session"]: e.attrs[LEFT_OUT] for e in outlines if LEFT_OUT in e.attrs}
    if unreadable and (not found or study.dataset.sessions.on_error == "stop"):
        session, reason = next(iter(unreadable.items()))
        raise InputError(
            study.key("sessions"),
            f"{'session' if found else 'no session can be read; session'} {session!r}: {reason}",
            "Correct the file, or leave the session out with on_error: leave_out." if found else "",
        )
    if study.dataset.source != "network":
        check_sessions(found, study.name, study.dataset)
    return found, unreadable


def outlines(
    name: str,
    dataset: AnyDataset,
    data_folder: str | Path,
    seed: int,
    why: str = "checking",
) -> Iterator[xr.Dataset | InputError]:
    """Yield each session as `read` does, but with rates of zero that take no memory.

    The coordinates of trials and units are those of a run, so later stages can count trials, units
    and populations as they would in a run. Spikes are checked, counted and discarded, without a
    digest. The counts are the coordinates ``spikes_per_bin`` (time), over
    units and trials, and ``spikes_per_unit`` (unit), over trials and bins. Of rates that were kept
    (NetCDF, MATLAB, binned data) those that are not zero are counted. An outline of a simulation
    has neither coordinate, because its spikes are not drawn.

    Parameters
    ----------
    name, dataset, data_folder, seed
        As in `read`.
    why : str
        What the files are read for, shown with the progress.

    Yields
    ------
    xarray.Dataset or InputError
        A Recording with its trials and units, or the error of a session that cannot be read.

    Raises
    ------
    InputError
        If sessions cannot be distinguished: see `parts`.
    """
    source = source_of(name, dataset)
    _check_alignment(name, dataset, source)
    request: Request[Any] = Request(name, dataset, data_folder, seed, outlined=True, why=why)
    for session in source.sessions(session_paths(name, dataset, data_folder), request):
        try:
            made = _made(session, source, request)
        except InputError as error:
            yield error
            continue
        if dataset.sessions.take(made.attrs["session"]):
            yield made


def _made(session: Unread, source: Source[Any], request: Request[Any]) -> xr.Dataset:
    """Read a session as a Recording, or as an outline of one."""
    with source.reading(session.where):
        found = session.read()
        if isinstance(found, SpikeSession):
            return _of_spikes(found, request.name, request.dataset, request.outlined)
        return _counted(found) if request.outlined else found


def _of_spikes(
    session: SpikeSession, name: str, dataset: RecordedDataset, outlined: bool
) -> xr.Dataset:
    """Cut a session into trials, with its rates or as an outline."""
    session = replace(session, units=grouped(session.units, dataset.regions, session.origin))
    make = _without_rates if outlined else from_spikes
    return make(session, name, dataset)


def _without_rates(session: SpikeSession, name: str, dataset: RecordedDataset) -> xr.Dataset:
    """Cut a session into trials as `from_spikes` does, with rates of zero that take no memory."""
    part = cut(session, dataset)
    trials, units = part.trials, session.units[part.keep]
    time = dataset.time
    rates = np.broadcast_to(np.float32(0), (len(trials), len(units), time.n_bins))
    provenance = {"origin": session.origin, **part.attributes}
    outline = build(rates, trials, units, name, session.session, dataset, provenance)
    if not session.has_spikes:
        return outline
    events = trials["event_time"].to_numpy()
    if _is_smoothed(dataset):
        return fingerprinted(*_of_smoothed(outline, part.spike_times, events, time))
    counts = count_spikes(part.spike_times, events, time.start, time.bin, time.n_bins)
    whole = bin_rates(part.spike_times, events, time.start, time.stop - time.start, 1)
    return fingerprinted(_with_counts(outline, counts), whole[..., 0])


def _of_smoothed(
    outline: xr.Dataset, spike_times: list[np.ndarray], events: np.ndarray, time: Time
) -> tuple[xr.Dataset, np.ndarray]:
    """Return an outline with counts as those of kept rates, and the activity on each trial."""
    counts = np.zeros((len(spike_times), time.n_bins), dtype=np.int64)
    activity = np.zeros((len(events), len(spike_times)), dtype=np.float32)
    for unit, times in enumerate(spike_times):
        rates = rates_around([times], events, time)[:, 0]
        counts[unit] = np.count_nonzero(rates, axis=0)
        activity[:, unit] = rates.mean(axis=1, dtype=float)
    return _with_counts(outline, counts), activity


def _is_smoothed(dataset: AnyDataset) -> bool:
    return dataset.time.smoothing is not None


def _counted(kept: xr.Dataset) -> xr.Dataset:
    """Return kept rates with their counts."""
    return fingerprinted(_with_counts(kept, _counts(kept, kept=True)), _per_trial(kept))


def _per_trial(made: xr.Dataset) -> np.ndarray:
    """Return the activity of each unit on each trial, shape (trial, unit)."""
    return made["rates"].values.mean(axis=2, dtype=float).astype(np.float32)


def _counts(made: xr.Dataset, kept: bool) -> np.ndarray:
    """Count the spikes behind rates, or kept rates that are not zero, over trials: (unit, time)."""
    rates = made["rates"].values
    return np.count_nonzero(rates, axis=0) if kept else spikes_of(rates, _width(made))


def _width(made: xr.Dataset) -> float:
    return float(made["time"].attrs["bin_width"])


def _with_counts(outline: xr.Dataset, counts: np.ndarray) -> xr.Dataset:
    """Return an outline with the coordinates that count spikes, from counts (unit, time)."""
    _remark_on_silence(outline, counts)
    return outline.assign_coords(
        spikes_per_bin=("time", counts.sum(axis=0)), spikes_per_unit=("unit", counts.sum(axis=1))
    )


def _remark_on_silence(made: xr.Dataset, counts: np.ndarray) -> None:
    """Add a remark to a Recording if no unit fires in some bins."""
    said = on_silent_bins(counts, made["time"].values, _width(made))
    remarks = [made.attrs.get("remarks", ""), said]
    made.attrs.update(as_attribute(remarks))


def _check_alignment(name: str, dataset: AnyDataset, source: Source[Any]) -> None:
    """Raise `InputError` unless spikes have an event, and kept rates neither event nor kernel."""
    for task, settings in dataset.tested_tasks.items():
        key = f"datasets.{name}.{dataset.key_of(task)}.align"
        if settings.align is None and not source.keeps_rates:
            raise InputError(
                key, "the key is missing.", "It names the trial column with the event's time, s."
            )
        if settings.align is not None and source.keeps_rates:
            raise InputError(
                key,
                f"{settings.align!r} was given, but the rates in a {source.called} are already "
                "aligned.",
                "Leave the key out.",
            )
    if source.keeps_rates and _is_smoothed(dataset):
        raise InputError(
            f"datasets.{name}.time.smoothing",
            f"only spikes can be smoothed, and a {source.called} contains rates.",
            "Leave the key out, or read the spikes from another source.",
        )
