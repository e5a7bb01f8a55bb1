"""Contents of tables of spikes, trials and units, given together or one by one."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.sources import table_files
from neuro_attn.sources.contents import RegionColumn, SessionContents
from neuro_attn.sources.table import ROLES
from neuro_attn.sources.table.reading import stray_units
from neuro_attn.sources.trains import summarize
from neuro_attn.sources.wide_tables import shown_columns


def roles(paths: list[str]) -> dict[str, str]:
    """Return the tables by role, which follows from their columns.

    Raises
    ------
    InputError
        If a table has no role or two have the same.
    """
    found: dict[str, str] = {}
    for path in paths:
        names = set(table_files.column_names(Path(path)))
        if {"unit_id", "time"} <= names:
            role = "spikes"
        elif "trial_id" in names:
            role = "trials"
        elif "unit_id" in names:
            role = "units"
        else:
            raise InputError(
                path,
                f"columns {', '.join(sorted(names)[:20])}.",
                "A table of spikes has session, unit_id and time; of trials session and trial_id; "
                "of units session and unit_id.",
            )
        if (other := found.setdefault(role, path)) != path:
            raise InputError(path, f"is a table of {role}, and so is {other}.", "Give one of each.")
    return {role: found[role] for role in ROLES if role in found}


def read(by_role: dict[str, str]) -> list[SessionContents]:
    """Return the contents of tables, session by session.

    Raises
    ------
    InputError
        If a table is unreadable or lacks the columns that join it to the others.
    """
    needed = {"spikes": ("session", "unit_id", "time"), "trials": ("session", "trial_id")}
    tables, n_more = {}, {}
    for role, path in by_role.items():
        join = needed.get(role, ("session", "unit_id"))
        names = table_files.column_names(Path(path))
        shown, n_more[role] = shown_columns(names, join)
        tables[role] = table_files.load(Path(path), join, take=shown)
    spikes = tables.get("spikes", pd.DataFrame({"session": [], "unit_id": [], "time": []}))
    if "spikes" in by_role:
        table_files.numbers(spikes["time"], Path(by_role["spikes"]))
    sessions = dict.fromkeys(name for each in tables.values() for name in each["session"])
    path = by_role.get("trials", next(iter(by_role.values())))
    trials, units = (tables.get(role, pd.DataFrame({"session": []})) for role in ROLES[1:])
    parts = [(dict(iter(each.groupby("session"))), each[:0]) for each in (spikes, trials, units)]
    return [
        _session(name, path, tuple(rows.get(name, none) for rows, none in parts), n_more)
        for name in sorted(sessions)
    ]


def _session(
    name: str, path: str, tables: tuple[pd.DataFrame, ...], n_more: dict[str, int]
) -> SessionContents:
    spikes, trials, units = tables
    times = {unit: times.to_numpy() for unit, times in spikes.groupby("unit_id")["time"]}
    ids = list(units["unit_id"]) if "unit_id" in units else list(times)

    summary = summarize((times.get(unit, np.empty(0)) for unit in ids), ids)
    known = summary.units if len(spikes) else summary.units[[]]
    texts = [
        RegionColumn("units column", str(column), _texts(units[column]))
        for column in units.columns.drop(["session", "unit_id"], errors="ignore")
        if not pd.api.types.is_numeric_dtype(units[column])
    ]
    several = [
        str(column)
        for column in trials
        if trials[column].map(lambda value: isinstance(value, (list, dict, np.ndarray))).any()
    ]
    stray = stray_units(spikes, units) if len(spikes) and "unit_id" in units else []
    return SessionContents(
        session=name,
        path=path,
        start=float(summary.units["first"].min()) if len(spikes) else np.nan,
        stop=float(summary.units["last"].max()) if len(spikes) else np.nan,
        units=pd.concat([pd.DataFrame({"unit_id": ids}), known], axis=1),
        unit_columns=units.drop(columns=["session", "unit_id"], errors="ignore"),
        region_columns=texts,
        tables={"trials": trials.drop(columns=several).reset_index(drop=True)}
        if len(trials)
        else {},
        unusable={"trials": several},
        remarks=[
            f"spikes of units without a row in the table of units: {', '.join(stray[:5])}"
            f"{', ...' if len(stray) > 5 else ''}; a run refuses them. Add a row with the region "
            "of each, or remove their spikes."
        ]
        if stray
        else [],
        n_more=n_more,
        spikes=summary.spikes,
        trains=summary.sample,
    )


def _texts(column: pd.Series) -> list[str]:
    return ["" if pd.isna(value) else str(value) for value in column]
