r"""Ridge regression of a circular variable, such as a colour, for many permutations at once.

The cosine and the sine of the angles y are regressed on the rates x of the units,

.. math:: \min_{W, b} \sum_j \|(\cos y_j, \sin y_j) - x_j W - b\|^2 + \alpha \|W\|^2,

and the predicted angle is the direction of :math:`x W + b`. The solution is linear in the targets:
predictions of held-out trials are

.. math:: L\, (\cos y, \sin y), \qquad L = Z_1 (Z_0^\top Z_0 + \alpha I)^{-1} Z_0^\top + 1 / n,

with the centred rates Z of the n training (0) and of the test trials (1). L depends on rates and
folds alone, so all permutations of the targets take one matrix product, with the result of a refit
for each.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from neuro_attn.solver import validation
from neuro_attn.solver.batched_fit import one_blas_thread
from neuro_attn.solver.folds import trials_of_fold
from neuro_attn.solver.ridge import projection
from neuro_attn.solver.standardization import Units, standardize, unstandardized

PREDICTED_BYTES = 64_000_000
"""Memory for the predictions that are held at once."""


class CircularRidge(BaseEstimator):
    """Ridge regression of angles on the rates of units, for all times and target sets at once.

    Regresses cosine and sine of the angles with scikit-learn's objective,
    ``||targets - X W - b||^2 + alpha ||W||^2``, and an unpenalised intercept.

    Parameters
    ----------
    alpha : float
        Strength of the penalty; above 0.
    standardize : bool
        Divide each unit by its SD over the training trials.

    Attributes
    ----------
    coef_ : array, shape ([time,] unit, [target set,] 2)
        Weights of the units as given (not standardised), for cosine and sine.
    intercept_ : array, shape ([time,] [target set,] 2)
        Intercepts.
    n_features_in_ : int
        Number of units.

    Notes
    -----
    ``X`` is (trial, unit) or (trial, unit, time). ``y`` contains angles in rad, (trial,) or (trial,
    target set): one set may be the true angles, the others permutations. Target sets share X, and
    cost little more than one. Computations are in float64. Units that are constant over the
    training trials have a weight of 0.

    Examples
    --------
    Each of 20 units prefers a colour, and the decoder predicts the colours of further trials:

    >>> import numpy as np
    >>> from neuro_attn.solver import CircularRidge
    >>> rng = np.random.default_rng(0)
    >>> color = rng.uniform(-np.pi, np.pi, 200)
    >>> preferred = np.linspace(-np.pi, np.pi, 20, endpoint=False)
    >>> X = np.cos(color[:, None] - preferred) + rng.normal(size=(200, 20))
    >>> decoder = CircularRidge().fit(X[:150], color[:150])
    >>> decoder.predict(X[150:]).shape
    (50,)
    >>> bool(decoder.score(X[150:], color[150:]) > 0.9)
    True
    """

    def __init__(self, alpha: float = 1.0, *, standardize: bool = True):
        self.alpha = alpha
        self.standardize = standardize

    def fit(self, X: np.ndarray, y: np.ndarray) -> "CircularRidge":
        """Fit the decoder.

        Parameters
        ----------
        X : array, shape (trial, unit) or (trial, unit, time)
            Firing rates.
        y : array, shape (trial,) or (trial, target set)
            Angles, rad.

        Returns
        -------
        self : CircularRidge
            The fitted estimator.

        Raises
        ------
        ValueError
            If alpha is not positive, shapes do not fit, or X or y are not finite.
        """
        data, angles = _checked(self, X, y)
        self._times, self._target_sets = np.shape(X)[2:], np.shape(y)[1:]
        self.n_features_in_ = data.shape[2]
        rates, units = standardize(data, scale=self.standardize, dtype=np.dtype(np.float64))
        targets = _vectors(angles)
        level = targets.mean(axis=0)
        with one_blas_thread():
            weights = projection(rates, self.alpha) @ (targets - level).reshape(len(targets), -1)
        weights = weights.reshape(*weights.shape[:2], *level.shape)
        levels = np.broadcast_to(level, (len(weights), *level.shape))
        self._units = units
        coef, self._level = unstandardized(weights, levels, units)
        center = units.center.astype(float)
        intercept = self._level - np.einsum("tu,tusk->tsk", center, coef)
        self._coef = coef
        self.coef_ = self._without_axes(coef, target_set=2)
        self.intercept_ = self._without_axes(intercept, target_set=1)
        return self

    def _without_axes(self, values: np.ndarray, target_set: int) -> np.ndarray:
        """Drop the axes of target sets and times that y and X did not have."""
        values = values if self._target_sets else values.squeeze(axis=target_set)
        return values if self._times else values[0]

    def predict_vector(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted cosine and sine, shape (trial, [time,] [target set,] 2)."""
        check_is_fitted(self)
        data = _as_data(X)
        if np.shape(X)[1:] != (self.n_features_in_, *self._times):
            raise ValueError(
                f"X must be (trial, {', '.join(map(str, (self.n_features_in_, *self._times)))}) as "
                f"in the fit; got {np.shape(X)}"
            )
        # X @ coef_ + intercept_ would be a small difference of large numbers if offsets are large.
        shape = (*data.shape[:2], *self._level.shape[1:])
        weights = self._coef.reshape(*self._coef.shape[:2], -1)
        vectors = (data - self._units.center[:, None]) @ weights
        vectors = vectors.reshape(shape) + self._level[:, None]
        vectors = vectors if self._target_sets else vectors.squeeze(axis=2)
        return np.moveaxis(vectors, 0, 1) if self._times else vectors[0]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted angles, rad in (-pi, pi], shape (trial, [time,] [target set])."""
        return _angle(self.predict_vector(X))

    def score(self, X: np.ndarray, y: np.ndarray) -> float | np.ndarray:
        """Return the mean cosine of the errors: 1 for perfect predictions, 0 expected by chance.

        Parameters
        ----------
        X : array, shape (trial, unit) or (trial, unit, time), as in the fit
            Firing rates.
        y : array, shape (trial,) or (trial, target set), as in the fit
            Angles, rad.

        Returns
        -------
        float, or array of shape ([time,] [target set])
        """
        predicted = self.predict(X)
        truth = _as_angles(y)
        if np.shape(y) != (len(predicted), *self._target_sets):
            raise ValueError(
                f"y must have the shape {(len(predicted), *self._target_sets)}: the trials of X, "
                f"and the target sets of the fit; got {np.shape(y)}"
            )
        truth = truth if self._target_sets else truth[:, 0]
        mean = np.cos(predicted - (truth[:, None] if self._times else truth)).mean(axis=0)
        return float(mean) if mean.ndim == 0 else mean


def cross_validated_circular_error(
    decoder: CircularRidge,
    X: np.ndarray,
    y: np.ndarray,
    folds: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    across_time: bool = False,
) -> np.ndarray:
    """Return the mean absolute error of held-out trials in degrees, averaged over folds.

    It is 90 by chance if the angles, or the predictions, are uniform.

    Parameters
    ----------
    decoder : CircularRidge
        Supplies the parameters; it is not fitted itself.
    X : array, shape (trial, unit) or (trial, unit, time)
        Firing rates.
    y : array, shape (trial,) or (trial, target set)
        Angles, rad; one column may hold the true ones, the others permutations.
    folds : iterable of (train, test)
        Trial numbers, as scikit-learn's splitters return them, or masks of the trials. All target
        sets share them.
    across_time : bool
        Test every decoder at all times, not only at the time of its training.

    Returns
    -------
    array, shape ([time,] [target set]), or (train_time, test_time, [target set]) across time
        With the axes that X and y have.

    Raises
    ------
    ValueError
        As `CircularRidge.fit`; if a fold has no test trials or tests trials that it trains on.

    Examples
    --------
    The permutation p-value of each of three times, of which the last one has a signal:

    >>> import numpy as np
    >>> from sklearn.model_selection import KFold
    >>> from neuro_attn.solver import CircularRidge, cross_validated_circular_error
    >>> rng = np.random.default_rng(0)
    >>> color = rng.uniform(-np.pi, np.pi, 100)
    >>> X = rng.normal(size=(100, 20, 3))  # trial, unit, time
    >>> X[:, :, 2] += np.cos(color[:, None] - np.linspace(-np.pi, np.pi, 20))
    >>> targets = np.stack([color, *(rng.permutation(color) for _ in range(99))], axis=1)
    >>> error = cross_validated_circular_error(CircularRidge(), X, targets, KFold(5).split(X))
    >>> p = (error <= error[:, :1]).mean(axis=1)
    >>> float(p[2])
    0.01
    """
    data, angles = _checked(clone(decoder), X, y)
    if across_time and np.ndim(X) == 2:
        raise ValueError(f"across_time needs X as (trial, unit, time); got {np.shape(X)}")
    splits = [trials_of_fold(number, fold, len(angles)) for number, fold in enumerate(folds)]
    if not splits:
        raise ValueError("folds must hold one or more pairs of training and test trials; got none")
    n_times = len(data)
    error = np.zeros((n_times, n_times if across_time else 1, angles.shape[1]))
    with one_blas_thread():
        for train, test in splits:
            for time in range(n_times):
                rates, units = standardize(
                    data[time : time + 1, train],
                    scale=decoder.standardize,
                    dtype=np.dtype(np.float64),
                )
                tested = data[:, test] if across_time else data[time : time + 1, test]
                predictor = _predictor(rates[0], units, tested, decoder.alpha)
                error[time] += _errors(predictor, angles[train], angles[test])
    axes = np.shape(X)[2:] * (2 if across_time else 1)
    return error.reshape((*axes, *np.shape(y)[1:])) / len(splits)


def _predictor(rates: np.ndarray, units: Units, tested: np.ndarray, alpha: float) -> np.ndarray:
    """Return the matrices from training targets to predictions, (test_time, test, train).

    Parameters
    ----------
    rates : array, shape (train, unit)
        Standardised rates of the training trials.
    units : Units
        How they were standardised.
    tested : array, shape (test_time, test, unit)
        Rates of the test trials.
    alpha : float
        Strength of the penalty.
    """
    standardized = ((tested - units.center) - units.remainder) / units.scale
    return standardized @ projection(rates[None], alpha)[0] + 1 / len(rates)


def _errors(predictor: np.ndarray, trained: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return mean absolute errors in degrees, (test_time, target set)."""
    n_times, n_test = predictor.shape[:2]
    n_sets = trained.shape[1]
    error = np.empty((n_times, n_sets))
    size = max(1, PREDICTED_BYTES // (16 * n_times * n_test))
    for start in range(0, n_sets, size):
        batch = slice(start, start + size)
        targets = _vectors(trained[:, batch])
        vectors = predictor @ targets.reshape(len(targets), -1)
        predicted = _angle(vectors.reshape(n_times, n_test, -1, 2))
        distance = np.abs((predicted - truth[:, batch] + np.pi) % (2 * np.pi) - np.pi)
        error[:, batch] = np.degrees(distance).mean(axis=1)
    return error


def _vectors(angles: np.ndarray) -> np.ndarray:
    """Return cosine and sine on a last axis."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _angle(vectors: np.ndarray) -> np.ndarray:
    """Return the direction of vectors (..., 2), rad."""
    return np.arctan2(vectors[..., 1], vectors[..., 0])


def _checked(decoder: CircularRidge, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return rates (time, trial, unit) and angles (trial, target set)."""
    alpha = decoder.alpha
    if not (isinstance(alpha, int | float | np.number) and 0 < alpha < np.inf):
        raise ValueError(f"alpha must be a positive number; got {alpha!r}")
    data, angles = _as_data(X), _as_angles(y)
    if data.shape[1] != len(angles) or len(angles) < 2:
        raise ValueError(
            "X must be (trial, unit) or (trial, unit, time) and y (trial,) or (trial, target set) "
            f"with as many trials, two or more; got {np.shape(X)} and {np.shape(y)}"
        )
    return data, angles


def _as_data(X: Any) -> np.ndarray:
    """Return finite rates as (time, trial, unit); float32 stays float32."""
    given = np.asarray(X)
    if given.ndim not in (2, 3) or not given.size:
        raise ValueError(f"X must be (trial, unit) or (trial, unit, time); got {given.shape}")
    given = given if given.dtype == np.float32 else given.astype(float)
    validation.check_finite(given)
    return np.ascontiguousarray(np.moveaxis(given.reshape(*given.shape[:2], -1), 2, 0))


def _as_angles(y: Any) -> np.ndarray:
    """Return finite angles as (trial, target set)."""
    angles = np.asarray(y)
    if angles.dtype.kind not in "iuf":
        raise ValueError(f"y must contain angles in rad; got {angles.dtype}")
    if angles.ndim not in (1, 2) or not angles.size:
        raise ValueError(f"y must be (trial,) or (trial, target set); got {angles.shape}")
    if not np.isfinite(angles).all():
        raise ValueError("y must not contain NaN or infinity; leave these trials out")
    return angles.reshape(len(angles), -1).astype(float)
