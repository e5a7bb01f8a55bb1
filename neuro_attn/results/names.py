"""Read a table of results without pandas, for the parsing of the workflow."""

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
    found = _grouped(str(path), os.stat(path).st_mtime_ns, column, tuple(where))
    return list(found.get(tuple(where.values()), ()))


@cache
def _grouped(
    path: str, modified: int, column: str, keys: tuple[str, ...]
) -> dict[tuple[str, ...], list[str]]:
    """Return the distinct values of a column by those of others; jobs of all regions ask for it."""
    names, rows = _read(path, modified)
    for name in (column, *keys):
        if name not in names:
            raise InputError(
                path, f"has no column {name}.", "Delete it and run the workflow again."
            )
    place, chosen = names.index(column), [names.index(key) for key in keys]
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for row in rows:
        found.setdefault(tuple(row[each] for each in chosen), {})[row[place]] = None
    return {values: list(of_values) for values, of_values in found.items()}


def numbers(path: str | Path, *keys: str) -> dict[tuple[str, ...], dict[str, float]]:
    """Return the rows of a table by the values of some columns; all others are numbers.

    Parameters
    ----------
    path : str or Path
        A table that `write_csv` wrote.
    *keys : str
        Names of text columns that identify a row.
    """
    return _numbers(str(path), os.stat(path).st_mtime_ns, keys)


@cache
def _numbers(
    path: str, modified: int, keys: tuple[str, ...]
) -> dict[tuple[str, ...], dict[str, float]]:
    names, rows = _read(path, modified)
    places = [names.index(key) for key in keys]
    others = [place for place in range(len(names)) if place not in places]
    return {
        tuple(row[place] for place in places): {names[place]: float(row[place]) for place in others}
        for row in rows
    }


@cache
def _read(path: str, modified: int) -> tuple[list[str], list[list[str]]]:
    """Read the header and the rows of a table once, as many jobs ask for some of its rows."""
    with open(path, encoding="utf-8", newline="") as file:
        names, *rows = [*csv.reader(file)] or [[]]
    return names, [[escaping.from_csv(cell) for cell in row] for row in rows]
