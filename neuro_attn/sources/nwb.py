"""Neurodata Without Borders files: spike times, regions and trials of one session each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.configuration import NwbDataset, Time
from neuro_attn.errors import InputError
from neuro_attn.recording import SpikeSession, selected_units
from neuro_attn.sources.checks import digest, session_of, sorted_spike_times
from neuro_attn.sources.nwb_files import Tree, opened, scalar, text
from neuro_attn.sources.nwb_intervals import read_trials
from neuro_attn.sources.nwb_units import observation, regions_of, units_table
from neuro_attn.sources.units import kept_units

LONG_INTERVAL = 0.5
"""Interval between two spikes of a unit, s; most are shorter unless spikes are in ms."""
_MAX_DESCRIPTION = 300


def read(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read a session from an NWB file.

    A unit's region is looked for, in this order, in a column of the units, in a column of their
    electrode, and (`location` only) in their electrode group; ``units.``, ``electrodes.`` or
    ``electrode_group.`` before the column's name says which. Any column that refers to the
    electrodes leads to them, one like ``max_electrode`` before ``electrodes``, of which the first
    counts. Trials are the rows of the
    interval tables ``dataset.table``; ``trial_id`` is the id of the row. Spikes of units that are
    left out by ``dataset.units`` or their region are not read. Where the file says when units were
    observed (``obs_intervals``), the session does too.

    Parameters
    ----------
    path : str or Path
        The file, HDF5 or a Zarr folder; its name without suffix is that of the session.
    dataset : NwbDataset
        Names the tables of units and trials and the region's column, and says which units to keep.

    Returns
    -------
    SpikeSession
        Spike times and events in s on the file's clock.

    Raises
    ------
    InputError
        If the file is missing or unreadable, has no spikes, units, trials or region's column, ids
        repeat, spike times are not finite, not in s, or none falls into a trial.
    """
    session = read_undigested(path, dataset)
    return replace(session, provenance={**session.provenance, "sha256": digest(path)})


def read_undigested(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read as `read` does, but without the digest, which reads a large file to its end."""
    path = Path(path)
    with opened(path) as tree:
        return _session(tree, path, dataset)


def _session(tree: Tree, path: Path, dataset: NwbDataset) -> SpikeSession:
    table = units_table(tree, dataset.units_table)
    where = f"{path}, {table.name}"
    frame = table.frame() if dataset.units is not None else pd.DataFrame(index=range(len(table)))
    rows = kept_units(frame, dataset.units, where=f"{path}, units", what="unit")
    if dataset.region is not None:
        regions = [dataset.region] * len(table)
    else:
        regions = regions_of(table, dataset.regions.column, str(path))
    units = pd.DataFrame({"unit_id": table.ids, "region": regions})
    keep = np.zeros(len(table), dtype=bool)
    keep[rows] = selected_units(units.iloc[rows], dataset.regions)
    trains = [
        sorted_spike_times(times, f"{where}.spike_times, unit {unit_id}")
        for unit_id, times in zip(table.ids, table.trains(keep), strict=True)
    ]
    spike_times = [trains[row] for row in rows]
    names = [dataset.table] if isinstance(dataset.table, str) else dataset.table
    trials = read_trials(tree, names, path)
    if keep.any():
        _check_clock(spike_times, trials, dataset.time, f"{where}.spike_times", ", ".join(names))
    observed, remarks = observation(table.observed(), rows)
    description = _text_at(tree, "session_description")
    return SpikeSession(
        session=session_of(path),
        spike_times=spike_times,
        units=units.iloc[rows].reset_index(drop=True),
        trials=trials,
        origin=str(path),
        provenance={
            "file": path.name,
            "nwb_identifier": _text_at(tree, "identifier"),
            **({"description": description} if 0 < len(description) <= _MAX_DESCRIPTION else {}),
        },
        observed=observed,
        remarks=remarks,
    )


def _text_at(tree: Tree, place: str) -> str:
    node = tree.at(place)
    return "" if node is None else text(scalar(node) or "")


# --- clock ------------------------------------------------------------------------------------


def _check_clock(
    spike_times: list[np.ndarray], trials: pd.DataFrame, time: Time, where: str, table: str
) -> None:
    """Raise `InputError` if spikes and trials are not on one clock that counts seconds."""
    start, stop = (trials[column].to_numpy(dtype=float) for column in ("start_time", "stop_time"))
    last_trial = np.nanmax(np.concatenate([start, stop, [-np.inf]]))
    last_spike = max((times[-1] for times in spike_times if len(times)), default=-np.inf)
    if last_spike == -np.inf:
        raise InputError(where, "no unit has a spike.")
    n_long = sum(int((np.diff(times) > LONG_INTERVAL).sum()) for times in spike_times)
    n_intervals = sum(max(len(times) - 1, 0) for times in spike_times)
    if in_milliseconds(last_spike, last_trial, n_long, n_intervals):
        raise InputError(
            where,
            f"the last spike is at {last_spike:g}, the last trial of {table} stops at "
            f"{last_trial:g} s: spike times seem to be in milliseconds.",
            "NWB keeps them in s.",
        )
    # Analysed are windows around events inside the trials, so these margins hold them all.
    opens, closes = start + min(time.start, 0.0), stop + max(time.stop, 0.0)
    if not any(
        (np.searchsorted(times, opens) < np.searchsorted(times, closes)).any()
        for times in spike_times
    ):
        raise InputError(
            where,
            f"no spike falls into any trial of {table} ({np.nanmin(start):g} to {last_trial:g} s; "
            f"spikes: {min(times[0] for times in spike_times if len(times)):g} to "
            f"{last_spike:g}).",
            "Spikes and trials must be on one clock, in s.",
        )


def in_milliseconds(last_spike: float, last_trial: float, n_long: int, n_intervals: int) -> bool:
    """Return whether spike times look like ms, although trials are in s.

    Two signs have to come together. The spikes go on for fifty times as long as the trials took; a
    file with a few trials and a long rest does this too. And half of all intervals between a
    unit's spikes are longer than half a second, whereas spikes come in bursts and a population's
    intervals are mostly those of its fast units: tens of ms. In milliseconds the same intervals
    are tens of "seconds".

    Parameters
    ----------
    last_spike, last_trial : float
        The latest spike, and the latest end of a trial, s.
    n_long, n_intervals : int
        How many intervals between spikes exceed `LONG_INTERVAL`, and how many there are.
    """
    return bool(0 < 50 * last_trial < last_spike and n_long > n_intervals / 2)
