"""Contents of files: sessions with their units, regions, interval tables and columns."""

import re
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import as_text as as_plain_text
from neuro_attn.bytestrings import text_columns
from neuro_attn.clock import Spikes
from neuro_attn.events import looks_relative
from neuro_attn.sources.specification import Source

Use = Literal["", "event", "from start?"]

MAX_SAMPLED = 50
"""Maximum number of units per session whose spike times are kept."""
MAX_CLASSES = 12
"""Maximum number of values of a column of conditions."""
USUAL_NAMES = (
    "location",
    "region",
    "brain_region",
    "brain_area",
    "area",
    "acronym",
    "ecephys_structure_acronym",
    "structure",
    "allen_ontology",
)
"""Columns that usually contain regions (lower case), likely ones first."""
_PLACEHOLDERS = frozenset(
    {"root", "void", "unknown", "unlabeled", "unlabelled", "n/a", "nan", "none", "null", "?"}
)
"""Names that usually denote units outside all regions (lower case). A run keeps them."""
START, STOP, BIN = -0.2, 0.6, 0.05
"""Proposed bins, s from the event."""
_SLACK = 1.0
"""How far an event may lie outside its trial, s."""
_TIME_NAME = re.compile(r"time|onset|offset|latency", re.IGNORECASE)
_DURATION_NAME = re.compile(
    r"time|onset|offset|latency|duration|delay|reaction|response|(^|_)rt(_|$)", re.IGNORECASE
)


@dataclass(frozen=True)
class RegionColumn:
    """A column that may name the regions of a session's units.

    Parameters
    ----------
    place : str
        Where it is, in the terms of the format.
    column : str
        Its name, a value of ``regions.column``.
    regions : list of str, one per unit
        Empty where the file names none.
    """

    place: str
    column: str
    regions: list[str]


