"""Every table that a run writes, and which one a file holds."""

from pathlib import Path

from neuro_attn.errors import InputError
from neuro_attn.results.columns import Table
from neuro_attn.results.comparison_tables import COMPARISON_TABLES
from neuro_attn.results.dataset_tables import DATASET_TABLES
from neuro_attn.results.network_tables import NETWORK_TABLES

TABLES = {table.name: table for table in (*DATASET_TABLES, *NETWORK_TABLES, *COMPARISON_TABLES)}
"""Every table by its name."""


def columns_of(table: str) -> list[str]:
    """Return the names of the columns of a table."""
    return TABLES[table].names


def table_of(path: str | Path) -> Table:
    """Return which table a file holds, by its name and, where that leaves several, its folders.

    Raises
    ------
    InputError
        If it is none of them, or could be several.
    """
    agreement = {name: table.agreement(Path(path).absolute()) for name, table in TABLES.items()}
    most = max(agreement.values())
    found = [name for name, agree in agreement.items() if agree == most]
    if most == 0 or len(found) > 1:
        which = "is none of" if most == 0 else "could be several of"
        raise InputError(
            str(path),
            f"this file {which} the tables of results: {', '.join(found)}.",
            "Name the table, as in read_csv(path, 'summary').",
        )
    return TABLES[found[0]]
