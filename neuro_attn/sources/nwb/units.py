"""Units of NWB files: their table, their spikes, and the columns that may name their regions."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn import budget
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.sources.nwb import v1
from neuro_attn.sources.nwb.files import (
    Tree,
    attribute,
    children,
    is_group,
    listed,
    text,
    version,
    where,
    whole,
)
from neuro_attn.sources.nwb.tables import ELECTRODES, Table, rows_within

BLOCK = 4_000_000
"""Spike times that are read from a file at once."""
_COPIES = 8
"""Arrays as large as a block of spike times while they are read, sorted and described."""
TOP = "units"
"""The units table that the schema defines; others are in processing modules."""
_PROBES = ELECTRODES.rsplit("/", 1)[0]
_PEAK = re.compile(r"max|peak|main|best", re.IGNORECASE)
"""Columns that refer to the one electrode at which a unit is largest."""


class Units:
    """The units of a table.

    Parameters
    ----------
    table : Table
        One row a unit, with spikes in the column ``spike_times``.
    """

    def __init__(self, table: Table) -> None:
        self.table, self.name, self.ids = table, table.name, table.ids
        self.columns, self.n_more = table.columns, table.n_more
        self._links = _links(table)

    def __len__(self) -> int:
        return len(self.table)

    def has_spikes(self) -> bool:
        """Return whether the table has spike times."""
        return "spike_times" in self.columns

    def frame(self) -> pd.DataFrame:
        """Return the columns of one value a unit."""
        return self.table.frame()

    def trains(self, keep: np.ndarray | None = None) -> Iterator[np.ndarray]:
        """Yield each unit's spike times as the file has them, read in blocks of bounded size.

        Parameters
        ----------
        keep : array of bool, shape (unit,), optional
            Units to read; the others have no spikes.
        """
        if not self.table.is_ragged("spike_times"):
            raise InputError(
                f"{self.table.tree.path}, {self.name}.spike_times",
                "the column has no index (spike_times_index).",
                "The index assigns spikes to units.",
            )
        starts, stops = self.table.ends("spike_times")
        wanted = np.ones(len(stops), dtype=bool) if keep is None else keep
        if keep is not None:
            # The spikes of selected units are all kept in memory.
            _check_block(self.table["spike_times"], int((stops - starts)[keep].sum()), 2)
        unit = 0
        while unit < len(stops):
            if not wanted[unit]:
                yield np.empty(0)
                unit += 1
                continue
            # As many units as fit into a block, and at least one.
            after = unit + 1
            while after < len(stops) and wanted[after] and stops[after] - starts[unit] <= BLOCK:
                after += 1
            _check_block(self.table["spike_times"], int(stops[after - 1] - starts[unit]), _COPIES)
            block = self.table.part("spike_times", starts[unit], stops[after - 1])
            yield from np.split(block, stops[unit : after - 1] - starts[unit])
            unit = after

    def observed(self) -> list[np.ndarray] | None:
        """Return the intervals in which each unit was observed, s; None if the file has none.

        Returns
        -------
        list of array, shape (interval, 2), or None
            Empty for a unit without intervals.
        """
        name = "obs_intervals"
        if name not in self.columns or not self.table.is_ragged(name):
            return None
        with guarded(f"{self.table.tree.path}, {self.name}.{name}", "column"):
            intervals = whole(self.table[name]).astype(float)
            if intervals.size == 0:
                return None
            intervals = intervals.T if intervals.shape[1] != 2 else intervals
            return np.split(intervals, self.table.ends(name)[1][:-1])

    def region_columns(self) -> dict[str, list[str]]:
        """Return the columns that may name regions, by place; the first place takes precedence.

        Places are ``units``, the columns of the units that refer to electrodes, and
        ``electrode_group``.
        """
        present = {"units": [name for name in self.columns if name != "spike_times"]}
        present |= {link: table.columns for link, table in self._links.items()}
        if self._group_column() is not None:
            present["electrode_group"] = ["location"]
        return present

    def may_be_text(self, place: str, column: str) -> bool:
        """Return whether the type of a column allows text, without reading its values."""
        table = self._links.get(place, self.table)
        return place == "electrode_group" or table[column].dtype.kind in "OSU"

    def regions(self, place: str, column: str) -> list[Any] | None:
        """Return the value of each unit in one of `region_columns`, None where it is missing.

        Returns
        -------
        list or None
            None if the column has arrays, not single values.
        """
        if place == "units":
            return self.table.firsts(column)
        if place == "electrode_group":
            return self._group_locations()
        return self._at_electrodes(place, column)

    def _at_electrodes(self, link: str, column: str) -> list[Any] | None:
        """Return a column of the electrodes at each unit's first electrode."""
        values, rows = self._links[link].firsts(column), self.table.firsts(link)
        if values is None or rows is None:
            return None
        where = f"{self.table.tree.path}, {self.name}.{link}"
        named = np.array([row for row in rows if row is not None])
        rows_within(named, len(values), where, self._links[link].name)
        return [None if row is None else values[int(row)] for row in rows]

    def _group_column(self) -> tuple[str, str] | None:
        """Return the place and name of the column of electrode groups; None if there is none."""
        if "electrode_group" in self.columns:
            return "units", "electrode_group"
        # Names are read faster than references, which hdmf-zarr pickles.
        for name in ("group_name", "group"):
            for link, table in self._links.items():
                if name in table.columns:
                    return link, name
        return None

    def _group_locations(self) -> list[Any] | None:
        """Return the location of each unit's electrode group."""
        place, column = self._group_column() or ("", "")
        groups = self.regions(place, column)
        tree, found = self.table.tree, {}
        for each in groups or []:
            if each is not None and each not in found:
                named = column == "group_name"
                group = tree.at(f"{_PROBES}/{text(each)}") if named else tree.referred(each)
                found[each] = None if group is None else attribute(group, "location")
        return None if groups is None else [found.get(each) for each in groups]


