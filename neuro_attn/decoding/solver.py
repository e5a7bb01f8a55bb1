r"""Ridge logistic regression for many data sets and labellings at once.

For centred data X (row, unit) and labels y, find weights w and an unpenalised intercept b of

.. math:: \min_{w, b} \tfrac12 \|w\|^2 + C \sum_j \ell(y_j, x_j \cdot w + b)

with the logistic loss (two classes) or the softmax loss (more). The loss's curvature is at most
kappa = 1/4 (two classes) or 1/2 (more) times X'X (Boehning 1992), the same for every labelling, so
one factorisation serves all of them. With the scores f = Xw and the residuals g = p - y, the
minimum of the quadratic bound around the current point is

.. math:: f \leftarrow Q (\kappa f - g), \quad b \leftarrow b - \bar g / \kappa, \quad
    Q = C X (I + C \kappa X'X)^{-1} X'

one matrix product for all labellings together. It is accelerated by Nesterov's momentum with
restarts (O'Donoghue & Candes 2015) for each labelling. Weights follow from the scores: with fewer
rows than units all of it happens in the row space, exactly.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax

TWO_CLASS_CURVATURE = 0.25
MULTICLASS_CURVATURE = 0.5


class Solution(NamedTuple):
    """Weights (..., unit, output), intercepts (..., output), and what each problem took."""

    weights: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: int


def fit_two_class(
    X: np.ndarray, y: np.ndarray, C: float, tolerance: float, max_iterations: int
) -> Solution:
    """Fit two-class problems; outputs are labellings.

    Parameters
    ----------
    X : array, shape (..., row, unit)
        Data, each unit with mean 0 over rows.
    y : array, shape (..., row, labelling)
        Labels, 0 or 1.
    C : float
        Inverse strength of the ridge.
    tolerance : float
        Largest change of a score in one iteration, relative to the largest score, at the end.
    max_iterations : int
        Iterations after which a problem counts as not converged.

    Returns
    -------
    Solution
        With ``converged`` of shape (..., labelling).
    """

    def residuals(scores: np.ndarray) -> np.ndarray:
        return expit(scores) - y

    return _accelerate(X, residuals, y, TWO_CLASS_CURVATURE, C, tolerance, max_iterations)


def fit_multiclass(
    X: np.ndarray, y: np.ndarray, n_classes: int, C: float, tolerance: float, max_iterations: int
) -> Solution:
    """Fit softmax problems; outputs are (labelling, class), flattened.

    Parameters
    ----------
    X : array, shape (..., row, unit)
        Data, each unit with mean 0 over rows.
    y : array of int, shape (..., row, labelling)
        Class numbers from 0.
    n_classes : int
        Number of classes.
    C, tolerance, max_iterations
        As in `fit_two_class`.

    Returns
    -------
    Solution
        With ``converged`` of shape (..., labelling * class).
    """
    shape = (*y.shape, n_classes)
    target = (y[..., None] == np.arange(n_classes)).astype(X.dtype)
    flat = (*y.shape[:-1], y.shape[-1] * n_classes)

    def residuals(scores: np.ndarray) -> np.ndarray:
        return (softmax(scores.reshape(shape), axis=-1) - target).reshape(flat)

    return _accelerate(
        X, residuals, target.reshape(flat), MULTICLASS_CURVATURE, C, tolerance, max_iterations
    )


def _accelerate(
    X: np.ndarray,
    residuals: Callable[[np.ndarray], np.ndarray],
    y: np.ndarray,
    curvature: float,
    C: float,
    tolerance: float,
    max_iterations: int,
) -> Solution:
    to_scores, to_coordinates, to_weights = _operators(X, curvature, C)
    scores = np.zeros(np.broadcast_shapes(X.shape[:-2], y.shape[:-2]) + y.shape[-2:], X.dtype)
    intercept = np.zeros((*scores.shape[:-2], 1, scores.shape[-1]), X.dtype)
    ahead, intercept_ahead = scores, intercept
    momentum = np.ones_like(intercept)
    converged = np.zeros(intercept.shape, dtype=bool)
    iteration = 0
    pull = np.zeros_like(scores)
    while iteration < max_iterations and not converged.all():
        iteration += 1
        residual = residuals(ahead + intercept_ahead)
        pull = curvature * ahead - residual
        new = to_scores(pull)
        new_intercept = intercept_ahead - residual.mean(axis=-2, keepdims=True) / curvature
        change = np.abs(new - ahead).max(axis=-2, keepdims=True)
        change = np.maximum(change, np.abs(new_intercept - intercept_ahead))
        converged = change <= tolerance * (1 + np.abs(new).max(axis=-2, keepdims=True))
        uphill = ((ahead - new) * (new - scores)).sum(axis=-2, keepdims=True) > 0
        momentum = np.where(uphill, 1, momentum)
        next_momentum = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        push = ((momentum - 1) / next_momentum).astype(X.dtype)
        ahead = new + push * (new - scores)
        intercept_ahead = new_intercept + push * (new_intercept - intercept)
        scores, intercept, momentum = new, new_intercept, next_momentum
    weights = to_weights(to_coordinates(pull))
    return Solution(weights, intercept[..., 0, :], converged[..., 0, :], iteration)


def _operators(X: np.ndarray, curvature: float, C: float) -> tuple:
    """Return the maps pull -> scores, pull -> coordinates and coordinates -> weights."""
    n, d = X.shape[-2:]
    Xt = np.swapaxes(X, -1, -2)
    if n <= d:
        gram = X @ Xt
        inverse = _regularized_inverse(gram, C * curvature)
        Q = (C * (gram @ inverse)).astype(X.dtype)
        coordinates = (C * inverse).astype(X.dtype)
        return lambda h: Q @ h, lambda h: coordinates @ h, lambda alpha: Xt @ alpha
    R = (C * (_regularized_inverse(Xt @ X, C * curvature) @ Xt)).astype(X.dtype)
    if n <= 2 * d:
        Q = X @ R
        return lambda h: Q @ h, lambda h: R @ h, lambda w: w
    return lambda h: X @ (R @ h), lambda h: R @ h, lambda w: w


def _regularized_inverse(gram: np.ndarray, strength: float) -> np.ndarray:
    """Return (I + strength * gram)^-1 in float64: a large C leaves float32 no digits."""
    return np.linalg.inv(np.eye(gram.shape[-1]) + strength * gram.astype(np.float64))
