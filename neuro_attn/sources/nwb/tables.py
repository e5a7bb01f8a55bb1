"""Tables of NWB files: columns with one row for each trial, unit or electrode.

The schema requires a column with one value a row to be a vector. MATLAB has no vectors, so its
files contain arrays of shape n x 1 or 1 x n, also for ids and indices. We therefore read any
column with as many values as the table has rows as one value a row, regardless of its shape.
"""

from typing import Any

import numpy as np
import pandas as pd

from neuro_attn import budget
from neuro_attn.bytestrings import as_text
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.sources.nwb.files import (
    Tree,
    attribute,
    child,
    is_group,
    is_pickled,
    part,
    text,
    type_of,
    whole,
)
from neuro_attn.sources.units import whole_numbers
from neuro_attn.sources.wide_tables import MOST_COLUMNS

ELECTRODES = "general/extracellular_ephys/electrodes"
"""Where a file keeps its electrodes."""
_ENUM = "EnumData"
"""Type of a column of numbers that are indices of texts in a second array."""
_ALWAYS = ("id", "start_time", "stop_time", "spike_times", "electrodes", "location")
"""Columns that are always read if a table has them."""
_SAVE_AGAIN = "The file is damaged or was written wrongly; save it again."
_MAX_WIDTH = 8
"""Most values a row that become columns of their own."""


