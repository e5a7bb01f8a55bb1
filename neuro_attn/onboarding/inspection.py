"""The command `inspect`: the contents of files, as text or as plain values for JSON."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.onboarding import reading, text
from neuro_attn.onboarding.remarks import remarks
from neuro_attn.sources import SOURCES
from neuro_attn.sources.contents import Column, Contents, as_text

_FILES_SHOWN = 12
_REGIONS_SHOWN = 40
_VALUES_SHOWN, _COLUMNS_SHOWN = 4, 12
"""Maximum number of values of a column of units, and of columns, that are shown."""
_ALSO_SHOWN = 40


def describe(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Return the contents of files as plain values.

    Parameters
    ----------
    paths : iterable of str
        The files.

    Returns
    -------
    list of dict
        One for each source: ``kind`` (its name), ``files``, ``sessions`` (with length, units and
        rows of each interval table), ``regions`` (place, column, units per region),
        ``unit_columns`` (columns for an expression that selects units, with their values),
        ``tables`` (with columns, their values and counts) and ``warnings``.
    """
    described = []
    for contents in reading.read(paths):
        with contents.guarded():
            described.append(_describe(contents))
    return described


def render(descriptions: list[dict[str, Any]]) -> str:
    """Return what `describe` returned as text for a terminal of 100 columns."""
    return "\n\n".join("\n".join(_lines(each)) for each in descriptions)


# --- plain values --------------------------------------------------------------------------------


