"""Remarks of `inspect` on contents that a run would refuse, exclude or be affected by."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from neuro_attn import clock
from neuro_attn.independence import shared_windows
from neuro_attn.observation_intervals import silent_bins
from neuro_attn.onboarding.text import count
from neuro_attn.rates import count_spikes
from neuro_attn.recording import on_silent_bins
from neuro_attn.sources.contents import (
    BIN,
    START,
    STOP,
    Column,
    Contents,
    SessionContents,
    columns,
    is_placeholder,
)
from neuro_attn.spelling import alike

_LISTED = 4
_UNEQUAL = 2.0
"""How many times as often the commonest value must occur as the rarest to be remarked on."""


def remarks(contents: Contents) -> list[str]:
    """Return remarks on contents that a run would refuse, exclude or be affected by.

    Parameters
    ----------
    contents : Contents
        The contents of the files.

    Returns
    -------
    list of str
        Remarks, beginning with the file if they concern one; equal ones are merged.
    """
    if not contents.source.names_units:
        return [f"{each.path}: {told}" for each in contents.sessions for told in each.advice]
    found: dict[str, list[str]] = {}
    for session in contents.sessions:
        for text in _of_session(contents, session):
            found.setdefault(text, []).append(contents.source.where(session))
    told = [f"{_listed(where)}: {text}" for text, where in found.items()]
    told += [*_empty(contents), *_regions(contents), *_relative(contents), *_unequal(contents)]
    return [*told, *_spelling(contents), *contents.source.remarks(contents)]


def _listed(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _of_session(contents: Contents, session: SessionContents) -> Iterator[str]:
    units = session.units
    yield from session.remarks
    if units.empty:
        yield "no units; sorted spikes are needed."
    elif "n_spikes" not in units and not contents.source.keeps_rates:
        yield "no spike times."
    if (repeated := units["unit_id"][units["unit_id"].duplicated()]).size:
        yield (
            f"duplicated ids of units: {_listed([str(each) for each in repeated.unique()])}; a run "
            "refuses them."
        )
    if "n_spikes" in units:
        yield from _spikes(session)
    if not session.tables:
        yield "no interval table; a run needs one that lists the trials."
    for name, trials in session.tables.items():
        yield from _trials(name, trials, session.derived.get(name, []))
    yield from _clock(session)
    yield from _silence(session)


def _spikes(session: SessionContents) -> Iterator[str]:
    units = session.units
    if n_wrong := int(units.get("n_wrong", pd.Series([0])).sum()):
        yield (
            f"NaN or infinite among the spike times: {n_wrong}; a run refuses them. Remove them "
            "from the file."
        )


def _trials(name: str, trials: pd.DataFrame, derived: list[str]) -> Iterator[str]:
    if trials.empty:
        yield f"{name}: no rows."
        return
    if "trial_id" in trials and (ids := trials["trial_id"]).duplicated().any():
        repeated = [str(each) for each in ids[ids.duplicated()].unique()]
        yield f"{name}: duplicated ids of trials: {_listed(repeated)}; a run refuses them."
    yield from _same_events(name, trials, derived)
    if not {"start_time", "stop_time"} <= set(trials.columns):
        return
    start, stop = (trials[key].to_numpy(dtype=float) for key in ("start_time", "stop_time"))
    if n_backward := int((stop < start).sum()):
        yield f"{name}: {count(n_backward, 'row')} stop before they start."


def _clock(session: SessionContents) -> Iterator[str]:
    """Yield problems of the clock, judged as in a run."""
    if session.spikes is None:
        return
    none = np.empty(0)
    of_spikes = clock.diagnose(session.spikes, none, none)
    if of_spikes.problem:
        yield f"{of_spikes.problem} {of_spikes.remedy} A run refuses them."
    elif of_spikes.restarts:
        yield of_spikes.restarts
    spikes = replace(session.spikes, restarts=[])
    for name, table in session.tables.items():
        for column, is_event in _times(table, session.derived.get(name, [])):
            events = table[column].to_numpy(dtype=float)
            found = clock.diagnose(spikes, events, events, "rows")
            if found.problem and (is_event or found.of_events):
                yield f"{name}, column {column}: {found.problem} {found.remedy} A run refuses them."
                return
            if found.outside and is_event:
                yield f"{name}, column {column}: {found.outside}"
                break


def _silence(session: SessionContents) -> Iterator[str]:
    """Yield bins in which no unit fires, around the event of a table with the fewest of them."""
    n_bins = round((STOP - START) / BIN)
    centers = START + BIN * (np.arange(n_bins) + 0.5)
    for name, table in session.tables.items():
        found = {}
        for column, is_event in _times(table, session.derived.get(name, [])):
            events = table[column].to_numpy(dtype=float)
            events = events[np.isfinite(events)]
            if is_event and len(events):
                counts = count_spikes(session.trains, events, START, BIN, n_bins)
                silent = silent_bins(counts.sum(axis=0), counts.sum(axis=1))
                found[column] = (silent.sum(), on_silent_bins(counts, centers, BIN))
        # The event that a file was cut around has the fewest silent bins; start_time comes first.
        column = min(reversed(found), key=lambda each: found[each][0], default="")
        if column and (said := found[column][1]):
            yield f"{name}, column {column}: {said[0].lower()}{said[1:]}"


def _times(table: pd.DataFrame, derived: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield columns of events, or else of increasing numbers, which may be events in samples."""
    described = columns(table, derived)
    events = [each.name for each in described if each.use == "event" and each.name != "stop_time"]
    yield from ((name, True) for name in events)
    if events:
        return
    for each in described:
        if each.kind in ("integer", "number"):
            steps = np.diff(table[each.name].to_numpy(dtype=float))
            if len(steps) and (steps > 0).mean() >= 0.9:
                yield each.name, False


