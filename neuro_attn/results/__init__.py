"""Tables of results: what each holds, and how it is written and read.

`tables` specifies every table that a run writes: its files, and the name, type, unit and meaning of
each column. `read_csv` and `write_csv` take the types from there, so that a name stays text
("NA" is a region) and a column of numbers stays numeric where all of them are missing.
"""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.files import read_csv, write_csv
from neuro_attn.results.tables import TABLES, columns_of, table_of

__all__ = ["TABLES", "Column", "Table", "columns_of", "read_csv", "table_of", "write_csv"]
