"""What stands in files: sessions with their units, regions, interval tables and columns."""

import re
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuro_attn.clock import Spikes
from neuro_attn.events import looks_relative
from neuro_attn.sources.checks import reading
from neuro_attn.sources.nwb_tables import MOST_COLUMNS

Kind = Literal["nwb", "raster", "binned", "table", "netcdf", "matlab", "alf", "phy"]
Use = Literal["", "event", "from start?"]

TABLE_ROLES = ("spikes", "trials", "units")
MAX_SAMPLED = 50
"""Units whose spike times are kept to look at, per session."""
MAX_CLASSES = 12
"""Most values that a column of conditions has."""
FIRST_COLUMNS = 40
"""Columns that are described of a table with more than `MOST_COLUMNS`."""
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
"""Columns that regions usually stand in (lower case), likely ones first."""
_PLACEHOLDERS = frozenset(
    {"root", "void", "unknown", "unlabeled", "unlabelled", "n/a", "nan", "none", "null", "?"}
)
"""Names that usually mean that a unit lies in no region (lower case). A run keeps them."""
START, STOP, BIN = -0.2, 0.6, 0.05
"""Bins that are proposed, s from the event."""
_SLACK = 1.0
"""How far an event may lie outside its trial, s."""
_TIME_NAME = re.compile(r"time|onset|offset|latency", re.IGNORECASE)
_DURATION_NAME = re.compile(
    r"time|onset|offset|latency|duration|delay|reaction|response|(^|_)rt(_|$)", re.IGNORECASE
)


def shown_columns(
    names: Sequence[str], needed: Collection[str] = ()
) -> tuple[list[str] | None, int]:
    """Return the columns of a table that are described, and how many are not.

    Parameters
    ----------
    names : sequence of str
        All columns.
    needed : collection of str
        Columns that are read in any case.

    Returns
    -------
    shown : list of str or None
        None for all of them.
    n_more : int
    """
    if len(names) <= MOST_COLUMNS:
        return None, 0
    shown = [name for name in names if name not in needed][:FIRST_COLUMNS]
    return shown, len(names) - len(shown) - sum(name in needed for name in names)


@dataclass(frozen=True)
class RegionColumn:
    """A column that may name the regions of a session's units.

    Parameters
    ----------
    place : str
        Where it stands, in the words of the format.
    column : str
        Its name; what ``regions.column`` takes.
    regions : list of str, one per unit
        Empty where the file names none.
    """

    place: str
    column: str
    regions: list[str]


@dataclass(frozen=True)
class SessionContents:
    """What stands in the file, or the rows of tables, of one session.

    Parameters
    ----------
    session : str
        Its name.
    path : str
        The file; for tables that of the trials.
    start, stop : float
        What was recorded, s on the file's clock; NaN where the file does not say.
    units : pandas.DataFrame
        One row a unit: ``unit_id`` and, where there are spikes, ``n_spikes``, ``first`` and
        ``last`` (s), and ``n_wrong`` (spike times that are not finite).
    region_columns : list of RegionColumn
        The first column of a name is the one that a run would take.
    tables : dict of pandas.DataFrame
        Interval tables by name: columns of one value a row, and ``trial_id``.
    n_more : dict of int
        Columns of very wide tables that are not read, by table; ``units`` is that of the units.
    unusable : dict of list of str
        Columns with several values a row, by table.
    derived : dict of list of str
        Columns of `tables` that stand for one of the file with several values a row, by table.
    units_tables : list of str
        The units tables of which a configuration must choose one; empty if it need not.
    spikes : clock.Spikes, optional
        What the clock is judged from, where there is one.
    trains : list of array
        Spike times of some units, s.
    bins : tuple of float, optional
        Start, stop and width of the bins of rates, s from the event.
    around_event : tuple of float, optional
        For rasters that name their event: the time before and after it, s.
    also : list of str
        What else stands in the file; not read.
    unit_columns : pandas.DataFrame
        Columns that an expression may choose units by, one row a unit.
    advice : list of str
        What to write in a configuration by hand, where the file does not determine it.
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
    """What stands in files of one kind.

    Parameters
    ----------
    kind : str
        The source of the configuration that reads them.
    files : list of str
        In the order they were given; for tables by role.
    roles : dict of str
        For tables: the file of each role.
    sessions : list of SessionContents
        What they hold.
    """

    kind: Kind
    files: list[str]
    roles: dict[str, str]
    sessions: list[SessionContents]

    def guarded(self) -> AbstractContextManager[None]:
        """Return the guard around everything that works on what stands in these files."""
        return reading(", ".join(self.files), self.kind)

    def table_names(self) -> list[str]:
        """Return the names of all interval tables as they come, but ``trials`` first."""
        names = dict.fromkeys(name for session in self.sessions for name in session.tables)
        return sorted(names, key=lambda name: name != "trials")

    def table(self, name: str) -> pd.DataFrame:
        """Return an interval table of all sessions; ``session`` says which."""
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
        """Describe the columns that an expression may choose units by."""
        together = pd.concat([session.unit_columns for session in self.sessions])
        # None of them is an event, whatever its numbers look like.
        return columns(together, [str(name) for name in together])

    def region_columns(self) -> dict[str, str]:
        """Return where columns of regions stand, by name; likely ones first.

        A column that names no region, or only placeholders such as "unknown", is none.
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
        rows = []
        for session in self.sessions:
            first = next((c for c in session.region_columns if c.column == column), None)
            names = first.regions if first else [""] * len(session.units)
            named = [name if is_region(name) else "" for name in names]
            rows.append(session.units.assign(session=session.session, region=named))
        return pd.concat(rows, ignore_index=True)


