"""Label and tasks, proposed from the columns of the trials or prompted for."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn import recording
from neuro_attn.configuration import parse
from neuro_attn.configuration.labels import CONTINUOUS
from neuro_attn.errors import InputError
from neuro_attn.onboarding.named import all_named, by_task, parts
from neuro_attn.onboarding.text import count, listed
from neuro_attn.sources.contents import BIN, START, STOP, Column, Contents
from neuro_attn.sources.options import Ask, InitOptions, choose

_ALL, _ALL_TRIALS = "all", "all trials"
_FEWEST = 2
"""Minimum number of trials of each task and class in a session, for two folds."""
_PLAIN = re.compile(r"[^\W\d]\w*")


def judge_conditions(
    found: Contents,
    table: str,
    name: str,
    keys: dict[str, Any],
    label: str | dict[str, str],
    tasks: dict[str, dict[str, str]],
    classes: bool = True,
) -> None:
    """Raise `InputError` if a run would refuse a label, or tasks with their events.

    If `classes`, we also check that the tasks have the same classes.
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
        task, named = best.fillna(0).idxmin()
        raise InputError(
            "",
            f"task {task!r} has {count(max(rarest), 'trial')} of class {named!r}, and no "
            "session has more of each class.",
            f"Decoding needs {_FEWEST} in a session; choose other classes or tasks.",
        )


def label_of(
    described: list[Column],
    options: InitOptions,
    ask: Ask | None,
    tasks: dict[str, dict[str, str]],
    judge: Callable[..., None],
) -> str | dict[str, str]:
    """Return the key `label`: a column, an expression for each class, or a continuous column."""
    names = [column.name for column in described]

    def of(given: Sequence[str]) -> str | dict[str, str]:
        # A single class is no label, so its name can be a kind of continuous label.
        kind, _, column = given[0].partition("=") if len(given) == 1 else ("", "", "")
        if kind in CONTINUOUS and column in names:
            return {"column": column, "kind": kind}
        if len(given) == 1 and (given[0] in names or "=" not in given[0]):
            return given[0]
        return all_named(given, "--label", "EXPRESSION")

    def accept(answer: str) -> str:
        label = of(parts(answer))
        if isinstance(label, str):
            judge(label, tasks)
        elif len(label) < 2:
            raise InputError("", "one class only.", f"Give two or more: {answer}; NAME=EXPRESSION.")
        else:
            # Classes may share trials of no task, and the tasks are not known yet.
            judge(label, {"none": {"trials": "trial_id != trial_id"}}, classes=False)
        return answer

    if options.label:
        return of(list(options.label))
    candidates = [column.name for column in described if column.is_condition]
    if "label" in candidates:
        return "label"
    question = (
        "what is decoded, a column, NAME=EXPRESSION for each class, or circular=COLUMN or "
        "linear=COLUMN"
    )
    return of(parts(choose("--label", question, candidates, ask, accept)))


def tasks_of(
    found: Contents,
    table: pd.DataFrame,
    described: list[Column],
    align: list[str],
    label: str | dict[str, str],
    options: InitOptions,
    ask: Ask | None,
    judge: Callable[..., None],
    notes: dict[str, str],
) -> dict[str, dict[str, str]]:
    """Return the key `tasks`; add a note if there is only the task of all trials."""

    def of(given: Sequence[str]) -> dict[str, dict[str, str]]:
        named = all_named(given, "--task", "EXPRESSION")
        return _with_events(named, align) if named else usual_tasks(found, table, align)

    def accept(answer: str) -> dict[str, dict[str, str]]:
        tasks = of([] if answer == _ALL_TRIALS else parts(answer))
        judge(label, tasks)
        return tasks

    if not options.tasks and ask is not None:
        columns = listed([column.name for column in described], most=40)
        question = f"tasks as NAME=EXPRESSION; ... of the columns {columns}"
        tasks = ask("--task", question, [], accept, _ALL_TRIALS)
    else:
        tasks = of(list(options.tasks))
    if tasks.keys() == {_ALL} and not options.tasks:
        notes["tasks"] = (
            "One task: all trials. Give two or more that exclude each other, and transfer "
            "between them is decoded too."
        )
    return tasks


def usual_tasks(
    found: Contents, table: pd.DataFrame, align: list[str]
) -> dict[str, dict[str, str]]:
    """Return the tasks that the files name, or one of all trials with an event."""
    event = align[0] if align else ""
    # Only a missing number differs from itself.
    can_be_missing = event in table and table[event].isna().any() and _PLAIN.fullmatch(event)
    all_trials = {_ALL: f"{event} == {event}" if can_be_missing else "trial_id == trial_id"}
    return _with_events(found.source.named_tasks(table) or all_trials, align)


def _with_events(tasks: dict[str, str], align: list[str]) -> dict[str, dict[str, str]]:
    of_task = by_task(align, list(tasks))
    return {
        task: {"trials": trials, **({"align": of_task[task]} if of_task else {})}
        for task, trials in tasks.items()
    }
