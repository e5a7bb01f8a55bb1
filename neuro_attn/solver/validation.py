"""Checks of the parameters, weights and classes that `estimator.LogisticDecoder` is given."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from neuro_attn.solver.labels import LabelSets, class_counts

WHOLE_NUMBERS = (("max_iter", 1), ("tuning_folds", 2), ("label_sets_per_batch", 1))
"""Parameters that are whole numbers, with their minima."""


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise `ValueError` if a parameter of the estimator is out of range."""
    C, tol, n_jobs = parameters["C"], parameters["tol"], parameters["n_jobs"]
    if not (isinstance(C, float) and 0 < C < np.inf):
        grid = np.asarray(C)
        if (
            grid.ndim > 1
            or not grid.size
            or grid.dtype.kind not in "iuf"
            or not np.isfinite(grid).all()
        ):
            raise ValueError(f"C must be a number or a sequence of numbers; got {C!r}")
        if (grid <= 0).any():
            raise ValueError(f"C must be positive; got {C!r}")
    if not 0 < tol < np.inf:
        raise ValueError(f"tol must be positive; got {tol!r}")
    for name, least in WHOLE_NUMBERS:
        value = parameters[name]
        if not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be a whole number of {least} or more; got {value!r}")
    if n_jobs is not None and (not isinstance(n_jobs, int) or n_jobs == 0):
        raise ValueError(f"n_jobs must be None or a whole number other than 0; got {n_jobs!r}")


def check_finite(X: np.ndarray) -> None:
    """Raise `ValueError` if data (trial, ...) contain NaN or infinity."""
    if not np.isfinite(X).all():
        other = ~np.isfinite(X).all(axis=tuple(range(1, X.ndim)))
        raise ValueError(
            f"X must not contain NaN or infinity; {other.sum()} of {len(X)} trials do. Leave "
            "these trials or their units out"
        )


def as_trial_weights(sample_weight: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return weights as (trial, label set or 1) if they fit labels of shape (trial, label set)."""
    weight = np.asarray(sample_weight, dtype=float)
    weight = weight[:, None] if weight.ndim == 1 else weight
    if weight.ndim != 2 or len(weight) != shape[0] or weight.shape[1] not in (1, shape[1]):
        raise ValueError(
            "sample_weight must be (trial,) or (trial, label set) as y is; got "
            f"{np.shape(sample_weight)}"
        )
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("sample_weight must be finite and not negative")
    return weight


def class_weights(
    sets: LabelSets, class_weight: Literal["balanced"] | Mapping[Any, float] | None
) -> np.ndarray | None:
    """Return the weight of the class of each trial (trial, label set); None if all are equal."""
    if class_weight is None:
        return None
    if isinstance(class_weight, Mapping):
        classes = sets.classes
        by_class = compute_class_weight(dict(class_weight), classes=classes, y=classes)
        if not np.isfinite(by_class).all() or (by_class < 0).any():
            raise ValueError(f"class_weight must be finite and not negative; got {class_weight!r}")
        return by_class[sets.codes]
    if class_weight == "balanced":
        counts = sets.counts
        share = len(sets.codes) / ((counts > 0).sum(axis=0) * np.maximum(counts, 1))
        return np.take_along_axis(share, sets.codes, axis=0)
    raise ValueError(f"class_weight must be 'balanced', a dict or None; got {class_weight!r}")


def check_classes(sets: LabelSets, weight: np.ndarray | None, least: int) -> None:
    """Raise `ValueError` if a label set lacks a class, or has fewer than two.

    Parameters
    ----------
    sets : LabelSets
        The labels.
    weight : array, shape (trial, label set or 1), optional
        Weights of the trials in the loss. The intercept of a class without weight has no bound.
    least : int
        Trials of positive weight that each class needs: 1, or 2 to choose C.
    """
    weighing = sets.counts
    if weight is not None:
        weighing = class_counts(np.where(weight > 0, sets.codes, -1), len(weighing))
    if len(sets.classes) > 1 and weighing.min() >= least:
        return
    few = (sets.counts > 0).sum(axis=0) < 2
    if few.any():
        number = int(few.argmax())
        raise ValueError(
            "every label set needs two or more classes; label set "
            f"{number} has one class, {sets.classes.tolist()[sets.codes[0, number]]!r}"
        )
    number, code = np.argwhere((weighing < least).T)[0]
    raise ValueError(
        f"every label set needs {least} or more trials of every class"
        f"{' to choose C' if least == 2 else ''}, with weights above zero; label set "
        f"{number} has {weighing[code, number]} of class {sets.classes.tolist()[code]!r}"
    )
