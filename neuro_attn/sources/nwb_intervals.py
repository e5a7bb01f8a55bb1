"""Interval tables of NWB files: trials, and columns of one value a trial."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pynwb import NWBFile
from pynwb.core import DynamicTable, DynamicTableRegion, VectorIndex
from pynwb.epoch import TimeIntervals

from neuro_attn.errors import InputError

_MAX_LISTED = 40
_MAX_WIDTH = 8
"""Most values a row that become columns of their own."""


def interval_tables(nwb: NWBFile) -> dict[str, DynamicTable]:
    """Return all interval tables of a file, by name, those of processing modules among them."""
    named = {t.name: t for t in (nwb.trials, nwb.epochs, nwb.invalid_times) if t is not None}
    processed = {
        name: each
        for module in (nwb.processing or {}).values()
        for name, each in module.data_interfaces.items()
        if isinstance(each, TimeIntervals)
    }
    return {**processed, **dict(nwb.intervals or {}), **named}


def read_trials(nwb: NWBFile, names: list[str], path: Path) -> pd.DataFrame:
    """Return the rows of one interval table, or of several one after another.

    Parameters
    ----------
    nwb : NWBFile
        The open file.
    names : list of str
        The tables. Of several, the column ``table`` says which, and ``trial_id`` begins with its
        name; columns that a table lacks are missing on its rows.
    path : Path
        The file, named in errors.

    Returns
    -------
    pandas.DataFrame
        As `trial_columns` returns.

    Raises
    ------
    InputError
        If a table is not there or has no rows.
    """
    tables = interval_tables(nwb)
    parts = []
    for name in names:
        if name not in tables:
            raise InputError(
                f"{path}, intervals",
                f"no interval table {name!r} (table).",
                f"Interval tables: {listed(tables)}.",
            )
        if len(tables[name]) == 0:
            raise InputError(f"{path}, {name}", "the interval table has no rows.")
        parts.append(trial_columns(tables[name]))
    if len(parts) == 1:
        return parts[0]
    together = pd.concat(
        [
            part.assign(table=name, trial_id=[f"{name} {row}" for row in part["trial_id"]])
            for name, part in zip(names, parts, strict=True)
        ],
        ignore_index=True,
    )
    return together.apply(_with_one_type)


def _with_one_type(column: pd.Series) -> pd.Series:
    """Return a column whose missing values are NaN among numbers and empty among text."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    known = column.dropna()
    if all(isinstance(value, (bool, np.bool_, int, float, np.number)) for value in known):
        return column.astype(float)
    return column.where(column.notna(), "").astype(str).astype(object)


def trial_columns(table: DynamicTable) -> pd.DataFrame:
    """Return an interval table as columns of one value a row, and ``trial_id``, the row's id.

    A column ``x`` of several values a row becomes ``x_count`` and, if they are numbers,
    ``x_first`` and ``x_last`` (NaN where there is none); one of a few numbers a row, as many on
    each, becomes ``x_0``, ``x_1``, ... References to other tables are left out.
    """
    trials: dict[str, np.ndarray] = {}
    for name in table.colnames:
        if (values := _scalars(table[name])) is not None:
            trials[name] = values
    for name in table.colnames:
        if name not in trials:
            derived = _derived(name, table[name])
            trials |= {key: each for key, each in derived.items() if key not in trials}
    return pd.DataFrame({**trials, "trial_id": np.asarray(table.id[:])})


def unusable_columns(table: DynamicTable, columns: pd.DataFrame) -> list[str]:
    """Return the columns of a table of which `trial_columns` kept nothing."""
    return [
        name
        for name in table.colnames
        if name not in columns and f"{name}_count" not in columns and f"{name}_0" not in columns
    ]


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
    return np.array([text(value) for value in values], dtype=object)


def _derived(name: str, column: Any) -> dict[str, np.ndarray]:
    """Return what can be said in one value a row of a column of several."""
    if isinstance(column, DynamicTableRegion):
        return {}
    if not isinstance(column, VectorIndex):
        values = np.asarray(column[:])
        if values.ndim != 2 or values.dtype.kind not in "biuf" or values.shape[1] > _MAX_WIDTH:
            return {}
        return {f"{name}_{k}": values[:, k] for k in range(values.shape[1])}
    if isinstance(column.target, (VectorIndex, DynamicTableRegion)):
        return {}
    values = np.asarray(column.target.data[:])
    if values.ndim != 1 or values.dtype.names is not None or values.dtype.kind not in "biufOSU":
        return {}
    stops = np.asarray(column.data[:]).astype(np.int64)
    starts = np.concatenate([[0], stops[:-1]]).astype(np.int64)
    derived = {f"{name}_count": stops - starts}
    if values.dtype.kind in "biuf":
        some = stops > starts
        for which, rows in (("first", starts), ("last", stops - 1)):
            derived[f"{name}_{which}"] = np.full(len(stops), np.nan)
            derived[f"{name}_{which}"][some] = values[rows[some]]
    return derived


def text(value: Any) -> str:
    """Return text, which HDF5 may keep as bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def listed(names: Any) -> str:
    """Return names for a message."""
    return ", ".join(str(name) for name in list(names)[:_MAX_LISTED]) or "none"
