"""Reader of text tables (CSV, TSV) in which words such as "None" and "NA" may be names."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn import budget
from neuro_attn.bytestrings import text_columns
from neuro_attn.errors import InputError

_GZIP = b"\x1f\x8b"
_MISSING_NUMBERS = frozenset({"nan", "-nan", "na", "<na>", "n/a", "#n/a", "null", "none"})
"""Representations of a missing number (lower case)."""
_FIELD_BYTES = 32
"""Memory of a field while pandas parses a table: its text, place and value."""
_UNNAMED = re.compile(r"Unnamed: \d+$")
"""How pandas calls columns without a name."""
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_COMPRESSED = {
    ".gz": "gunzip",
    ".bz2": "bunzip2",
    ".xz": "unxz",
    ".zst": "unzstd",
    ".zip": "unzip",
    ".7z": "7z x",
}
"""Suffixes of compressed files, and what decompresses them."""
_TRUTH = {"true": True, "false": False}
_MORE_FIELDS = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
"""How pandas reports a row with more fields than the first line names."""


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
    _check_size(path, len(_check_header(path, separator)))
    try:
        with budget.reading(path):
            table = pd.read_csv(
                # pandas takes a relative path that begins as "file:" does for an address.
                path.absolute(),
                sep=separator,
                dtype=dict.fromkeys(names, str),
                usecols=None if columns is None else columns.__contains__,
                keep_default_na=False,
                na_values=[""],
                # If read in chunks, a column could be numeric in one and text in the next.
                low_memory=False,
                skipinitialspace=True,
                # `_check_header` has read the file as it is; one that unfolds is no table of text.
                compression=None,
            )
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    except pd.errors.ParserError as error:
        if found := _MORE_FIELDS.search(str(error)):
            raise _more_fields(path, separator, found) from None
        raise
    # A separator at the end of the first line names no column.
    ends = [name for name in table if _UNNAMED.match(str(name)) and table[name].isna().all()]
    table = table.drop(columns=ends) if ends else table
    table = table.rename(columns=lambda name: str(name).strip())
    # A raster has hundreds of columns of numbers, which need no look of their own.
    for name in table.columns[[not _is_number(dtype) for dtype in table.dtypes]]:
        if name not in names:
            table[name] = _typed(table[name])
    return text_columns(table, str(path))


def refuse_compressed(path: Path) -> None:
    """Raise `InputError` if a file has the suffix of compressed files."""
    if path.suffix.lower() in _COMPRESSED:
        raise InputError(
            str(path),
            "is compressed.",
            f"Decompress it ({_COMPRESSED[path.suffix.lower()]} {path.name}) and name the file "
            f"that this makes, {path.stem}.",
        )


def not_utf8(path: Path) -> InputError:
    """Return the error for a text file in another encoding."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_GZIP):
        return InputError(str(path), "is compressed by gzip.", "Unpack it, for example by gunzip.")
    is_utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start
    return InputError(
        str(path),
        "is text in UTF-16, not in UTF-8." if is_utf16 else "is not text in UTF-8.",
        "Save it as CSV in UTF-8; in Excel, the type is CSV UTF-8.",
    )


def column_names(path: Path, separator: str = ",") -> list[str]:
    """Return the names of a table's columns, from its first line alone; errors as a table's."""
    return [name.strip() for name in _check_header(path, separator)]


def _check_size(path: Path, n_columns: int) -> None:
    """Raise `InputError` if a table does not fit into the budget of memory.

    A row may be shorter than the header: the fields that it lacks take memory too.
    """
    with path.open("rb") as file:
        n_rows = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    budget.need(
        _FIELD_BYTES * n_rows * n_columns + 2 * path.stat().st_size,
        str(path),
        f"a table of {n_rows:,} rows x {n_columns:,} columns",
    )


def _check_header(path: Path, separator: str) -> list[str]:
    """Return the names of columns in a table's first line, or raise `InputError`.

    pandas takes a table with another separator as one column, and renames a column whose name is
    there twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=separator, skipinitialspace=True)
            header, first = next(rows, []), next(rows, [])
    except UnicodeDecodeError:
        raise not_utf8(path) from None
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
    if len(first) > len(header):
        # pandas would take the first column for the names of the rows, and shift all others.
        ends = ", the last of which are empty" if not any(first[len(header) :]) else ""
        raise InputError(
            f"{path}, line 2",
            f"has {len(first)} fields{ends}; the first line names {len(header)} columns.",
            "Remove the separators at the ends of lines, or name every column.",
        )
    named = [name.strip() for name in header if name.strip()]
    for name, n in Counter(named).items():
        if n > 1:
            raise InputError(
                f"{path}, {name}",
                f"{n} columns have this name.",
                "Rename or remove all but one.",
            )
    return header


def _is_number(dtype: Any) -> bool:
    return bool(pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype))


def _more_fields(path: Path, separator: str, found: re.Match[str]) -> InputError:
    """Return the error for a row with more fields than the first line names."""
    named, line, fields = found.groups()
    return InputError(
        f"{path}, line {line}",
        f"has {fields} fields; the first line names {named} columns.",
        f"Put text that contains {_SEPARATORS[separator]} in double quotes, or remove the "
        "additional fields.",
    )


def _typed(column: pd.Series) -> pd.Series:
    """Return a column of text as numbers if all values that are not missing are numbers."""
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
