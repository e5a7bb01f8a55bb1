"""Plain tables in single files, CSV or Parquet."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import text_columns
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.sources import parquet, text_tables
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.text_tables import read_text_table, refuse_compressed

_IN_SECONDS = "Spike times are finite numbers, s."
NAMES = ("session", "unit_id")
"""Columns that join the tables; always text, so that 1 and "1" are the same name."""


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
    for name in {*NAMES, "trial_id"} & set(columns):
        if (empty := table[name].isna()).any():
            row = int(np.flatnonzero(empty)[0])
            raise InputError(f"{path}, {name}", f"row {row + 1} is empty.")
    for name in set(NAMES) & set(columns):
        codes, names = pd.factorize(table[name])
        table[name] = np.array(list(map(str, names)), dtype=object)[codes]
    return table.rename(columns=str)


def _parse(path: Path, columns: Collection[str] | None) -> pd.DataFrame:
    match path.suffix.lower():
        case ".csv":
            return read_text_table(path, names=NAMES, columns=columns)
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
    """Return the spike times of a table, or raise `InputError` if one is not a finite number."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("datetime64", "datetime", "date"):
        raise InputError(f"{path}, time", "the column contains dates.", _IN_SECONDS)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if not (finite := np.isfinite(numbers)).all():
        row = int(np.flatnonzero(~finite)[0])
        raise InputError(
            f"{path}, time",
            f"row {row + 1} contains {column.tolist()[row]!r}.",
            _IN_SECONDS,
        )
    return numbers
