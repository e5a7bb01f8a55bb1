"""All tables that a run writes, and identification of the table in a file."""

from pathlib import Path

from neuro_attn.errors import InputError
from neuro_attn.results.behaviour_tables import BEHAVIOUR_TABLES
from neuro_attn.results.columns import Table
from neuro_attn.results.comparison_tables import COMPARISON_TABLES
from neuro_attn.results.confusion_tables import CONFUSION_TABLES
from neuro_attn.results.dataset_tables import DATASET_TABLES
from neuro_attn.results.difference_tables import DIFFERENCE_TABLES
from neuro_attn.results.geometry_tables import GEOMETRY_TABLES
from neuro_attn.results.network_tables import NETWORK_TABLES
from neuro_attn.results.prediction_tables import PREDICTION_TABLES
from neuro_attn.results.published_table import PUBLISHED_TABLE
from neuro_attn.results.resampled_tables import RESAMPLED_TABLES
from neuro_attn.results.shared_code_tables import SHARED_CODE_TABLES
from neuro_attn.results.single_unit_tables import SINGLE_UNIT_TABLES
from neuro_attn.results.skill_tables import SKILL_TABLES

TABLES = {
    table.name: table
    for tables in (
        DATASET_TABLES,
        CONFUSION_TABLES,
        PREDICTION_TABLES,
        DIFFERENCE_TABLES,
        GEOMETRY_TABLES,
        SHARED_CODE_TABLES,
        SINGLE_UNIT_TABLES,
        RESAMPLED_TABLES,
        BEHAVIOUR_TABLES,
        PUBLISHED_TABLE,
        NETWORK_TABLES,
        SKILL_TABLES,
        COMPARISON_TABLES,
    )
    for table in tables
}
"""All tables, by name."""


def columns_of(table: str) -> list[str]:
    """Return the names of the columns of a table."""
    return TABLES[table].names


def table_of(path: str | Path) -> Table:
    """Return the table that a file contains, identified by its name and, if needed, its folders.

    Raises
    ------
    InputError
        If no table, or more than one, has such a file.
    """
    agreement = {name: table.agreement(Path(path).absolute()) for name, table in TABLES.items()}
    most = max(agreement.values())
    found = [name for name, agree in agreement.items() if agree == most]
    if most == 0 or len(found) > 1:
        which = "is none of" if most == 0 else "could be several of"
        raise InputError(
            str(path),
            f"this file {which} the tables of results: {', '.join(found)}.",
            "Pass the name of the table, e.g. read_csv(path, 'summary').",
        )
    return TABLES[found[0]]
