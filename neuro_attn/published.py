"""Comparison of the results of a run with published values.

A configuration lists the values (`PublishedValue`) with the table, row and column in which the run
writes its own. What it names is checked before a run begins, as far as it does not depend on data.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neuro_attn.configuration import AnyDataset, Configuration
from neuro_attn.configuration.published import PublishedValue
from neuro_attn.errors import InputError, did_you_mean
from neuro_attn.results import TABLES, Column

if TYPE_CHECKING:
    import pandas as pd

_TASKS = ("task", "train_task", "test_task", "first_task", "second_task")
_CHECKED = (*_TASKS, "window")
"""Columns whose values follow from the configuration."""
_TABLE = "published"
_BETWEEN = " vs "
"""Joins two tasks or windows in tables."""
_MISSING = float("nan")


def check_published(configuration: Configuration) -> None:
    """Check that the run has the tables and columns with which published values are compared.

    Raises
    ------
    InputError
        With the key, what was given and what is allowed.
    """
    for name, dataset in configuration.datasets.items():
        for number, value in enumerate(dataset.published):
            _check(value, dataset, f"datasets.{name}.published.{number}")


def files_of(values: Sequence[PublishedValue]) -> dict[str, str]:
    """Return the files of the tables with which values are compared, and of regions, by table."""
    return {name: TABLES[name].files[0] for name in [*(each.table for each in values), "regions"]}


def compared(
    values: Sequence[PublishedValue], tables: Mapping[str, str | Path], name: str
) -> "pd.DataFrame":
    """Return published values beside those of the run.

    Parameters
    ----------
    values : sequence of PublishedValue
        The published values of a data set.
    tables : mapping of str to str or Path
        The files of the tables that `files_of` names.
    name : str
        Name of the data set, for messages.

    Returns
    -------
    pandas.DataFrame
        The table ``published``, in the order of the values.

    Raises
    ------
    InputError
        If several rows match, or if no row has a value by which the row is identified.
    """
    import pandas as pd

    from neuro_attn.results import columns_of, read_csv

    frames = {table: read_csv(path, table) for table, path in tables.items()}
    rows = [
        _row(value, _found(value, frames, f"datasets.{name}.published.{number}"))
        for number, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=columns_of(_TABLE))


class _Here(NamedTuple):
    """The value of the run, and its interval; missing where the run has none."""

    value: float | str | None
    low: float
    high: float


def _check(value: PublishedValue, dataset: AnyDataset, at: str) -> None:
    existing = [
        name
        for name, table in TABLES.items()
        if table.subject == "dataset" and table.applies(dataset) and name != _TABLE
    ]
    if value.table not in existing:
        problem = f"this data set has no table {value.table!r}"
        raise _unknown(f"{at}.table", problem, value.table, existing)
    columns = {column.name: column for column in TABLES[value.table].columns}
    keys = {f"{at}.column": [value.column], f"{at}.row": [*value.row]}
    for key, names in {**keys, f"{at}.interval": [*(value.interval or ())]}.items():
        for name in names:
            if name not in columns:
                problem = f"no column {name!r} in table {value.table}"
                raise _unknown(key, problem, name, [*columns])
    cells = [(f"{at}.row.{name}", columns[name], cell) for name, cell in value.row.items()]
    cells.append((f"{at}.published", columns[value.column], value.published))
    cells += [(f"{at}.interval", columns[name], 0.0) for name in value.interval or ()]
    for key, column, cell in cells:
        _check_kind(key, column, cell)
    for name, cell in value.row.items():
        if name in _CHECKED:
            known = list(dataset.tested_tasks if name in _TASKS else dataset.windows)
            for part in str(cell).split(_BETWEEN):
                if part not in known:
                    kind = "window" if name == "window" else "task"
                    raise _unknown(f"{at}.row.{name}", f"no {kind} {part!r}", part, known)


def _unknown(key: str, problem: str, given: str, known: list[str]) -> InputError:
    return InputError(
        key, f"{problem}.", did_you_mean(given, known) or f"Allowed: {', '.join(known)}."
    )


def _check_kind(key: str, column: Column, cell: float | str) -> None:
    contains = {"text": "text", "truth": "truth values"}.get(column.kind, "numbers")
    if contains == "truth values" or isinstance(cell, str) != (contains == "text"):
        raise InputError(
            key,
            f"column {column.name} contains {contains}, so it cannot be compared with {cell!r}.",
            "Choose another column, or give a value of its kind.",
        )


def _found(value: PublishedValue, frames: Mapping[str, "pd.DataFrame"], at: str) -> _Here:
    """Return the value of the run.

    It is missing if its row does not exist although the table or `regions` has all names in it, as
    for a region without an onset.
    """
    frame, file = frames[value.table], f"{value.table}.csv"
    for name, cell in value.row.items():
        known = set(frames[value.table][name])
        known |= set(frames["regions"]["region"]) if name == "region" else set()
        # A run checks tasks and windows before it begins.
        if known and not any(_equal(cell, each) for each in known) and name not in _CHECKED:
            problem = f"{file} has no {name} {str(cell)!r}"
            listed = sorted(map(str, known))
            raise _unknown(f"{at}.row.{name}", problem, str(cell), listed)
        frame = frame.iloc[[n for n, each in enumerate(frame[name]) if _equal(cell, each)]]
    if len(frame) > 1:
        varying = [column for column in frame if len(frame[column].drop_duplicates()) > 1]
        raise InputError(
            f"{at}.row",
            f"{len(frame)} rows of {file} match.",
            f"Give the value of {' or '.join(varying[:5])}, too.",
        )
    if frame.empty:
        return _Here(None, _MISSING, _MISSING)
    (row,) = frame.to_dict("records")
    low, high = map(row.get, value.interval) if value.interval else (_MISSING, _MISSING)
    return _Here(row[value.column], low, high)


def _equal(cell: float | str, other: float | str) -> bool:
    """Return whether a cell of a table is the given one; tables have nine digits."""
    if isinstance(cell, str) or isinstance(other, str):
        return cell == other
    return math.isclose(cell, other, rel_tol=1e-8, abs_tol=1e-9)


def _row(value: PublishedValue, here: _Here) -> dict[str, object]:
    """Return a row of the table ``published``."""
    given = {"published": value.published, "here": here.value, "planted": value.planted}
    number: dict[str, object] = dict.fromkeys(given, _MISSING)
    text: dict[str, object] = dict.fromkeys(given, "")
    (text if value.is_text else number).update(
        {key: each for key, each in given.items() if each is not None}
    )
    return {
        "quantity": value.quantity,
        "unit": value.unit,
        **number,
        "ci_low": here.low,
        "ci_high": here.high,
        **{f"{key}_text": each for key, each in text.items()},
        "recovered": _recovered(value, here),
        "location": value.location,
        "table": value.table,
    }


def _recovered(value: PublishedValue, here: _Here) -> bool | None:
    """Return whether the planted value was found; None if this is not defined."""
    if value.planted is None:
        return None
    if isinstance(value.planted, str):
        return here.value == value.planted
    if math.isnan(here.low) or math.isnan(here.high):
        return None
    return bool(here.low <= value.planted <= here.high)
