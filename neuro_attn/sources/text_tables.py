"""Reader of text tables (CSV, TSV) in which words such as "None" and "NA" may be names."""

import csv
from collections.abc import Container, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import text_columns
from neuro_attn.errors import InputError

_MISSING_NUMBERS = frozenset({"nan", "-nan", "na", "<na>", "n/a", "#n/a", "null", "none"})
"""Representations of a missing number (lower case)."""
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_TRUTH = {"true": True, "false": False}


def read_text_table(
    path: Path,
    *,
    separator: str = ",",
    names: Sequence[str] = (),
    columns: Container[str] | None = None,
) -> pd.DataFrame:
    r"""Read a table of text without mistaking names for missing values.

    A cue can be called "None" and a region "NA", so in a column of text only an empty field is
    missing. In a column whose other fields are all numbers, or all true or false, such a word is a
    missing value.

    Parameters
    ----------
    path : Path
        The file; its first line names the columns.
    separator : str
        Separator of fields.
    names : sequence of str
        Columns that are text even if they look like numbers.
    columns : container of str, optional
        Read these columns only.

    Returns
    -------
    pandas.DataFrame
        Missing values are NaN. Truth values with missing ones among them have pandas' type
        "boolean". Names and text have no blanks at their ends.

    Raises
    ------
    Exception
        As `pandas.read_csv`, of several types for a damaged file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "trials.csv"
    ...     _ = path.write_text("cue,reaction_time\nleft,0.3\nNone,NA\n,0.5\n")
    ...     read_text_table(path)
        cue  reaction_time
    0  left            0.3
    1  None            NaN
    2   NaN            0.5
    """
    _check_header(path, separator)
    table = pd.read_csv(
        path,
        sep=separator,
        dtype=dict.fromkeys(names, str),
        usecols=None if columns is None else columns.__contains__,
        keep_default_na=False,
        na_values=[""],
        # If read in chunks, a column could be numeric in one and text in the next.
        low_memory=False,
        skipinitialspace=True,
    )
    read = {
        str(name).strip(): each if name in names else _typed(each) for name, each in table.items()
    }
    return text_columns(pd.DataFrame(read, index=table.index), str(path))


def _check_header(path: Path, separator: str) -> None:
    """Raise `InputError` if a table's first line cannot name its columns.

    pandas takes a table with another separator as one column, and renames a column whose name is
    there twice.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file, delimiter=separator, skipinitialspace=True), [])
    if not any(header):
        raise InputError(str(path), "the first line is empty.", "It names the columns.")
    for other in _SEPARATORS.keys() - {separator}:
        if len(header) == 1 and other in header[0]:
            raise InputError(
                str(path),
                f"columns are separated by {_SEPARATORS[other]}, not by {_SEPARATORS[separator]}.",
                f"Save the table with {_SEPARATORS[separator]} between columns, and numbers with "
                "a decimal point.",
            )
    named = [name.strip() for name in header if name.strip()]
    for name in named:
        if named.count(name) > 1:
            raise InputError(
                f"{path}, {name}",
                f"{named.count(name)} columns have this name.",
                "Rename or remove all but one.",
            )


def _typed(column: pd.Series) -> pd.Series:
    """Return a column of text as numbers if all values that are not missing are numbers."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return column
    text = column.dropna().astype(str).str.strip().str.lower()
    text = text[~text.isin(_MISSING_NUMBERS)]
    values = pd.Series(np.nan, column.index)
    if text.empty:
        # Without any number, the words are names; without any word, the type is undetermined.
        return column if column.notna().any() else values
    if text.isin(_TRUTH).all():
        return text.map(_TRUTH).astype("boolean").reindex(column.index)
    numbers = pd.to_numeric(text, errors="coerce")
    if numbers.isna().any():
        return column
    values[numbers.index] = numbers
    return values
