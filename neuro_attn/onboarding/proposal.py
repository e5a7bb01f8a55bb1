"""The command `init`: a configuration from what stands in files and what the user wants.

What the user does not say is proposed where the files leave one sensible choice. Where they leave
several, the user is asked, or told which option to give.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import recording, sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError, did_you_mean
from neuro_attn.events import no_column
from neuro_attn.onboarding import binned
from neuro_attn.onboarding.contents import (
    BIN,
    START,
    STOP,
    USUAL_NAMES,
    Column,
    Contents,
    is_placeholder,
)
from neuro_attn.onboarding.locations import Location
from neuro_attn.onboarding.text import count, listed
from neuro_attn.rates import bin_rates


class Ask(Protocol):
    """Puts a question to the user, as `terminal.Dialogue` does."""

    def __call__(
        self,
        option: str,
        question: str,
        candidates: Sequence[str],
        accept: Callable[[str], Any],
        default: str = "",
    ) -> Any:
        """Return what an accepted answer means."""
        ...


_ALL, _ALL_TRIALS = "all", "all trials"
_FEWEST = 2
"""Trials of each task and class that a session needs, for two folds."""
_PLAIN = re.compile(r"[^\W\d]\w*")
_SILENT = 0.02
"""A bin with less than this part of the median bin's spikes holds none to speak of."""


@dataclass(frozen=True)
class Wishes:
    """What the user asked for; empty or None where nothing was said.

    Parameters
    ----------
    label : list of str
        One trial column, or NAME=EXPRESSION for each class.
    tasks : list of str
        NAME=EXPRESSION for each task.
    align : list of str
        One trial column, or NAME=COLUMN for each task.
    region_column, table, units_table : str
        Names in the files.
    start, stop, bin : float or None
        Time bins, s from the event.
    windows : list of str
        NAME=START:STOP for each analysis window.
    event_sample : int or None
        For rasters that do not name their event.
    """

    label: Sequence[str] = ()
    tasks: Sequence[str] = ()
    align: Sequence[str] = ()
    region_column: str = ""
    table: str = ""
    units_table: str = ""
    start: float | None = None
    stop: float | None = None
    bin: float | None = None
    windows: Sequence[str] = ()
    event_sample: int | None = None


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
    judge = partial(_judge, found, name, location.name, keys)
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
    label = keys["label"] = _label(described, wishes, ask, _usual_tasks(found, table, []), judge)
    keys["tasks"] = _tasks(found, table, described, align, label, wishes, ask, judge, notes)
    keys["time"] = _time(found, table, keys["tasks"], wishes, notes)
    start, stop = keys["time"]["start"], keys["time"]["stop"]
    # Bins that are given may leave none after the event.
    from_event = [0.0, stop] if stop >= keys["time"]["bin"] and start < 0 else [start, stop]
    keys["windows"] = _windows(wishes) or {"response": from_event}
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
        raise InputError(
            found.files[0],
            "MATLAB arrays do not name their axes, so init cannot write a configuration.",
            "Write the configuration by hand, as in config/README.md (MATLAB arrays). "
            f"{found.sessions[0].advice[0]}",
        )
    if not found.table_names():
        raise InputError(found.files[0], "no interval table.", "A run needs one with the trials.")
    return found


def _choose(
    option: str,
    question: str,
    candidates: Sequence[str],
    ask: Ask | None,
    accept: Callable[[str], Any] | None = None,
    default: str = "",
) -> str:
    """Return the only candidate, what the user answers, or say which option is missing.

    Without `accept`, the answer is one of the candidates.
    """
    if len(candidates) == 1:
        return candidates[0]
    if ask is not None:
        return ask(option, question, candidates, accept or partial(_one_of, candidates), default)
    listed = ", ".join(candidates[:20]) or "none found"
    raise InputError(option, f"not given: {question}.", f"Candidates: {listed}.")


def _one_of(candidates: Sequence[str], answer: str) -> str:
    if answer not in candidates:
        raise InputError(
            "", f"{answer!r} is none of the candidates.", did_you_mean(answer, candidates)
        )
    return answer


def _judge(
    found: Contents,
    table: str,
    name: str,
    keys: dict[str, Any],
    label: str | dict[str, str],
    tasks: dict[str, dict[str, str]],
    classes: bool = True,
) -> None:
    """Raise `InputError` where a run would refuse a label, or tasks with their events.

    Whether the tasks have the same classes is judged if `classes`.
    """
    time = {"start": START, "stop": STOP, "bin": BIN}
    whole = {**keys, "label": label, "tasks": tasks, "time": time, "windows": {"all": [0.0, BIN]}}
    dataset = parse({"datasets": {name: whole}}, "answer").datasets[name]
    assigned = [
        recording.assign_tasks(session.tables[table], dataset, session.path)
        for session in found.sessions
        if table in session.tables
    ]
    if not classes:
        return
    lost = sum(each.counts["n_trials_without_label"] for each in assigned)
    sessions = [each.trials[["task", "label"]] for each in assigned]
    recording.check_classes(pd.concat(sessions), lost, name, dataset)
    everything = pd.concat(sessions).drop_duplicates()
    counts = [each.value_counts() for each in sessions]
    rarest = [min(int(n.get(tuple(row), 0)) for row in everything.to_numpy()) for n in counts]
    if max(rarest) < _FEWEST:
        best = counts[int(np.argmax(rarest))].reindex(pd.MultiIndex.from_frame(everything))
        task, label_of = best.fillna(0).idxmin()
        raise InputError(
            "",
            f"task {task!r} has {count(max(rarest), 'trial')} of class {label_of!r}, and no "
            "session has more of each class.",
            f"Decoding needs {_FEWEST} in a session; choose other classes or tasks.",
        )


