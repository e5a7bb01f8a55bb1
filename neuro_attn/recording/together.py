"""Checks that the Recordings of a data set can be analysed together."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import AnyDataset
from neuro_attn.errors import InputError
from neuro_attn.recording.continuous import LABEL_VALUE
from neuro_attn.recording.tasks import reason_without_trials
from neuro_attn.spelling import alike

_LISTED = 5
"""Number of missing classes that a message names."""
_MANY_CLASSES = 12
"""Number of classes beyond which a column probably contains measurements, not conditions."""
_COMPARE = (
    "Compare its spelling, case and type with the values that neuro-attn inspect lists for the "
    "column."
)


def check_together(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> None:
    """Raise `InputError` if the Recordings of a data set cannot be analysed together.

    Sessions need different names. Every task needs trials of the same two or more classes, and
    every region that is listed under ``regions.include`` needs enough units.
    """
    key = f"datasets.{name}"
    sessions = [recording.attrs["session"] for recording in recordings]
    for session in sessions:
        if sessions.count(session) > 1:
            raise InputError(key, f"two sessions are named {session!r}.")
    found = pd.concat(
        [recording[["task", "label"]].to_dataframe()[["task", "label"]] for recording in recordings]
    )
    lost = sum(int(each.attrs.get("n_trials_without_label", 0)) for each in recordings)
    if dataset.has_classes and dataset.label_column and len(found):
        _check_number_of_classes(found, recordings, key, dataset.label_column)
    keys = [f"{dataset.key_of(task)}.trials" for task in dataset.tested_tasks]
    keys += [f"label.{each}" for each in dataset.label_expressions]
    reasons = {each: reason_without_trials(recordings, each) for each in keys}
    check_classes(found, lost, name, dataset, reasons)
    if not dataset.has_classes:
        _check_values(recordings, key, dataset)
    counts = _units_per_region(recordings, dataset)
    without = sum(int(each.attrs.get("n_units_without_region", 0)) for each in recordings)
    if not counts and without:
        raise InputError(
            f"{key}.regions.column",
            f"none of the {without} units has a region: {dataset.regions.column!r} is blank.",
            "Name another column, or set one region for all units with the key region.",
        )
    minimum = dataset.regions.min_units
    for region in dataset.regions.include or []:
        if counts.get(region, 0) < minimum:
            raise InputError(
                f"{key}.regions.include",
                f"region {region!r} has {counts.get(region, 0)} units; min_units is {minimum}.",
                f"Regions: {_listed(counts)}.",
            )
    if not counts or max(counts.values()) < minimum:
        where = sessions[0] if len(sessions) == 1 else "all sessions"
        raise InputError(
            f"{key}.regions.min_units",
            f"no region has {minimum} unit{'' if minimum == 1 else 's'}.",
            f"At most {max(counts.values(), default=0)} gives one region. Regions of {where}: "
            f"{_listed(counts)}.",
        )


def check_classes(
    found: pd.DataFrame,
    lost: int,
    name: str,
    dataset: AnyDataset,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raise `InputError` unless every task has trials of the same two or more classes.

    Parameters
    ----------
    found : pandas.DataFrame
        ``task`` and ``label`` of the trials of all sessions.
    lost : int
        Trials of the tasks that have no class.
    name, dataset
        As in `check_together`.
    reasons : mapping of str to str
        Why expressions are true on no trial, by their keys, such as ``tasks.pro.trials``.
    """
    key = f"datasets.{name}"
    classes = {task: set(found["label"][found["task"] == task]) for task in dataset.tested_tasks}
    everywhere = set().union(*classes.values())
    of_label = [why for each, why in reasons.items() if each.startswith("label.") and why]
    if not everywhere and lost:
        problem = f"no trial has a class: the label matches none of the {lost} trials of the tasks."
        if not dataset.has_classes:
            problem = f"no trial of the tasks has a value in the column {dataset.label_column!r}."
        raise InputError(f"{key}.label", problem, " ".join(of_label) or _COMPARE)
    for task, present in classes.items():
        if not present:
            raise InputError(
                f"{key}.{dataset.key_of(task)}.trials",
                f"task {task!r} has no trials: {dataset.tested_tasks[task].trials!r} is true on "
                "none that has a label.",
                reasons.get(f"{dataset.key_of(task)}.trials") or _COMPARE,
            )
        if dataset.has_classes and len(present) < 2:
            raise InputError(
                f"{key}.label",
                f"task {task!r} has trials of one class only, {next(iter(present))!r}.",
                " ".join(["Decoding needs two or more.", *of_label]),
            )
        if present != everywhere:
            missing = sorted(everywhere - present)
            more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
            raise InputError(
                f"{key}.label",
                f"task {task!r} has no trials of class {', '.join(missing[:_LISTED])}{more}.",
                "Classes that differ only in case or blanks are separate: write them alike in the "
                "files, or give label an expression for each class."
                if alike(everywhere)
                else "Every task needs trials of every class: give label an expression for each "
                "class that all tasks have, or leave the task out.",
            )


def _check_values(recordings: list[xr.Dataset], key: str, dataset: AnyDataset) -> None:
    """Raise `InputError` if a continuous label is the same on all trials of a trained task.

    Its mean is then an exact prediction, which needs no unit.
    """
    task = np.concatenate([each["task"].values.astype(str) for each in recordings])
    value = np.concatenate([each[LABEL_VALUE].values for each in recordings])
    for name in dataset.tasks:
        of_task = value[task == name]
        if len(of_task) > 1 and of_task.min() == of_task.max():
            raise InputError(
                f"{key}.label",
                f"column {dataset.label_column!r} is {of_task[0]:g} on every trial of task "
                f"{name!r}, so there is nothing to decode.",
                "Leave the task out, list it under test_only, or give another column.",
            )


def _check_number_of_classes(
    found: pd.DataFrame, recordings: list[xr.Dataset], key: str, label: str
) -> None:
    """Raise `InputError` if a column has too many values for any session to be decoded."""
    n_classes, n_tasks = found["label"].nunique(), found["task"].nunique()
    most = max(each.sizes["trial"] for each in recordings)
    if n_classes <= _MANY_CLASSES or most >= 2 * n_classes * n_tasks:
        return
    numbers = pd.to_numeric(found["label"], errors="coerce")
    remedy = "Group them into classes: give label an expression for each."
    if numbers.notna().all():
        median = f"{numbers.median():.4g}"
        low, high = f"{label} <= {median}", f"{label} > {median}"
        remedy = (
            f"Group them into classes, for example at the median: low: {low}, high: {high}. Or "
            f"predict the number: label: {{column: {label}, kind: linear}} (an angle: circular)."
        )
    raise InputError(
        f"{key}.label",
        f"the column {label!r} has {n_classes} values on {len(found)} trials: too few trials of "
        "each to decode.",
        remedy,
    )


def _units_per_region(recordings: list[xr.Dataset], dataset: AnyDataset) -> dict[str, int]:
    """Return the number of units per region: of all sessions if pooled, else of the largest."""
    per_session = [pd.Series(r["region"].values, dtype=object).value_counts() for r in recordings]
    table = pd.concat(per_session, axis=1) if per_session else pd.DataFrame()
    pooled = dataset.decoding.population == "pseudopopulation"
    total = table.sum(axis=1) if pooled else table.max(axis=1)
    return {str(region): int(n) for region, n in total.items()}


def _listed(counts: dict[str, int]) -> str:
    """Return regions with their numbers of units, for messages."""
    return ", ".join(f"{region} ({n})" for region, n in sorted(counts.items())[:40]) or "none"
