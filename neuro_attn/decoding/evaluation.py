"""Train on a fold of each task, test on a fold of every task, at every pair of times.

Populations are decoded here and nowhere else. Several replicates are evaluated at once, and all
scores of a decoder come from one matrix product.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax

from neuro_attn.configuration import Decoding
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.scores import balanced_accuracy
from neuro_attn.decoding.splits import Fold
from neuro_attn.solver import FitSettings, fit_tuned, standardize, unstandardized

TOLERANCE = 1e-3
MAX_ITERATIONS = 1000
TUNING_FOLDS = 5
EVERYTHING = slice(None)
"""All time bins and windows."""
SCORES_BYTES = 16_000_000
"""Scores of mirrored units held at once."""


class _Decoders(NamedTuple):
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

    ``accuracy`` (replicate, train_task, test_task, train_bin, test_bin); ``weights`` and
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


def evaluate_fold(
    population: Population,
    folds: Sequence[Fold],
    *,
    units: np.ndarray,
    settings: Decoding,
    bins: slice,
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
    bins : slice
        Time bins and windows that are decoded.
    across : Fold, optional
        Where the test trials of tasks other than the trained one come from, for all replicates;
        by default from `folds`, as those of the trained task do. Units must then be the same in
        all replicates.

    Returns
    -------
    Tested
    """
    n_tasks = len(population.tasks)
    origin = population.origin[units]
    tests = [
        _less(population.rows(np.stack([fold.test[task] for fold in folds]), units, bins), origin)
        for task in range(n_tasks)
    ]
    others = tests
    if across is not None and n_tasks > 1:
        others = [
            _less(population.rows(test[None], units[:1], bins), origin[:1]) for test in across.test
        ]
    n_replicates, n_bins = tests[0].shape[:2]
    accuracy = np.empty((n_replicates, n_tasks, n_tasks, n_bins, n_bins))
    weights, patterns, n_constant, unconverged = [], [], [], []
    true_class: list[list[np.ndarray]] = []
    for train_task in range(n_tasks):
        decoders = _trained(
            population, folds, task=train_task, units=units, settings=settings, bins=bins
        )
        weights.append(decoders.standardized)
        patterns.append(decoders.patterns)
        n_constant.append(decoders.n_constant)
        unconverged.append(decoders.unconverged)
        raw, intercept = decoders.weights, decoders.intercept
        true_class.append([])
        for test_task in range(n_tasks):
            test = (tests if test_task == train_task else others)[test_task]
            scores = _scores(test, raw, intercept)
            truth = folds[0].test_label[test_task]
            accuracy[:, train_task, test_task] = balanced_accuracy.score(scores, truth)
            at_training_time = np.einsum("rpnpk->rpnk", scores)
            true_class[-1].append(_probability_of(truth, at_training_time))
    return Tested(
        accuracy,
        np.stack(weights, 1),
        np.stack(patterns, 1),
        true_class,
        np.stack(n_constant, 1),
        float(np.mean(unconverged)),
    )


def evaluate_mirrored(
    population: Population,
    fold: Fold,
    *,
    units: np.ndarray,
    settings: Decoding,
    mirrors: np.ndarray,
) -> np.ndarray:
    r"""Train on each task of a fold and test on the others, with units mirrored.

    A mirrored unit prefers the other class: in the tested task, its rates x become 2 m - x, where
    m is the mean over classes at that time. The strength of each unit's signal and the decoder's
    mean score are unchanged, but whether a unit prefers the same class in both tasks is random.

    .. math:: F = \sum_u w_u m_u + b + \sum_u s_u w_u (x_u - m_u)

    Parameters
    ----------
    population, settings
        As in `evaluate_fold`.
    fold : Fold
        Of the data.
    units : array of int, shape (unit,)
        Units of the draw.
    mirrors : array, shape (replicate, unit)
        s: -1 where a unit is mirrored, else 1.

    Returns
    -------
    array, shape (replicate, train_task, test_task, train_bin, test_bin)
        Balanced accuracy; 0 within tasks.
    """
    n_tasks, n_bins, n_units = len(population.tasks), population.n_bins, len(units)
    accuracy = np.zeros((len(mirrors), n_tasks, n_tasks, n_bins, n_bins))
    signs = np.ascontiguousarray(mirrors.T, np.float32)[:, :, None]
    for train_task in range(n_tasks):
        decoders = _trained(
            population,
            [fold],
            task=train_task,
            units=units[None],
            settings=settings,
            bins=EVERYTHING,
        )
        by_unit = decoders.weights[0].transpose(1, 0, 2).reshape(n_units, 1, -1)
        for test_task in range(n_tasks):
            if test_task == train_task:
                continue
            rows = population.rows(fold.test[test_task][None], units[None], EVERYTHING)
            test = _less(rows, population.origin[units][None])[0]
            truth = fold.test_label[test_task]
            of_class = [test[:, truth == label].mean(axis=1) for label in np.unique(truth)]
            mean = np.mean(of_class, axis=0)[:, None]
            # (test_bin, 1, train_bin x output)
            offset = mean @ by_unit[:, 0] + decoders.intercept.ravel()
            around = (test - mean).reshape(-1, n_units)
            size = max(1, SCORES_BYTES // (4 * around.shape[0] * by_unit.shape[-1]))
            for start in range(0, len(mirrors), size):
                batch = slice(start, start + size)
                mirrored = (signs[:, batch] * by_unit).reshape(n_units, -1)
                scores = (around @ mirrored).reshape(n_bins, len(truth), -1, by_unit.shape[-1])
                scores = (scores + offset[:, :, None]).reshape(*scores.shape[:3], n_bins, -1)
                by_replicate = np.moveaxis(scores, 2, 0)
                accuracy[batch, train_task, test_task] = balanced_accuracy.score(
                    by_replicate, truth
                )
    return accuracy


def _trained(
    population: Population,
    folds: Sequence[Fold],
    *,
    task: int,
    units: np.ndarray,
    settings: Decoding,
    bins: slice,
) -> _Decoders:
    rows = np.stack([fold.train[task] for fold in folds])
    data = population.rows(rows, units, bins)
    problems = data.reshape(-1, *data.shape[-2:])
    problems, of_units = standardize(problems, scale=settings.standardize)
    # Rows are ordered by class, in the same way in all replicates.
    label = folds[0].train_label[task]
    rows_of_class = len(label) // len(population.classes)
    # A part without a class has no decoder; a single row leaves none to choose by.
    C = settings.C if rows_of_class > 1 else float(np.min(settings.C))
    solution, _ = fit_tuned(
        problems,
        label[None, :, None],
        C=C,
        folds=min(TUNING_FOLDS, rows_of_class),
        settings=FitSettings(len(population.classes), TOLERANCE, MAX_ITERATIONS),
    )
    shape = (*data.shape[:2], data.shape[-1], -1)
    fitted = solution.weights[:, :, 0]
    origin = np.repeat(population.origin[units], data.shape[1], axis=0)
    raw, intercept = unstandardized(solution.weights, solution.intercept, of_units, origin=origin)
    return _Decoders(
        raw.reshape(shape),
        intercept.reshape(*data.shape[:2], -1),
        fitted.reshape(shape),
        _patterns(problems, fitted).reshape(shape),
        of_units.constant.sum(axis=-1).reshape(data.shape[:2]),
        float(1 - solution.converged.mean()),
    )


def _less(rates: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Return rates (replicate, bin, row, unit) less an origin (replicate, unit), in their place.

    Scores are then no small differences of large numbers.
    """
    rates -= origin[:, None, None]
    return rates


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
