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
from neuro_attn.onboarding.locations import Location
from neuro_attn.onboarding.named import windows_of
from neuro_attn.onboarding.proposed_time import time_of
from neuro_attn.sources.contents import (
    USUAL_NAMES,
    Column,
    Contents,
    is_placeholder,
)
from neuro_attn.sources.options import Ask, InitOptions, choose


@dataclass(frozen=True)
class Proposal:
    """The keys of a data set, and comments on them.

    Parameters
    ----------
    keys : dict
        The keys of the configuration.
    notes : dict of str
        Reasons for values, by key.
    outlines : list of xarray.Dataset
        The outline of each session.
    """

    keys: dict[str, Any]
    notes: dict[str, str] = field(default_factory=dict)
    outlines: list[xr.Dataset] = field(default_factory=list)


def propose(
    contents: list[Contents], location: Location, options: InitOptions, ask: Ask | None
) -> Proposal:
    """Propose the settings of a data set.

    Parameters
    ----------
    contents : list of Contents
        The contents of the files.
    location : Location
        How the configuration names them.
    options : InitOptions
        The options of `init`.
    ask : callable or None
        Prompts the user; None without a terminal.

    Returns
    -------
    Proposal

    Raises
    ------
    InputError
        If files of several sources were given, or an option is missing that the files do not
        determine; the message names the option and the candidates.
    """
    found = _one_source(contents)
    name = _table_name(found, options, ask)
    table = found.table(name)
    described = found.columns(name)
    keys: dict[str, Any] = {"source": found.source.name, **location.keys, **_needed(found)}
    judge = partial(judge_conditions, found, name, location.name, keys)
    align = _align(found, table, described, options, ask, judge)
    notes: dict[str, str] = {}
    keys |= found.source.own_keys(found, name, options, ask)
    keys |= _regions(found, options, ask)
    label = keys["label"] = label_of(described, options, ask, usual_tasks(found, table, []), judge)
    keys["tasks"] = tasks_of(found, table, described, align, label, options, ask, judge, notes)
    keys["time"] = time_of(found, table, keys["tasks"], options, notes)
    start, stop = keys["time"]["start"], keys["time"]["stop"]
    # With the given bins there may be none after the event.
    from_event = [0.0, stop] if stop >= keys["time"]["bin"] and start < 0 else [start, stop]
    keys["windows"] = windows_of(options) or {"response": from_event}
    return _with_decoding(keys, notes, location)


def _needed(found: Contents) -> dict[str, Any]:
    """Return the keys that the files require: equal in all sessions, or joined lists."""
    keys: dict[str, Any] = {}
    for key in dict.fromkeys(key for session in found.sessions for key in session.keys):
        values = [session.keys[key] for session in found.sessions if key in session.keys]
        if all(isinstance(value, list) for value in values):
            # A list with one element leaves no choice.
            if any(len(value) > 1 for value in values):
                keys[key] = list(dict.fromkeys(each for value in values for each in value))
        elif len(values) == len(found.sessions) and all(value == values[0] for value in values):
            keys[key] = values[0]
    return keys


def _one_source(contents: list[Contents]) -> Contents:
    if len(contents) != 1:
        listed = "; ".join(f"{each.source.name}: {each.files[0]}" for each in contents)
        raise InputError(
            "FILE", f"files of several sources ({listed}).", "A data set has one source."
        )
    (found,) = contents
    found.source.check_for_init(found)
    if not found.table_names():
        raise InputError(found.files[0], "no interval table.", "A run needs one with the trials.")
    return found


def _table_name(found: Contents, options: InitOptions, ask: Ask | None) -> str:
    names = found.table_names()
    if options.table:
        if options.table not in names:
            raise InputError(
                "--table",
                f"no interval table {options.table!r}.",
                f"{did_you_mean(options.table, names)} Tables: {', '.join(names)}.".strip(),
            )
        return options.table
    if "trials" in names:
        return "trials"
    return choose("--table", "which interval table lists the trials", names, ask)


def _align(
    found: Contents,
    table: pd.DataFrame,
    described: list[Column],
    options: InitOptions,
    ask: Ask | None,
    judge: Callable[..., None],
) -> list[str]:
    """Return the column of the event, or NAME=COLUMN for each task; none for aligned rates."""
    if options.align:
        return list(options.align)
    if found.source.keeps_rates:
        return []
    if found.source.event:
        return [found.source.event]
    events = [column.name for column in described if column.use == "event"]
    inner = [name for name in events if name not in ("start_time", "stop_time")]
    candidates = inner or [name for name in events if name == "start_time"]

    def accept(column: str) -> str:
        if column not in table:
            raise no_column(column, table, "")
        judge("trial_id", usual_tasks(found, table, [column]), classes=False)
        return column

    return [choose("--align", "which column contains the event's time", candidates, ask, accept)]


def _regions(found: Contents, options: InitOptions, ask: Ask | None) -> dict[str, Any]:
    """Return the key `regions`, and `region` if the files name no regions."""
    column = found.source.region_column or options.region_column
    candidates = found.region_columns()
    if found.source.region_column or not found.source.needs_region:
        return {"regions": {"column": column} if column else {}}
    if not column and not candidates:
        return {"region": "all", "regions": {}}
    if not column:
        usual = next(iter(candidates), "")
        if usual.lower() in USUAL_NAMES:
            column = usual
        else:
            question = "which column names the units' regions"
            column = choose("--region-column", question, list(candidates), ask, default=usual)
    units = found.regions(column)["region"] if column in candidates else pd.Series(dtype=object)
    no_regions = [name for name in units.unique() if is_placeholder(str(name))]
    exclude = {"exclude": sorted(no_regions)} if no_regions else {}
    return {"regions": {"column": column, **exclude}}


def _with_decoding(keys: dict[str, Any], notes: dict[str, str], location: Location) -> Proposal:
    """Add population, folds and minimum number of units, from the outlines of a run."""
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
