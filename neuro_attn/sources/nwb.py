"""Neurodata Without Borders files: spike times, regions and trials of one session each."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pynwb import NWBHDF5IO, NWBFile
from pynwb.core import DynamicTable, VectorIndex

from neuro_attn.configuration import NwbDataset, Time
from neuro_attn.errors import InputError
from neuro_attn.recording import SpikeSession, selected_units
from neuro_attn.sources.checks import (
    digest,
    existing_file,
    first_line,
    is_zarr,
    session_of,
    sorted_spike_times,
)
from neuro_attn.sources.nwb_intervals import listed, read_trials, text

BLOCK = 4_000_000
"""Spike times that are read from a file at once."""
LONG_INTERVAL = 0.5
"""Interval between two spikes of a unit, s; most are shorter unless spikes are in ms."""
_MAX_DESCRIPTION = 300


def read(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read a session from an NWB file.

    A unit's region is looked for, in this order, in a column of the units, in a column of their
    first electrode, and (`location` only) in their electrode group; ``units.``, ``electrodes.``
    or ``electrode_group.`` before the column's name says which. Trials are the rows of the
    interval tables ``dataset.table``; ``trial_id`` is the id of the row. Spikes of units that are
    left out by their region are not read. Where the file says when units were observed
    (``obs_intervals``), the session does too.

    Parameters
    ----------
    path : str or Path
        The file, HDF5 or a Zarr folder; its name without suffix is that of the session.
    dataset : NwbDataset
        Names the interval table and the region's column.

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
    with opened(path) as nwb:
        return _session(nwb, path, dataset)


@contextmanager
def opened(path: str | Path) -> Iterator[NWBFile]:
    """Open an NWB file, HDF5 or Zarr; its arrays are read only where they are asked for.

    Raises
    ------
    InputError
        If the file is missing, or if anything in the block fails because it is damaged.
    """
    path = Path(path)
    io = _zarr_io(path) if is_zarr(path) else NWBHDF5IO
    if not is_zarr(path):
        existing_file(path)
    try:
        with warnings.catch_warnings():
            # A file keeps the schema of the version that wrote it; pynwb reads it with its own,
            # as it should, and says so for every file. It is nothing a user can mend.
            warnings.filterwarnings("ignore", message="Ignoring the following cached namespace")
            warnings.filterwarnings("ignore", message="Ignoring cached namespace")
            with io(str(path), "r", load_namespaces=True) as file:
                yield file.read()
    except InputError:
        raise
    except Exception as error:
        # h5py, hdmf and pynwb raise errors of any type on a damaged file, even after opening it.
        raise InputError(str(path), f"is not a readable NWB file ({first_line(error)}).") from error


def _zarr_io(path: Path) -> type:
    """Return what opens NWB files in Zarr folders, an optional dependency."""
    try:
        from hdmf_zarr import NWBZarrIO
    except ImportError:
        raise InputError(
            str(path), "NWB in Zarr needs another package.", "pip install hdmf-zarr"
        ) from None
    return NWBZarrIO


def _session(nwb: NWBFile, path: Path, dataset: NwbDataset) -> SpikeSession:
    unit_ids = _unit_ids(nwb, path)
    regions = _regions(nwb.units, dataset.regions.column, path)
    units = pd.DataFrame({"unit_id": unit_ids, "region": regions})
    keep = selected_units(units, dataset.regions)
    spike_times = _spike_times(nwb.units, unit_ids, keep, path)
    names = [dataset.table] if isinstance(dataset.table, str) else dataset.table
    trials = read_trials(nwb, names, path)
    if keep.any():
        where = f"{path}, units.spike_times"
        _check_clock(spike_times, trials, dataset.time, where, ", ".join(names))
    description = str(nwb.session_description or "")
    return SpikeSession(
        session=session_of(path),
        spike_times=spike_times,
        units=units,
        trials=trials,
        origin=str(path),
        provenance={
            "file": path.name,
            "nwb_identifier": nwb.identifier,
            **({"description": description} if 0 < len(description) <= _MAX_DESCRIPTION else {}),
        },
        observed=_observed(nwb.units),
    )


# --- units -------------------------------------------------------------------------------------


def _unit_ids(nwb: NWBFile, path: Path) -> np.ndarray:
    if nwb.units is None or len(nwb.units) == 0:
        raise InputError(f"{path}, units", "the file has no units.", "Sorted spikes are needed.")
    if "spike_times" not in nwb.units.colnames:
        raise InputError(
            f"{path}, units",
            "no column spike_times.",
            f"Columns of units: {listed(nwb.units.colnames)}.",
        )
    ids = pd.Index(np.asarray(nwb.units.id[:]))
    if ids.has_duplicates:
        repeated = ids[ids.duplicated()][0]
        raise InputError(f"{path}, units.id", f"unit id {repeated} is used more than once.")
    return ids.to_numpy()


def _spike_times(
    units: DynamicTable, unit_ids: np.ndarray, keep: np.ndarray, path: Path
) -> list[np.ndarray]:
    """Return each unit's sorted spike times, s; none of units that are not kept."""
    return [
        sorted_spike_times(times, f"{path}, units.spike_times, unit {unit_id}")
        for unit_id, times in zip(unit_ids, spike_trains(units, keep), strict=True)
    ]


