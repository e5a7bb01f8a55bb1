"""Train on a fold of each task, test on a fold of every task, at every pair of times.

Populations are decoded here and in `mirrored`, and nowhere else. Several replicates are evaluated
at once, and all decision values of a decoder come from one matrix product.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import expit, softmax

from neuro_attn.configuration import Decoding
from neuro_attn.decoding.adjustment import held_out_rows, training_rows
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.readouts import fit_readouts
from neuro_attn.decoding.scores import PooledScore, score_of
from neuro_attn.decoding.splits import Fold

EVERYTHING = slice(None)
"""All time bins and windows."""


UNRELIABLE: Literal["ignore"] = "ignore"
"""Treatment of the flag of invalid values: some kernels of OpenBLAS set it in products of finite
matrices (numpy issues 13173 and 24067). Rates are finite, and weights are checked.
"""


class Trained(NamedTuple):
    """Decoders of one task.

    ``weights``, ``standardized`` and ``patterns`` (replicate, bin, unit, output), ``intercept``
    (replicate, bin, output) for rates less their origin, ``n_constant`` (replicate, bin)
    constant units, ``unconverged`` fraction of fits.
    """

    weights: np.ndarray
    intercept: np.ndarray
    standardized: np.ndarray
    patterns: np.ndarray
    n_constant: np.ndarray
    unconverged: float


class Tested(NamedTuple):
    """What testing one batch of decoders gave.

    ``accuracy`` (replicate, train_task, test_task, train_bin, test_bin), or the statistics of
    another score, with axes of their own after these; ``weights`` and
    ``patterns`` (replicate, train_task, bin, unit, output) on standardised units; ``true_class``
    P(true class) at the training time, [train_task][test_task] (replicate, bin, row);
    ``n_constant`` (replicate, train_task, bin) units that are constant over the training trials;
    ``unconverged`` fraction of fits.
    """

    accuracy: np.ndarray
    weights: np.ndarray
    patterns: np.ndarray
    true_class: list[list[np.ndarray]]
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
    tests = [
        held_out_rows(population, folds, task=task, units=units, bins=bins)
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
    scored = []
    true_class: list[list[np.ndarray]] = [[] for _ in range(n_tasks)]
    for train_task, test_task in np.ndindex(n_tasks, n_tested):
        test = (tests if test_task == train_task else others)[test_task]
        scores = _scores(test, trained[train_task].weights, trained[train_task].intercept)
        truth = (across or folds[0]).test_label[test_task]
        scored.append((score or score_of(settings)).score(scores, truth))
        at_training_time = np.einsum("rpnpk->rpnk", scores)
        true_class[train_task].append(_probability_of(truth, at_training_time))
    accuracy = np.stack(scored, axis=1)
    return Tested(
        accuracy.reshape(-1, n_tasks, n_tested, *accuracy.shape[2:]),
        np.stack([each.standardized for each in trained], 1),
        np.stack([each.patterns for each in trained], 1),
        true_class,
        np.stack([each.n_constant for each in trained], 1),
        float(np.mean([each.unconverged for each in trained])),
    )


def train(
    population: Population,
    folds: Sequence[Fold],
    *,
    task: int,
    units: np.ndarray,
    settings: Decoding,
    bins: slice,
) -> Trained:
    """Train decoders on a task in a fold of several replicates; see `evaluate_fold`."""
    data = training_rows(population, folds, task=task, units=units, bins=bins)
    n_replicates, n_bins, _, n_units = data.shape
    # Rows are ordered by class, in the same way in all replicates.
    fitted = fit_readouts(
        data.reshape(-1, *data.shape[-2:]),
        folds[0].train_label[task][:, None],
        n_classes=len(population.classes),
        settings=settings,
    )
    weights, intercept = fitted.on_rates(np.repeat(population.origin[units], n_bins, axis=0))
    standardized = fitted.readouts.weights[:, :, 0]
    if not np.isfinite(weights).all():
        raise FloatingPointError("weights of decoders are not finite")
    shape = (n_replicates, n_bins, n_units, -1)
    return Trained(
        weights.reshape(shape),
        intercept.reshape(n_replicates, n_bins, -1),
        standardized.reshape(shape),
        _patterns(fitted.data, standardized).reshape(shape),
        fitted.units.constant.sum(axis=-1).reshape(n_replicates, n_bins),
        float(1 - fitted.readouts.converged.mean()),
    )


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


def _patterns(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return activation patterns cov(X, s) / var(s) of the scores s = Xw (Haufe et al. 2014)."""
    scores = data @ weights
    variance = np.maximum((scores**2).sum(axis=-2, keepdims=True), np.finfo(data.dtype).tiny)
    return np.swapaxes(data, -1, -2) @ scores / variance
