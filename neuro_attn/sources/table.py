"""Plain tables of spikes, trials and units, as CSV or Parquet."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import text_columns
from neuro_attn.configuration import TableDataset
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.guard import guarded
from neuro_attn.recording import SpikeSession
from neuro_attn.sources import parquet, text_tables
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.regions import no_region_column
from neuro_attn.sources.text_tables import read_text_table, refuse_compressed
from neuro_attn.sources.units import finite_spike_times, kept_units

_IN_SECONDS = "Spike times are finite numbers, s."
_LISTED = 5
_NAMES = ("session", "unit_id")
"""Columns that join the tables; always text, so that 1 and "1" are the same name."""


def read(dataset: TableDataset, data_folder: str | Path) -> list[SpikeSession]:
    """Read all sessions of a set of three tables.

    Parameters
    ----------
    dataset : TableDataset
        Names the tables: spikes (session, unit_id, time in s), trials (session, trial_id, events
        in s and any other column) and units (session, unit_id and the region's column).
    data_folder : str or Path
        What their paths are relative to.

    Returns
    -------
    list of SpikeSession
        In the order of the sessions' names.

    Raises
    ------
    InputError
        If a table is missing or unreadable, lacks a column or has no rows, ids repeat in a
        session, spikes belong to no unit, times are no numbers, or a session lacks one of the
        three.
    """
    paths = files(dataset, data_folder)
    column = dataset.regions.column if dataset.region is None else None
    spikes = load(paths["spikes"], (*_NAMES, "time"))
    trials = load(paths["trials"], ("session", "trial_id"))
    units = load(paths["units"], _NAMES)
    if column is not None and column not in units:
        raise no_region_column(column, list(map(str, units)), str(paths["units"]))
    spikes, trials, units = (
        table[table["session"].isin(list(filter(dataset.sessions.take, table["session"].unique())))]
        for table in (spikes, trials, units)
    )
    _check_unique(trials, "trial_id", paths["trials"])
    _check_unique(units, "unit_id", paths["units"])
    spikes = spikes.assign(time=numbers(spikes["time"], paths["spikes"]))
    _check_sessions(spikes, trials, units, paths)
    where = f"{paths['units']}, units_where"
    kept = kept_units(units, dataset.units_where, where=where, what="unit")
    if column is None:
        units = units.assign(region=dataset.region)
    else:
        units = units.assign(region=units[column].astype(object).where(units[column].notna(), ""))
    units["_kept"] = np.isin(np.arange(len(units)), kept)
    provenance = {f"{role}_sha256": sha256(path) for role, path in paths.items()}
    by_session = dict(iter(spikes.groupby("session")))
    return [
        _session(
            name,
            by_session[name],
            trials[trials["session"] == name],
            units[units["session"] == name],
            paths,
            provenance,
        )
        for name in sorted(trials["session"].unique())
    ]


def session_names(dataset: TableDataset, data_folder: str | Path) -> list[str]:
    """Return the names of the sessions in the trials table, in order.

    Raises
    ------
    InputError
        If the trials table is missing or unreadable, or has no column session.
    """
    trials = load(files(dataset, data_folder)["trials"], ("session",), take=())
    return sorted(trials["session"].unique())


def files(dataset: TableDataset, data_folder: str | Path) -> dict[str, Path]:
    """Return the paths of the three tables, by role."""
    return {
        role: Path(data_folder) / getattr(dataset, role) for role in ("spikes", "trials", "units")
    }


def _session(
    name: str,
    spikes: pd.DataFrame,
    trials: pd.DataFrame,
    units: pd.DataFrame,
    paths: dict[str, Path],
    provenance: dict[str, str],
) -> SpikeSession:
    times = {unit: table.to_numpy() for unit, table in spikes.groupby("unit_id")["time"]}
    if stray := stray_units(spikes, units):
        raise InputError(
            f"{paths['spikes']}, unit_id",
            f"spikes of {_counted(len(stray))} in session {name!r} without a row in "
            f"{paths['units']}: {', '.join(map(repr, stray[:_LISTED]))}"
            f"{', ...' if len(stray) > _LISTED else ''}.",
            "Add a row with the region of each to the table of units, or remove their spikes. To "
            "leave units out, use units_where.",
        )
    kept = units[units["_kept"]]
    where = f"{paths['spikes']}, session {name!r}, unit"
    return SpikeSession(
        session=name,
        spike_times=[
            finite_spike_times(times.get(unit, np.empty(0)), f"{where} {unit!r}")
            for unit in kept["unit_id"]
        ],
        units=kept[["unit_id", "region"]].reset_index(drop=True),
        trials=trials.drop(columns="session").reset_index(drop=True),
        origin=str(paths["trials"]),
        provenance=provenance,
        where_spikes=f"{paths['spikes']}, session {name!r}",
    )


def _counted(n: int) -> str:
    return "1 unit" if n == 1 else f"{n} units"


def stray_units(spikes: pd.DataFrame, units: pd.DataFrame) -> list[str]:
    """Return the units of a session that have spikes and no row in the table of units."""
    return sorted(set(spikes["unit_id"].unique()) - set(units["unit_id"]))


def column_names(path: Path) -> list[str]:
    """Return the names of a table's columns without reading its rows; errors as in `load`."""
    existing_file(path)
    refuse_compressed(path)
    with guarded(path, "table"):
        of_parquet = path.suffix.lower() == ".parquet"
        return parquet.column_names(path) if of_parquet else text_tables.column_names(path)


def load(
    path: Path, columns: tuple[str, ...], *, take: Collection[str] | None = None
) -> pd.DataFrame:
    """Read a table that has `columns` and at least one row.

    Parameters
    ----------
    path : Path
        The file, CSV or Parquet.
    columns : tuple of str
        Columns that it must have.
    take : collection of str, optional
        Read only these columns besides.

    Raises
    ------
    InputError
        If the file is missing or no table, has no rows, lacks a column, or ids are empty.
    """
    existing_file(path)
    refuse_compressed(path)
    with guarded(path, "table"):
        return _checked(path, columns, take)


def _checked(path: Path, columns: tuple[str, ...], take: Collection[str] | None) -> pd.DataFrame:
    table = _parse(path, None if take is None else {*columns, *take})
    if missing := [column for column in columns if column not in table.columns]:
        names = table.columns if take is None else column_names(path)
        raise InputError(
            str(path),
            f"no column {', '.join(map(repr, missing))}.",
            f"Columns: {', '.join(map(str, names[:40]))}.",
        )
    if table.empty:
        raise InputError(str(path), "the table has no rows.")
    for name in {*_NAMES, "trial_id"} & set(columns):
        if (empty := table[name].isna()).any():
            row = int(np.flatnonzero(empty)[0])
            raise InputError(f"{path}, {name}", f"row {row + 1} is empty.")
    for name in set(_NAMES) & set(columns):
        codes, names = pd.factorize(table[name])
        table[name] = np.array(list(map(str, names)), dtype=object)[codes]
    return table.rename(columns=str)


def _parse(path: Path, columns: Collection[str] | None) -> pd.DataFrame:
    match path.suffix.lower():
        case ".csv":
            return read_text_table(path, names=_NAMES, columns=columns)
        case ".parquet":
            table = parquet.read_parquet(path, columns=columns, dtype_backend="numpy_nullable")
            # pandas writes named index levels as columns and takes them away again.
            table = table.reset_index(
                [name for name in table.index.names if name not in {None, *table}]
            )
            table = _plain(table if columns is None else table.filter(items=columns))
            return text_columns(table, str(path))
        case suffix:
            raise InputError(str(path), f"suffix {suffix!r}.", "Allowed: .csv, .parquet.")


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return Parquet's columns as CSV would give them: missing numbers are NaN."""

    def plain(column: pd.Series) -> Any:
        if pd.api.types.is_bool_dtype(column) and column.hasnans:
            return column
        if pd.api.types.is_timedelta64_dtype(column):
            return column
        if not pd.api.types.is_numeric_dtype(column) or not column.hasnans:
            return column.astype(getattr(column.dtype, "numpy_dtype", object))
        return column.astype(float)

    return pd.DataFrame({name: plain(column) for name, column in table.items()})


def numbers(column: pd.Series, path: Path) -> np.ndarray:
    """Return the spike times of a table, or raise `InputError` if one is no finite number."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("datetime64", "datetime", "date"):
        raise InputError(f"{path}, time", "the column holds dates.", _IN_SECONDS)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if not (finite := np.isfinite(numbers)).all():
        row = int(np.flatnonzero(~finite)[0])
        raise InputError(
            f"{path}, time",
            f"row {row + 1} holds {column.tolist()[row]!r}.",
            _IN_SECONDS,
        )
    return numbers


def _check_unique(table: pd.DataFrame, column: str, path: Path) -> None:
    if (again := table.duplicated(["session", column])).any():
        session, value = (table[key][again].tolist()[0] for key in ("session", column))
        raise InputError(
            f"{path}, {column}",
            f"{value!r} is used more than once in session {session!r}.",
            "Number the rows of a session, or remove rows that occur twice.",
        )


def _check_sessions(
    spikes: pd.DataFrame, trials: pd.DataFrame, units: pd.DataFrame, paths: dict[str, Path]
) -> None:
    tables = {"spikes": spikes, "trials": trials, "units": units}
    sessions = {role: set(table["session"].unique()) for role, table in tables.items()}
    for role, present in sessions.items():
        if missing := sorted(set().union(*sessions.values()) - present):
            raise InputError(f"{paths[role]}, session", f"session {missing[0]!r} has no {role}.")