def _table_name(found: Contents, wishes: Wishes, ask: Ask | None) -> str:
    names = found.table_names()
    if wishes.table:
        if wishes.table not in names:
            raise InputError(
                "--table", f"no interval table {wishes.table!r}.", f"There: {', '.join(names)}."
            )
        return wishes.table
    if "trials" in names:
        return "trials"
    return _choose("--table", "which interval table lists the trials", names, ask)


def _units_table(found: Contents, wishes: Wishes, ask: Ask | None) -> str:
    """Return the units table of files that have several and none of their own."""
    names = list(dict.fromkeys(name for each in found.sessions for name in each.units_tables))
    if wishes.units_table or not names:
        return wishes.units_table
    return _choose("--units-table", "which table lists the units", names, ask)


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
        judge("trial_id", _usual_tasks(found, table, [column]), classes=False)
        return column

    return [_choose("--align", "which column holds the event's time", candidates, ask, accept)]


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
            column = _choose("--region-column", question, list(candidates), ask, default=usual)
    units = found.regions(column)["region"] if column in candidates else pd.Series(dtype=object)
    no_regions = [name for name in units.unique() if is_placeholder(str(name))]
    return {"column": column, **({"exclude": sorted(no_regions)} if no_regions else {})}


def _label(
    described: list[Column],
    wishes: Wishes,
    ask: Ask | None,
    tasks: dict[str, dict[str, str]],
    judge: Callable[..., None],
) -> str | dict[str, str]:
    names = [column.name for column in described]

    def of(given: Sequence[str]) -> str | dict[str, str]:
        if len(given) == 1 and (given[0] in names or "=" not in given[0]):
            return given[0]
        return _all_named(given, "--label", "EXPRESSION")

    def accept(answer: str) -> str:
        label = of(_parts(answer))
        if isinstance(label, str):
            judge(label, tasks)
        elif len(label) < 2:
            raise InputError("", "one class only.", f"Give two or more: {answer}; NAME=EXPRESSION.")
        else:
            # Classes may share trials of no task, and the tasks are not known yet.
            judge(label, {"none": {"trials": "trial_id != trial_id"}}, classes=False)
        return answer

    if wishes.label:
        return of(list(wishes.label))
    candidates = [column.name for column in described if column.is_condition]
    if "label" in candidates:
        return "label"
    question = "what is decoded, a column, or NAME=EXPRESSION for each class"
    return of(_parts(_choose("--label", question, candidates, ask, accept)))


def _parts(answer: str) -> list[str]:
    return [part.strip() for part in answer.split(";") if part.strip()]


def _tasks(
    found: Contents,
    table: pd.DataFrame,
    described: list[Column],
    align: list[str],
    label: str | dict[str, str],
    wishes: Wishes,
    ask: Ask | None,
    judge: Callable[..., None],
    notes: dict[str, str],
) -> dict[str, dict[str, str]]:
    def of(given: Sequence[str]) -> dict[str, dict[str, str]]:
        named = _all_named(given, "--task", "EXPRESSION")
        return _with_events(named, align) if named else _usual_tasks(found, table, align)

    def accept(answer: str) -> dict[str, dict[str, str]]:
        tasks = of([] if answer == _ALL_TRIALS else _parts(answer))
        judge(label, tasks)
        return tasks

    if not wishes.tasks and ask is not None:
        columns = listed([column.name for column in described], most=40)
        question = f"tasks as NAME=EXPRESSION; ... of the columns {columns}"
        tasks = ask("--task", question, [], accept, _ALL_TRIALS)
    else:
        tasks = of(list(wishes.tasks))
    if tasks.keys() == {_ALL} and not wishes.tasks:
        notes["tasks"] = (
            "One task: all trials. Give two or more that exclude each other, and transfer "
            "between them is decoded too."
        )
    return tasks


def _usual_tasks(
    found: Contents, table: pd.DataFrame, align: list[str]
) -> dict[str, dict[str, str]]:
    """Return the tasks that the files name, or one of all trials with an event."""
    event = align[0] if align else ""
    if found.kind == "netcdf" and "task" in table:
        names = sorted(map(str, table["task"].unique()))
        tasks = {name: f"task == {_quoted(name)}" for name in names}
    elif event in table and table[event].isna().any() and _PLAIN.fullmatch(event):
        # Only a missing number differs from itself.
        tasks = {_ALL: f"{event} == {event}"}
    else:
        tasks = {_ALL: "trial_id == trial_id"}
    return _with_events(tasks, align)


