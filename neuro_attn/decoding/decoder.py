"""The decoder: ridge logistic regression in scikit-learn's manner, over times and labellings."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from neuro_attn.decoding.solver import Solution, fit_multiclass, fit_two_class


class LogisticDecoder(ClassifierMixin, BaseEstimator):
    """Logistic regression with a ridge penalty, for each time and labelling at once.

    Minimises ``||w||^2 / 2 + C sum(loss)`` with an unpenalised intercept, as scikit-learn's
    `LogisticRegression` does (softmax loss for three classes and more).

    Parameters
    ----------
    C : float
        Inverse strength of the penalty.
    standardize : bool
        Divide each unit by its SD over the training trials; constant units are left at 0.
    tol : float
        Relative change of the scores at which the solver stops.
    max_iter : int
        Iterations after which a `ConvergenceWarning` is given.

    Attributes
    ----------
    classes_ : array, shape (class,)
        The labels, sorted.
    coef_ : array, shape ([time,] unit, [labelling,] [class])
        Weights on the units as given (not standardised).
    intercept_ : array, shape ([time,] [labelling,] [class])
        Intercepts.
    n_iter_ : int
        Iterations of the solver.

    Notes
    -----
    ``X`` is (trial, unit) or (trial, unit, time), ``y`` is (trial,) or (trial, labelling), where
    labellings share X. `decision_function` returns (trial, [time,] [labelling,]), and one more
    trailing axis, class, for three classes and more.
    """

    def __init__(
        self, C: float = 1.0, standardize: bool = True, tol: float = 1e-5, max_iter: int = 1000
    ):
        self.C = C
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: np.ndarray, y: np.ndarray) -> "LogisticDecoder":
        """Fit the decoder.

        Parameters
        ----------
        X : array, shape (trial, unit) or (trial, unit, time)
            Firing rates; float32 stays float32.
        y : array, shape (trial,) or (trial, labelling)
            Labels.

        Returns
        -------
        LogisticDecoder
            Itself.

        Raises
        ------
        ValueError
            If shapes do not fit, X is not finite, or a labelling has fewer than two classes.
        """
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
        if any(len(np.unique(column)) < 2 for column in codes.T):
            raise ValueError("every labelling needs two or more classes")
        self.n_features_in_ = X.shape[1]
        self._timed, self._labelled = X.ndim == 3, y.ndim == 2
        data = np.moveaxis(X if self._timed else X[..., None], 2, 0)
        standardized, mean, scale = standardize(data, self.standardize)
        solution = fit(standardized, codes, len(self.classes_), self.C, self.tol, self.max_iter)
        if not solution.converged.all():
            warnings.warn(
                f"{int((~solution.converged).sum())} of {solution.converged.size} problems did "
                f"not converge in {self.max_iter} iterations; raise max_iter or lower C",
                ConvergenceWarning,
                stacklevel=2,
            )
        weights, intercept = unstandardized(solution.weights, solution.intercept, mean, scale)
        outputs = (codes.shape[1], -1) if len(self.classes_) > 2 else (codes.shape[1],)
        weights = weights.reshape(*weights.shape[:2], *outputs)
        intercept = intercept.reshape(len(intercept), *outputs)
        self.coef_ = self._drop_axes(weights, labelling=2)
        self.intercept_ = self._drop_axes(intercept, labelling=1)
        self.n_iter_ = solution.n_iterations
        return self

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
        flat = self.coef_.reshape(*self.coef_.shape[:2], -1)
        scores = np.einsum("nut,tuk->ntk", X, flat, optimize=True)
        return (
            scores.reshape(len(X), *self.coef_.shape[:1], *self.coef_.shape[2:]) + self.intercept_
        )

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted labels of trials, shape (trial, [time,] [labelling])."""
        scores = self.decision_function(X)
        if len(self.classes_) == 2:
            return self.classes_[(scores > 0).astype(int)]
        return self.classes_[scores.argmax(axis=-1)]


def fit(
    X: np.ndarray, y: np.ndarray, n_classes: int, C: float, tol: float, max_iter: int
) -> Solution:
    """Fit two or more classes; see `solver`."""
    if n_classes == 2:
        return fit_two_class(X, y.astype(X.dtype), C, tol, max_iter)
    return fit_multiclass(X, y, n_classes, C, tol, max_iter)


def standardize(X: np.ndarray, scale: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre units over rows and, if asked, divide by their SD; constant units become 0.

    Parameters
    ----------
    X : array, shape (..., row, unit)
        Training data.
    scale : bool
        Whether to divide by the SD.

    Returns
    -------
    standardized, mean, scale : array
        The last two of shape (..., 1, unit).
    """
    mean = X.mean(axis=-2, keepdims=True)
    centred = X - mean
    if not scale:
        return centred, mean, np.ones_like(mean)
    sd = np.sqrt(np.mean(centred**2, axis=-2, keepdims=True))
    # Rounding of the mean leaves constant units an SD of about eps; it is no variance.
    constant = sd <= 1e3 * np.finfo(X.dtype).eps * np.abs(mean)
    sd = np.where(constant, 1, sd)
    return np.where(constant, 0, centred / sd), mean, sd


def unstandardized(
    weights: np.ndarray, intercept: np.ndarray, mean: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (..., unit, output) and intercepts (..., output) for the data as given."""
    weights = weights / np.swapaxes(scale, -1, -2)
    return weights, intercept - (mean @ weights)[..., 0, :]


def _as_float(X: np.ndarray) -> np.ndarray:
    X = np.asarray(X)
    return X if X.dtype == np.float32 else X.astype(np.float64)
