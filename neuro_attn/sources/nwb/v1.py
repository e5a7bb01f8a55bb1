"""NWB files of version 1 (2016 to 2018): units and epochs are groups, not rows of tables.

A unit is a group ``processing/MODULE/UnitTimes/UNIT`` with its spike ``times``, a trial a group
``epochs/NAME`` with ``start_time``, ``stop_time`` and ``tags``. Other single values of a group
become columns.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.sources.nwb.files import Tree, children, is_group, scalar, text, whole

_NO_NAME = re.compile(r"\W+")


def is_v1(version: str) -> bool:
    """Return whether a file of this version has the structure of NWB 1."""
    return version.startswith(("0.", "1."))


class Units:
    """The units of all modules of a file, under the methods of `units.Units`."""

    name = "UnitTimes"

    def __init__(self, groups: dict[tuple[str, str], Any]) -> None:
        self._groups = groups
        several = len({module for module, _ in groups}) > 1
        ids = [f"{module} {name}" if several else name for module, name in groups]
        self.ids = np.array(ids, dtype=object)
        modules = np.array([module for module, _ in groups], dtype=object)
        self._frame = _frame(list(groups.values())).assign(module=modules)
        self.columns = [str(column) for column in self._frame]

    def __len__(self) -> int:
        return len(self._groups)

    def has_spikes(self) -> bool:
        """Return True: a group without spike times is not a unit in these files."""
        return True

    def frame(self) -> pd.DataFrame:
        """Return the columns of one value a unit; ``module`` is the module that contains it."""
        return self._frame

    def trains(self, keep: np.ndarray | None = None) -> Iterator[np.ndarray]:
        """Yield the spike times of each unit; none of those that are not kept."""
        wanted = np.ones(len(self), dtype=bool) if keep is None else keep
        for group, read in zip(self._groups.values(), wanted, strict=True):
            yield whole(group["times"]).reshape(-1) if read else np.empty(0)

    def observed(self) -> None:
        """Return None: the files do not give the intervals in which units were observed."""

    def region_columns(self) -> dict[str, list[str]]:
        """Return the columns that may name regions."""
        return {"units": self.columns}

    def may_be_text(self, place: str, column: str) -> bool:
        """Return whether a column contains text."""
        return not pd.api.types.is_numeric_dtype(self._frame[column])

    def regions(self, place: str, column: str) -> list[Any]:
        """Return each unit's value of a column."""
        return list(self._frame[column])


def units_tables(tree: Tree) -> dict[str, Units]:
    """Return the units of all modules as one table, if there are any."""
    groups = {
        (module, name): unit
        for module, node in children(tree.at("processing")).items()
        for interface in children(node).values()
        for name, unit in children(interface).items()
        if is_group(unit) and "times" in children(unit)
    }
    return {Units.name: Units(groups)} if groups else {}


class Epochs:
    """The epochs of a file, in order of time, under the methods of `tables.Table`."""

    def __init__(self, groups: dict[str, Any]) -> None:
        frame = _frame(list(groups.values())).assign(epoch=np.array(list(groups), dtype=object))
        tags = [_tags(group) for group in groups.values()]
        for tag in dict.fromkeys(tag for each in tags for tag in each):
            frame[f"tag_{_NO_NAME.sub('_', tag)}"] = [tag in each for each in tags]
        frame = frame.sort_values("start_time", kind="stable").reset_index(drop=True)
        self._frame = frame
        self.columns = [str(column) for column in frame]
        self.ids = frame["epoch"].to_numpy()

    def __len__(self) -> int:
        return len(self._frame)

    def values(self, column: str) -> np.ndarray:
        """Return a column's values."""
        return self._frame[column].to_numpy()

    def derived(self, column: str) -> dict[str, np.ndarray]:
        """Return an empty dict: all columns have one value a row."""
        return {}


def interval_tables(tree: Tree) -> dict[str, Epochs]:
    """Return the epochs of a file, if there are any; each tag is a column of truth values."""
    groups = {
        name: group
        for name, group in children(tree.at("epochs")).items()
        if {"start_time", "stop_time"} <= set(children(group))
    }
    return {"epochs": Epochs(groups)} if groups else {}


def _tags(group: Any) -> list[str]:
    tags = children(group).get("tags")
    return [] if tags is None else [text(tag) for tag in whole(tags).reshape(-1)]


def _frame(groups: list[Any]) -> pd.DataFrame:
    """Return the single values in groups, one row a group."""
    rows = [
        {
            name: scalar(array)
            for name, array in children(group).items()
            if name not in ("times", "tags") and not is_group(array) and np.prod(array.shape) == 1
        }
        for group in groups
    ]
    frame = pd.DataFrame(rows, index=range(len(groups)))
    for name in frame:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = [text("" if _is_missing(each) else each) for each in frame[name]]
    return frame


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))
