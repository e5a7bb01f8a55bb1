"""Populations restricted to the tasks, sessions and trials in which something can be decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials, cells_of


class Target(NamedTuple):
    """The populations of a region, to be decoded in some of their tasks.

    Parameters
    ----------
    members : list of Population
        Trials with the label -1 are excluded.
    lacking : dict of str to str
        Tasks in which they cannot be decoded, and why.
    requires : str
        What a session needs, to follow "fewer than 5 trials of".
    """

    members: list[Population]
    lacking: dict[str, str]
    requires: str = "a class of the confound"

    @property
    def tasks(self) -> list[str]:
        """The tasks in which they can be decoded."""
        return [task for task in self.members[0].tasks if task not in self.lacking]


def decodable(
    targets: Mapping[str, Target], *, folds: int, where: str
) -> tuple[dict[str, list[Population]], list[str]]:
    """Return populations by region, in the tasks that all share, and what is excluded, and why.

    Regions are corrected together and therefore have the same tasks. Regions without any task are
    excluded.

    Parameters
    ----------
    targets : mapping of str to Target
        By region.
    folds : int
        Trials that every task, class and stratum needs.
    where : str
        What is decoded, in words.
    """
    tasks = {region: target.tasks for region, target in targets.items()}
    found: dict[str, list[Population]] = {}
    left_out: list[str] = []
    for region, target in targets.items():
        members, reasons = decodable_in(region, target, tasks, folds=folds, where=where)
        left_out += reasons
        if members:
            found[region] = members
    return found, left_out


def decodable_in(
    region: str, target: Target, tasks: Mapping[str, Sequence[str]], *, folds: int, where: str
) -> tuple[list[Population], list[str]]:
    """Return the populations of one region as `decodable`, which may be none.

    Parameters
    ----------
    region : str
        The region.
    target : Target
        Its populations.
    tasks : mapping of str to sequence of str
        The tasks in which each region can be decoded (`Target.tasks`).
    folds, where
        As in `decodable`.
    """
    some = [other for other, names in tasks.items() if names]
    kept = [task for task in target.tasks if all(task in tasks[other] for other in some)]
    left_out = []
    for task in target.members[0].tasks:
        others = ", ".join(other for other in some if task not in tasks[other])
        if task not in kept:
            reason = target.lacking.get(task, f"left out because it cannot be decoded in {others}")
            left_out.append(f"{where}, region {region}, task {task}: {reason}")
    members, scarce = _in_tasks(target, kept, folds=folds, where=f"{where}, region {region}")
    return members, left_out + scarce


def _in_tasks(
    target: Target, names: Sequence[str], *, folds: int, where: str
) -> tuple[list[Population], list[str]]:
    """Return populations of the tasks and of the trials that have a class, and what is excluded.

    Sessions with fewer trials of a task, class and stratum than folds are excluded.
    """
    restricted: list[Population] = []
    left_out: list[str] = []
    if not names:
        return restricted, left_out
    for member in target.members:
        tasks = np.flatnonzero(np.isin(member.tasks, names))
        sizes = {"n_classes": len(member.classes), "n_strata": member.n_strata}
        n_cells = len(tasks) * member.n_strata * len(member.classes)
        parts = []
        for part in member.parts:
            own = _restricted(part, (part.label >= 0) & np.isin(part.task, tasks), tasks)
            counts = np.bincount(cells_of(own, own.label, **sizes), minlength=n_cells)
            if counts.min() >= folds:
                parts.append(own)
            else:
                few = f"fewer than {folds} trials of {target.requires}"
                left_out.append(f"{where}, session {part.session}: left out, {few}")
        labels = {
            session: tuple(labels[task] for task in tasks)
            for session, labels in member.session_labels.items()
        }
        if parts:
            restricted.append(
                replace(member, parts=parts, tasks=tuple(names), session_labels=labels)
            )
    return restricted, left_out


def _restricted(part: SessionTrials, keep: np.ndarray, tasks: np.ndarray) -> SessionTrials:
    """Return the trials to keep, which are of the tasks, numbered anew."""

    def kept(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[keep]

    return replace(
        part,
        rates=part.rates[keep],
        task=np.searchsorted(tasks, part.task[keep]),
        label=part.label[keep],
        trial_ids=part.trial_ids[keep],
        event_time=kept(part.event_time),
        condition=kept(part.condition),
        block=kept(part.block),
        stratum=kept(part.stratum),
        nuisance=kept(part.nuisance),
        value=kept(part.value),
    )
