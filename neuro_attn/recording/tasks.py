"""Assignment of trials to tasks and classes, and the times of their events."""

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.bytestrings import text_columns
from neuro_attn.configuration import AnyDataset
from neuro_attn.derived_columns import derive
from neuro_attn.errors import InputError
from neuro_attn.events import event_times, no_column
from neuro_attn.expressions import evaluate, explain_no_row, one_each
from neuro_attn.guard import guarded
from neuro_attn.recording.continuous import LABEL_VALUE, label_values


class TaskTrials(NamedTuple):
    """The trials of all tasks, and counts of the trials that were excluded."""

    trials: pd.DataFrame
    """One row a trial: the source's columns, ``task``, ``label`` and ``event_time``."""
    counts: dict[str, Any]
    """Attributes of the Recording: ``n_trials_in_file``, ``n_trials_without_task`` and
    ``n_trials_without_label`` (trials of a task to which no class applies). If an expression of a
    task or class is true on no trial, ``without_trials`` contains its key and the reason, as
    JSON."""


def assign_tasks(trials: pd.DataFrame, dataset: AnyDataset, origin: str) -> TaskTrials:
    """Return the trials of all tasks with the columns ``task``, ``label`` and ``event_time``.

    Trials without a task or a class of the label are excluded and counted.

    Raises
    ------
    InputError
        As in `cutting.from_spikes`.
    """
    trials = derive(dataset.columns, text_columns(trials, origin), origin)
    if trials["trial_id"].duplicated().any():
        repeated = trials["trial_id"][trials["trial_id"].duplicated()].tolist()[0]
        raise InputError(
            origin,
            f"trial_id {repeated!r} is used more than once.",
            "Number the trials of a session, or remove trials that occur twice.",
        )
    task = np.full(len(trials), "", dtype=object)
    event = np.full(len(trials), np.nan)
    without: dict[str, str] = {}
    for name, settings in dataset.tested_tasks.items():
        key = dataset.key_of(name)
        member = evaluate(settings.trials, trials, f"{origin}, {key}.trials")
        if not member.any():
            without[f"{key}.trials"] = explain_no_row(settings.trials, trials)
        if (shared := member & (task != "")).any():
            other = task[shared][0]
            raise InputError(
                origin,
                f"trial {trials['trial_id'][shared].tolist()[0]!r} belongs to the tasks "
                f"{other!r} and {name!r}.",
                "A trial in two tasks would inflate transfer; make the tasks exclude each other.",
            )
        task[member] = name
        if settings.align is not None:
            times = event_times(trials, settings.align, f"{origin}, {key}.align")
            if not np.isfinite(times[member]).all():
                row = trials["trial_id"][member & ~np.isfinite(times)].tolist()[0]
                raise InputError(
                    f"{origin}, column {settings.align}",
                    f"no time of the event of task {name!r} on trial {row!r}.",
                    "Leave such trials out with the task's expression.",
                )
            event[member] = times[member]
    label = _labels(trials, dataset, task != "", origin, without)
    made = {"task": task, "label": label, "event_time": event}
    if not dataset.has_classes:
        made[LABEL_VALUE] = label_values(trials, task != "", dataset, f"{origin}, label")
    own = [column for column in trials.columns if column not in (*made, LABEL_VALUE)]
    assigned = trials[own].assign(**made)
    in_task, in_class = task != "", label != ""
    counts: dict[str, Any] = {
        "n_trials_in_file": len(trials),
        "n_trials_without_task": int((~in_task).sum()),
        "n_trials_without_label": int((in_task & ~in_class).sum()),
    }
    if without:
        counts["without_trials"] = json.dumps(without)
    return TaskTrials(assigned[in_task & in_class].reset_index(drop=True), counts)


def _labels(
    trials: pd.DataFrame,
    dataset: AnyDataset,
    used: np.ndarray,
    origin: str,
    without: dict[str, str],
) -> np.ndarray:
    """Return the class of each trial; add classes without trials, and why, to ``without``.

    All trials with a value of a continuous label have one class.
    """
    column = dataset.label_column
    if column and column not in trials.columns:
        raise no_column(column, trials, f"{origin}, label")
    if column and not dataset.has_classes:
        return np.where(trials[column].isna(), "", f"any {column}").astype(object)
    if column:
        with guarded(f"{origin}, {column}", "column"):
            one_each(trials[column], f"{origin}, label")
            return np.array([class_name(value) for value in trials[column]], dtype=object)
    labels = np.full(len(trials), "", dtype=object)
    for name, expression in dataset.label_expressions.items():
        member = evaluate(expression, trials, f"{origin}, label.{name}")
        if (both := member & (labels != "") & used).any():
            raise InputError(
                f"{origin}, label",
                f"trial {trials['trial_id'][both].tolist()[0]!r} is both "
                f"{labels[both][0]!r} and {name!r}.",
            )
        labels[member] = name
        if not member.any():
            without[f"label.{name}"] = explain_no_row(expression, trials)
    return labels


def of_tasks(recordings: Sequence[xr.Dataset], tasks: Collection[str]) -> list[xr.Dataset]:
    """Return recordings without the trials of other tasks; rates are not read."""
    found = []
    for each in recordings:
        kept = np.isin(each["task"].values.astype(str), list(tasks))
        found.append(each if kept.all() else each.isel(trial=np.flatnonzero(kept)))
    return found


def class_name(value: Any) -> str:
    """Return a value of a label column as the name of a class; empty if it is missing.

    A whole number has the same name in a column of integers and in a column of floats, which
    missing values make of it.
    """
    if pd.isna(value):
        return ""
    whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return str(int(value)) if whole else str(value)


def reason_without_trials(recordings: list[xr.Dataset], key: str) -> str:
    """Return the reason that `assign_tasks` found for an expression that is true on no trial.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions.
    key : str
        Key of the expression, such as ``tasks.pro.trials`` or ``label.left``.

    Returns
    -------
    str
        Empty if a session has such trials or no reason was found.
    """
    told = [json.loads(each.attrs.get("without_trials", "{}")) for each in recordings]
    if told and all(key in each for each in told):
        return next((each[key] for each in told if each[key]), "")
    return ""
