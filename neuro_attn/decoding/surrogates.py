"""Surrogate labels: what the labels could have been if they were independent of the rates.

Shuffling assumes that trials are exchangeable. Where labels come in blocks and rates drift, they
are not: neighbouring trials have similar rates and labels, and shuffling removes only the latter.
Surrogate labels must then come from the process that generated the labels (Harris 2020). The
modules of `nulls` draw them.

A label set is a function of the session and the number of the replicate alone. All regions, times
and draws of a data set therefore have the same label sets, and a maximum over them keeps their
dependence.
"""

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, TypeVar

import numpy as np

from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.errors import InputError
from neuro_attn.study import Study

Draw = Callable[[SessionTrials, int], np.ndarray]
"""Returns the class numbers of a session's trials in a replicate of the null."""
Generator = Callable[[str, str, np.ndarray, np.random.Generator], np.ndarray]
"""Returns class names for the trials of a task, in order of time. Its arguments are the session,
the task, the true class names and a source of randomness."""
Labels = TypeVar("Labels")

ATTEMPTS = 100
"""How often labels are redrawn if they leave a class too few trials for the folds."""


class SurrogateLabels(NamedTuple):
    """The surrogate labels of a population's sessions.

    Parameters
    ----------
    draw : callable
        Draws the label set of a session and replicate.
    keeps_counts : bool
        Whether every label set has as many trials of each class as the data.
    """

    draw: Draw
    keeps_counts: bool


def surrogate_labels(
    population: Population, study: Study, generator: Generator | None = None
) -> SurrogateLabels:
    """Return the surrogate labels of a population under the null model of its data set.

    Parameters
    ----------
    population : Population
        Its classes, tasks and the labels of all sessions of the data set.
    study : Study
        The data set, with its null model and folds: every task and class has at least one trial in
        each fold.
    generator : callable, optional
        Generates the labels, if the null model allows it.

    Raises
    ------
    ValueError
        If the null model does not take a generator.
    """
    null = NULL_MODELS[study.dataset.inference.null_model]
    draw = import_module(f"neuro_attn.decoding.nulls.{null.name}").surrogate_labels
    if generator is None:
        return SurrogateLabels(draw(population, study), null.keeps_counts)
    if not null.takes_generator:
        allowed = " or ".join(each.name for each in NULL_MODELS.values() if each.takes_generator)
        raise ValueError(f"a generator needs null_model: {allowed}; got {null.name}")
    return SurrogateLabels(draw(population, study, generator), keeps_counts=False)


def redrawn(
    draw: Callable[[int], Labels],
    population: Population,
    study: Study,
    *,
    fewest: Callable[[Labels], int],
) -> Labels:
    """Return the first of several label sets that has enough trials for the folds.

    Parameters
    ----------
    draw : callable
        Draws labels; its argument is the number of the attempt.
    population, study : Population, Study
        For the message, and the number of folds.
    fewest : callable
        Returns the number of trials of the rarest task and class.

    Raises
    ------
    InputError
        If ``ATTEMPTS`` label sets in a row have too few.
    """
    folds = study.dataset.decoding.folds
    for attempt in range(ATTEMPTS):
        labels = draw(attempt)
        if fewest(labels) >= folds:
            return labels
    raise InputError(
        study.key("inference.null_model"),
        f"{ATTEMPTS} label sets in a row leave a class of a task fewer than {folds} trials in "
        f"session {population.parts[0].session!r} or another.",
        "Use fewer folds, or another null model.",
    )


def check_variety(
    members: list[Population], surrogates: list[SurrogateLabels], study: Study
) -> None:
    """Raise `InputError` if a task has too few different label sets for any p below alpha.

    If there are k label sets, on average one in k permutations has the labels of the data and
    equals the data. The p-value is then at least 1 / k whatever is coded. Since only p < alpha is
    significant, k must exceed 1 / alpha.
    """
    inference = study.dataset.inference
    restricted = any(part.condition is not None for each in members for part in each.parts)
    if NULL_MODELS[inference.null_model].permutes_trials and not restricted:
        return
    # 1 / alpha may be a whole number but for its rounding.
    needed = int(np.floor(1 / inference.alpha * (1 + 1e-9))) + 1
    seen: list[set[bytes]] = [set() for _ in members[0].tasks]
    # Five times as many draws as label sets leave out 1 in 150 of them.
    for index in range(5 * needed):
        labels = [
            (part, of_member.draw(part, index))
            for member, of_member in zip(members, surrogates, strict=True)
            for part in member.parts
        ]
        for task, different in enumerate(seen):
            of_task = [label[part.task == task] for part, label in labels]
            different.add(np.concatenate(of_task).tobytes())
        if min(map(len, seen)) >= needed:
            return
    fewest = int(np.argmin([len(different) for different in seen]))
    raise InputError(
        study.key("inference.null_model"),
        f"{inference.null_model} gives only {len(seen[fewest])} label sets for task "
        f"{members[0].tasks[fewest]!r}; alpha {inference.alpha:g} needs {needed}.",
        "Use more sessions or blocks, or another null model.",
    )
