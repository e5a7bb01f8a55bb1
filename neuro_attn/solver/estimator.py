"""The estimator: ridge logistic regression in scikit-learn's manner, over times and label sets."""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from neuro_attn.solver import validation
from neuro_attn.solver.batched_fit import FitSettings, Solution
from neuro_attn.solver.labels import as_labels, encoded, positions
from neuro_attn.solver.penalty_tuning import fit_tuned
from neuro_attn.solver.standardization import Units, dot_one_row, standardize, unstandardized

SINGLE_PRECISION_FROM = 3e-4
"""Tolerance from which float32 is precise enough for the solver."""
FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


class LogisticDecoder(ClassifierMixin, BaseEstimator):
    """Logistic regression with a ridge penalty, for all times and label sets at once.

    Minimises ``||w||^2 / 2 + C sum(loss)`` with an unpenalised intercept, as scikit-learn's
    `LogisticRegression` does (softmax loss for three or more classes).

    Parameters
    ----------
    C : float or sequence of float
        Inverse strength of the penalty. From several, nested stratified cross-validation chooses
        the one with the smallest loss, for each time and label set.
    standardize : bool
        Divide each unit by its SD over the training trials.
    class_weight : "balanced", dict of label to float, or None
        Weights of the classes; "balanced": n / (classes x trials of the class), for each label
        set.
    tol : float
        Error of the decision values, relative to their root mean square over the training
        trials, at which a label set has converged. The solver estimates this error, and nearly
        always overestimates it. In thousands of random data sets, it underestimated the error of a
        few with four trials.
    max_iter : int
        Iterations after which a `ConvergenceWarning` is issued.
    tuning_folds : int
        Folds of the nested cross-validation that chooses among several C.
    label_sets_per_batch : int
        Label sets solved at once. In addition to the data, the labels and the result, each core
        needs memory for about ``label_sets_per_batch x trials`` numbers (x classes for three or
        more), a few MB for the label sets that are iterated together, and trials x units +
        trials^2 numbers.
    n_jobs : int, optional
        Threads: by default one for each core; negative numbers count from there, as in joblib.

    Attributes
    ----------
    classes_ : array, shape (class,)
        The labels, sorted.
    coef_ : array, shape ([time,] unit, [label set,] [class])
        Weights of the units as given (not standardised).
    intercept_ : array, shape ([time,] [label set,] [class])
        Intercepts.
    n_constant_units_ : int, or array of int, shape (time,)
        Number of units that are constant over the training trials: their range is at most 2 eps of
        their largest value, where eps is that of the precision of X. Their weight is 0.
    C_ : array, shape ([time,] [label set])
        C of each fit.
    n_iter_ : int
        Largest number of iterations of any label set.
    n_features_in_ : int
        Number of units.

    Notes
    -----
    ``X`` is (trial, unit) or (trial, unit, time), ``y`` is (trial,) or (trial, label set). Label
    sets share X. `decision_function` returns (trial, [time,] [label set,]), with a trailing axis
    for the class if there are three or more.

    Results have the precision of X. With ``tol`` of 3e-4 or more the solver works in float32 where
    that has enough digits. It is compiled at its first use, which takes some 10 s, and cached on
    disk (beside the package, or in ``NUMBA_CACHE_DIR``). Threads divide the times, or the label
    sets if there are few times. If JAX finds a GPU, large problems are solved there.

    An offset common to all trials, however large, does not reduce the precision: fit and prediction
    work on differences from the mean of the training trials.

    Examples
    --------
    Decode two classes, and the same trials with 100 permutations of their labels:

    >>> import numpy as np
    >>> from neuro_attn.solver import LogisticDecoder
    >>> rng = np.random.default_rng(0)
    >>> y = np.tile(["left", "right"], 50)
    >>> X = rng.normal(size=(100, 20)) + (y == "left")[:, None]
    >>> labels = np.stack([y, *(rng.permutation(y) for _ in range(100))], axis=1)
    >>> decoder = LogisticDecoder().fit(X[:80], labels[:80])
    >>> decoder.coef_.shape  # unit, label set
    (20, 101)
    >>> accuracy = decoder.score(X[80:], labels[80:])
    >>> bool(accuracy[0] > accuracy[1:].max())
    True
    """

    def __init__(
        self,
        C: float | Sequence[float] = 1.0,
        *,
        standardize: bool = True,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
        tol: float = 1e-3,
        max_iter: int = 1000,
        tuning_folds: int = 5,
        label_sets_per_batch: int = 1000,
        n_jobs: int | None = None,
    ):
        self.C = C
        self.standardize = standardize
        self.class_weight = class_weight
        self.tol = tol
        self.max_iter = max_iter
        self.tuning_folds = tuning_folds
        self.label_sets_per_batch = label_sets_per_batch
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        """Return the tags of the estimator, which allow y to be 2-D."""
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
            Weights of the trials, in the loss and in the SD of the units. Label sets with different
            weights are fitted one by one.

        Returns
        -------
        self : LogisticDecoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, shapes do not fit, X or weights are not finite, labels
            are missing or continuous, weights are negative, or a label set has fewer than two
            classes or lacks one that another label set has.
        """
        validation.check_parameters(vars(self))
        X = self._as_data(X, reset=True)
        labels = as_labels(y)
        if len(X) != len(labels):
            raise ValueError(
                "X must be (trial, unit) or (trial, unit, time) and y (trial,) or "
                f"(trial, label set) with as many trials; got {X.shape} and {labels.shape}"
            )
        sets = encoded(labels)
        given, weight = None, validation.class_weights(sets, self.class_weight)
        if sample_weight is not None:
            given = validation.as_trial_weights(sample_weight, sets.codes.shape)
            weight = given if weight is None else given * weight
        validation.check_classes(sets, weight, least=1 if np.size(self.C) == 1 else 2)
        self.classes_ = sets.classes
        self._times, self._label_sets = X.shape[2:], labels.shape[1:]
        if given is not None and given.shape[1] > 1:
            return self._fit_each(X, labels, given)
        # Contiguous units of a trial, or else every matrix product would copy.
        data = np.ascontiguousarray(np.moveaxis(X, 2, 0)) if self._timed else X[None]
        single = self.tol >= SINGLE_PRECISION_FROM
        standardized, units = standardize(
            data,
            scale=self.standardize,
            dtype=np.dtype(np.float32) if single else X.dtype,
            weight=None if given is None else given[:, 0],
        )
        solution, C = fit_tuned(
            standardized,
            sets.codes[None],
            C=self.C,
            folds=self.tuning_folds,
            settings=FitSettings(
                len(self.classes_),
                self.tol,
                self.max_iter,
                self.label_sets_per_batch,
                n_threads(self.n_jobs),
            ),
            weight=None if weight is None else weight[None],
        )
        if not solution.converged.all():
            warnings.warn(
                f"{int((~solution.converged).sum())} of {solution.converged.size} problems did "
                f"not converge in {self.max_iter} iterations; raise max_iter or lower C",
                ConvergenceWarning,
                stacklevel=2,
            )
        self._keep(solution, units, C)
        return self

    def _keep(self, solution: Solution, units: Units, C: np.ndarray) -> None:
        """Set the fitted attributes."""
        weights, level = unstandardized(solution.weights, solution.intercept, units)
        intercept = level - dot_one_row(units.center, weights)
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

    def _fit_each(self, X: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> "LogisticDecoder":
        """Fit each label set with its own trial weights, which also scale the units."""
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

    def _as_data(self, X: np.ndarray, reset: bool) -> np.ndarray:
        """Return data as finite floats; unless `reset`, with the units and times of the fit."""
        # scikit-learn's validation takes as long as a small fit, and plain arrays do not need it.
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
        validation.check_finite(X)
        if reset:
            self.n_features_in_ = X.shape[1]
        elif X.shape[2:] != self._times:
            times = f", {self._times[0]} times" if self._timed else ""
            raise ValueError(
                f"X must be (trial, {self.n_features_in_} units{times}) as in the fit; got shape "
                f"{X.shape}"
            )
        return X

    def _drop_axes(self, values: np.ndarray, label_set: int) -> np.ndarray:
        """Drop the label set and time axes that X and y did not have."""
        if not self._label_sets:
            values = values.squeeze(axis=label_set)
        return values if self._timed else values[0]

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the scores of trials, shape (trial, [time,] [label set,] [class])."""
        check_is_fitted(self)
        X = self._as_data(X, reset=False)
        # X @ coef_ + intercept_ would be a small difference of large numbers if offsets are large.
        coef = self.coef_.reshape(*self._center.shape, -1)
        if self._timed:
            scores = np.moveaxis((np.moveaxis(X, 2, 0) - self._center[:, None]) @ coef, 1, 0)
        else:
            scores = (X - self._center) @ coef
        return scores.reshape(len(X), *self._level.shape) + self._level

    def _intercept_less(self, origin: np.ndarray) -> np.ndarray:
        """Return the intercepts of all times for data less an origin (time or 1, unit)."""
        return self._level + dot_one_row(origin - self._center, self.coef_)

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
            A float if there are neither times nor label sets.
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
            weight = validation.as_trial_weights(sample_weight, truth.reshape(len(truth), -1).shape)
            weight = weight if self._label_sets else weight[:, 0]
            weight = weight[:, None] if self._timed else weight
            accuracy = (correct * weight).sum(axis=0) / weight.sum(axis=0)
        return float(accuracy) if accuracy.ndim == 0 else accuracy


def chosen(scores: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the number of the class that scores (..., [class]) choose."""
    return (scores > 0).astype(int) if n_classes == 2 else scores.argmax(axis=-1)


@cache
def n_threads(n_jobs: int | None) -> int:
    """Return the number of threads."""
    # Cached, as counting the cores takes as long as a small fit.
    count: int = joblib.cpu_count() if n_jobs is None else joblib.effective_n_jobs(n_jobs)
    return count
