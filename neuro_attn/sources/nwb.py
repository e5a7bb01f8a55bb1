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
from pynwb.core import DynamicTable, DynamicTableRegion, VectorIndex

from neuro_attn.configuration import NwbDataset, Time
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.checks import existing_file, first_line, sorted_spike_times

BLOCK = 4_000_000
"""Spike times that are read from a file at once."""
LONG_INTERVAL = 0.5
"""Interval between two spikes of a unit, s; most are shorter unless spikes are in ms."""
_MAX_DESCRIPTION = 300
_MAX_LISTED = 40


def read(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read a session from an NWB file.

    A unit's region is looked for, in this order, in a column of the units, in a column of their
    first electrode, and (`location` only) in their electrode group. Trials are the rows of the
    interval table ``dataset.table`` with all its columns of one value a trial; ``trial_id`` is
    the id of the row.

    Parameters
    ----------
    path : str or Path
        The file; its stem names the session.
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
    return replace(session, provenance={**session.provenance, "sha256": sha256(path)})


def read_undigested(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read as `read` does, but without the digest, which reads a large file to its end."""
    path = Path(path)
    with opened(path) as nwb:
        return _session(nwb, path, dataset)


@contextmanager
def opened(path: str | Path) -> Iterator[NWBFile]:
    """Open an NWB file; its arrays are read only where they are asked for.

    Raises
    ------
    InputError
        If the file is missing, or if anything in the block fails because it is damaged.
    """
    path = existing_file(path)
    try:
        with warnings.catch_warnings():
            # A file keeps the schema of the version that wrote it; pynwb reads it with its own,
            # as it should, and says so for every file. It is nothing a user can mend.
            warnings.filterwarnings("ignore", message="Ignoring the following cached namespace")
            warnings.filterwarnings("ignore", message="Ignoring cached namespace")
            with NWBHDF5IO(path, "r", load_namespaces=True) as io:
                yield io.read()
    except InputError:
        raise
    except Exception as error:
        # h5py, hdmf and pynwb raise errors of any type on a damaged file, even after opening it.
        raise InputError(str(path), f"is not a readable NWB file ({first_line(error)}).") from error


def _session(nwb: NWBFile, path: Path, dataset: NwbDataset) -> SpikeSession:
    unit_ids = _unit_ids(nwb, path)
    spike_times = _spike_times(nwb.units, unit_ids, path)
    regions = _regions(nwb.units, dataset.regions.column, path)
    trials = _trials(nwb, dataset.table, path)
    _check_clock(spike_times, trials, dataset.time, f"{path}, units.spike_times", dataset.table)
    description = str(nwb.session_description or "")
    return SpikeSession(
        session=path.stem,
        spike_times=spike_times,
        units=pd.DataFrame({"unit_id": unit_ids, "region": regions}),
        trials=trials,
        origin=str(path),
        provenance={
            "file": path.name,
            "nwb_identifier": nwb.identifier,
            **({"description": description} if 0 < len(description) <= _MAX_DESCRIPTION else {}),
        },
    )


# --- units -------------------------------------------------------------------------------------


def _unit_ids(nwb: NWBFile, path: Path) -> np.ndarray:
    if nwb.units is None or len(nwb.units) == 0:
        raise InputError(f"{path}, units", "the file has no units.", "Sorted spikes are needed.")
    ids = pd.Index(np.asarray(nwb.units.id[:]))
    if ids.has_duplicates:
        repeated = ids[ids.duplicated()][0]
        raise InputError(f"{path}, units.id", f"unit id {repeated} is used more than once.")
    return ids.to_numpy()


def _spike_times(units: DynamicTable, unit_ids: np.ndarray, path: Path) -> list[np.ndarray]:
    """Return each unit's sorted spike times, s."""
    if "spike_times" not in units.colnames:
        raise InputError(
            f"{path}, units",
            "no column spike_times.",
            f"Columns of units: {_listed(units.colnames)}.",
        )
    return [
        sorted_spike_times(times, f"{path}, units.spike_times, unit {unit_id}")
        for unit_id, times in zip(unit_ids, spike_trains(units), strict=True)
    ]


def spike_trains(units: DynamicTable) -> Iterator[np.ndarray]:
    """Yield each unit's spike times as the file has them, read in blocks of bounded size."""
    index = units["spike_times"]
    ends = np.asarray(index.data[:]).astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    unit = 0
    while unit < len(ends):
        # As many units as fit into a block, and at least one.
        after = max(unit + 1, int(np.searchsorted(ends, starts[unit] + BLOCK, side="right")))
        block = np.asarray(index.target.data[starts[unit] : ends[after - 1]])
        yield from np.split(block, ends[unit : after - 1] - starts[unit])
        unit = after


def region_columns(units: DynamicTable) -> dict[str, list[str]]:
    """Return the columns that may name regions, by where they stand: the first place counts."""
    present = {"units": [name for name in units.colnames if name != "spike_times"]}
    if "electrodes" in units.colnames:
        present["electrodes"] = list(electrodes_of(units).colnames)
    if "electrode_group" in units.colnames:
        present["electrode groups"] = ["location"]
    return present


def regions_in(units: DynamicTable, place: str, column: str) -> list[str]:
    """Return each unit's region from one of `region_columns`; empty where the file names none."""
    match place:
        case "units":
            return _names(_first_of_each(units[column]))
        case "electrodes":
            values = electrodes_of(units)[column][:]
            rows = _first_of_each(units["electrodes"])
            return _names([None if row is None else values[row] for row in rows])
        case _:
            return _names([group.location for group in units["electrode_group"].data[:]])


def electrodes_of(units: DynamicTable) -> DynamicTable:
    """Return the electrodes that units refer to."""
    link = units["electrodes"]
    return (link.target if isinstance(link, VectorIndex) else link).table


def _regions(units: DynamicTable, column: str, path: Path) -> list[str]:
    present = region_columns(units)
    for place, names in present.items():
        if column in names:
            return regions_in(units, place, column)
    raise InputError(
        f"{path}, units",
        f"no column {column!r} (regions.column) in the units or their electrodes.",
        " ".join(f"Columns of {table}: {_listed(names)}." for table, names in present.items()),
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
    return ["" if pd.isna(value) else _text(value).strip() for value in values]


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


# --- trials ------------------------------------------------------------------------------------


def interval_tables(nwb: NWBFile) -> dict[str, DynamicTable]:
    """Return all interval tables of a file, by name."""
    named = {t.name: t for t in (nwb.trials, nwb.epochs, nwb.invalid_times) if t is not None}
    return {**dict(nwb.intervals or {}), **named}


def _trials(nwb: NWBFile, name: str, path: Path) -> pd.DataFrame:
    tables = interval_tables(nwb)
    if name not in tables:
        raise InputError(
            f"{path}, intervals",
            f"no interval table {name!r} (table).",
            f"Interval tables: {_listed(tables)}.",
        )
    table = tables[name]
    if len(table) == 0:
        raise InputError(f"{path}, {name}", "the interval table has no rows.")
    return trial_columns(table)


def trial_columns(table: DynamicTable) -> pd.DataFrame:
    """Return an interval table's columns of one value a row, and ``trial_id``, the row's id."""
    columns = {column: _scalars(table[column]) for column in table.colnames}
    trials = {column: values for column, values in columns.items() if values is not None}
    return pd.DataFrame({**trials, "trial_id": np.asarray(table.id[:])})


def _scalars(column: Any) -> np.ndarray | None:
    """Return a column's values if they are one number, truth value or text a row, else None."""
    if isinstance(column, (VectorIndex, DynamicTableRegion)):
        return None
    values = np.asarray(column[:])
    if values.ndim != 1 or values.dtype.names is not None or values.dtype.kind not in "biufOSU":
        return None
    if values.dtype.kind in "biuf":
        return values
    if not all(isinstance(value, (str, bytes, np.str_, np.bytes_)) for value in values):
        return None
    return np.array([_text(value) for value in values], dtype=object)


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


def _listed(names: Any) -> str:
    return ", ".join(str(name) for name in list(names)[:_MAX_LISTED]) or "none"
