"""Train on a fold of each task, test on a fold of every task, at every pair of times.

Populations are decoded here and in `mirrored`, and nowhere else. Several replicates are evaluated
at once, and all decision values of a decoder come from one matrix product.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import expit, softmax

from neuro_attn.configuration import Decoding
from neuro_attn.decoding.adjustment import held_out_rows
from neuro_attn.decoding.confusion import counted
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.scores import PooledScore, score_of
from neuro_attn.decoding.splits import Fold
from neuro_attn.decoding.training import train

EVERYTHING = slice(None)
"""All time bins and windows."""


UNRELIABLE: Literal["ignore"] = "ignore"
"""Treatment of the flag of invalid values: some kernels of OpenBLAS set it in products of finite
matrices (numpy issues 13173 and 24067). Rates are finite, and weights are checked.
"""


class Tested(NamedTuple):
    """What testing one batch of decoders gave.

    ``accuracy`` (replicate, train_task, test_task, train_bin, test_bin), or the statistics of
    another score, with axes of their own after these; ``confusion`` (replicate, train_task,
    test_task, window, true_class, decoded_class) counts test trials; ``weights`` and
    ``patterns`` (replicate, train_task, bin, unit, output) on standardised units; ``on_rows``
    P(true class), or the error of a continuous label, at the training time,
    [train_task][test_task] (replicate, bin, row);
    ``n_constant`` (replicate, train_task, bin) units that are constant over the training trials;
    ``unconverged`` fraction of fits.
    """

    accuracy: np.ndarray
    confusion: np.ndarray
    weights: np.ndarray
    patterns: np.ndarray
    on_rows: list[list[np.ndarray]]
    n_constant: np.ndarray
    unconverged: float


@np.errstate(invalid=UNRELIABLE)
def evaluate_fold(
    population: Population,
    folds: Sequence[Fold],
    *,
    units: np.ndarray,
    settings: Decoding,
    bins: slice,
    across: Fold | None = None,
    score: PooledScore | None = None,
) -> Tested:
    """Train on each task of a fold and test on all tasks, for several replicates at once.

    Tasks that are only tested (`Population.test_only`) follow the others.

    Parameters
    ----------
    population : Population
        The data.
    folds : sequence of Fold, one per replicate
        The same fold of different replicates.
    units : array of int, shape (replicate, unit)
        Units of each replicate.
    settings : Decoding
        The decoder and standardisation.
    bins : slice
        Time bins and windows that are decoded.
    across : Fold, optional
        Where the test trials of tasks other than the trained one come from, for all replicates;
        by default from `folds`, as those of the trained task do. Units must then be the same in
        all replicates.
    score : PooledScore, optional
        In place of the score in `settings`.
    """
    n_tasks, n_tested = len(population.tasks), len(population.tested_tasks)
    # All permutations of a continuous label have the same trials, of which one copy suffices.
    distinct = folds[:1] if population.is_continuous and across is not None else folds
    tests = [
        held_out_rows(population, distinct, task=task, units=units[: len(distinct)], bins=bins)
        for task in range(n_tested if across is None else n_tasks)
    ]
    others = tests
    if across is not None and n_tested > 1:
        others = [
            held_out_rows(population, [across], task=task, units=units[:1], bins=bins)
            for task in range(n_tested)
        ]
    trained = [
        train(population, folds, task=task, units=units, settings=settings, bins=bins)
        for task in range(n_tasks)
    ]
    scored, confused = [], []
    on_rows: list[list[np.ndarray]] = [[] for _ in range(n_tasks)]
    for train_task, test_task in np.ndindex(n_tasks, n_tested):
        test = (tests if test_task == train_task else others)[test_task]
        scores = _scores(test, trained[train_task].weights, trained[train_task].intercept)
        tested_in = [across] if across is not None and test_task != train_task else folds
        truth = _truth(population, tested_in, test_task)
        scored.append((score or score_of(settings)).score(scores, truth))
        at_training_time = np.einsum("rpnpk->rpnk", scores)
        of_rows = (
            score_of(settings).error(at_training_time[:, :, :, None], truth)[..., 0]
            if population.is_continuous
            else _probability_of(truth, at_training_time)
        )
        on_rows[train_task].append(of_rows)
        confused.append(_confusion(population, truth, at_training_time))
    confusion = np.stack(confused, axis=1)
    accuracy = np.stack(scored, axis=1)
    return Tested(
        accuracy.reshape(-1, n_tasks, n_tested, *accuracy.shape[2:]),
        confusion.reshape(len(folds), n_tasks, n_tested, *confusion.shape[2:]),
        np.stack([each.standardized for each in trained], 1),
        np.stack([each.patterns for each in trained], 1),
        on_rows,
        np.stack([each.n_constant for each in trained], 1),
        float(np.mean([each.unconverged for each in trained])),
    )


def _confusion(population: Population, truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return counts in the windows, which are the last bins; none for a continuous label.

    From scores (replicate, bin, row, output): (replicate, window, true_class, decoded_class).
    """
    if population.is_continuous:
        return np.zeros((len(scores), 0, 0, 0), int)
    first = max(0, scores.shape[1] - len(population.windows))
    return counted(truth, scores[:, first:], len(population.classes))


def _truth(population: Population, folds: Sequence[Fold], task: int) -> np.ndarray:
    """Return the classes of test rows (row,), or values of a continuous label (replicate, row)."""
    if population.is_continuous:
        return np.stack([fold.test_label[task] for fold in folds])
    # Rows are ordered by class, in the same way in all replicates.
    return folds[0].test_label[task]


def _scores(test: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Score every test time with every decoder: (replicate, test_bin, row, train_bin, output).

    One matrix product a replicate, whatever the number of times.
    """
    n_bins, n_rows, n_units = test.shape[1:]
    decoders = weights.transpose(0, 2, 1, 3).reshape(len(weights), n_units, -1)
    scores = test.reshape(len(test), -1, n_units) @ decoders
    shape = (len(weights), n_bins, n_rows, weights.shape[1], weights.shape[-1])
    return scores.reshape(shape) + intercept[:, None, None]


def _probability_of(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return P(true class) from scores (replicate, bin, row, output)."""
    if scores.shape[-1] == 1:
        return expit(np.where(truth == 1, 1, -1) * scores[..., 0])
    return np.take_along_axis(softmax(scores, axis=-1), truth[None, None, :, None], axis=-1)[..., 0]
