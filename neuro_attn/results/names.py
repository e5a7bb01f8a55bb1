"""Read names from a table of results without pandas, for the parsing of the workflow."""

import csv
from pathlib import Path

from neuro_attn import escaping
from neuro_attn.errors import InputError


def distinct_names(path: str | Path, column: str) -> list[str]:
    """Return the distinct values of a text column, in order of occurrence.

    Parameters
    ----------
    path : str or Path
        A table that `write_csv` wrote.
    column : str
        Name of the column.

    Raises
    ------
    InputError
        If the table lacks the column.
    """
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if column not in (rows.fieldnames or ()):
            raise InputError(
                str(path), f"has no column {column}.", "Delete it and run the workflow again."
            )
        return list(dict.fromkeys(escaping.from_csv(row[column]) for row in rows))
