"""Write and read tables as CSV files, with the types of the specification.

Large tables are written as Parquet files, too.
"""

from pathlib import Path

import pandas as pd

from neuro_attn import escaping
from neuro_attn.errors import InputError
from neuro_attn.files import parquet_of, written_whole
from neuro_attn.results.columns import Column, Table
from neuro_attn.results.tables import TABLES, table_of

SPREADSHEET_ROWS = 1_048_575
"""Largest number of rows below the header that spreadsheets show."""


def write_csv(frame: pd.DataFrame, path: str | Path, table: str | None = None) -> None:
    """Write a table as CSV, atomically and with the same bytes for the same values.

    A table with more than ``SPREADSHEET_ROWS`` rows is also written as Parquet, with exact names.
    Names in the CSV file are escaped by `neuro_attn.escaping.csv`, so that spreadsheets do not
    execute them.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows. Columns are written in the order of the specification.
    path : str or Path
        The file.
    table : str, optional
        Name of the table in ``TABLES``; by default inferred from the path.

    Raises
    ------
    ValueError
        If the columns or their types differ from the specification.
    InputError
        If the path does not identify a table.
    """
    specified = _specified(path, table)
    _check_columns(frame, specified, str(path))
    typed = pd.DataFrame(
        {column.name: _typed(frame[column.name], column, specified) for column in specified.columns}
    )
    if len(typed) > SPREADSHEET_ROWS:
        with written_whole(parquet_of(path)) as temporary:
            typed.to_parquet(temporary, index=False)
    for column in specified.columns:
        if column.kind == "text":
            typed[column.name] = typed[column.name].map(escaping.csv)
    with written_whole(path) as temporary:
        typed.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")


def read_csv(path: str | Path, table: str | None = None) -> pd.DataFrame:
    """Read a table that `write_csv` wrote, with the type of each column and exact names.

    Parameters
    ----------
    path : str or Path
        The file.
    table : str, optional
        Name of the table in ``TABLES``; by default inferred from the path.

    Returns
    -------
    pandas.DataFrame
        Text is never missing, so a region can be named "NA". Numbers are floats even if all are
        missing, counts are integers and truth values are bool.

    Raises
    ------
    InputError
        If the path does not identify a table, or if the file does not have its columns.
    """
    specified = _specified(path, table)
    try:
        frame = pd.read_csv(
            path,
            dtype={column.name: column.dtype for column in specified.columns},
            keep_default_na=False,
            na_values={c.name: [""] for c in specified.columns if c.kind != "text"},
        )
        _check_columns(frame, specified, str(path))
    except ValueError as error:
        raise InputError(
            str(path),
            f"is not the table {specified.name} as this version writes it: {error}.",
            "Delete the file and run the workflow again.",
        ) from None
    for column in specified.columns:
        if column.kind == "text":
            frame[column.name] = frame[column.name].map(escaping.from_csv).astype(column.dtype)
    return frame


def _specified(path: str | Path, table: str | None) -> Table:
    return table_of(path) if table is None else TABLES[table]


def _check_columns(frame: pd.DataFrame, specified: Table, where: str) -> None:
    """Raise `ValueError` if the columns of a table differ from its specification."""
    given, expected = list(map(str, frame.columns)), specified.names
    wrong = {
        "missing": [name for name in expected if name not in given],
        "not specified": [name for name in given if name not in expected],
        "twice": [name for name in expected if given.count(name) > 1],
    }
    if any(wrong.values()):
        told = "; ".join(f"{', '.join(names)}: {what}" for what, names in wrong.items() if names)
        raise ValueError(f"{where}: columns of {specified.name}: {told}")


def _typed(values: pd.Series, column: Column, table: Table) -> pd.Series:
    """Convert the values of a column to its data type.

    Raises
    ------
    ValueError
        If a value is not of the column's kind.
    """
    is_text, given = column.kind == "text", values.unique().tolist()
    wrong = [value for value in given if isinstance(value, str) != is_text]
    if column.kind in ("count", "truth") and not column.optional:
        wrong += [value for value in given if pd.isna(value)]
    if column.kind == "count" and not wrong:
        wrong = [value for value in given if value != int(value)]
    if wrong:
        where = f"{table.name}.{column.name}"
        raise ValueError(f"{where}: a column of kind {column.kind} cannot contain {wrong[0]!r}")
    return values.astype(column.dtype)