def is_region(name: str) -> bool:
    """Return whether a region is named; to a run, too, only an empty name is missing."""
    return bool(name.strip())


def is_placeholder(name: str) -> bool:
    """Return whether a name, such as "unknown", usually stands where there is no region."""
    return name.strip().lower() in _PLACEHOLDERS


@dataclass(frozen=True)
class Column:
    """What stands in a column of an interval table.

    Parameters
    ----------
    name : str
    kind : str
        text, true/false, integer or number.
    use : str
        ``event`` if its values are times on the recording's clock, ``from start?`` if they may be
        durations, or times from the start of the trial. A derived column has none: its first value
        need not be the same event on every trial.
    n_distinct, n_missing : int
        Values that differ, and rows without one.
    values : list of (value, count)
        The commonest first; all of them if they are few.
    low, high : float
        Range of numbers; NaN for others.
    is_derived : bool
        Whether the file has it as one of several values a row.
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
        """Whether the column sorts trials into a few groups."""
        return not self.use and 2 <= self.n_distinct <= MAX_CLASSES


def columns(table: pd.DataFrame, derived: Collection[str] = ()) -> list[Column]:
    """Describe the columns of an interval table of one or several sessions, ids left out."""
    names = [name for name in map(str, table.columns) if name not in ("session", "trial_id")]
    return [_column(name, table, name in derived) for name in names]


def _column(name: str, table: pd.DataFrame, is_derived: bool) -> Column:
    column = table[name]
    if not pd.api.types.is_numeric_dtype(column):
        # An empty text is a missing value to a run.
        column = column.where(column != "")
    counts = column.value_counts()
    # value_counts leaves ties in the order of the rows, which sessions make arbitrary.
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
    """Return a value as text, numbers short; large ones, as times on a clock, to 10 digits."""
    if not isinstance(value, (float, np.floating)):
        return str(value)
    return f"{value:g}" if abs(float(value)) < 1e5 else f"{value:.10g}"


def _use(name: str, table: pd.DataFrame) -> Use:
    """Say whether a column of numbers holds times, and on which clock."""
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
    # Without trials to lie in, events are what goes on growing through a session.
    relative: Use = "from start?" if _is_relative(name, values[known]) else ""
    if pd.api.types.is_integer_dtype(table[name]) and not _TIME_NAME.search(name):
        return relative
    session = table["session"].to_numpy() if "session" in table else np.zeros(len(table))
    same = (session[1:] == session[:-1]) & known[1:] & known[:-1]
    steps = np.diff(values)[same]
    if not len(steps):
        return relative
    # A trial that stands in several rows has its event in all of them.
    repeats = bool(_TIME_NAME.search(name)) and (steps > 0).mean() >= 0.3
    growing = steps >= 0 if repeats else steps > 0
    return "event" if growing.mean() >= 0.9 else relative


def _is_relative(name: str, values: np.ndarray) -> bool:
    """Return whether a column may hold durations, by its name and values.

    Few values that differ are conditions, such as a short and a long delay.
    """
    few = 1 < len(np.unique(values)) <= MAX_CLASSES
    return bool(_DURATION_NAME.search(name)) and not few and looks_relative(values, STOP - START)
