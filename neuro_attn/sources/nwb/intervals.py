"""Interval tables of NWB files: trials, and columns of one value a trial."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.sources.nwb import v1
from neuro_attn.sources.nwb.files import Tree, children, is_group, listed, type_of, version
from neuro_attn.sources.nwb.tables import Table


class Intervals(NamedTuple):
    """The rows of an interval table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of one value a row, and ``trial_id``, the row's id. References to other tables are
        left out.
    derived : list of str
        Columns of `frame` that are derived from a column with several values a row: see
        `Table.derived`.
    unusable : list of str
        Columns of the file without a column in `frame`.
    """

    frame: pd.DataFrame
    derived: list[str]
    unusable: list[str]


def interval_tables(tree: Tree, first: int | None = None) -> Mapping[str, Table | v1.Epochs]:
    """Return all interval tables of a file, by name, including those of processing modules.

    Parameters
    ----------
    tree : Tree
        The open file.
    first : int, optional
        As in `Table`.
    """
    if v1.is_v1(version(tree)):
        return v1.interval_tables(tree)
    modules = children(tree.at("processing")).values()
    places = [*map(children, modules), children(tree.at("intervals"))]
    return {
        name: Table(tree, group, name, first)
        for place in places
        for name, group in place.items()
        if is_group(group) and _holds_intervals(group)
    }


def _holds_intervals(group: Any) -> bool:
    # Extensions have their own types for intervals, which we recognise by this column.
    return type_of(group) == "TimeIntervals" or "start_time" in group


def read_trials(tree: Tree, names: list[str], path: Path) -> pd.DataFrame:
    """Return the rows of one interval table, or of several, concatenated.

    Parameters
    ----------
    tree : Tree
        The open file.
    names : list of str
        The tables. If there are several, the column ``table`` contains the name of each row's
        table, ``trial_id`` begins with it, and columns that a table lacks are missing on its rows.
    path : Path
        The file, named in errors.

    Returns
    -------
    pandas.DataFrame
        As in `Intervals`.

    Raises
    ------
    InputError
        If a table does not exist or has no rows.
    """
    tables = interval_tables(tree)
    parts = []
    for name in names:
        if name not in tables:
            raise InputError(
                f"{path}, intervals",
                f"no interval table {name!r} (table).",
                f"Interval tables: {listed(tables)}.",
            )
        if len(tables[name]) == 0:
            raise InputError(f"{path}, {name}", "the interval table has no rows.")
        parts.append(read_intervals(tables[name]).frame)
    if len(parts) == 1:
        return parts[0]
    together = pd.concat(
        [
            part.assign(table=name, trial_id=[f"{name} {row}" for row in part["trial_id"]])
            for name, part in zip(names, parts, strict=True)
        ],
        ignore_index=True,
    )
    return together.apply(_with_one_type)


def _with_one_type(column: pd.Series) -> pd.Series:
    """Return a column whose missing values are NaN among numbers and empty among text."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    known = column.dropna()
    if all(isinstance(value, (bool, np.bool_, int, float, np.number)) for value in known):
        return column.astype(float)
    return column.where(column.notna(), "").astype(str).astype(object)


def read_intervals(table: Table | v1.Epochs) -> Intervals:
    """Return an interval table as columns of one value a row."""
    own = {name: values for name in table.columns if (values := table.values(name)) is not None}
    derived: dict[str, np.ndarray] = {}
    unusable = []
    for name in table.columns:
        if name not in own:
            found = table.derived(name)
            derived |= {key: each for key, each in found.items() if key not in own | derived}
            if not found:
                unusable.append(name)
    frame = pd.DataFrame({**own, **derived, "trial_id": table.ids})
    return Intervals(frame, list(derived), unusable)
