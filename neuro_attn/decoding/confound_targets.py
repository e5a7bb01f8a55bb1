"""The populations in which a confound is decoded, decodes the label, or is regressed out."""

from dataclasses import replace

import numpy as np

from neuro_attn.decoding.balancing import within_levels
from neuro_attn.decoding.nuisance import Levels, regressors
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.splits import fold_sizes
from neuro_attn.decoding.trial_selection import Target
from neuro_attn.solver import constant_units

MOST_REGRESSORS = 0.5
"""Regressors that can be regressed out, as a fraction of the training trials of a task."""


def as_label(members: list[Population], confound: Levels, folds: int) -> Target:
    """Return populations whose classes are the levels of the confound."""
    classes = confound.names
    made = [
        replace(
            member,
            parts=[replace(part, label=confound.of_session[part.session]) for part in member.parts],
            classes=classes,
        )
        for member in members
    ]
    if len(classes) < 2:
        return Target(made, dict.fromkeys(members[0].tasks, "the confound does not vary"))
    parts = [part for member in made for part in member.parts]
    lacking = {
        task: f"no session has {folds} trials of every class of the confound"
        for number, task in enumerate(members[0].tasks)
        if not any(
            np.bincount(
                part.label[(part.task == number) & (part.label >= 0)], None, len(classes)
            ).min()
            >= folds
            for part in parts
        )
    }
    return Target(made, lacking)


def in_place_of_units(members: list[Population], columns: dict[str, np.ndarray]) -> Target:
    """Return populations whose units are the regressors of the confound."""

    def replaced(part: SessionTrials, n_bins: int) -> SessionTrials:
        own = columns[part.session]
        rates = np.broadcast_to(own, (*own.shape[:2], n_bins)).astype(np.float32)
        unit_ids = np.array([f"confound{i}" for i in range(own.shape[1])], object)
        return replace(part, rates=rates, unit_ids=unit_ids)

    made = [
        replace(member, parts=[replaced(part, member.n_bins) for part in member.parts])
        for member in members
    ]
    return Target(made, _constant(members, columns))


def adjusted(
    members: list[Population], values: dict[str, np.ndarray], confound: Levels, folds: int
) -> Target:
    """Return populations with the confound to be regressed out, shuffled within its levels.

    If the null hypothesis is true, the label may depend on the confound. Only shuffles within its
    levels keep this relation, and with it the errors that the regression makes.
    """
    n_train = {
        part.session: fold_sizes(member, folds=folds, pseudotrials=None).train * len(member.classes)
        for member in members
        for part in member.parts
    }
    columns = regressors(values, missing=True, n_train=n_train)
    made = []
    for member in members:
        parts = [
            replace(
                within_levels(part, confound.of_session[part.session]),
                nuisance=columns[part.session],
                # Too many regressors explain the rates of a training side whatever they are.
                label=part.label
                if columns[part.session].shape[1] <= MOST_REGRESSORS * n_train[part.session]
                else np.full_like(part.label, -1),
            )
            for part in member.parts
        ]
        made.append(replace(member, parts=parts))
    return Target(made, _constant(members, columns), "a class, or too few for the regression")


def _constant(members: list[Population], columns: dict[str, np.ndarray]) -> dict[str, str]:
    """Return the tasks in which regressors are constant in all sessions, with that reason."""
    return {
        task: "the confound does not vary"
        for number, task in enumerate(members[0].tasks)
        if not any(
            not constant_units(columns[part.session][part.task == number]).all()
            for member in members
            for part in member.parts
        )
    }
