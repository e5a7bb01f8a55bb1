"""Validation of class labels, and their encoding as class numbers."""

from typing import NamedTuple

import numpy as np

NUMBERS, TEXTS = "biuf", "USO"
"""Kinds of dtype."""
MISSING, CONTINUOUS = "missing values (None, NaN)", "continuous values"


class LabelSets(NamedTuple):
    """Labels encoded as class numbers.

    ``classes`` (class,), sorted; ``codes`` (trial, label set), the class number of each trial;
    ``counts`` (class, label set), the number of trials of each class.
    """

    classes: np.ndarray
    codes: np.ndarray
    counts: np.ndarray


def as_labels(y: object) -> np.ndarray:
    """Return class labels as an array, (trial,) or (trial, label set).

    Raises
    ------
    ValueError
        If a label is missing (NaN, None) or infinite, if labels are continuous or mix text with
        numbers, or if y has a different number of axes.
    """
    if y is None:
        raise ValueError("The decoder requires y to be passed, but the target y is None")
    labels = np.asarray(y)
    if labels.dtype.kind in "US" and not hasattr(y, "dtype"):
        # From a list of names, NumPy would convert NaN and numbers to names as well.
        labels = np.asarray(y, dtype=object)
    if labels.ndim not in (1, 2) or not labels.size:
        raise ValueError(f"y must be (trial,) or (trial, label set); got shape {labels.shape}")
    if labels.dtype.kind == "O":
        labels = _of_one_kind(labels)
    if labels.dtype.kind in "mM":
        _refuse(np.isnat(labels), labels, MISSING)
    elif labels.dtype.kind == "f":
        _refuse(np.isnan(labels), labels, "NaN")
        _refuse(np.isinf(labels), labels, "infinity")
        _refuse(labels != np.trunc(labels), labels, CONTINUOUS)
    elif labels.dtype.kind not in NUMBERS + TEXTS:
        raise ValueError(f"y must hold class labels, as numbers or text; got {labels.dtype}")
    return labels


def encoded(labels: np.ndarray) -> LabelSets:
    """Encode labels as numbers of their sorted classes."""
    classes, codes = np.unique(labels, return_inverse=True)
    codes = codes.reshape(len(labels), -1)
    return LabelSets(classes, codes, class_counts(codes, len(classes)))


def class_counts(codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Count the trials of each class in each label set, shape (class, label set)."""
    return (codes == np.arange(n_classes)[:, None, None]).sum(axis=1)


def positions(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the position of labels among sorted classes; -1 for other labels.

    Raises
    ------
    ValueError
        If labels are text and classes numbers, or the other way round.
    """
    if (labels.dtype.kind in NUMBERS) != (classes.dtype.kind in NUMBERS):
        raise ValueError(
            f"y has labels such as {labels.ravel()[:1].tolist()[0]!r}; the decoder was fitted with "
            f"labels such as {classes[:1].tolist()[0]!r}"
        )
    place = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    return np.where(classes[place] == labels, place, -1)


def _of_one_kind(labels: np.ndarray) -> np.ndarray:
    """Return objects unchanged if all are text, otherwise as numbers."""
    values = labels.ravel().tolist()
    kinds = set(map(type, values))
    if all(issubclass(kind, str) for kind in kinds):
        return labels
    _refuse(np.reshape([_is_missing(value) for value in values], labels.shape), labels, MISSING)
    numbers = np.asarray(values)
    if numbers.dtype.kind not in NUMBERS or any(issubclass(kind, str) for kind in kinds):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(
            f"y must hold class labels of one kind, all text or all numbers; got {names}"
        )
    return numbers.reshape(labels.shape)


def _is_missing(value: object) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True  # pandas.NA is neither equal to itself nor different


def _refuse(found: np.ndarray, labels: np.ndarray, what: str) -> None:
    if not found.any():
        return
    where = ""
    if labels.ndim == 2:
        column = int(found.any(axis=0).argmax())
        found, labels, where = found[:, column], labels[:, column], f" in label set {column}"
    remedy = "Leave these trials out of X and y."
    if what == CONTINUOUS:
        what = f"{what}, such as {labels[found][0]:g},"
        remedy = "Split them into classes first, for example at their median."
    raise ValueError(
        f"y must hold class labels; it has {what}{where} on {found.sum()} of {len(found)} trials. "
        f"{remedy}"
    )
