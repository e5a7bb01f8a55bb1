"""Cross-validated accuracy of many labellings of the same trials, as permutation tests need it."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from sklearn.base import clone
from tqdm import tqdm

from neuro_attn.decoding.decoder import LogisticDecoder
from neuro_attn.decoding.solver import one_blas_thread

FOLDS_AT_ONCE = 2
SCORES_BYTES = 16_000_000
"""Scores of a fold held at once."""


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
    shape = (n_times, n_times) if across_time else (n_times,)
    bar = tqdm(
        total=len(folds) * n_labellings,
        desc="decoding",
        unit="labelling",
        disable=None if progress else True,
    )

    def of_fold(fold: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        train, test = fold
        trained, tested = (by_time.take(rows, axis=1) for rows in (train, test))
        accuracy = np.empty((*shape, n_labellings), np.float32)
        for start in range(0, n_labellings, decoder.labellings_per_batch):
            batch = slice(start, start + decoder.labellings_per_batch)
            fitted = clone(decoder).fit(np.moveaxis(trained, 0, 2), y[train, batch])
            truth = np.searchsorted(fitted.classes_, y[test, batch])
            n_scores = tested[..., 0].size if across_time else len(test)
            together = max(1, SCORES_BYTES // (4 * n_scores * truth.shape[1]))
            for first in range(0, n_times, together):
                part = slice(first, first + together)
                score = _across_time if across_time else _at_own_time
                accuracy[part, ..., batch] = score(fitted, part, tested, truth)
            bar.update(truth.shape[1])
        return accuracy

    # What threads do not share within a fold, they share so.
    with bar, one_blas_thread(), ThreadPoolExecutor(FOLDS_AT_ONCE) as pool:
        mean: np.ndarray = np.mean(list(pool.map(of_fold, folds)), axis=0)
    return mean


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
