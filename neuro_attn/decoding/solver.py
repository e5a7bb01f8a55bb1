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
from scipy.special import expit

TWO_CLASS_CURVATURE = 0.25
MULTICLASS_CURVATURE = 0.5
CHECKED_EVERY = 4
"""Iterations between looks at convergence, which cost a quarter of an iteration."""

Operator = Callable[[np.ndarray], np.ndarray]


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
    target = np.swapaxes(y, -1, -2).astype(X.dtype)

    def residuals(scores: np.ndarray) -> np.ndarray:
        return expit(scores) - target

    start = np.zeros((*X.shape[:-2], *target.shape[-2:]), X.dtype)
    return _accelerate(X, residuals, start, TWO_CLASS_CURVATURE, C, tolerance, max_iterations)


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
    codes = np.swapaxes(y, -1, -2)[..., None, :]
    target = (codes == np.arange(n_classes)[:, None]).astype(X.dtype)
    n_outputs = target.shape[-3] * n_classes

    def residuals(scores: np.ndarray) -> np.ndarray:
        scores = scores.reshape(*scores.shape[:-2], -1, n_classes, scores.shape[-1])
        # In place, along the class axis; scipy's softmax takes several times as long here.
        power = np.exp(scores - scores.max(axis=-2, keepdims=True))
        power /= power.sum(axis=-2, keepdims=True)
        power -= target
        return power.reshape(*power.shape[:-3], n_outputs, -1)

    start = np.zeros((*X.shape[:-2], n_outputs, X.shape[-2]), X.dtype)
    return _accelerate(X, residuals, start, MULTICLASS_CURVATURE, C, tolerance, max_iterations)


def _accelerate(
    X: np.ndarray,
    residuals: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    curvature: float,
    C: float,
    tolerance: float,
    max_iterations: int,
) -> Solution:
    """Iterate from scores of 0; all scores are (..., output, row), so that rows are contiguous."""
    to_scores, to_weights = _operators(X, curvature, C)
    scores = ahead = pull = start
    intercept = intercept_ahead = np.zeros((*start.shape[:-1], 1), X.dtype)
    momentum = np.ones_like(intercept)
    converged = np.zeros(intercept.shape, dtype=bool)
    iteration = 0
    while iteration < max_iterations and not converged.all():
        iteration += 1
        residual = residuals(ahead + intercept_ahead)
        pull = curvature * ahead - residual
        new = to_scores(pull)
        new_intercept = intercept_ahead - residual.mean(axis=-1, keepdims=True) / curvature
        move, error = new - scores, new - ahead
        if iteration % CHECKED_EVERY == 0:
            change = np.abs(error).max(axis=-1, keepdims=True)
            change = np.maximum(change, np.abs(new_intercept - intercept_ahead))
            converged = change <= tolerance * (1 + np.abs(new).max(axis=-1, keepdims=True))
        uphill = np.einsum("...j,...j->...", error, move)[..., None] < 0
        momentum = np.where(uphill, 1, momentum)
        next_momentum = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        push = ((momentum - 1) / next_momentum).astype(X.dtype)
        ahead = new + push * move
        intercept_ahead = new_intercept + push * (new_intercept - intercept)
        scores, intercept, momentum = new, new_intercept, next_momentum
    weights = np.swapaxes(to_weights(pull), -1, -2)
    return Solution(weights, intercept[..., 0], converged[..., 0], iteration)


def _operators(X: np.ndarray, curvature: float, C: float) -> tuple[Operator, Operator]:
    """Return the maps pull -> scores and pull -> weights, both on (..., output, row)."""
    n, d = X.shape[-2:]
    Xt = np.swapaxes(X, -1, -2)
    if n <= d:
        gram = X @ Xt
        inverse = _regularized_inverse(gram, C * curvature)
        Q = (C * (gram @ inverse)).astype(X.dtype)
        coordinates = (C * inverse).astype(X.dtype)
        return lambda h: h @ Q, lambda h: h @ coordinates @ X
    R = (C * (X @ _regularized_inverse(Xt @ X, C * curvature))).astype(X.dtype)
    if n <= 2 * d:
        Q = R @ Xt
        return lambda h: h @ Q, lambda h: h @ R
    return lambda h: (h @ R) @ Xt, lambda h: h @ R


def _regularized_inverse(gram: np.ndarray, strength: float) -> np.ndarray:
    """Return (I + strength * gram)^-1 in float64: a large C leaves float32 no digits."""
    return np.linalg.inv(np.eye(gram.shape[-1]) + strength * gram.astype(np.float64))
