"""Reader of Parquet files, which can declare far more values than they have bytes."""

from collections.abc import Container
from pathlib import Path
from typing import Any

import pandas as pd

from neuro_attn import budget

_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}
"""Bytes of a value, by physical type; text is a pointer."""
_COPIES = 4
"""Arrays as large as a column while Arrow and pandas read and convert it."""


def read_parquet(
    path: Path, *, columns: Container[str] | None = None, **options: Any
) -> pd.DataFrame:
    """Read a Parquet file as `pandas.read_parquet` does, if it fits into the budget of memory.

    A run of one value takes a few bytes, so the size of a file is uninformative. We compare the
    numbers of values that it declares with the budget. Text is read as a dictionary with each text
    once, and rows share these objects.

    Parameters
    ----------
    path : Path
        The file.
    columns : container of str, optional
        Read these columns only, and those of the index.
    **options
        As `pandas.read_parquet` takes them.

    Raises
    ------
    InputError
        If it does not fit.
    Exception
        As pyarrow, of several types for a damaged file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with budget.reading(path):
        with pq.ParquetFile(path.absolute()) as file:
            _check_size(file.metadata, path)
            fields = list(file.schema_arrow)
        is_text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
        wanted = None
        if columns is not None:
            fields = [each for each in fields if each.name in columns]
            wanted = [each.name for each in fields]
        texts = [each.name for each in fields if any(is_(each.type) for is_ in is_text)]
        # pandas takes a relative path that begins as "file:" does for an address.
        table = pd.read_parquet(path.absolute(), columns=wanted, read_dictionary=texts, **options)
    table = table.astype(dict.fromkeys(set(texts) & set(table), object))
    if any(name in texts for name in table.index.names):
        levels = [table.index.get_level_values(name) for name in table.index.names]
        plain = [each.astype(object) if each.name in texts else each for each in levels]
        table.index = plain[0] if len(plain) == 1 else pd.MultiIndex.from_arrays(plain)
    return table


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns, from its schema alone."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(path.absolute())
    # pandas keeps an index of consecutive numbers in the metadata, without a column.
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    ranges = [each["name"] for each in index if isinstance(each, dict) and each.get("name")]
    return [*map(str, schema.names), *map(str, ranges)]


def _check_size(metadata: Any, path: Path) -> None:
    """Raise `InputError` if the values that a file declares do not fit into the budget."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    parts = [group.column(number) for group in groups for number in range(group.num_columns)]
    n_bytes = sum(
        max(each.num_values * _WIDTHS.get(each.physical_type, 8), each.total_uncompressed_size)
        for each in parts
    )
    budget.need(
        _COPIES * n_bytes,
        str(path),
        f"a table of {metadata.num_rows:,} rows x {metadata.num_columns:,} columns",
        "If the file should be smaller, it is damaged.",
    )
