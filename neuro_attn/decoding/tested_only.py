"""Trials on which decoders are tested and never trained.

They are no part of the splits. Every fold's decoders are tested on all of them, so they neither cut
the number of training trials nor change any other result.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials, cells_of, trial_counts
from neuro_attn.decoding.splits import (
    Fold,
    Replicate,
    Rows,
    bootstrap_counts,
    take,
    values_of,
)
from neuro_attn.study import Study


def tested_sizes(population: Population) -> np.ndarray:
    """Return the test rows of tasks that are only tested, (task, class): trials of all sessions."""
    shape = len(population.tasks), len(population.classes)
    counts = [trial_counts(part.task, part.label, shape) for part in population.parts]
    return np.min(counts, axis=0)


def with_test_only(
    folds: Sequence[Fold], population: Population, study: Study, *, draw: int, replicate: Replicate
) -> list[Fold]:
    """Add the trials that are only tested to the folds of a draw, as further tasks.

    Permutations get none: they relabel training trials, and are tested on the trials of the data
    (`evaluation.evaluate_fold`).

    Parameters
    ----------
    folds : sequence of Fold
        From `draw_folds`.
    population, study : Population, Study
        The data.
    draw, replicate
        As in `draw_folds`. A bootstrap resamples these trials, too.
    """
    test_only = population.test_only
    if test_only is None or replicate.kind == "permutation":
        return list(folds)
    sizes = tested_sizes(test_only)
    rows = Rows(sizes.ravel())
    trials = np.stack(
        [
            _drawn(part, study, rows, n_classes=sizes.shape[1], draw=draw, replicate=replicate)
            for part in test_only.parts
        ]
    )
    by_task = np.split(trials, np.cumsum(sizes.sum(axis=1))[:-1], axis=1)
    if test_only.is_continuous:
        labels = values_of([part.decoded for part in test_only.parts], by_task)
    else:
        labels = [np.repeat(np.arange(len(counts)), counts) for counts in sizes]
    return [
        replace(fold, test=[*fold.test, *by_task], test_label=[*fold.test_label, *labels])
        for fold in folds
    ]


def _drawn(
    part: SessionTrials,
    study: Study,
    rows: Rows,
    *,
    n_classes: int,
    draw: int,
    replicate: Replicate,
) -> np.ndarray:
    """Return a session's trials of all rows; which trials of sessions form a row is random."""
    rng = study.rng("test only", part.session, draw, replicate.kind, replicate.index)
    cell = cells_of(part, part.label, n_classes=n_classes)
    copies = None
    if replicate.kind == "bootstrap":
        stream = "bootstrap of test only"
        copies = bootstrap_counts(
            part, study, n_classes=n_classes, replicate=replicate, stream=stream
        )
    order = rng.permutation(len(cell))
    order = order[cell[order].argsort(kind="stable")]
    return take(order, cell, copies=copies, rows=rows, rng=rng)