def _check_block(spike_times: Any, n_spikes: int, copies: int) -> None:
    """Raise `InputError` if spike times exceed the budget of memory."""
    budget.need_array(
        [n_spikes],
        spike_times.dtype.itemsize,
        where(spike_times),
        copies=copies,
        chunks=spike_times.chunks,
    )


def _links(table: Table) -> dict[str, Table]:
    """Return the electrodes by the columns that refer to them, those of one electrode first.

    The ``electrodes`` of a unit are often all on which it was recorded, so the first of them may be
    far away. A column such as ``max_electrode`` names the one with the largest signal.
    """
    found = {}
    for column in table.columns:
        if table.is_reference(column):
            target = table.referred(column)
            if target is not None and target.name == ELECTRODES.rsplit("/", 1)[-1]:
                found[column] = target

    def rank(column: str) -> tuple[bool, bool]:
        return not (_PEAK.search(column) and not table.is_ragged(column)), column != "electrodes"

    return {column: found[column] for column in sorted(found, key=rank)}


def units_tables(tree: Tree, first: int | None = None) -> Mapping[str, Units | v1.Units]:
    """Return all units tables of a file, by name: ``units``, or module/table.

    Parameters
    ----------
    tree : Tree
        The open file.
    first : int, optional
        As in `Table`.
    """
    if v1.is_v1(version(tree)):
        return v1.units_tables(tree)
    groups = {TOP: tree.at(TOP)} if tree.at(TOP) is not None else {}
    for module, node in children(tree.at("processing")).items():
        for name, group in children(node).items():
            if is_group(group) and "spike_times" in group:
                groups[f"{module}/{name}"] = group
    return {name: Units(Table(tree, group, name, first)) for name, group in groups.items()}


def units_table(tree: Tree, wanted: str | None) -> Units | v1.Units:
    """Return the requested units table, or the only one, or that of the schema.

    Raises
    ------
    InputError
        If there are no units, no spike times, no table of this name, or several and none is
        requested.
    """
    tables = units_tables(tree)
    if wanted is not None:
        named = [name for name in tables if wanted in (name, name.rsplit("/", 1)[-1])]
        if len(named) != 1:
            raise InputError(
                f"{tree.path}, units",
                f"{'several units tables are' if named else 'no units table is'} named "
                f"{wanted!r} (units_table).",
                f"Units tables: {listed(tables)}.",
            )
        chosen = named
    else:
        filled = [name for name, table in tables.items() if len(table) and table.has_spikes()]
        chosen = filled if TOP not in filled else [TOP]
    if len(chosen) > 1:
        raise InputError(
            f"{tree.path}, units",
            f"the file has {len(chosen)} units tables.",
            f"Name one with the key units_table: {listed(chosen)}.",
        )
    return _usable(tables, chosen, tree)


def _usable(
    tables: Mapping[str, Units | v1.Units], chosen: list[str], tree: Tree
) -> Units | v1.Units:
    name = (chosen or list(tables) or [TOP])[0]
    table = tables.get(name)
    if table is None or not len(table):
        raise InputError(
            f"{tree.path}, {name}", "the file has no units.", "Sorted spikes are needed."
        )
    if not table.has_spikes():
        raise InputError(
            f"{tree.path}, {name}",
            "no column spike_times.",
            f"Columns of units: {listed(table.columns)}.",
        )
    ids = pd.Index(table.ids)
    if ids.has_duplicates:
        repeated = ids[ids.duplicated()][0]
        raise InputError(f"{tree.path}, {name}.id", f"unit id {repeated} is used more than once.")
    return table


def observation_intervals(
    intervals: list[np.ndarray] | None, rows: np.ndarray
) -> tuple[list[np.ndarray] | None, list[str]]:
    """Return the intervals in which some units were observed, and remarks on them.

    Parameters
    ----------
    intervals : list of array or None
        Of all units, as `Units.observed` returns them.
    rows : array of int
        These units.

    Returns
    -------
    observed : list of array or None
        Of these units. Those without intervals count as always observed.
    remarks : list of str
        Empty if all units have intervals, or none has.
    """
    if intervals is None:
        return None, []
    of_rows = [intervals[row] for row in rows]
    n_unstated = sum(len(each) == 0 for each in of_rows)
    if n_unstated == len(of_rows):
        return None, []
    always = np.array([[-np.inf, np.inf]])
    observed = [each if len(each) else always for each in of_rows]
    if not n_unstated:
        return observed, []
    return observed, [
        f"{n_unstated} of {len(of_rows)} units have no obs_intervals; they count as observed "
        "throughout."
    ]