@dataclass(frozen=True)
class SessionContents:
    """The contents of a session: of its file, or of its rows in tables.

    Parameters
    ----------
    session : str
        Its name.
    path : str
        The file; for tables that of the trials.
    start, stop : float
        Limits of the recording, s on the file's clock; NaN if unknown.
    units : pandas.DataFrame
        One row a unit: ``unit_id`` and, where there are spikes, ``n_spikes``, ``first`` and
        ``last`` (s), and ``n_wrong`` (spike times that are not finite).
    region_columns : list of RegionColumn
        Of columns with the same name, a run uses the first.
    tables : dict of pandas.DataFrame
        Interval tables by name: columns of one value a row, and ``trial_id``.
    n_more : dict of int
        Columns of very wide tables that are not read, by table; ``units`` is that of the units.
    unusable : dict of list of str
        Columns with several values a row, by table.
    derived : dict of list of str
        Columns of `tables` that are derived from a column with several values a row, by table.
    units_tables : list of str
        Units tables of which a configuration must choose one; empty if there is no choice.
    spikes : clock.Spikes, optional
        Summary of the spikes from which the clock is judged, if there is one.
    trains : list of array
        Spike times of some units, s.
    bins : tuple of float, optional
        Start, stop and width of the bins of rates, s from the event.
    around_event : tuple of float, optional
        For rasters that name their event: the time before and after it, s.
    also : list of str
        Other contents of the file, which are not read.
    unit_columns : pandas.DataFrame
        Columns for an expression that selects units, one row a unit.
    advice : list of str
        Keys to write by hand, where the file does not determine them.
    keys : dict
        Keys that a configuration of such files needs, and their values.
    remarks : list of str
        Sentences on how the files are read.
    """

    session: str
    path: str
    start: float
    stop: float
    units: pd.DataFrame
    region_columns: list[RegionColumn]
    tables: dict[str, pd.DataFrame]
    n_more: dict[str, int] = field(default_factory=dict)
    unusable: dict[str, list[str]] = field(default_factory=dict)
    derived: dict[str, list[str]] = field(default_factory=dict)
    units_tables: list[str] = field(default_factory=list)
    spikes: Spikes | None = None
    trains: list[np.ndarray] = field(default_factory=list)
    bins: tuple[float, float, float] | None = None
    around_event: tuple[float, float] | None = None
    also: list[str] = field(default_factory=list)
    unit_columns: pd.DataFrame = field(default_factory=pd.DataFrame)
    advice: list[str] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Contents:
    """The contents of files of one source.

    Parameters
    ----------
    source : Source
        The source that reads them.
    files : list of str
        In the order they were given, or in that of `roles`.
    roles : dict of str
        The file of each key, if files have keys of their own instead of `files`.
    sessions : list of SessionContents
        Their sessions.
    """

    source: Source[Any]
    files: list[str]
    roles: dict[str, str]
    sessions: list[SessionContents]

    def guarded(self) -> AbstractContextManager[None]:
        """Return the guard around everything that uses the contents of these files."""
        return self.source.reading(", ".join(self.files))

    def table_names(self) -> list[str]:
        """Return the names of all interval tables in order, but ``trials`` first."""
        names = dict.fromkeys(name for session in self.sessions for name in session.tables)
        return sorted(names, key=lambda name: name != "trials")

    def table(self, name: str) -> pd.DataFrame:
        """Return an interval table of all sessions, with the column ``session``."""
        parts = [
            session.tables[name]
            .drop(columns="session", errors="ignore")
            .assign(session=session.session)
            for session in self.sessions
            if name in session.tables
        ]
        return pd.concat(parts, ignore_index=True)

    def columns(self, name: str) -> list["Column"]:
        """Describe the columns of an interval table of all sessions, ids left out."""
        of_table = [session.derived.get(name, []) for session in self.sessions]
        return columns(self.table(name), {column for each in of_table for column in each})

    def unit_columns(self) -> list["Column"]:
        """Describe the columns for an expression that selects units."""
        together = pd.concat([session.unit_columns for session in self.sessions])
        # None of them is an event, whatever its numbers.
        return columns(together, [str(name) for name in together])

    def region_columns(self) -> dict[str, str]:
        """Return the places of columns of regions, by name; likely ones first.

        Columns without a name other than placeholders such as "unknown" are left out.
        """
        found: dict[str, str] = {}
        for session in self.sessions:
            for each in session.region_columns:
                if any(is_region(name) and not is_placeholder(name) for name in each.regions):
                    found.setdefault(each.column, each.place)

        def rank(column: str) -> int:
            lower = column.lower()
            return USUAL_NAMES.index(lower) if lower in USUAL_NAMES else len(USUAL_NAMES)

        return {column: found[column] for column in sorted(found, key=rank)}

    def regions(self, column: str) -> pd.DataFrame:
        """Return ``session``, ``region`` and, where known, ``n_spikes``, one row a unit."""
        names: list[str] = []
        sessions: list[str] = []
        for session in self.sessions:
            first = next((c for c in session.region_columns if c.column == column), None)
            names += first.regions if first else [""] * len(session.units)
            sessions += [session.session] * len(session.units)
        units = pd.concat([session.units for session in self.sessions], ignore_index=True)
        return units.assign(
            session=sessions, region=[name if is_region(name) else "" for name in names]
        )


def is_region(name: str) -> bool:
    """Return whether a region is named; as in a run, only an empty name is missing."""
    return bool(name.strip())


def is_placeholder(name: str) -> bool:
    """Return whether a name, such as "unknown", usually denotes no region."""
    return name.strip().lower() in _PLACEHOLDERS


@dataclass(frozen=True)
class Column:
    """The contents of a column of an interval table.

    Parameters
    ----------
    name : str
    kind : str
        text, true/false, integer or number.
    use : str
        ``event`` if its values are times on the recording's clock, ``from start?`` if they may be
        durations, or times from the start of the trial. Empty for a derived column, because its
        first value need not be the same event on every trial.
    n_distinct, n_missing : int
        Number of distinct values, and of rows without one.
    values : list of (value, count)
        In descending order of their counts, at most `MAX_CLASSES`.
    low, high : float
        Range of numbers; NaN for others.
    is_derived : bool
        Whether it is derived from a column with several values a row.
    """

    name: str
    kind: str
    use: Use
    n_distinct: int
    n_missing: int
    values: list[tuple[str, int]]
    low: float
    high: float
    is_derived: bool = False

    @property
    def is_condition(self) -> bool:
        """Whether the column divides trials into a few groups."""
        return not self.use and 2 <= self.n_distinct <= MAX_CLASSES