def _quoted(name: str) -> str:
    return repr(name)


def _with_events(tasks: dict[str, str], align: list[str]) -> dict[str, dict[str, str]]:
    by_task = _by_task(align, list(tasks))
    return {
        task: {"trials": trials, **({"align": by_task[task]} if by_task else {})}
        for task, trials in tasks.items()
    }


def _by_task(align: list[str], tasks: list[str]) -> dict[str, str]:
    """Return each task's event."""
    if not align:
        return {}
    if len(align) == 1 and "=" not in align[0]:
        return dict.fromkeys(tasks, align[0])
    given = _all_named(align, "--align", "COLUMN")
    if wrong := set(given) ^ set(tasks):
        raise InputError(
            "--align",
            f"names the tasks {', '.join(given)}; {', '.join(sorted(wrong))} do not match.",
            f"Give one column, or NAME=COLUMN for each of: {', '.join(tasks)}.",
        )
    return given


def _all_named(texts: Sequence[str], option: str, what: str) -> dict[str, str]:
    """Cut each NAME=SOMETHING; no name occurs twice."""
    named = [_named(text, option, what) for text in texts]
    names = [name for name, _ in named]
    for name in names:
        if names.count(name) > 1:
            raise InputError(option, f"the name {name!r} is given twice.", "Choose another name.")
    return dict(named)


def _named(text: str, option: str, what: str) -> tuple[str, str]:
    """Cut NAME=SOMETHING; the sign is not that of a comparison."""
    name, sign, rest = text.partition("=")
    if (
        not sign
        or not name.strip()
        or not rest.strip()
        or name[-1] in "<>!"
        or rest.startswith("=")
    ):
        raise InputError(option, f"{text!r} is not NAME={what}.", f"As in {option} left=side==1.")
    return name.strip(), rest.strip()


def _windows(wishes: Wishes) -> dict[str, list[float]]:
    windows = {}
    for text in wishes.windows:
        name, ends = _named(text, "--window", "START:STOP")
        start, _, stop = ends.partition(":")
        try:
            windows[name] = [float(start), float(stop)]
        except ValueError:
            raise InputError(
                "--window", f"{text!r} is not NAME=START:STOP.", "As in --window late=0.2:0.5."
            ) from None
    return windows


# --- time ----------------------------------------------------------------------------------------


def _time(
    found: Contents,
    table: pd.DataFrame,
    tasks: dict[str, dict[str, str]],
    wishes: Wishes,
    notes: dict[str, str],
) -> dict[str, float]:
    if found.kind in ("netcdf", "binned"):
        if found.kind == "binned" and wishes.event_sample is not None:
            found = binned.at_event(found, wishes.event_sample)
        bins = next((each.bins for each in found.sessions if each.bins), (START, STOP, BIN))
        start, stop, width = (round(float(each), 9) for each in bins)
    else:
        start, stop, width = START, STOP, BIN if wishes.bin is None else wishes.bin
        event = next(iter(tasks.values())).get("align", "")
        low, high = _covered(found, table, event, width)
        if (low, high) != (START, STOP):
            notes["time"] = "The files hold spikes in this time only."
        start, stop = low, high
    start = start if wishes.start is None else wishes.start
    stop = stop if wishes.stop is None else wishes.stop
    if wishes.bin is not None:
        width = wishes.bin
    elif wishes.start is not None or wishes.stop is not None:
        # Ends that were asked for stand; the proposed width gives way.
        width = _fitting(stop - start, width)
    return {"start": start, "stop": stop, "bin": width}


def _fitting(length: float, width: float) -> float:
    """Return the width next to `width` of which `length` holds a whole number."""
    return round(length / max(round(length / width), 1), 9) if length > 0 else width


def _covered(found: Contents, table: pd.DataFrame, event: str, width: float) -> tuple[float, float]:
    """Return the part of the proposed time in which there are spikes around the event."""
    around = [each.around_event for each in found.sessions if each.around_event is not None]
    if around:
        start = max(START, -min(before for before, _ in around))
        stop = min(STOP, min(after for _, after in around))
        return _whole(start, stop, width)
    n_bins = round((STOP - START) / width)
    if event not in table or n_bins < 1:
        return START, STOP
    counts = np.zeros(n_bins)
    for session in found.sessions:
        times = table.loc[table["session"] == session.session, event]
        events = pd.to_numeric(times, errors="coerce").to_numpy(dtype=float)
        events = events[np.isfinite(events)][:200]
        if len(session.trains) and len(events):
            counts += bin_rates(session.trains, events, START, width, n_bins).sum(axis=(0, 1))
    if not counts.any():
        return START, STOP
    held = np.flatnonzero(counts > _SILENT * np.median(counts[counts > 0]))
    edges = START + width * np.array([held[0], held[-1] + 1])
    low, high = (round(float(edge), 9) + 0.0 for edge in edges)
    return low, high


def _whole(start: float, stop: float, width: float) -> tuple[float, float]:
    """Return the largest whole number of bins from `start`."""
    return start, round(start + int((stop - start) / width + 1e-6) * width, 9)


# --- decoding ------------------------------------------------------------------------------------


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