def spike_trains(units: DynamicTable, keep: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yield each unit's spike times as the file has them, read in blocks of bounded size.

    Parameters
    ----------
    units : DynamicTable
        The units, with the column ``spike_times``.
    keep : array of bool, shape (unit,), optional
        Units to read; the others have no spikes.
    """
    index = units["spike_times"]
    stops = np.asarray(index.data[:]).astype(np.int64)
    starts = np.concatenate([[0], stops[:-1]]).astype(np.int64)
    if (stops < starts).any() or (stops[-1:] > len(index.target.data)).any():
        raise ValueError("units.spike_times_index points outside units.spike_times")
    wanted = np.ones(len(stops), dtype=bool) if keep is None else keep
    unit = 0
    while unit < len(stops):
        if not wanted[unit]:
            yield np.empty(0)
            unit += 1
            continue
        # As many units as fit into a block, and at least one.
        after = unit + 1
        while after < len(stops) and wanted[after] and stops[after] - starts[unit] <= BLOCK:
            after += 1
        block = np.asarray(index.target.data[starts[unit] : stops[after - 1]])
        yield from np.split(block, stops[unit : after - 1] - starts[unit])
        unit = after


def _observed(units: DynamicTable) -> list[np.ndarray] | None:
    """Return when each unit was observed, s; None if the file does not say."""
    if "obs_intervals" not in units.colnames:
        return None
    index = units["obs_intervals"]
    intervals = np.asarray(index.target.data[:], dtype=float)
    if intervals.size == 0:
        return None
    stops = np.asarray(index.data[:]).astype(np.int64)
    return np.split(intervals.reshape(-1, 2), stops[:-1])


def region_columns(units: DynamicTable) -> dict[str, list[str]]:
    """Return the columns that may name regions, by where they stand; the first place counts."""
    present = {"units": [name for name in units.colnames if name != "spike_times"]}
    if "electrodes" in units.colnames:
        present["electrodes"] = list(electrodes_of(units).colnames)
    if "electrode_group" in units.colnames or "group" in present.get("electrodes", []):
        present["electrode_group"] = ["location"]
    return present


def regions_in(units: DynamicTable, place: str, column: str) -> list[str]:
    """Return each unit's region from one of `region_columns`; empty where the file names none."""
    match place:
        case "units":
            return _names(_first_of_each(units[column]))
        case "electrodes":
            return _names(_of_first_electrode(units, column))
        case _:
            own = "electrode_group" in units.colnames
            groups = (
                units["electrode_group"].data[:] if own else _of_first_electrode(units, "group")
            )
            return _names([None if group is None else group.location for group in groups])


def _of_first_electrode(units: DynamicTable, column: str) -> list[Any]:
    """Return a column of the electrodes at each unit's first electrode; None if it has none."""
    values = electrodes_of(units)[column].data[:]
    rows = _first_of_each(units["electrodes"])
    return [None if row is None else values[row] for row in rows]


def electrodes_of(units: DynamicTable) -> DynamicTable:
    """Return the electrodes that units refer to."""
    link = units["electrodes"]
    return (link.target if isinstance(link, VectorIndex) else link).table


def _regions(units: DynamicTable, column: str, path: Path) -> list[str]:
    present = region_columns(units)
    for place, names in present.items():
        if column in names:
            return regions_in(units, place, column)
    place, _, name = column.partition(".")
    if name in present.get(place, []):
        return regions_in(units, place, name)
    raise InputError(
        f"{path}, units",
        f"no column {column!r} (regions.column) in the units or their electrodes.",
        " ".join(f"Columns of {table}: {listed(names)}." for table, names in present.items()),
    )


def _first_of_each(column: Any) -> list[Any]:
    """Return the first value of each row of a column that holds one value or several a row."""
    if not isinstance(column, VectorIndex):
        return list(column.data[:])
    ends = [int(end) for end in column.data[:]]
    values = column.target.data[:]
    return [
        values[start] if start < end else None
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]


def _names(values: list[Any]) -> list[str]:
    return ["" if pd.isna(value) else text(value).strip() for value in values]


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
