"""Damped Newton's method for one ridge logistic regression, in float64.

It solves the few problems on which conjugate gradients converge slowly: separable data with a weak
ridge, where the curvature of the loss almost vanishes.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.special import expit, softmax

from neuro_attn.solver.conjugate_gradient import NEGLIGIBLE

SUFFICIENT = 1e-4
"""Part of the decrease predicted by the slope that a step must achieve (Armijo's rule)."""
SHORTEST = 1e-8
"""Length below which a step is not halved any more."""
ROUNDING = 1e-10
"""Decrease, relative to the objective, that rounding may hide."""


class Optimum(NamedTuple):
    """Weights (unit, output), intercepts (output,), whether they converged, number of steps."""

    weights: np.ndarray
    intercept: np.ndarray
    converged: bool
    n_steps: int = 0


def solve(
    X: np.ndarray,
    y: np.ndarray,
    *,
    begin: Optimum,
    n_classes: int,
    C: float,
    weight: np.ndarray,
    tolerance: float,
    max_steps: int,
) -> Optimum:
    """Minimise ||w||^2 / 2 + C sum(v loss) with unpenalised intercepts.

    Parameters
    ----------
    X : array, shape (row, unit)
        Data.
    y : array of int, shape (row,)
        Class numbers from 0.
    begin : Optimum
        Start of the iterations.
    n_classes : int
        Number of classes. Two classes have one output, more have one each.
    C : float
        Inverse strength of the ridge.
    weight : array, shape (row,)
        Weights v of the rows.
    tolerance : float
        Change of the scores by a full step, relative to the scores, at which it has converged.
    max_steps : int
        Limit of the number of steps.
    """
    n_outputs = 1 if n_classes == 2 else n_classes
    design, to_units, from_units = _coordinates(X)
    design = np.column_stack([design, np.ones(len(X))])
    ridge = np.ones(design.shape[1])
    ridge[-1] = 0
    truth = (y[:, None] == np.arange(n_classes)).astype(float)[:, -n_outputs:]
    theta = np.vstack([from_units @ begin.weights, begin.intercept])
    best = _objective(design @ theta, theta, truth, ridge, C, weight)
    converged, n_steps = False, 0
    while n_steps < max_steps and not converged:
        n_steps += 1
        scores = design @ theta
        p = expit(scores) if n_outputs == 1 else softmax(scores, axis=1)
        slope = ridge[:, None] * theta + C * design.T @ (weight[:, None] * (p - truth))
        curvature = _curvature(design, p, ridge, C, weight)
        step = scipy.linalg.solve(curvature, slope.T.ravel(), assume_a="sym")
        step = step.reshape(n_outputs, -1).T
        change = np.linalg.norm(design @ step)
        converged = bool(change <= tolerance * (np.linalg.norm(scores) + NEGLIGIBLE))
        length, predicted = 1.0, np.vdot(slope, step)
        while length > SHORTEST:
            trial = theta - length * step
            value = _objective(design @ trial, trial, truth, ridge, C, weight)
            enough = value <= best - SUFFICIENT * length * predicted
            if enough or predicted <= ROUNDING * (1 + abs(best)):
                theta, best = trial, value
                break
            length /= 2
        else:
            break
    return Optimum(to_units @ theta[:-1], theta[-1], converged, n_steps)


def _coordinates(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the data in at most as many coordinates as rows, and the maps to units and back."""
    n_rows, n_units = X.shape
    if n_rows > n_units:
        return X, np.eye(n_units), np.eye(n_units)
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    kept = s > s.max(initial=0) * max(X.shape) * np.finfo(float).eps
    return U[:, kept] * s[kept], Vt[kept].T, Vt[kept]


def _objective(
    scores: np.ndarray,
    theta: np.ndarray,
    truth: np.ndarray,
    ridge: np.ndarray,
    C: float,
    weight: np.ndarray,
) -> float:
    if scores.shape[1] == 1:
        loss = np.logaddexp(0, np.where(truth == 1, -scores, scores))[:, 0]
    else:
        loss = np.logaddexp.reduce(scores, axis=1) - (truth * scores).sum(axis=1)
    return float((ridge[:, None] * theta**2).sum() / 2 + C * weight @ loss)


def _curvature(
    design: np.ndarray, p: np.ndarray, ridge: np.ndarray, C: float, weight: np.ndarray
) -> np.ndarray:
    """Return the second derivative (output x parameter, output x parameter)."""
    n_outputs, size = p.shape[1], design.shape[1]
    curvature = np.empty((n_outputs, size, n_outputs, size))
    for one, other in np.ndindex(n_outputs, n_outputs):
        curve = C * weight * p[:, one] * ((one == other) - p[:, other])
        curvature[one, :, other] = (design.T * curve) @ design + (one == other) * np.diag(ridge)
    if n_outputs > 1:
        # Adding a constant to all intercepts changes nothing; this keeps their mean at 0.
        curvature[:, -1, :, -1] += C * weight.mean()
    # If the loss is flat, only the ridge remains, and an intercept has none.
    flat = curvature.reshape(n_outputs * size, -1)
    flat[np.diag_indices_from(flat)] += np.finfo(float).tiny
    return flat
