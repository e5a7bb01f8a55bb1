"""Train on a fold of each task, test on a fold of every task, at every pair of times.

This is the one place where populations meet the decoder. Many replicates go through it at once,
and all scores of a decoder come from one matrix product.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax

from neuro_attn.configuration import Decoding
from neuro_attn.decoding.decoder import standardize, unstandardized
from neuro_attn.decoding.populations import Population
from neuro_attn.decoding.selection import fit
from neuro_attn.decoding.splits import Fold

TOLERANCE = 1e-3
MAX_ITERATIONS = 1000
SELECTION_FOLDS = 5


class Tested(NamedTuple):
    """What testing one batch of decoders gave.

    ``accuracy`` (replicate, train_task, test_task, train_point, test_point); ``weights`` and
    ``patterns`` (replicate, train_task, point, unit, output) on standardised units; ``true_class``
    P(true class) at the training time, [train_task][test_task] (replicate, point, row);
    ``unconverged`` fraction of fits.
    """

    accuracy: np.ndarray
    weights: np.ndarray
    patterns: np.ndarray
    true_class: list[list[np.ndarray]]
    unconverged: float


def evaluate_fold(
    population: Population,
    folds: Sequence[Fold],
    units: np.ndarray,
    settings: Decoding,
    points: slice,
    across: Fold | None = None,
) -> Tested:
    """Train on each task of a fold and test on all tasks, for several replicates at once.

    Parameters
    ----------
    population : Population
        The data.
    folds : sequence of Fold, one per replicate
        The same fold of different replicates.
    units : array of int, shape (replicate, unit)
        Units of each replicate.
    settings : Decoding
        C and standardisation.
    points : slice
        Time bins and windows that are decoded.
    across : Fold, optional
        Where the test trials of tasks other than the trained one come from, for all replicates;
        by default from `folds`, as those of the trained task do. Units must then be the same in
        all replicates.

    Returns
    -------
    Tested
    """
    n_tasks, n_classes = len(population.tasks), len(population.classes)
    tests = [
        population.rows(np.stack([fold.test[task] for fold in folds]), units, points)
        for task in range(n_tasks)
    ]
    others = tests
    if across is not None and n_tasks > 1:
        others = [population.rows(test[None], units[:1], points) for test in across.test]
    n_replicates, n_points = tests[0].shape[:2]
    accuracy = np.empty((n_replicates, n_tasks, n_tasks, n_points, n_points), np.float32)
    weights, patterns, unconverged = [], [], []
    true_class: list[list[np.ndarray]] = []
    for train_task in range(n_tasks):
        rows = np.stack([fold.train[train_task] for fold in folds])
        data = population.rows(rows, units, points)
        problems = data.reshape(-1, *data.shape[-2:])
        problems, mean, scale = standardize(problems, settings.standardize)
        # Rows are ordered by class, in the same way in all replicates.
        label = folds[0].train_label[train_task][None, :, None]
        solution, _ = fit(
            problems,
            label,
            n_classes,
            settings.C,
            SELECTION_FOLDS,
            TOLERANCE,
            MAX_ITERATIONS,
            batch=1,
        )
        fitted = solution.weights[:, :, 0]
        weights.append(fitted.reshape(n_replicates, n_points, *fitted.shape[1:]))
        patterns.append(_patterns(problems, fitted).reshape(weights[-1].shape))
        unconverged.append(1 - solution.converged.mean())
        raw, intercept = unstandardized(solution.weights, solution.intercept, mean, scale)
        raw = raw.reshape(weights[-1].shape)
        intercept = intercept.reshape(n_replicates, n_points, -1)
        true_class.append([])
        for test_task in range(n_tasks):
            test = (tests if test_task == train_task else others)[test_task]
            scores = _scores(test, raw, intercept)
            truth = folds[0].test_label[test_task]
            accuracy[:, train_task, test_task] = _balanced_accuracy(scores, truth)
            at_training_time = np.einsum("rpnpk->rpnk", scores)
            true_class[-1].append(_probability_of(truth, at_training_time))
    return Tested(
        accuracy,
        np.stack(weights, 1),
        np.stack(patterns, 1),
        true_class,
        float(np.mean(unconverged)),
    )


def _scores(test: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Score every test time with every decoder: (replicate, test_point, row, train_point, output).

    One matrix product a replicate, whatever the number of times.
    """
    n_points, n_rows, n_units = test.shape[1:]
    decoders = weights.transpose(0, 2, 1, 3).reshape(len(weights), n_units, -1)
    scores = test.reshape(len(test), -1, n_units) @ decoders
    shape = (len(weights), n_points, n_rows, weights.shape[1], weights.shape[-1])
    return scores.reshape(shape) + intercept[:, None, None]


def _balanced_accuracy(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the mean over classes of the fraction correct (replicate, train_point, test_point)."""
    if scores.shape[-1] == 1:
        correct = (scores[..., 0] > 0) == (truth == 1)[:, None]
    else:
        correct = scores.argmax(axis=-1) == truth[:, None]
    count = np.bincount(truth)
    weight = (1 / (count[truth] * len(count))).astype(np.float32)
    return np.einsum("rqnp,n->rpq", correct, weight, optimize=True)


def _probability_of(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return P(true class) from scores (replicate, point, row, output)."""
    if scores.shape[-1] == 1:
        return expit(np.where(truth == 1, 1, -1) * scores[..., 0])
    return np.take_along_axis(softmax(scores, axis=-1), truth[None, None, :, None], axis=-1)[..., 0]


def _patterns(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return activation patterns cov(X, s) / var(s) of the scores s = Xw (Haufe et al. 2014)."""
    scores = data @ weights
    variance = np.maximum((scores**2).sum(axis=-2, keepdims=True), np.finfo(data.dtype).tiny)
    return np.swapaxes(data, -1, -2) @ scores / variance
