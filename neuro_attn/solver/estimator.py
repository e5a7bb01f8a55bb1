"""The decoder: ridge logistic regression in scikit-learn's manner, over times and label sets."""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_is_fitted, validate_data

from neuro_attn.solver.labels import LabelSets, as_labels, class_counts, encoded, positions
from neuro_attn.solver.penalty_tuning import fit
from neuro_attn.solver.standardization import standardize, through, unstandardized

SINGLE_PRECISION_FROM = 3e-4
"""Tolerance from which float32 is precise enough to solve in."""
FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


class LogisticDecoder(ClassifierMixin, BaseEstimator):
    """Logistic regression with a ridge penalty, for each time and label set at once.

    Minimises ``||w||^2 / 2 + C sum(loss)`` with an unpenalised intercept, as scikit-learn's
    `LogisticRegression` does (softmax loss for three classes and more).

    Parameters
    ----------
    C : float or sequence of float
        Inverse strength of the penalty. From several, the one with the smallest loss in nested
        stratified cross-validation is taken, for each time and label set.
    standardize : bool
        Divide each unit by its SD over the training trials.
    class_weight : "balanced", dict of label to float, or None
        Weights of the classes; "balanced": n / (classes x trials of the class), for each label
        set.
    tol : float
        Error of the decision values, relative to their root mean square over the training
        trials, at which a label set is done. It is estimated, nearly always too large: in
        thousands of random data sets it was too small for a few of four trials.
    max_iter : int
        Steps of the solver after which a `ConvergenceWarning` is given.
    selection_folds : int
        Folds of the nested cross-validation, where there are several C.
    labellings_per_batch : int
        Label sets solved at once. Beside the data, the labels and the result, memory is about
        ``labellings_per_batch x trials`` numbers for each core (x classes for three and more), a
        few MB for those that are being iterated, and trials x units + trials^2 numbers.
    n_jobs : int, optional
        Threads: by default as many as there are cores; negative numbers count from there, as
        joblib's do.

    Attributes
    ----------
    classes_ : array, shape (class,)
        The labels, sorted.
    coef_ : array, shape ([time,] unit, [label set,] [class])
        Weights on the units as given (not standardised).
    intercept_ : array, shape ([time,] [label set,] [class])
        Intercepts.
    n_constant_units_ : int, or array of int, shape (time,)
        Units that are constant over the training trials: their range is at most 2 eps of their
        largest value, eps being that of the precision of X. Their weight is 0.
    C_ : array, shape ([time,] [label set])
        C that was used.
    n_iter_ : int
        Largest number of steps that a label set took.
    n_features_in_ : int
        Number of units.

    Notes
    -----
    ``X`` is (trial, unit) or (trial, unit, time), ``y`` is (trial,) or (trial, label set), where
    label sets share X. `decision_function` returns (trial, [time,] [label set,]), and one more
    trailing axis, class, for three classes and more.

    What is fitted keeps the precision of X; with ``tol`` of 3e-4 and more the solver works in
    float32, where that has enough digits. The solver is compiled when it is first used, which takes
    some 10 s, and kept on disk (beside the package, or where ``NUMBA_CACHE_DIR`` says). Times, or
    label sets where there are few times, are shared between threads; where JAX sees a GPU, large
    problems go there.

    An offset common to all trials, however large, takes no precision from fit and prediction:
    both work on differences from the mean of the training trials.
    """

    def __init__(
        self,
        C: float | Sequence[float] = 1.0,
        standardize: bool = True,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
        tol: float = 1e-3,
        max_iter: int = 1000,
        selection_folds: int = 5,
        labellings_per_batch: int = 1000,
        n_jobs: int | None = None,
    ):
        self.C = C
        self.standardize = standardize
        self.class_weight = class_weight
        self.tol = tol
        self.max_iter = max_iter
        self.selection_folds = selection_folds
        self.labellings_per_batch = labellings_per_batch
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn asks of an estimator: here, that y may be 2-D."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(
        self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> "LogisticDecoder":
        """Fit the decoder.

        Parameters
        ----------
        X : array, shape (trial, unit) or (trial, unit, time)
            Firing rates; float32 stays float32.
        y : array, shape (trial,) or (trial, label set)
            Class labels, text or whole numbers.
        sample_weight : array, shape (trial,) or (trial, label set), optional
            Weights of the trials, in the loss and in the SD of the units. Label sets with weights
            of their own are fitted one after the other.

        Returns
        -------
        LogisticDecoder
            Itself.

        Raises
        ------
        ValueError
            If a parameter is out of range, shapes do not fit, X or weights are not finite, labels
            are missing or continuous, weights are negative, or a label set has fewer than two
            classes or lacks one that another label set has.
        """
        self._check_parameters()
        X = self._as_data(X, reset=True)
        labels = as_labels(y)
        if len(X) != len(labels):
            raise ValueError(
                "X must be (trial, unit) or (trial, unit, time) and y (trial,) or "
                f"(trial, label set) with as many trials; got {X.shape} and {labels.shape}"
            )
        sets = encoded(labels)
        given, weight = self._weights(sets, sample_weight)
        self._check_classes(sets, weight)
        self.classes_ = sets.classes
        self._times, self._label_sets = X.shape[2:], labels.shape[1:]
        if given is not None and given.shape[1] > 1:
            return self._fit_apart(X, labels, given)
        # Units of one trial side by side, else every product copies its matrices.
        data = np.ascontiguousarray(np.moveaxis(X, 2, 0)) if self._timed else X[None]
        single = self.tol >= SINGLE_PRECISION_FROM
        dtype = np.dtype(np.float32) if single else X.dtype
        row_weight = None if given is None else given[:, 0]
        standardized, units = standardize(data, self.standardize, dtype, row_weight)
        solution, C = fit(
            standardized,
            sets.codes[None],
            len(self.classes_),
            self.C,
            self.selection_folds,
            self.tol,
            self.max_iter,
            self.labellings_per_batch,
            None if weight is None else weight[None],
            threads(self.n_jobs),
        )
        if not solution.converged.all():
            warnings.warn(
                f"{int((~solution.converged).sum())} of {solution.converged.size} problems did "
                f"not converge in {self.max_iter} iterations; raise max_iter or lower C",
                ConvergenceWarning,
                stacklevel=2,
            )
        weights, level = unstandardized(solution.weights, solution.intercept, units)
        intercept = level - through(units.center, weights)
        if len(self.classes_) == 2:
            weights, level, intercept = weights[..., 0], level[..., 0], intercept[..., 0]
        self.coef_ = self._drop_axes(weights, label_set=2)
        self.intercept_ = self._drop_axes(intercept, label_set=1)
        self._center = units.center if self._timed else units.center[0]
        self._level = self._drop_axes(level, label_set=1)
        n_constant = units.constant.sum(axis=1)
        self.n_constant_units_ = n_constant if self._timed else int(n_constant[0])
        self.C_ = self._drop_axes(C, label_set=1)
        self.n_iter_ = solution.n_iterations
        return self

    def _fit_apart(
        self, X: np.ndarray, labels: np.ndarray, weight: np.ndarray
    ) -> "LogisticDecoder":
        """Fit label sets with weights of their own, by which the same units are scaled apart."""
        alone = [
            clone(self).fit(X, own, own_weight)
            for own, own_weight in zip(labels.T, weight.T, strict=True)
        ]
        axis = len(self._times)
        self.coef_ = np.stack([each.coef_ for each in alone], axis + 1)
        self.intercept_ = np.stack([each.intercept_ for each in alone], axis)
        self._level = np.stack([each._level for each in alone], axis)
        self.C_ = np.stack([each.C_ for each in alone], axis)
        self._center = alone[0]._center
        n_constant = np.min([each.n_constant_units_ for each in alone], axis=0)
        self.n_constant_units_ = n_constant if self._timed else int(n_constant)
        self.n_iter_ = max(each.n_iter_ for each in alone)
        return self

    @property
    def _timed(self) -> bool:
        return bool(self._times)

    def _check_parameters(self) -> None:
        if not (isinstance(self.C, float) and 0 < self.C < np.inf):
            C = np.asarray(self.C)
            if C.ndim > 1 or not C.size or C.dtype.kind not in "iuf" or not np.isfinite(C).all():
                raise ValueError(f"C must be a number or a sequence of numbers; got {self.C!r}")
            if (C <= 0).any():
                raise ValueError(f"C must be positive; got {self.C!r}")
        if not 0 < self.tol < np.inf:
            raise ValueError(f"tol must be positive; got {self.tol!r}")
        for name, least in (("max_iter", 1), ("selection_folds", 2), ("labellings_per_batch", 1)):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"{name} must be a whole number of {least} or more; got {value!r}")
        if self.n_jobs is not None and (not isinstance(self.n_jobs, int) or self.n_jobs == 0):
            raise ValueError(f"n_jobs must be a whole number but 0, or None; got {self.n_jobs!r}")

    def _as_data(self, X: np.ndarray, reset: bool) -> np.ndarray:
        """Return data as finite floats, of the units and times of the fit unless that is now."""
        # scikit-learn's validation takes as long as a small fit. Plain arrays do not need it.
        plain = type(X) is np.ndarray and X.dtype in FLOATS and X.ndim > 1 and X.size > 0
        if (
            not plain
            or hasattr(self, "feature_names_in_")
            or (len(X) < 2 if reset else X.shape[1:2] != self._center.shape[-1:])
        ):
            X = validate_data(
                self,
                X,
                reset=reset,
                dtype=[np.float64, np.float32],
                allow_nd=True,
                ensure_all_finite=False,
                ensure_min_samples=2 if reset else 1,
            )
        if X.ndim > 3:
            raise ValueError(f"X must be (trial, unit) or (trial, unit, time); got {X.shape}")
        if not np.isfinite(X).all():
            other = ~np.isfinite(X).all(axis=tuple(range(1, X.ndim)))
            raise ValueError(
                f"X must not contain NaN or infinity; {other.sum()} of {len(X)} trials do. Leave "
                "these trials or their units out"
            )
        if reset:
            self.n_features_in_ = X.shape[1]
        elif X.shape[2:] != self._times:
            times = f", {self._times[0]} times" if self._timed else ""
            raise ValueError(
                f"X must be (trial, {self.n_features_in_} units{times}) as in the fit; got shape "
                f"{X.shape}"
            )
        return X

    def _weights(
        self, sets: LabelSets, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return the weights as given and of the loss, (trial, label set or 1); None if equal."""
        weight = given = None
        if isinstance(self.class_weight, Mapping):
            classes = sets.classes
            by_class = compute_class_weight(dict(self.class_weight), classes=classes, y=classes)
            if not np.isfinite(by_class).all() or (by_class < 0).any():
                raise ValueError(
                    f"class_weight must be finite and not negative; got {self.class_weight!r}"
                )
            weight = by_class[sets.codes]
        elif self.class_weight == "balanced":
            counts = sets.counts
            share = len(sets.codes) / ((counts > 0).sum(axis=0) * np.maximum(counts, 1))
            weight = np.take_along_axis(share, sets.codes, axis=0)
        elif self.class_weight is not None:
            raise ValueError(
                f"class_weight must be 'balanced', a dict or None; got {self.class_weight!r}"
            )
        if sample_weight is not None:
            given = _as_weights(sample_weight, sets.codes.shape)
            weight = given if weight is None else given * weight
        return given, weight

    def _check_classes(self, sets: LabelSets, weight: np.ndarray | None) -> None:
        """Raise `ValueError` unless every label set has every class, and two or more."""
        least = 1 if np.size(self.C) == 1 else 2
        # Without trials of a class its intercept has no bound.
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

    def _drop_axes(self, values: np.ndarray, label_set: int) -> np.ndarray:
        """Drop the label set and time axes that X and y did not have."""
        if not self._label_sets:
            values = values.squeeze(axis=label_set)
        return values if self._timed else values[0]

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the scores of trials, shape (trial, [time,] [label set,] [class])."""
        check_is_fitted(self)
        X = self._as_data(X, reset=False)
        # Not X @ coef_ + intercept_, the small difference of large numbers where offsets are large.
        coef = self.coef_.reshape(*self._center.shape, -1)
        if self._timed:
            scores = np.moveaxis((np.moveaxis(X, 2, 0) - self._center[:, None]) @ coef, 1, 0)
        else:
            scores = (X - self._center) @ coef
        return scores.reshape(len(X), *self._level.shape) + self._level

    def _intercept_less(self, origin: np.ndarray) -> np.ndarray:
        """Return the intercepts of all times for data less an origin (time or 1, unit)."""
        return self._level + through(origin - self._center, self.coef_)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted labels of trials, shape (trial, [time,] [label set])."""
        scores = self.decision_function(X)
        return self.classes_[chosen(scores, len(self.classes_))]

    def score(
        self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> float | np.ndarray:
        """Return the fraction of trials that are classified correctly.

        Trials of a class that the training trials lacked count as wrong.

        Parameters
        ----------
        X : array, shape (trial, unit) or (trial, unit, time), as in the fit
            Firing rates.
        y : array, shape (trial,) or (trial, label set), as in the fit
            Class labels.
        sample_weight : array, shape (trial,) or (trial, label set), optional
            Weights of the trials.

        Returns
        -------
        float, or array of shape ([time,] [label set])
            A float where there are neither times nor label sets.
        """
        scores = self.decision_function(X)
        labels = as_labels(y)
        if labels.shape != (len(scores), *self._label_sets):
            raise ValueError(
                f"y must have the shape {(len(scores), *self._label_sets)}: the trials of X, and "
                f"the label sets of the fit; got {labels.shape}"
            )
        truth = positions(labels, self.classes_)
        correct = chosen(scores, len(self.classes_)) == (truth[:, None] if self._timed else truth)
        if sample_weight is None:
            accuracy = correct.mean(axis=0)
        else:
            weight = _as_weights(sample_weight, truth.reshape(len(truth), -1).shape)
            weight = weight if self._label_sets else weight[:, 0]
            weight = weight[:, None] if self._timed else weight
            accuracy = (correct * weight).sum(axis=0) / weight.sum(axis=0)
        return float(accuracy) if accuracy.ndim == 0 else accuracy


def chosen(scores: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the number of the class that scores (..., [class]) choose."""
    return (scores > 0).astype(int) if n_classes == 2 else scores.argmax(axis=-1)


def _as_weights(sample_weight: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return weights of trials as (trial, label set or 1), if they fit (trial, label set)."""
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


@cache
def threads(n_jobs: int | None) -> int:
    """Return how many threads are asked for."""
    # Looking it up takes as long as a small fit.
    count: int = joblib.cpu_count() if n_jobs is None else joblib.effective_n_jobs(n_jobs)
    return count
