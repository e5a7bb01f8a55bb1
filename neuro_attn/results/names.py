"""Read names from a table of results without pandas, for the parsing of the workflow."""

import csv
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
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for name in (column, *where):
            if name not in (rows.fieldnames or ()):
                raise InputError(
                    str(path), f"has no column {name}.", "Delete it and run the workflow again."
                )
        values = (
            escaping.from_csv(row[column])
            for row in rows
            if all(escaping.from_csv(row[key]) == value for key, value in where.items())
        )
        return list(dict.fromkeys(values))
