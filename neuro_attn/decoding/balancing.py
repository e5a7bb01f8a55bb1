"""Balanced decoding: equally many trials of every class and value of other variables.

A decoder that is trained and tested on such trials cannot use these variables. Labels are then
permuted within their values, which the null hypothesis allows to be related to rates and label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.nuisance import Levels
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.splits import fold_sizes
from neuro_attn.decoding.trial_selection import Target


class Balanced(NamedTuple):
    """A region with balanced variables.

    Parameters
    ----------
    target : Target
        With the values as strata of the trials.
    missing : dict of str to str
        From session to the cells with too few trials, in words; only for sessions that have some.
    kept : dict of str to str
        From session to the values that remain, in words.
    """

    target: Target
    missing: dict[str, str]
    kept: dict[str, str]


def joint(several: Sequence[tuple[str, Levels]]) -> Levels:
    """Return the combinations of the levels of several variables, as one variable.

    Parameters
    ----------
    several : sequence of (str, Levels)
        Variables with their levels. A trial without a value of one of them has none.
    """
    names: tuple[str, ...] = ("",)
    of_session: dict[str, np.ndarray] = {}
    for variable, levels in several:
        n_levels = len(levels.names)
        for session, level in levels.of_session.items():
            before = of_session.get(session, np.zeros(len(level), int))
            combined = before * n_levels + level
            of_session[session] = np.where((before < 0) | (level < 0), -1, combined)
        names = tuple(
            ", ".join(filter(None, (name, f"{variable} {value}")))
            for name in names
            for value in levels.names
        )
    return Levels(names, of_session)


def within_levels(part: SessionTrials, level: np.ndarray | None) -> SessionTrials:
    """Return trials whose labels are only shuffled among those of equal level.

    Trials without a level count as one more level.
    """
    if level is None:
        return part
    condition = np.zeros(len(level), int) if part.condition is None else part.condition
    return replace(part, condition=condition * (level.max() + 2) + level + 1)


def balanced(members: Sequence[Population], levels: Levels, *, folds: int) -> Balanced:
    """Return populations in which the levels of a variable are balanced in every task and class.

    A level with fewer trials of a task and class than folds is left out of its session. Sessions of
    a pseudopopulation keep the same levels.

    Parameters
    ----------
    members : sequence of Population
        Of a region.
    levels : Levels
        The balanced variable.
    folds : int
        Trials that every task, class and level needs.
    """
    missing: dict[str, str] = {}
    kept: dict[str, str] = {}
    made = []
    for member in members:
        complete = {}
        for part in member.parts:
            counts = _counts(member, part, levels)
            complete[part.session] = (counts >= folds).all(axis=(0, 1))
            if text := _scarce(member, levels, counts, folds):
                missing[part.session] = text
        usable = [each for each in complete.values() if each.any()]
        common = np.all(usable, axis=0) if usable else np.zeros(len(levels.names), bool)
        remaining = [name for name, keep in zip(levels.names, common, strict=True) if keep]
        number = np.append(np.where(common, np.cumsum(common) - 1, -1), -1)
        parts = []
        for part in member.parts:
            stratum = number[levels.of_session[part.session]]
            label = np.where(stratum < 0, -1, part.label)
            parts.append(replace(part, label=label, stratum=stratum))
            if (complete[part.session] >= common).all():
                kept[part.session] = "; ".join(remaining)
        made.append(replace(member, parts=parts, n_strata=max(1, len(remaining))))
    reason = f"no value has {folds} trials of every class in all tasks"
    lacking = {} if any(kept.values()) else dict.fromkeys(members[0].tasks, reason)
    return Balanced(Target(made, lacking, "a class and value"), missing, kept)


def shuffled_within(found: Mapping[str, list[Population]]) -> dict[str, list[Population]]:
    """Return balanced populations whose labels are only shuffled within strata.

    Parameters
    ----------
    found : mapping of str to list of Population
        Balanced populations, by region.
    """
    return {
        region: [
            replace(member, parts=[within_levels(part, part.stratum) for part in member.parts])
            for member in members
        ]
        for region, members in found.items()
    }


def subsampled(found: Mapping[str, list[Population]], folds: int) -> dict[str, list[Population]]:
    """Return populations of the same trials, with as few for training, but not balanced.

    Their accuracy shows what is due to the number of trials, not to the balance.

    Parameters
    ----------
    found : mapping of str to list of Population
        Balanced populations, by region.
    folds : int
        Number of folds.
    """
    return {
        region: [
            replace(
                member,
                parts=[replace(part, stratum=None) for part in member.parts],
                n_strata=1,
                pseudotrials=fold_sizes(member, folds=folds, pseudotrials=None).train,
            )
            for member in members
        ]
        for region, members in found.items()
    }


def _counts(member: Population, part: SessionTrials, levels: Levels) -> np.ndarray:
    """Return the number of trials of a session, (task, class, level)."""
    shape = (len(member.tasks), len(member.classes), len(levels.names))
    level = levels.of_session[part.session]
    has_level = level >= 0
    counts = np.zeros(shape, int)
    np.add.at(counts, (part.task[has_level], part.label[has_level], level[has_level]), 1)
    return counts


def _scarce(member: Population, levels: Levels, counts: np.ndarray, folds: int) -> str:
    """Return in words which tasks, classes and levels have fewer trials than folds."""
    found = []
    for number, name in enumerate(levels.names):
        of_level = counts[:, :, number]
        cells = [
            f"{of_level[task, label]} of task {member.tasks[task]}, class {member.classes[label]}"
            for task, label in np.argwhere(of_level < folds)
        ]
        if cells:
            found.append(f"{name}: {' and '.join(cells) if of_level.any() else 'no trials'}")
    return "; ".join(found)
