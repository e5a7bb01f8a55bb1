"""Cross-validated accuracy of many labellings of the same trials, as permutation tests need it."""

from collections.abc import Iterable

import numpy as np
from sklearn.base import clone
from tqdm import tqdm

from neuro_attn.decoding.decoder import LogisticDecoder
from neuro_attn.decoding.solver import one_blas_thread


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
    by_time = np.ascontiguousarray(np.moveaxis(X, 2, 0))
    shape = (n_times, n_times) if across_time else (n_times,)
    accuracy = np.zeros((*shape, n_labellings), dtype=np.float32)
    size = decoder.labellings_per_batch
    starts = range(0, n_labellings, size)
    with tqdm(
        total=len(folds) * n_labellings,
        desc="decoding",
        unit="labelling",
        disable=None if progress else True,
    ) as bar:
        for train, test in folds:
            trained, tested = (by_time.take(rows, axis=1) for rows in (train, test))
            for start in starts:
                batch = slice(start, start + size)
                fitted = clone(decoder).fit(np.moveaxis(trained, 0, 2), y[train, batch])
                truth = np.searchsorted(fitted.classes_, y[test, batch])
                with one_blas_thread():
                    for time in range(n_times):
                        seen = tested if across_time else tested[time]
                        accuracy[time, ..., batch] += _accuracy(fitted, time, seen, truth)
                bar.update(truth.shape[1])
    return accuracy / len(folds)


def _accuracy(fitted: LogisticDecoder, time: int, X: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the accuracy ([time,] labelling) of one time's decoders on ([time,] trial, unit)."""
    weights = fitted.coef_[time]
    scores = X.reshape(-1, X.shape[-1]) @ weights.reshape(len(weights), -1)
    scores += fitted.intercept_[time].ravel()
    scores = scores.reshape(*X.shape[:-1], *weights.shape[1:])
    if len(fitted.classes_) == 2:
        correct = (scores > 0) == truth
    else:
        correct = scores.argmax(axis=-1) == truth
    axis = X.ndim - 2
    return np.add.reduce(correct, axis=axis, dtype=np.int32) / np.float32(X.shape[axis])
