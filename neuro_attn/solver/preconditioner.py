r"""The preconditioner that all label sets of the same data share.

It is the second derivative of the objective with one curvature kappa of the loss for all rows.
For centred data X (row, unit) it equals I + C kappa X'X in the weights and C kappa n in the
intercept, with the inverses

.. math:: M = (I + C \kappa X'X)^{-1}, \quad 1 / (C \kappa n)

With fewer rows than units, the smaller matrix Q = C X M X' (row, row) takes its place.
"""

import math
from typing import NamedTuple

import numpy as np

from neuro_attn.solver.numba_utils import njit_cached
from neuro_attn.solver.symmetric_inverse import exact_inverse, rough_inverse

SMALLEST_SINGLE_CURVATURE = 3e-4
"""Curvature p (1 - p) of a typical row below which float32 cannot resolve 1 - p."""
EXPECTED_ITERATIONS = 20
"""Number of iterations assumed when the cost of a preconditioner is weighed against its use."""
STABLE_STEP = 1.9
"""Longest step if Q has fewer dimensions than there are rows."""
ROUGH_UP_TO = 1e3
"""Strength of the data relative to the ridge up to which a float32 inverse is precise to 1e-4."""
PRODUCT_UP_TO = 30
"""Strength of the data relative to the ridge up to which float32 can hold Q made of factors."""


class Preconditioner(NamedTuple):
    """What the label sets of a problem share.

    ``by_rows``: whether label sets are iterated in coefficients of rows instead of units.
    ``inverse``: by units, C M with 1 / (kappa n) for the intercept, (unit + 1, unit + 1); by rows,
    Q + 1 / (kappa n), (row, row). ``design``: by units, X and a column of ones, (row, unit + 1);
    by rows, empty. ``kappa``: curvature of a typical row if labels are independent of the data.
    ``strength``: C sum(l^2) / sum(l) over the eigenvalues l of X X', the strength of the data
    relative to the ridge along the axes with most of the variance. ``max_step``: longest stable
    step; if Q has fewer dimensions than rows, longer steps would let the rest of the row
    coefficients grow. ``imprecise``: whether float32 has too few digits for the problem.
    """

    by_rows: bool
    inverse: np.ndarray
    design: np.ndarray
    C: float
    kappa: float
    strength: float
    max_step: float
    imprecise: bool


@njit_cached
def prepare(
    X: np.ndarray, C: float, n_classes: int, mean_weight: float, n_products: int
) -> Preconditioner:
    """Compute the preconditioner of a problem.

    Parameters
    ----------
    X : array, shape (row, unit)
        Centred data.
    C : float
        Inverse strength of the ridge.
    n_classes : int
        Number of classes.
    mean_weight : float
        Mean weight of the rows in the loss.
    n_products : int
        Label sets times outputs, the vectors that each iteration multiplies. If there are many,
        computing Q first saves time also with more rows than units.

    Returns
    -------
    Preconditioner
    """
    n, d = X.shape
    number, single = X.dtype.type, X.itemsize == 4
    by_rows, max_step = n <= d, np.inf
    design = np.empty((0 if by_rows else n, d + 1), X.dtype)
    if by_rows:
        gram = np.dot(X, X.T)
    else:
        for row in range(n):
            for unit in range(d):
                design[row, unit] = X[row, unit]
            design[row, d] = 1
        gram = np.dot(design.T, design)
    n_penalised = len(gram) if by_rows else d
    trace, squares = 0.0, number(0)
    for row in range(n_penalised):
        trace += gram[row, row]
        for column in range(n_penalised):
            squares += gram[row, column] * gram[row, column]
    # A typical row has an equal share of the trace.
    share = typical_curvature(C * mean_weight * trace / n, n_classes)
    kappa = mean_weight * share
    strength = C * squares / trace if trace > 0 else 0.0
    imprecise = single and share < SMALLEST_SINGLE_CURVATURE
    if by_rows:
        # Q = (I - (I + C kappa K)^-1) / kappa
        within = exact_inverse(_add_identity(gram.astype(np.float64), C * kappa, n))
        inverse = np.empty_like(gram)
        for row in range(n):
            for column in range(n):
                identity = 1 / kappa if row == column else 0.0
                inverse[row, column] = identity - within[row, column] / kappa + 1 / (kappa * n)
    elif single and kappa * strength < PRODUCT_UP_TO and _product_pays(n, d, n_products):
        by_rows, max_step = True, STABLE_STEP
        # Errors of Q are errors of the optimum, and Q loses digits: invert in float64.
        exact = exact_inverse(_add_identity(gram.astype(np.float64), C * kappa, d))
        left = C * np.dot(design.astype(np.float64), exact)
        inverse = np.dot(left.astype(X.dtype), design.T)
        design = design[:0]
    else:
        # The inverse only sets the direction; the slope, which is exact, determines the optimum.
        if kappa * strength < ROUGH_UP_TO:
            inverse = rough_inverse(_add_identity(gram, C * kappa, d))
        else:
            exact = exact_inverse(_add_identity(gram.astype(np.float64), C * kappa, d))
            inverse = exact.astype(X.dtype)
        _scale(inverse, C)
    return Preconditioner(by_rows, inverse, design, C, kappa, strength, max_step, imprecise)


@njit_cached
def _product_pays(n_rows: int, n_units: int, n_products: int) -> bool:
    """Return whether Q saves more multiplications than computing it takes."""
    saved = n_units * (2 * n_rows + n_units) - n_rows**2
    return EXPECTED_ITERATIONS * n_products * saved > n_rows * n_units * (n_rows + n_units)


@njit_cached
def typical_curvature(spread: float, n_classes: int) -> float:
    """Return the curvature of rows at the optimum if labels are independent of the data.

    A row moves its own scores by alpha = C (1 - p), times its share of trace(K). At the optimum
    this equals its margin m: m = spread (1 - p(m)) n / (n - 1) for n classes, with p(m) the softmax
    of a margin of m over all other classes.
    """
    others = n_classes - 1
    pull = spread * n_classes / others if n_classes > 2 else spread
    margin = 0.0
    # Newton's method from the left, where the slope is steepest, does not overshoot.
    for _ in range(40):
        miss = others / (math.exp(margin) + others)
        step = (margin - pull * miss) / (1 + pull * miss * (1 - miss))
        margin -= step
        if abs(step) < 1e-3:
            break
    miss = others / (math.exp(margin) + others)
    each = miss / others
    return (miss * (1 - miss) + others * each * (1 - each)) / n_classes


@njit_cached
def _add_identity(gram: np.ndarray, factor: float, n_penalised: int) -> np.ndarray:
    """Turn gram into I + factor gram in place; the intercept, unpenalised, has no part in I."""
    _scale(gram, factor)
    for row in range(n_penalised):
        gram[row, row] += 1
    return gram


@njit_cached
def _scale(matrix: np.ndarray, factor: float) -> None:
    factor = matrix.dtype.type(factor)
    for row in range(len(matrix)):
        for column in range(len(matrix)):
            matrix[row, column] *= factor
