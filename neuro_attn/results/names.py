"""Read names from a table of results without pandas, for the parsing of the workflow."""

import csv
import os
from functools import cache
from pathlib import Path

from neuro_attn import escaping
from neuro_attn.errors import InputError


def selected(path: str | Path, column: str, **where: str) -> list[str]:
    """Return the distinct values of a column, in order of occurrence.

    Parameters
    ----------
    path : str or Path
        A table that `write_csv` wrote.
    column : str
        Name of the column.
    **where : str
        Values of other text columns in the rows that are selected.

    Raises
    ------
    InputError
        If the table lacks a column.
    """
    names, rows = _read(str(path), os.stat(path).st_mtime_ns)
    for name in (column, *where):
        if name not in names:
            raise InputError(
                str(path), f"has no column {name}.", "Delete it and run the workflow again."
            )
    chosen = {names.index(key): value for key, value in where.items()}
    place = names.index(column)
    return list(
        dict.fromkeys(
            row[place] for row in rows if all(row[key] == value for key, value in chosen.items())
        )
    )


@cache
def _read(path: str, modified: int) -> tuple[list[str], list[list[str]]]:
    """Read the header and the rows of a table once, as many jobs ask for some of its rows."""
    with open(path, encoding="utf-8", newline="") as file:
        names, *rows = [*csv.reader(file)] or [[]]
    return names, [[escaping.from_csv(cell) for cell in row] for row in rows]
