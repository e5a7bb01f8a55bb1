"""Cross-validated accuracy of many labellings of the same trials, as permutation tests need it."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from sklearn.base import clone
from tqdm import tqdm

from neuro_attn.decoding.decoder import LogisticDecoder, threads
from neuro_attn.decoding.solver import one_blas_thread

TASKS_EACH = 4
"""Parts of the work for each thread, so that none waits long for another."""
SCORES_BYTES = 16_000_000
"""Scores that a thread holds at once."""


def cross_validated_accuracy(
    decoder: LogisticDecoder,
    X: np.ndarray,
    y: np.ndarray,
    folds: Iterable[tuple[np.ndarray, np.ndarray]],
    across_time: bool = False,
    progress: bool = False,
) -> np.ndarray:
    """Return the fraction of held-out trials classified correctly, averaged over folds.

    Parameters
    ----------
    decoder : LogisticDecoder
        Its parameters are used; it is not fitted itself.
    X : array, shape (trial, unit, time)
        Firing rates.
    y : array, shape (trial, labelling)
        Labels; one column may be the true labels, the others permutations.
    folds : iterable of (train, test)
        Trial numbers, as scikit-learn's splitters give them; all labellings share them.
    across_time : bool
        Test every decoder at all times, not only at its own.
    progress : bool
        Show a progress bar on stderr, if that is a terminal.

    Returns
    -------
    array, shape (time, labelling), or (train_time, test_time, labelling) across time

    Raises
    ------
    ValueError
        As `LogisticDecoder.fit`, or if X or y lack an axis.

    Notes
    -----
    Labellings go through in batches of ``decoder.labellings_per_batch``, so that only the result
    grows with their number.
    """
    X, y, folds = np.asarray(X), np.asarray(y), list(folds)
    if X.ndim != 3 or y.ndim != 2:
        raise ValueError(
            f"X must be (trial, unit, time) and y (trial, labelling); got {X.shape} and {y.shape}"
        )
    n_times, n_labellings = X.shape[2], y.shape[1]
    by_time = np.empty((n_times, *X.shape[:2]), X.dtype)
    for trial, rates in enumerate(X):
        # Trial by trial, as the whole would go through memory in large steps.
        by_time[:, trial] = rates.T
    cores = threads(decoder.n_jobs)
    n_parts = min(n_times, -(-TASKS_EACH * cores // len(folds)))
    parts = [slice(part[0], part[-1] + 1) for part in np.array_split(np.arange(n_times), n_parts)]
    tasks = [(fold, part) for fold in folds for part in parts]
    # Where tasks are few, each has several threads.
    alone = clone(decoder).set_params(n_jobs=max(1, cores // len(tasks)))
    bar = tqdm(
        total=len(tasks) * n_labellings,
        desc="decoding",
        unit="labelling",
        disable=None if progress else True,
    )

    def score(task: tuple[tuple[np.ndarray, np.ndarray], slice]) -> np.ndarray:
        (train, test), times = task
        trained = by_time[times].take(train, axis=1)
        tested = (by_time if across_time else by_time[times]).take(test, axis=1)
        shape = (len(trained), n_times) if across_time else (len(trained),)
        found = np.empty((*shape, n_labellings), np.float32)
        for start in range(0, n_labellings, decoder.labellings_per_batch):
            batch = slice(start, start + decoder.labellings_per_batch)
            fitted = clone(alone).fit(np.moveaxis(trained, 0, 2), y[train, batch])
            truth = np.searchsorted(fitted.classes_, y[test, batch])
            n_scores = tested[..., 0].size if across_time else len(test)
            together = max(1, SCORES_BYTES // (4 * n_scores * truth.shape[1]))
            for first in range(0, len(trained), together):
                part = slice(first, first + together)
                of_part = _across_time if across_time else _at_own_time
                found[part, ..., batch] = of_part(fitted, part, tested, truth)
            bar.update(truth.shape[1])
        return found

    accuracy = np.zeros((n_times, *((n_times,) if across_time else ()), n_labellings), np.float32)
    with bar, one_blas_thread(), ThreadPoolExecutor(min(cores, len(tasks))) as pool:
        for (_, times), found in zip(tasks, pool.map(score, tasks), strict=True):
            accuracy[times] += found
    return accuracy / len(folds)


def _at_own_time(
    fitted: LogisticDecoder, times: slice, X: np.ndarray, truth: np.ndarray
) -> np.ndarray:
    """Return the accuracy (time, labelling) on (time, trial, unit) at the times of the decoders."""
    coef = fitted.coef_[times]
    scores = X[times] @ coef.reshape(*coef.shape[:2], -1)
    scores += fitted.intercept_[times].reshape(len(coef), 1, -1)
    correct = _correct(fitted, scores.reshape(*scores.shape[:2], *coef.shape[2:]), truth)
    return _fraction(correct, axis=1)


def _across_time(
    fitted: LogisticDecoder, times: slice, X: np.ndarray, truth: np.ndarray
) -> np.ndarray:
    """Return the accuracy (train_time, test_time, labelling) on (test_time, trial, unit)."""
    coef = fitted.coef_[times]
    scores = X.reshape(-1, X.shape[-1]) @ np.moveaxis(coef, 1, 0).reshape(coef.shape[1], -1)
    scores += fitted.intercept_[times].ravel()
    shape = (*X.shape[:2], len(coef), *coef.shape[2:])
    correct = _correct(fitted, scores.reshape(shape), truth[:, None])
    return np.moveaxis(_fraction(correct, axis=1), 1, 0)


def _correct(fitted: LogisticDecoder, scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return whether scores (..., labelling, [class]) name the true class."""
    if len(fitted.classes_) == 2:
        return (scores > 0) == truth
    return scores.argmax(axis=-1) == truth


def _fraction(correct: np.ndarray, axis: int) -> np.ndarray:
    return np.add.reduce(correct, axis=axis, dtype=np.int32) / np.float32(correct.shape[axis])
