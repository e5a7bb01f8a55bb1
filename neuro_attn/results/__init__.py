"""Specification, writing and reading of the tables of results.

`tables` specifies every table that a run writes: its files, and the name, type, unit and meaning of
each column. `read_csv` and `write_csv` use these types. A name thus remains text even if it is
"NA", and a column of numbers remains numeric even if all of them are missing.
"""

from typing import TYPE_CHECKING

from neuro_attn.discovery import on_demand
from neuro_attn.results.columns import Column, Table
from neuro_attn.results.tables import TABLES, columns_of, table_of

if TYPE_CHECKING:
    from neuro_attn.results.files import read_csv, write_csv

__all__ = ["TABLES", "Column", "Table", "columns_of", "read_csv", "table_of", "write_csv"]

# A workflow is parsed in every job and needs the specification only; pandas takes half a second.
__getattr__ = on_demand("neuro_attn.results.files", "read_csv", "write_csv")
