"""The decoder: ridge logistic regression in scikit-learn's manner, over times and labellings."""

import math
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Literal

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from neuro_attn.decoding.native import quick
from neuro_attn.decoding.selection import fit

SINGLE_PRECISION_FROM = 3e-4
"""Tolerance from which float32 is precise enough to solve in."""
ROUNDING = 1e3
"""SD, in units of the mean's rounding, up to which a unit is constant."""


class LogisticDecoder(ClassifierMixin, BaseEstimator):
    """Logistic regression with a ridge penalty, for each time and labelling at once.

    Minimises ``||w||^2 / 2 + C sum(loss)`` with an unpenalised intercept, as scikit-learn's
    `LogisticRegression` does (softmax loss for three classes and more).

    Parameters
    ----------
    C : float or sequence of float
        Inverse strength of the penalty. From several, the one with the smallest loss in nested
        stratified cross-validation is taken, for each time and labelling.
    standardize : bool
        Divide each unit by its SD over the training trials; constant units are left at 0.
    class_weight : "balanced" or None
        Weigh trials by n / (classes x trials of their class), for each labelling.
    tol : float
        Error of the decision values, relative to their root mean square over the training
        trials, at which a labelling is done. It is estimated, nearly always too large: in
        thousands of random data sets it was too small for a few of four trials.
    max_iter : int
        Steps of the solver after which a `ConvergenceWarning` is given.
    selection_folds : int
        Folds of the nested cross-validation, where there are several C.
    labellings_per_batch : int
        Labellings solved at once. Beside the data, the labels and the result, memory is about
        ``labellings_per_batch x trials`` numbers for each core (x classes for three and more), a
        few MB for those that are being iterated, and trials x units + trials^2 numbers.
    n_jobs : int, optional
        Threads: by default as many as there are cores; negative numbers count from there, as
        joblib's do.

    Attributes
    ----------
    classes_ : array, shape (class,)
        The labels, sorted.
    coef_ : array, shape ([time,] unit, [labelling,] [class])
        Weights on the units as given (not standardised).
    intercept_ : array, shape ([time,] [labelling,] [class])
        Intercepts.
    C_ : array, shape ([time,] [labelling])
        C that was used.
    n_iter_ : int
        Largest number of steps that a labelling took.

    Notes
    -----
    ``X`` is (trial, unit) or (trial, unit, time), ``y`` is (trial,) or (trial, labelling), where
    labellings share X. `decision_function` returns (trial, [time,] [labelling,]), and one more
    trailing axis, class, for three classes and more.

    What is fitted keeps the precision of X; with ``tol`` of 3e-4 and more the solver works in
    float32, where that has enough digits. The solver is compiled when it is first used, which takes
    some 10 s, and kept on disk (beside the package, or where ``NUMBA_CACHE_DIR`` says). Times, or
    labellings where there are few times, are shared between threads; where JAX sees a GPU, large
    problems go there.
    """

    def __init__(
        self,
        C: float | Sequence[float] = 1.0,
        standardize: bool = True,
        class_weight: Literal["balanced"] | None = None,
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

    def fit(
        self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> "LogisticDecoder":
        """Fit the decoder.

        Parameters
        ----------
        X : array, shape (trial, unit) or (trial, unit, time)
            Firing rates; float32 stays float32.
        y : array, shape (trial,) or (trial, labelling)
            Labels.
        sample_weight : array, shape (trial,) or (trial, labelling), optional
            Weights of the trials in the loss; units are standardised without them.

        Returns
        -------
        LogisticDecoder
            Itself.

        Raises
        ------
        ValueError
            If a parameter is out of range, shapes do not fit, X or weights are not finite, weights
            are negative, or a labelling has fewer than two classes or lacks one of them.
        """
        self._check_parameters()
        X, y = _as_float(X), np.asarray(y)
        if X.ndim not in (2, 3) or y.ndim not in (1, 2) or len(X) != len(y):
            raise ValueError(
                "X must be (trial, unit) or (trial, unit, time) and y (trial,) or "
                f"(trial, labelling) with as many trials; got {X.shape} and {y.shape}"
            )
        if not np.isfinite(X).all():
            raise ValueError("X must be finite")
        self.classes_, codes = np.unique(y, return_inverse=True)
        codes = codes.reshape(len(y), -1)
        counts = _counts(codes, len(self.classes_))
        if ((counts > 0).sum(axis=0) < 2).any():
            raise ValueError("every labelling needs two or more classes")
        weight = self._weight(codes, counts, sample_weight)
        # Without trials of a class its intercept has no bound.
        weighing = (
            counts if weight is None else _counts(np.where(weight[0] > 0, codes, -1), len(counts))
        )
        least = 1 if np.size(self.C) == 1 else 2
        if (weighing < least).any():
            raise ValueError(
                f"every labelling needs {least} or more trials of every class"
                f"{' to choose C' if least == 2 else ''}, with weights above 0"
            )
        self.n_features_in_ = X.shape[1]
        self._timed, self._labelled = X.ndim == 3, y.ndim == 2
        # Units of one trial side by side, else every product copies its matrices.
        data = np.ascontiguousarray(np.moveaxis(X, 2, 0)) if self._timed else X[None]
        single = self.tol >= SINGLE_PRECISION_FROM
        dtype = np.dtype(np.float32) if single else X.dtype
        standardized, mean, scale = standardize(data, self.standardize, dtype)
        solution, C = fit(
            standardized,
            codes[None],
            len(self.classes_),
            self.C,
            self.selection_folds,
            self.tol,
            self.max_iter,
            self.labellings_per_batch,
            weight,
            threads(self.n_jobs),
        )
        if not solution.converged.all():
            warnings.warn(
                f"{int((~solution.converged).sum())} of {solution.converged.size} problems did "
                f"not converge in {self.max_iter} iterations; raise max_iter or lower C",
                ConvergenceWarning,
                stacklevel=2,
            )
        weights, intercept = unstandardized(solution.weights, solution.intercept, mean, scale)
        if len(self.classes_) == 2:
            weights, intercept = weights[..., 0], intercept[..., 0]
        self.coef_ = self._drop_axes(weights, labelling=2)
        self.intercept_ = self._drop_axes(intercept, labelling=1)
        self.C_ = self._drop_axes(C, labelling=1)
        self.n_iter_ = solution.n_iterations
        return self

    def _check_parameters(self) -> None:
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

    def _weight(
        self, codes: np.ndarray, counts: np.ndarray, sample_weight: np.ndarray | None
    ) -> np.ndarray | None:
        """Return the weights of trials, (1, trial, labelling or 1), or None for equal ones."""
        weight = None
        if self.class_weight == "balanced":
            present = np.maximum(counts, 1)
            share = len(codes) / ((counts > 0).sum(axis=0) * present)
            weight = np.take_along_axis(share, codes, axis=0)
        elif self.class_weight is not None:
            raise ValueError(f"class_weight must be 'balanced' or None; got {self.class_weight!r}")
        if sample_weight is not None:
            given = np.asarray(sample_weight, dtype=float)
            given = given[:, None] if given.ndim == 1 else given
            if (
                given.ndim != 2
                or len(given) != len(codes)
                or given.shape[1] not in (1, codes.shape[1])
            ):
                raise ValueError(
                    "sample_weight must be (trial,) or (trial, labelling) as y is; got "
                    f"{np.shape(sample_weight)}"
                )
            if not np.isfinite(given).all() or (given < 0).any():
                raise ValueError("sample_weight must be finite and not negative")
            weight = given if weight is None else given * weight
        return None if weight is None else weight[None]

    def _drop_axes(self, values: np.ndarray, labelling: int) -> np.ndarray:
        """Drop the labelling and time axes that X and y did not have."""
        if not self._labelled:
            values = values.squeeze(axis=labelling)
        return values if self._timed else values[0]

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the scores of trials, shape (trial, [time,] [labelling,] [class])."""
        check_is_fitted(self)
        X = _as_float(X)
        expected = 3 if self._timed else 2
        if X.ndim != expected or X.shape[1] != self.n_features_in_:
            raise ValueError(f"X must have {self.n_features_in_} units; got shape {X.shape}")
        if not self._timed:
            return np.tensordot(X, self.coef_, axes=(1, 0)) + self.intercept_
        times, units = self.coef_.shape[:2]
        scores = np.moveaxis(X, 2, 0) @ self.coef_.reshape(times, units, -1)
        scores = np.moveaxis(scores, 1, 0).reshape(len(X), times, *self.coef_.shape[2:])
        return scores + self.intercept_

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted labels of trials, shape (trial, [time,] [labelling])."""
        scores = self.decision_function(X)
        if len(self.classes_) == 2:
            return self.classes_[(scores > 0).astype(int)]
        return self.classes_[scores.argmax(axis=-1)]


def standardize(
    X: np.ndarray, scale: bool, dtype: np.dtype | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre units over rows and, if asked, divide by their SD; constant units become 0.

    Parameters
    ----------
    X : array, shape (..., row, unit)
        Training data.
    scale : bool
        Whether to divide by the SD.
    dtype : numpy.dtype, optional
        Precision of the result, by default that of X; means are subtracted before rounding to it.

    Returns
    -------
    standardized, mean, scale : array
        The last two of shape (..., 1, unit).
    """
    data = np.ascontiguousarray(X).reshape(-1, *X.shape[-2:])
    standardized = np.empty(data.shape, dtype or X.dtype)
    mean, sd = np.empty((2, len(data), X.shape[-1]), X.dtype)
    _standardize(data, scale, standardized, mean, sd)
    shape = (*X.shape[:-2], 1, X.shape[-1])
    return standardized.reshape(X.shape), mean.reshape(shape), sd.reshape(shape)


@quick
def _standardize(
    X: np.ndarray, scale: bool, standardized: np.ndarray, mean: np.ndarray, sd: np.ndarray
) -> None:
    n_rows, n_units = X.shape[1:]
    for problem in range(len(X)):
        total, squares = np.zeros(n_units), np.zeros(n_units)
        for row in range(n_rows):
            for unit in range(n_units):
                total[unit] += X[problem, row, unit]
        for unit in range(n_units):
            mean[problem, unit] = total[unit] / n_rows
            sd[problem, unit] = 1
        for row in range(n_rows):
            for unit in range(n_units):
                centred = X[problem, row, unit] - mean[problem, unit]
                standardized[problem, row, unit] = centred
                squares[unit] += centred * centred
        if not scale:
            continue
        factor = np.ones(n_units, standardized.dtype)
        for unit in range(n_units):
            spread = math.sqrt(squares[unit] / n_rows)
            # Rounding of the mean leaves constant units an SD of about eps; it is no variance.
            if spread <= ROUNDING * np.finfo(X.dtype).eps * abs(mean[problem, unit]):
                factor[unit] = 0
            else:
                sd[problem, unit] = spread
                factor[unit] = 1 / spread
        for row in range(n_rows):
            for unit in range(n_units):
                standardized[problem, row, unit] *= factor[unit]


def unstandardized(
    weights: np.ndarray, intercept: np.ndarray, mean: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and intercepts for the data as given.

    Parameters
    ----------
    weights : array, shape (problem, unit, labelling, output)
        Weights on standardised units.
    intercept : array, shape (problem, labelling, output)
        Intercepts for them.
    mean, scale : array, shape (problem, 1, unit)
        From `standardize`.
    """
    weights = weights / scale[:, 0, :, None, None]
    return weights, intercept - np.einsum("pu,pulk->plk", mean[:, 0], weights)


@cache
def threads(n_jobs: int | None) -> int:
    """Return how many threads are asked for."""
    # Looking it up takes as long as a small fit.
    count: int = joblib.cpu_count() if n_jobs is None else joblib.effective_n_jobs(n_jobs)
    return count


def _counts(codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return how many trials each class has in each labelling, shape (class, labelling)."""
    return np.stack([(codes == code).sum(axis=0) for code in range(n_classes)])


def _as_float(X: np.ndarray) -> np.ndarray:
    X = np.asarray(X)
    return X if X.dtype == np.float32 else X.astype(np.float64)