def columns(table: pd.DataFrame, derived: Collection[str] = ()) -> list[Column]:
    """Describe the columns of an interval table of one or several sessions, ids left out."""
    names = [name for name in map(str, table.columns) if name not in ("session", "trial_id")]
    return [_column(name, table, name in derived) for name in names]


def _column(name: str, table: pd.DataFrame, is_derived: bool) -> Column:
    column = table[name]
    if not pd.api.types.is_numeric_dtype(column):
        # A run treats an empty text as missing.
        column = column.where(column != "")
    counts = column.value_counts()
    # value_counts orders ties by row, and the order of sessions is arbitrary.
    order = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    low = high = np.nan
    if pd.api.types.is_bool_dtype(column):
        kind = "true/false"
    elif pd.api.types.is_numeric_dtype(column):
        kind = "integer" if pd.api.types.is_integer_dtype(column) else "number"
        finite = column[np.isfinite(column.to_numpy(dtype=float))]
        if len(finite):
            low, high = float(finite.min()), float(finite.max())
    else:
        kind = "text"
    return Column(
        name=name,
        kind=kind,
        use=_use(name, table) if kind in ("integer", "number") and not is_derived else "",
        n_distinct=len(counts),
        n_missing=int(column.isna().sum()),
        values=[(as_text(value), int(count)) for value, count in order[:MAX_CLASSES]],
        low=low,
        high=high,
        is_derived=is_derived,
    )


def as_text(value: object) -> str:
    """Return a value as text: numbers with 6 digits, large ones (times on a clock) with 10."""
    if not isinstance(value, (float, np.floating)):
        return str(value)
    return f"{value:g}" if abs(float(value)) < 1e5 else f"{value:.10g}"


def _use(name: str, table: pd.DataFrame) -> Use:
    """Return whether a column of numbers contains times, and on which clock."""
    if name in ("start_time", "stop_time"):
        return "event"
    values = table[name].to_numpy(dtype=float)
    known = np.isfinite(values)
    if not known.any():
        return ""
    if {"start_time", "stop_time"} <= set(table.columns):
        start, stop = (table[key].to_numpy(dtype=float) for key in ("start_time", "stop_time"))
        inside = (values >= start - _SLACK) & (values <= stop + _SLACK)
        varies = len(np.unique(values[known])) > min(MAX_CLASSES, known.sum() / 2)
        if varies and inside[known].mean() >= 0.9:
            return "event"
        within = (values >= 0) & (values <= stop - start + _SLACK)
        if _TIME_NAME.search(name) and within[known].all():
            return "from start?"
        return "from start?" if _is_relative(name, values[known]) else ""
    # Without the limits of trials, events are numbers that increase throughout a session.
    relative: Use = "from start?" if _is_relative(name, values[known]) else ""
    if pd.api.types.is_integer_dtype(table[name]) and not _TIME_NAME.search(name):
        return relative
    session = table["session"].to_numpy() if "session" in table else np.zeros(len(table))
    same = (session[1:] == session[:-1]) & known[1:] & known[:-1]
    steps = np.diff(values)[same]
    if not len(steps):
        return relative
    # A trial with several rows has its event in all of them.
    repeats = bool(_TIME_NAME.search(name)) and (steps > 0).mean() >= 0.3
    growing = steps >= 0 if repeats else steps > 0
    return "event" if growing.mean() >= 0.9 else relative


def _is_relative(name: str, values: np.ndarray) -> bool:
    """Return whether a column may contain durations, by its name and values.

    A few distinct values are conditions, such as a short and a long delay.
    """
    few = 1 < len(np.unique(values)) <= MAX_CLASSES
    return bool(_DURATION_NAME.search(name)) and not few and looks_relative(values, STOP - START)


def with_text(session: SessionContents) -> SessionContents:
    """Return contents with bytes decoded, as a run decodes them."""
    tables = {name: text_columns(table, session.path) for name, table in session.tables.items()}
    regions = [
        replace(each, regions=as_plain_text(np.array(each.regions, object), session.path).tolist())
        for each in session.region_columns
    ]
    return replace(session, tables=tables, region_columns=regions)
