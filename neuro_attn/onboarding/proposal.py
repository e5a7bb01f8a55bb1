"""The command `init`: a configuration from the contents of files and the user's options.

An option that is not given is proposed if the files leave one sensible choice. If they leave
several, `init` prompts for it; without a terminal it stops and names the option.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError, did_you_mean
from neuro_attn.events import no_column
from neuro_attn.onboarding.conditions import judge_conditions, label_of, tasks_of, usual_tasks
from neuro_attn.onboarding.contents import (
    USUAL_NAMES,
    Column,
    Contents,
    is_placeholder,
)
from neuro_attn.onboarding.locations import Location
from neuro_attn.onboarding.matlab import NO_ARRAY, SINGLE_TRIALS
from neuro_attn.onboarding.proposed_time import time_of
from neuro_attn.onboarding.wishes import Ask, Wishes, choose, windows_of


@dataclass(frozen=True)
class Proposal:
    """The keys of a data set, and what to say about them.

    Parameters
    ----------
    keys : dict
        What stands in the configuration.
    notes : dict of str
        Why a key is as it is, by key.
    outlines : list of xarray.Dataset
        What a run would record of each session.
    """

    keys: dict[str, Any]
    notes: dict[str, str] = field(default_factory=dict)
    outlines: list[xr.Dataset] = field(default_factory=list)


def propose(
    contents: list[Contents], location: Location, wishes: Wishes, ask: Ask | None
) -> Proposal:
    """Propose the settings of a data set.

    Parameters
    ----------
    contents : list of Contents
        What stands in the files.
    location : Location
        How the configuration names them.
    wishes : Wishes
        What the user said.
    ask : callable or None
        Asks the user; None if nobody can be asked.

    Returns
    -------
    Proposal

    Raises
    ------
    InputError
        If files of several kinds were given, or something is missing that cannot be guessed; the
        message names the option and the candidates.
    """
    found = _one_kind(contents)
    name = _table_name(found, wishes, ask)
    table = found.table(name)
    described = found.columns(name)
    keys: dict[str, Any] = {"source": found.kind, **location.keys, **_needed(found)}
    judge = partial(judge_conditions, found, name, location.name, keys)
    align = _align(found, table, described, wishes, ask, judge)
    notes: dict[str, str] = {}
    if found.kind == "nwb":
        keys["table"] = name
        if units_table := _units_table(found, wishes, ask):
            keys["units_table"] = units_table
    if found.kind in ("raster", "binned") and wishes.event_sample is not None:
        keys["event_sample"] = wishes.event_sample
    named = wishes.region_column or found.region_columns()
    if found.kind in ("nwb", "table", "alf", "phy") and not named:
        keys["region"] = "all"
    keys["regions"] = {} if "region" in keys else _regions(found, wishes, ask)
    label = keys["label"] = label_of(described, wishes, ask, usual_tasks(found, table, []), judge)
    keys["tasks"] = tasks_of(found, table, described, align, label, wishes, ask, judge, notes)
    keys["time"] = time_of(found, table, keys["tasks"], wishes, notes)
    start, stop = keys["time"]["start"], keys["time"]["stop"]
    # Bins that are given may leave none after the event.
    from_event = [0.0, stop] if stop >= keys["time"]["bin"] and start < 0 else [start, stop]
    keys["windows"] = windows_of(wishes) or {"response": from_event}
    return _with_decoding(keys, notes, location)


def _needed(found: Contents) -> dict[str, Any]:
    """Return the keys that the files need: the same for all sessions, or lists put together."""
    keys: dict[str, Any] = {}
    for key in dict.fromkeys(key for session in found.sessions for key in session.keys):
        values = [session.keys[key] for session in found.sessions if key in session.keys]
        if all(isinstance(value, list) for value in values):
            # A list of one is no choice.
            if any(len(value) > 1 for value in values):
                keys[key] = list(dict.fromkeys(each for value in values for each in value))
        elif len(values) == len(found.sessions) and all(value == values[0] for value in values):
            keys[key] = values[0]
    return keys


def _one_kind(contents: list[Contents]) -> Contents:
    if len(contents) != 1:
        kinds = "; ".join(f"{each.kind}: {each.files[0]}" for each in contents)
        raise InputError("FILE", f"files of several kinds ({kinds}).", "A data set has one kind.")
    found = contents[0]
    missing = [role for role in ("spikes", "trials", "units") if role not in found.roles]
    if found.kind == "table" and missing:
        raise InputError(
            "FILE",
            f"no table of {' and '.join(missing)}.",
            "Give three tables: spikes (session, unit_id, time), trials (session, trial_id, ...), "
            "units (session, unit_id, region).",
        )
    if found.kind == "matlab":
        advice = found.sessions[0].advice[0]
        if advice.startswith(NO_ARRAY):
            problem = advice.removesuffix(f" {SINGLE_TRIALS}")
            raise InputError(found.files[0], problem, SINGLE_TRIALS)
        raise InputError(
            found.files[0],
            "MATLAB arrays do not name their axes, so init cannot write a configuration.",
            "Write the configuration by hand, as in config/README.md (MATLAB arrays). " + advice,
        )
    if not found.table_names():
        raise InputError(found.files[0], "no interval table.", "A run needs one with the trials.")
    return found


def _table_name(found: Contents, wishes: Wishes, ask: Ask | None) -> str:
    names = found.table_names()
    if wishes.table:
        if wishes.table not in names:
            raise InputError(
                "--table",
                f"no interval table {wishes.table!r}.",
                f"{did_you_mean(wishes.table, names)} Tables: {', '.join(names)}.".strip(),
            )
        return wishes.table
    if "trials" in names:
        return "trials"
    return choose("--table", "which interval table lists the trials", names, ask)


def _units_table(found: Contents, wishes: Wishes, ask: Ask | None) -> str:
    """Return the units table of files that have several and none of their own."""
    names = list(dict.fromkeys(name for each in found.sessions for name in each.units_tables))
    if wishes.units_table or not names:
        return wishes.units_table
    return choose("--units-table", "which table lists the units", names, ask)


def _align(
    found: Contents,
    table: pd.DataFrame,
    described: list[Column],
    wishes: Wishes,
    ask: Ask | None,
    judge: Callable[..., None],
) -> list[str]:
    """Return the column of the event, or NAME=COLUMN for each task; none for kept rates."""
    if wishes.align:
        return list(wishes.align)
    if found.kind in ("netcdf", "binned"):
        return []
    if found.kind == "raster":
        return ["onset"]
    events = [column.name for column in described if column.use == "event"]
    inner = [name for name in events if name not in ("start_time", "stop_time")]
    candidates = inner or [name for name in events if name == "start_time"]

    def accept(column: str) -> str:
        if column not in table:
            raise no_column(column, table, "")
        judge("trial_id", usual_tasks(found, table, [column]), classes=False)
        return column

    return [choose("--align", "which column holds the event's time", candidates, ask, accept)]


def _regions(found: Contents, wishes: Wishes, ask: Ask | None) -> dict[str, Any]:
    if found.kind == "netcdf":
        return {"column": "region"}
    if found.kind in ("raster", "binned"):
        return {"column": wishes.region_column} if wishes.region_column else {}
    candidates = found.region_columns()
    column = wishes.region_column
    if not column:
        usual = next(iter(candidates), "")
        if usual.lower() in USUAL_NAMES:
            column = usual
        else:
            question = "which column names the units' regions"
            column = choose("--region-column", question, list(candidates), ask, default=usual)
    units = found.regions(column)["region"] if column in candidates else pd.Series(dtype=object)
    no_regions = [name for name in units.unique() if is_placeholder(str(name))]
    return {"column": column, **({"exclude": sorted(no_regions)} if no_regions else {})}


def _with_decoding(keys: dict[str, Any], notes: dict[str, str], location: Location) -> Proposal:
    """Add population, folds and smallest region, from the trials and units that a run would use."""
    dataset = parse({"datasets": {location.name: keys}}, "options").datasets[location.name]
    found = []
    outlines = sources.outlines(
        location.name, dataset, location.data_folder, seed=0, why="counting trials and units of"
    )
    for outline in outlines:
        if isinstance(outline, InputError):
            raise outline
        found.append(outline)
    sizes = [pd.Series(each["region"].values.astype(str)).value_counts() for each in found]
    largest = max((int(size.max()) for size in sizes if len(size)), default=0)
    simultaneous = largest >= 10 or len(found) == 1
    if simultaneous:
        populations = np.concatenate([size.to_numpy() for size in sizes] or [[]])
    else:
        together = [each["region"].values.astype(str) for each in found]
        populations = pd.Series(np.concatenate(together)).value_counts().to_numpy()
    rarest = [
        min(
            int(((each["task"] == task) & (each["label"] == label)).sum())
            for task in dataset.tasks
            for label in np.unique(np.concatenate([e["label"].values for e in found]))
        )
        for each in found
        if each.sizes["trial"]
    ]
    enough = np.mean([n >= 5 for n in rarest]) >= 0.5 if rarest else False
    minimum = next(
        (m for m in (20, 10, 5, 2) if len(populations) and np.mean(populations >= m) >= 0.5), 1
    )
    notes["regions"] = f"Regions with fewer than {minimum} units are left out."
    decoding = {
        "population": "simultaneous" if simultaneous else "pseudopopulation",
        "folds": 5 if enough else 2,
    }
    regions = {**keys["regions"], "min_units": minimum}
    return Proposal({**keys, "regions": regions, "decoding": decoding}, notes, found)