class Table:
    """A table of an NWB file. Its columns are read on demand.

    Parameters
    ----------
    tree : Tree
        The file.
    group : h5py.Group or zarr.Group
        Contains an array for each column.
    name : str
        Names the table in messages.
    first : int, optional
        Number of columns that are read of a table with more than `MOST_COLUMNS`.

    Attributes
    ----------
    columns : list of str
        In the order of ``colnames``, followed by columns that it omits.
    n_more : int
        Columns that are not read.
    ids : numpy.ndarray, shape (row,)
        The rows' ids; 0, 1, ... if the table has none.
    """

    def __init__(self, tree: Tree, group: Any, name: str, first: int | None = None) -> None:
        self.tree, self.group, self.name = tree, group, name
        colnames = attribute(group, "colnames")
        stated = [] if colnames is None else [text(each) for each in np.ravel(colnames)]
        names, self.n_more = list(group), 0
        if first is not None and len(names) > MOST_COLUMNS:
            order = [each for each in stated if each in set(names)] or names
            kept = [*_ALWAYS, *order[:first]]
            kept += [f"{each}_index" for each in kept]
            names, n_names = [each for each in dict.fromkeys(kept) if each in group], len(names)
            self.n_more = n_names - len(names)
        nodes = {each: child(group, each) for each in names}
        self._arrays = {k: n for k, n in nodes.items() if n is not None and _is_readable(n)}
        beside = {f"{each}_index" for each in self._arrays if self.is_ragged(each)}
        beside |= {f"{k}_elements" for k, each in self._arrays.items() if type_of(each) == _ENUM}
        own = [each for each in self._arrays if each not in {"id", *beside}]
        self.columns = list(dict.fromkeys([c for c in stated if c in self._arrays] + own))
        self.ids = self._ids()

    def __len__(self) -> int:
        return len(self.ids)

    def _ids(self) -> np.ndarray:
        if "id" not in self._arrays:
            flat = [each for each in self._arrays.values() if _is_vector(each)]
            n_rows = max(flat[0].shape, default=1) if flat else 0
            budget.need_array([n_rows], 8, f"{self.tree.path}, {self.name}")
            return np.arange(n_rows)
        ids = whole(self._arrays["id"]).reshape(-1)
        where = f"{self.tree.path}, {self.name}.id"
        if ids.dtype.kind in "iuf":
            return _signed(ids)
        if ids.dtype.kind not in "SOU" or not all(isinstance(each, (str, bytes)) for each in ids):
            raise InputError(where, f"contains {ids.dtype}.", "Ids must be numbers or text.")
        return as_text(ids, where).astype(object)

    def __getitem__(self, column: str) -> Any:
        """Return the array of a column, not read; of a ragged column that of all values."""
        return self._arrays[column]

    def is_ragged(self, column: str) -> bool:
        """Return whether a column has any number of values a row."""
        index = self._arrays.get(f"{column}_index")
        # A column of the user's may end in _index, too.
        return index is not None and type_of(index) == "VectorIndex"

    def ends(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Return where each row of a ragged column starts and stops in its array.

        Raises
        ------
        InputError
            If the number of rows of the index differs from that of the table, a row lies outside
            the array, or rows are not contiguous.
        """
        where = f"{self.tree.path}, {self.name}.{column}_index"
        stops = whole_numbers(whole(self._arrays[f"{column}_index"]), where)
        if len(stops) != len(self):
            raise InputError(
                where, f"has {len(stops)} rows; the table has {len(self)}.", _SAVE_AGAIN
            )
        starts = np.concatenate([[0], stops[:-1]]).astype(np.int64)
        data = self[column]
        length = max(data.shape, default=1) if _is_vector(data) else data.shape[0]
        if (stops < starts).any() or (stops[-1:] > length).any():
            raise InputError(where, f"points outside {self.name}.{column}.", _SAVE_AGAIN)
        return starts, stops

    def part(self, column: str, start: int, stop: int) -> np.ndarray:
        """Return some values of a column that is one vector, of any of its shapes."""
        data = self[column]
        across = len(data.shape) == 2 and data.shape[0] == 1
        rows = slice(start, stop)
        return part(data, (0, rows) if across else rows).reshape(-1)

    def values(self, column: str) -> np.ndarray | None:
        """Return a column's values if they are one number, truth value or text a row, else None."""
        with guarded(f"{self.tree.path}, {self.name}.{column}", "column"):
            data = self[column]
            if self.is_ragged(column) or self.is_reference(column):
                return None
            if int(np.prod(data.shape)) != len(self):
                return None
            return self._decoded(column, whole(data).reshape(-1))

    def firsts(self, column: str) -> list[Any] | None:
        """Return the first value of each row, None if it has none; None if rows have arrays."""
        with guarded(f"{self.tree.path}, {self.name}.{column}", "column"):
            data = self[column]
            if not self.is_ragged(column):
                if int(np.prod(data.shape)) != len(self):
                    return None
                return list(whole(data).reshape(-1))
            if self.is_ragged(f"{column}_index") or not _is_vector(data):
                return None
            starts, stops = self.ends(column)
            values = whole(data).reshape(-1)
            return [values[a] if a < b else None for a, b in zip(starts, stops, strict=True)]

    def is_reference(self, column: str) -> bool:
        """Return whether a column refers to rows of another table."""
        data = self[column]
        return type_of(data) == "DynamicTableRegion" or attribute(data, "table") is not None

    def referred(self, column: str) -> "Table | None":
        """Return the table that a column refers to."""
        group = self.tree.referred(attribute(self[column], "table"))
        if group is None and column == "electrodes":
            group = self.tree.at(ELECTRODES)
        if group is None or not is_group(group):
            return None
        return Table(self.tree, group, str(group.name).rsplit("/", 1)[-1])

    def derived(self, column: str) -> dict[str, np.ndarray]:
        """Return columns of one value a row that are derived from a column of several.

        Of a column ``x`` with any number of values a row, ``x_count`` and, of numbers, ``x_first``
        and ``x_last`` (NaN where there is none); of one with a few numbers on every row, ``x_0``,
        ``x_1``, ...
        """
        with guarded(f"{self.tree.path}, {self.name}.{column}", "column"):
            if self.is_reference(column):
                return {}
            if not self.is_ragged(column):
                return self._spread(column)
            if self.is_ragged(f"{column}_index") or not _is_vector(self[column]):
                return {}
            values = whole(self[column]).reshape(-1)
            if values.dtype.names is not None or values.dtype.kind not in "biufOSU":
                return {}
            starts, stops = self.ends(column)
            derived = {f"{column}_count": stops - starts}
            if values.dtype.kind in "biuf":
                some = stops > starts
                for which, rows in (("first", starts), ("last", stops - 1)):
                    derived[f"{column}_{which}"] = np.full(len(stops), np.nan)
                    derived[f"{column}_{which}"][some] = values[rows[some]]
            return derived

    def _spread(self, column: str) -> dict[str, np.ndarray]:
        data = self[column]
        if len(data.shape) != 2 or data.dtype.kind not in "biuf":
            return {}
        # MATLAB transposes arrays.
        if data.shape[0] == len(self) and data.shape[1] <= _MAX_WIDTH:
            values = whole(data)
        elif data.shape[1] == len(self) and data.shape[0] <= _MAX_WIDTH:
            values = whole(data).T
        else:
            return {}
        return {f"{column}_{k}": _signed(values[:, k]) for k in range(values.shape[1])}

    def _decoded(self, column: str, values: np.ndarray) -> np.ndarray | None:
        if values.dtype.names is not None or values.dtype.kind not in "biufOSU":
            return None
        if type_of(self[column]) == _ENUM and values.dtype.kind in "iu":
            elements = child(self.group, f"{column}_elements")
            if elements is not None:
                texts = whole(elements).reshape(-1)
                where = f"{self.tree.path}, {self.name}.{column}"
                values = texts[rows_within(values, len(texts), where, f"{column}_elements")]
        if values.dtype.kind in "biuf":
            return _signed(values)
        if not all(isinstance(each, (str, bytes)) for each in values):
            return None
        return as_text(values, f"{self.tree.path}, {self.name}.{column}").astype(object)

    def frame(self) -> pd.DataFrame:
        """Return the columns of one value a row."""
        read = {column: self.values(column) for column in self.columns}
        return pd.DataFrame(
            {column: each for column, each in read.items() if each is not None},
            index=range(len(self)),
        )


def rows_within(numbers: np.ndarray, n_rows: int, where: str, what: str) -> np.ndarray:
    """Return row numbers of another table or array; raise `InputError` for missing rows."""
    rows = whole_numbers(numbers, where)
    if (wrong := (rows < 0) | (rows >= n_rows)).any():
        row = int(wrong.argmax())
        raise InputError(
            where,
            f"value {row + 1} refers to row {rows[row]} of {what}, which has {n_rows}.",
            "Rows are numbered from 0.",
        )
    return rows


def _is_readable(node: Any) -> bool:
    """Return whether a node is an array, but none of references that hdmf-zarr pickled."""
    return not is_group(node) and not (
        is_pickled(node) and attribute(node, "zarr_dtype") == "object"
    )


def _is_vector(data: Any) -> bool:
    return sum(length != 1 for length in data.shape) <= 1


def _signed(values: np.ndarray) -> np.ndarray:
    """Return numbers in this machine's byte order, whole ones with a sign: -x of 1 is not 255."""
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.dtype.kind != "u" or (values.size and values.max() > np.iinfo(np.int64).max):
        return values
    return values.astype(np.int64)
