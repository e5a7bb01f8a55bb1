"""Cross-validated accuracy of many label sets of the same trials, as permutation tests need it."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from tqdm import tqdm

from neuro_attn.solver.batched_fit import one_blas_thread
from neuro_attn.solver.estimator import LogisticDecoder, n_threads
from neuro_attn.solver.folds import trials_of_fold
from neuro_attn.solver.labels import LabelSets, as_labels, class_counts, encoded, positions

PARTS_PER_THREAD = 4
"""Parts of the work for each thread, so that no thread waits long for another."""
SCORES_BYTES = 16_000_000
"""Memory for the scores that a thread holds at once."""


class _Fold(NamedTuple):
    """Trial numbers, and label sets in batches with the same classes among the training trials."""

    train: np.ndarray
    test: np.ndarray
    batches: list[np.ndarray]


class _Trials(NamedTuple):
    """Data by time (time, trial, unit), labels, and whether decoders are tested at all times."""

    by_time: np.ndarray
    sets: LabelSets
    across_time: bool


def cross_validated_accuracy(
    decoder: LogisticDecoder,
    X: np.ndarray,
    y: np.ndarray,
    folds: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    across_time: bool = False,
    progress: bool = False,
) -> np.ndarray:
    """Return the fraction of held-out trials classified correctly, averaged over folds.

    Parameters
    ----------
    decoder : LogisticDecoder
        Supplies the parameters; it is not fitted itself.
    X : array, shape (trial, unit) or (trial, unit, time)
        Firing rates.
    y : array, shape (trial,) or (trial, label set)
        Labels; one column may hold the true labels, the others permutations.
    folds : iterable of (train, test)
        Trial numbers, as scikit-learn's splitters return them, or masks of the trials. All label
        sets share them.
    across_time : bool
        Test every decoder at all times, not only at the time of its training.
    progress : bool
        Show a progress bar on standard error, if that is a terminal.

    Returns
    -------
    array, shape ([time,] [label set]), or (train_time, test_time, [label set]) across time
        With the axes that X and y have.

    Raises
    ------
    ValueError
        As `LogisticDecoder.fit`; if a fold has no test trials or tests trials that it trains on;
        if a label set has only one class among the training trials of a fold.

    Notes
    -----
    A class that a label set lacks among the training trials of a fold cannot be predicted there:
    its test trials count as wrong.

    Label sets are processed in batches of ``decoder.label_sets_per_batch``, so that only the result
    grows with their number.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import StratifiedKFold
    >>> from neuro_attn.solver import LogisticDecoder, cross_validated_accuracy
    >>> rng = np.random.default_rng(0)
    >>> y = np.tile([0, 1], 50)
    >>> X = rng.normal(size=(100, 20, 3))  # trial, unit, time
    >>> X[..., 2] += y[:, None]  # only the last time has a signal
    >>> labels = np.stack([y, *(rng.permutation(y) for _ in range(99))], axis=1)
    >>> folds = StratifiedKFold(5).split(X, y)
    >>> accuracy = cross_validated_accuracy(LogisticDecoder(), X, labels, folds)
    >>> p = (accuracy >= accuracy[:, :1]).mean(axis=1)  # permutation p-value of each time
    >>> float(p[2])
    0.01
    """
    X, labels = clone(decoder)._as_data(X, reset=True), as_labels(y)
    if len(X) != len(labels):
        raise ValueError(
            "X must be (trial, unit) or (trial, unit, time) and y (trial,) or (trial, label set) "
            f"with as many trials; got {X.shape} and {labels.shape}"
        )
    if across_time and X.ndim == 2:
        raise ValueError(f"across_time needs X as (trial, unit, time); got {X.shape}")
    axes = (*X.shape[2:], *X.shape[2:]) if across_time else X.shape[2:]
    trials = _Trials(_by_time(X.reshape(*X.shape[:2], -1)), encoded(labels), across_time)
    size = decoder.label_sets_per_batch
    splits = [_fold(number, fold, trials.sets, size) for number, fold in enumerate(folds)]
    if not splits:
        raise ValueError("folds must hold one or more pairs of training and test trials; got none")
    n_times, n_sets = len(trials.by_time), trials.sets.codes.shape[1]
    cores = n_threads(decoder.n_jobs)
    n_parts = min(n_times, -(-PARTS_PER_THREAD * cores // len(splits)))
    parts = [slice(part[0], part[-1] + 1) for part in np.array_split(np.arange(n_times), n_parts)]
    tasks = [(split, part) for split in splits for part in parts]
    # If there are few tasks, each has several threads.
    alone = clone(decoder).set_params(n_jobs=max(1, cores // len(tasks)))
    if isinstance(decoder.class_weight, Mapping):
        numbers = {label: number for number, label in enumerate(trials.sets.classes.tolist())}
        given = decoder.class_weight.items()
        alone.class_weight = {numbers.get(label, label): weight for label, weight in given}
    bar = tqdm(
        total=len(tasks) * n_sets,
        desc="decoding",
        unit="label set",
        disable=None if progress else True,
    )
    accuracy = np.zeros((n_times, *((n_times,) if across_time else ()), n_sets), np.float32)
    with bar, one_blas_thread(), ThreadPoolExecutor(min(cores, len(tasks))) as pool:
        found = pool.map(
            lambda task: _accuracy(alone, trials, fold=task[0], times=task[1], report=bar.update),
            tasks,
        )
        for (_, times), of_part in zip(tasks, found, strict=True):
            accuracy[times] += of_part
    return accuracy.reshape((*axes, *labels.shape[1:])) / len(splits)


def _by_time(X: np.ndarray) -> np.ndarray:
    """Return data (trial, unit, time) as (time, trial, unit)."""
    by_time = np.empty((X.shape[2], *X.shape[:2]), X.dtype)
    for trial, rates in enumerate(X):
        # Trial by trial, as a transposition of the whole would stride through memory.
        by_time[:, trial] = rates.T
    return by_time


def _accuracy(
    decoder: LogisticDecoder,
    trials: _Trials,
    *,
    fold: _Fold,
    times: slice,
    report: Callable[[int], object],
) -> np.ndarray:
    """Return the accuracy of decoders trained at some times (time, [test_time,] label set).

    ``report`` is called with the number of label sets done.
    """
    by_time, sets, across_time = trials
    trained = by_time[times].take(fold.train, axis=1)
    tested = (by_time if across_time else by_time[times]).take(fold.test, axis=1)
    # Near the data, scores are not small differences of large numbers.
    origin = trained.mean(axis=(0, 1) if across_time else 1, keepdims=True)
    tested -= origin
    shape = (len(trained), len(by_time)) if across_time else (len(trained),)
    found = np.empty((*shape, sets.codes.shape[1]), np.float32)
    for batch in fold.batches:
        codes = sets.codes[:, batch]
        fitted = clone(decoder).fit(np.moveaxis(trained, 0, 2), codes[fold.train])
        intercept = fitted._intercept_less(origin[:, 0])
        truth = codes[fold.test]
        if len(fitted.classes_) < len(sets.classes):
            truth = positions(truth, fitted.classes_)
        n_scores = tested[..., 0].size if across_time else len(fold.test)
        together = max(1, SCORES_BYTES // (4 * n_scores * len(batch)))
        for first in range(0, len(trained), together):
            part = slice(first, first + together)
            of_part = _across_time if across_time else _at_own_time
            found[part, ..., batch] = of_part(fitted, part, intercept, tested, truth)
        report(len(batch))
    return found


def _fold(number: int, fold: tuple[np.ndarray, np.ndarray], sets: LabelSets, size: int) -> _Fold:
    """Return a fold with its label sets in batches; all must have two classes in training."""
    train, test = trials_of_fold(number, fold, len(sets.codes))
    present = class_counts(sets.codes[train], len(sets.classes)) > 0
    few = present.sum(axis=0) < 2
    if few.any():
        first = int(few.argmax())
        name = sets.classes.tolist()[present[:, first].argmax()]
        raise ValueError(
            f"the training trials of fold {number} have one class only, "
            f"{name!r}, in label set {first} ({few.sum()} of {len(few)} label sets); take folds "
            "that are stratified by label, or fewer of them"
        )
    alike = [np.arange(len(few))]
    if not present.all():
        kind = np.unique(present, axis=1, return_inverse=True)[1].ravel()
        alike = [np.flatnonzero(kind == value) for value in range(kind.max() + 1)]
    batches = [each[i : i + size] for each in alike for i in range(0, len(each), size)]
    return _Fold(train, test, batches)


def _at_own_time(
    fitted: LogisticDecoder,
    times: slice,
    intercept: np.ndarray,
    X: np.ndarray,
    truth: np.ndarray,
) -> np.ndarray:
    """Return the accuracy (time, label set) on (time, trial, unit) at the times of the decoders."""
    coef = fitted.coef_[times]
    scores = X[times] @ coef.reshape(*coef.shape[:2], -1)
    scores += intercept[times].reshape(len(coef), 1, -1)
    scores = scores.reshape(*scores.shape[:2], *coef.shape[2:])
    return _fraction(_correct(fitted, scores, truth), axis=1)


def _across_time(
    fitted: LogisticDecoder,
    times: slice,
    intercept: np.ndarray,
    X: np.ndarray,
    truth: np.ndarray,
) -> np.ndarray:
    """Return the accuracy (train_time, test_time, label set) on (test_time, trial, unit)."""
    coef = fitted.coef_[times]
    scores = X.reshape(-1, X.shape[-1]) @ np.moveaxis(coef, 1, 0).reshape(coef.shape[1], -1)
    scores += intercept[times].ravel()
    shape = (*X.shape[:2], len(coef), *coef.shape[2:])
    correct = _correct(fitted, scores.reshape(shape), truth[:, None])
    return np.moveaxis(_fraction(correct, axis=1), 1, 0)


def _correct(fitted: LogisticDecoder, scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return whether scores (..., label set, [class]) choose the true class; -1 is none."""
    if len(fitted.classes_) == 2:
        return (scores > 0) == truth
    return scores.argmax(axis=-1) == truth


def _fraction(correct: np.ndarray, axis: int) -> np.ndarray:
    return np.add.reduce(correct, axis=axis, dtype=np.int32) / np.float32(correct.shape[axis])
