"""Columns of the files of an object: one row for each spike, cluster, channel or trial."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import text_columns
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.sources.alf.files import DataFile
from neuro_attn.sources.parquet import read_parquet
from neuro_attn.sources.sorting import column, load_array
from neuro_attn.sources.text_tables import read_text_table
from neuro_attn.sources.units import whole_numbers


class Part(NamedTuple):
    """The columns of one file."""

    file: DataFile
    columns: dict[str, np.ndarray]
    n_rows: int
    ids: np.ndarray | None
    """Rows of the object that the rows of a table describe, if it names them."""


def read_object(found: list[DataFile], used: Sequence[int] | np.ndarray = ()) -> pd.DataFrame:
    """Return the columns of all files of an object, with one or two values per row.

    A table of clusters may omit some: ``cluster_id`` then names its rows. If two files have the
    same column, the newer revision is used. The index numbers the rows from 0; without a file of
    all rows, it has only those that a table or `used` names, since their numbers may be huge.

    Parameters
    ----------
    found : list of DataFile
        The files.
    used : sequence of int
        Rows that others refer to.

    Raises
    ------
    InputError
        If files have different numbers of rows, or two files of a revision differ in a column.
    """
    parts = [*arrays_of(found), *(_table(file) for file in found if not file.is_array)]
    whole = [part for part in parts if part.ids is None]
    for part in whole:
        if part.n_rows != whole[0].n_rows:
            _raise_uneven(whole[0], part)
    named = {p.file: p.ids for p in parts if p.ids is not None and len(p.ids)}
    if whole:
        n_rows = whole[0].n_rows
        index = pd.RangeIndex(n_rows)
        for file, ids in named.items():
            each = int(ids.max())
            if each >= n_rows:
                raise InputError(
                    str(file.path),
                    f"names cluster {each}; {whole[0].file.path} has {n_rows} rows.",
                    _ONE_OBJECT,
                )
    else:
        index = pd.Index(np.unique(np.concatenate([np.array(used, np.int64), *named.values()])))
    columns: dict[str, tuple[pd.Series, DataFile]] = {}
    for part in parts:
        for name, values in part.columns.items():
            series = pd.Series(values, index=part.ids).reindex(index)
            _put(columns, name, series, part.file)
    return pd.DataFrame({name: each for name, (each, _) in columns.items()}, index=index)


_ONE_OBJECT = "Files of one object must have the same rows; move away revisions of other rows."


def _raise_uneven(one: Part, other: Part) -> None:
    raise InputError(
        str(other.file.path),
        f"has {other.n_rows} rows; {one.file.path} has {one.n_rows}.",
        _ONE_OBJECT,
    )


def _put(
    columns: dict[str, tuple[pd.Series, DataFile]], name: str, series: pd.Series, file: DataFile
) -> None:
    """Add a column unless a newer revision has it."""
    other, other_file = columns.setdefault(name, (series, file))
    if other_file.revision < file.revision:
        columns[name] = (series, file)
    elif other_file.revision == file.revision and name != "cluster_id" and other_file != file:
        both = other.notna() & series.notna()
        if not (other[both].astype(str) == series[both].astype(str)).all():
            raise InputError(
                f"{file.path}, {name}",
                f"differs from {name} in {other_file.path}.",
                "Move one of the two files out of the folder.",
            )


def arrays_of(found: list[DataFile]) -> Iterator[Part]:
    """Yield the contents of arrays; of several values per row, only the number of rows."""
    arrays = {file: load_array(file.path) for file in found if file.is_array}
    columns = [a for a in arrays.values() if a.ndim == 1 or (a.ndim == 2 and a.shape[1] == 1)]
    n_rows = len(columns[0]) if columns else None
    for file, array in arrays.items():
        values = column(array, n_rows)
        if values.ndim:
            yield Part(file, _named(file.attribute, values), len(values), None)


def _named(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    if values.ndim == 1:
        return {name: values}
    if values.ndim == 2 and values.shape[1] == 2:
        return {f"{name}_0": values[:, 0], f"{name}_1": values[:, 1]}
    return {}


def _table(file: DataFile) -> Part:
    table = _load_table(file.path)
    if table.index.name == "cluster_id" and "cluster_id" not in table:
        table = table.reset_index()
    columns: dict[str, Any] = {str(name): each.to_numpy() for name, each in table.items()}
    if "cluster_id" not in table:
        return Part(file, columns, len(table), None)
    where = f"{file.path}, cluster_id"
    numbers = pd.to_numeric(table["cluster_id"], errors="coerce")
    rows = whole_numbers(numbers.to_numpy(dtype=float, na_value=np.nan), where)
    if (rows < 0).any() or len(np.unique(rows)) < len(rows):
        raise InputError(where, "a number repeats or is below 0.", "Clusters are numbered from 0.")
    return Part(file, columns, len(table), rows)


def _load_table(path: Path) -> pd.DataFrame:
    with guarded(path, "table"):
        if path.suffix in (".pqt", ".parquet"):
            table = read_parquet(path)
        else:
            table = read_text_table(path, separator="\t" if path.suffix == ".tsv" else ",")
        return text_columns(table, str(path))