def _same_events(name: str, trials: pd.DataFrame, derived: list[str]) -> Iterator[str]:
    """Remark on rows of the same trial, by the first column of events in which they agree."""
    ids = trials["trial_id"] if "trial_id" in trials else pd.Series(range(1, len(trials) + 1))
    for column in columns(trials, derived):
        if column.use != "event" or column.name == "stop_time":
            continue
        events = trials[column.name].to_numpy(dtype=float)
        if problem := shared_windows(ids.tolist(), events, 0.0, "rows"):
            yield (
                f"{name}, column {column.name}: {problem} A run refuses trials that share spikes, "
                "unless overlapping_windows is allow."
            )
            return


def _empty(contents: Contents) -> Iterator[str]:
    """Remark on units that never fire, once for all sessions."""
    counted = [session for session in contents.sessions if "n_spikes" in session.units]
    n_units = sum(len(session.units) for session in counted)
    empty = {s.session: int((s.units["n_spikes"] == 0).sum()) for s in counted}
    if n_empty := sum(empty.values()):
        where = _listed([f"{session}: {n}" for session, n in empty.items() if n])
        yield (
            f"{n_empty} of {count(n_units, 'unit')} without a spike ({where}); they are kept in a "
            "run but carry no information."
        )


def _regions(contents: Contents) -> Iterator[str]:
    candidates = contents.region_columns()
    if not any(len(session.units) for session in contents.sessions):
        return
    if not candidates:
        if contents.source.needs_region:
            yield (
                "no column names the units' regions; a run needs one (regions.column), or the key "
                "region, which gives all units one. In NWB the column may be in the units, in "
                "their electrodes, or in electrode_group.location."
            )
        return
    column = next(iter(candidates))
    units = contents.regions(column)
    without = units[units["region"] == ""]
    if len(without):
        yield (
            f"{len(without)} of {count(len(units), 'unit')} without a region in {column} "
            f"({_listed(list(dict.fromkeys(without['session'])))}); a run leaves them out."
        )
    counts = units["region"].value_counts()
    if placeholders := [str(name) for name in counts.index if is_placeholder(str(name))]:
        listed = _listed(
            [f"{name!r} ({count(int(counts[name]), 'unit')})" for name in placeholders]
        )
        yield (
            f"regions named {listed} in {column}. A run decodes them like any other region; list "
            "them under regions.exclude if these units lie in no region."
        )


def _relative(contents: Contents) -> Iterator[str]:
    for name in contents.table_names():
        relative = [c.name for c in contents.columns(name) if c.use == "from start?"]
        if relative:
            yield (
                f"{name}: {_listed(relative)} may be durations, or times from the start of the "
                "trial. align needs times on the recording's clock: to times that count from the "
                "start of the trial, add its start in the file."
            )


def _spelling(contents: Contents) -> Iterator[str]:
    """Remark on values and regions that differ only in case or blanks."""
    for name in contents.table_names():
        columns_alike = {
            column.name: alike(value for value, _ in column.values)
            for column in contents.columns(name)
            if column.kind == "text" and column.is_condition
        }
        told = [
            f"{column} ({', '.join(' and '.join(map(repr, group)) for group in groups)})"
            for column, groups in columns_alike.items()
            if groups
        ]
        if told:
            yield (
                f"{name}: values differ only in case or blanks: {_listed(told)}. A run treats "
                "them as separate classes; spell them alike, or give label an expression for each "
                "class, such as NAME: COLUMN in [VALUE, VALUE]."
            )
    for column in list(contents.region_columns())[:1]:
        groups = alike(contents.regions(column)["region"].astype(str))
        if told := [" and ".join(map(repr, group)) for group in groups]:
            yield (
                f"regions in {column} differ only in case or blanks: {_listed(told)}. A run treats "
                "them as separate regions; spell them alike, or group them with regions.map."
            )


def _unequal(contents: Contents) -> Iterator[str]:
    for name in contents.table_names():
        uneven = [
            f"{column.name} ({column.values[0][0]}: {column.values[0][1]}, "
            f"{column.values[-1][0]}: {column.values[-1][1]})"
            for column in contents.columns(name)
            if _is_unequal(column)
        ]
        if uneven:
            yield (
                f"{name}: unequal counts between conditions: {_listed(uneven)}. Decoders train "
                "on equal counts, so the rarest condition sets how many trials there are."
            )


def _is_unequal(column: Column) -> bool:
    return column.is_condition and column.values[0][1] > _UNEQUAL * column.values[-1][1]