def _describe(contents: Contents) -> dict[str, Any]:
    return {
        "kind": contents.source.name,
        "files": contents.files,
        "sessions": [
            {
                "session": session.session,
                "start_s": _number(session.start),
                "stop_s": _number(session.stop),
                "bins_s": session.bins,
                "around_event_s": session.around_event,
                "n_units": len(session.units),
                "mean_rate": _rate(session.units, session.stop - session.start),
                "n_rows": {name: len(table) for name, table in session.tables.items()},
                "also": session.also,
            }
            for session in contents.sessions
        ],
        "regions": [
            {"place": place, "column": column, "units": _regions(contents, column)}
            for column, place in contents.region_columns().items()
        ],
        "unit_columns": {each.name: _briefly(each) for each in contents.unit_columns()},
        "n_more_unit_columns": _n_more(contents, "units"),
        "tables": [_table(contents, name) for name in contents.table_names()],
        "warnings": remarks(contents),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rate(units: pd.DataFrame, length: float) -> float | None:
    """Return the mean firing rate of a unit over the recording, spikes/s."""
    if "n_spikes" not in units or not length > 0 or units.empty:
        return None
    return round(float(units["n_spikes"].mean() / length), 3)


def _regions(contents: Contents, column: str) -> list[dict[str, Any]]:
    units = contents.regions(column)
    lengths = {each.session: each.stop - each.start for each in contents.sessions}
    return [
        {
            "region": region,
            "n_units": len(members),
            "n_sessions": members["session"].nunique(),
            "most_in_a_session": int(members["session"].value_counts().max()),
            "mean_rate": _rate(members, float(members["session"].map(lengths).mean())),
        }
        for region, members in units.groupby("region", sort=True)
    ]


def _table(contents: Contents, name: str) -> dict[str, Any]:
    table = contents.table(name)
    described = contents.columns(name)
    unusable = dict.fromkeys(
        column for session in contents.sessions for column in session.unusable.get(name, [])
    )
    return {
        "name": name,
        "n_rows": len(table),
        "n_sessions": table["session"].nunique(),
        "columns": [
            {
                "name": column.name,
                "type": column.kind,
                "use": column.use,
                "derived": column.is_derived,
                "n_distinct": column.n_distinct,
                "n_missing": column.n_missing,
                "values": dict(column.values),
                "low": _number(column.low),
                "high": _number(column.high),
                "shown": _values(column),
            }
            for column in described
        ],
        "n_more_columns": _n_more(contents, name),
        "unusable": list(unusable),
    }


def _n_more(contents: Contents, table: str) -> int:
    return max((session.n_more.get(table, 0) for session in contents.sessions), default=0)


def _values(column: Column) -> str:
    """Return the most frequent values with their counts, or the range of continuous numbers."""
    is_number = column.kind in ("integer", "number")
    if column.n_distinct == 0:
        return "all missing"
    if column.use or (is_number and column.n_distinct > len(column.values)):
        return f"{as_text(column.low)} to {as_text(column.high)}"
    shown = ", ".join(f"{value} ({count})" for value, count in column.values)
    more = column.n_distinct - len(column.values)
    return shown + (f", and {more} more" if more > 0 else "")


def _briefly(column: Column) -> str:
    """Return the range of numbers, or the values, or their number if they are many."""
    if column.kind in ("integer", "number") and np.isfinite(column.low):
        return f"{as_text(column.low)} to {as_text(column.high)}"
    if column.n_distinct > _VALUES_SHOWN:
        return text.count(column.n_distinct, "value")
    return ", ".join(value for value, _ in column.values) or "all missing"


# --- text ----------------------------------------------------------------------------------------


def _lines(found: dict[str, Any]) -> list[str]:
    sessions = found["sessions"]
    source = SOURCES[found["kind"]]
    counted = "folder" if source.is_folder else "file"
    title = f"{source.settings.TITLE}: {text.count(len(found['files']), counted)}"
    if len(sessions) != len(found["files"]):
        title += f", {text.count(len(sessions), 'session')}"
    lines = [*text.wrapped(title, "", "  "), *_session_lines(sessions)]
    if source.names_units:
        lines += ["", *_region_lines(found), *_unit_lines(found)]
    for table in found["tables"]:
        lines += ["", *_table_lines(table)]
    lines += ["", "Warnings" if found["warnings"] else "No warnings."]
    for warning in found["warnings"]:
        lines += text.wrapped(warning)
    return lines


def _session_lines(sessions: list[dict[str, Any]]) -> list[str]:
    names = list(dict.fromkeys(name for each in sessions for name in each["n_rows"]))[:4]
    rows = [
        [
            each["session"],
            _span(each),
            each["n_units"],
            "" if each["mean_rate"] is None else f"{each['mean_rate']:.2f}",
            *(each["n_rows"].get(name, 0) for name in names),
        ]
        for each in sessions
    ]
    lines = text.table(
        ["session", "recorded, s", "units", "spikes/s", *(f"{n} (rows)" for n in names)],
        rows[:_FILES_SHOWN],
    )
    if len(rows) > _FILES_SHOWN:
        lines.append(f"  ... and {len(rows) - _FILES_SHOWN} more")
    also = dict.fromkeys(what for each in sessions for what in each["also"])
    for what in list(also)[:_ALSO_SHOWN]:
        lines += text.wrapped(what, "  also: ", "        ")
    return lines


def _span(session: dict[str, Any]) -> str:
    if session["around_event_s"]:
        before, after = session["around_event_s"]
        return f"{-before:g} to {after:g} from onset"
    if session["bins_s"]:
        start, stop, width = session["bins_s"]
        return f"{start:g} to {stop:g}, bins of {width:g}"
    if session["start_s"] is None or session["stop_s"] is None:
        return "unknown"
    return f"{session['start_s']:.1f} to {session['stop_s']:.1f}"


def _region_lines(found: dict[str, Any]) -> list[str]:
    if not found["regions"]:
        return ["Units per region: no column names regions"]
    first, *others = found["regions"]
    title = f"Units per region, from the {first['place']} {_quoted(first['column'])}"
    lines = text.wrapped(title, "", "  ")
    rows = [
        [
            each["region"] or "(none)",
            each["n_units"],
            each["n_sessions"],
            each["most_in_a_session"],
            "" if each["mean_rate"] is None else f"{each['mean_rate']:.2f}",
        ]
        for each in sorted(first["units"], key=lambda each: -each["n_units"])
    ]
    header = ["region", "units", "sessions", "most in one", "spikes/s"]
    lines += text.table(header, rows[:_REGIONS_SHOWN])
    if len(rows) > _REGIONS_SHOWN:
        lines.append(f"  ... and {len(rows) - _REGIONS_SHOWN} more")
    if others:
        listed = ", ".join(f"{each['column']} ({each['place']})" for each in others)
        lines += text.wrapped(f"other columns that may name regions: {listed}", "  ", "  ")
    return lines


def _quoted(name: str) -> str:
    return f"'{name}'"


def _unit_lines(found: dict[str, Any]) -> list[str]:
    shown = [f"{name} ({values})" for name, values in found["unit_columns"].items()]
    if not shown:
        return []
    more = len(shown) - _COLUMNS_SHOWN + found["n_more_unit_columns"]
    key = SOURCES[found["kind"]].units_key
    listed = ", ".join(shown[:_COLUMNS_SHOWN]) + (f", and {more:,} more" if more > 0 else "")
    return text.wrapped(f"columns to choose units by (key {key}): {listed}", "  ", "  ")


def _type(column: dict[str, Any]) -> str:
    if column["use"]:
        return f"{column['use']}, s" if column["use"] == "event" else column["use"]
    return f"{column['type']}, derived" if column["derived"] else column["type"]


def _table_lines(table: dict[str, Any]) -> list[str]:
    title = (
        f"Interval table {_quoted(table['name'])}: {text.count(table['n_rows'], 'row')} in "
        f"{text.count(table['n_sessions'], 'session')}"
    )
    lines = text.wrapped(title, "", "  ")
    rows = [
        [
            column["name"],
            _type(column),
            column["n_distinct"],
            column["n_missing"],
            column["shown"],
        ]
        for column in table["columns"]
    ]
    lines += text.table(["column", "type", "distinct", "missing", "values (count)"], rows)
    if table["n_more_columns"]:
        lines.append(f"  ... and {table['n_more_columns']:,} more")
    if table["unusable"]:
        listed = ", ".join(table["unusable"])
        lines += text.wrapped(f"several values a row, not usable: {listed}", "  ", "  ")
    return lines
