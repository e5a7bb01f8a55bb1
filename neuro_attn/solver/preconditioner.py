r"""What all labellings of the data share: a second derivative with one curvature for all rows.

For centred data X (row, unit) and a typical curvature kappa of the loss it is
I + C kappa X'X in the weights and C kappa n in the intercept, with the inverses

.. math:: M = (I + C \kappa X'X)^{-1}, \quad 1 / (C \kappa n)

Where there are fewer rows than units, Q = C X M X' says the same with a matrix of rows x rows.
"""

import math
from typing import NamedTuple

import numpy as np

from neuro_attn.solver.numba_utils import njit_cached

DIGITS_DOWN_TO = 3e-4
"""Curvature p (1 - p) of a typical row below which float32 has too few digits for 1 - p."""
ITERATIONS = 20
"""About so many will follow."""
STABLE_STEP = 1.9
"""Longest step where Q does not see all rows."""
ROUGH_UP_TO = 1e3
"""Strength of the data against the ridge up to which float32 inverts to 1e-4."""
PRODUCT_UP_TO = 30
"""Such strength up to which Q has its digits in float32 when it is made of its factors."""
SMALLEST_BLOCK = 32
"""Rows of a matrix below which plain loops are quicker than matrix products."""


class Shared(NamedTuple):
    """What the labellings of a problem share."""

    by_rows: bool
    """Whether labellings are iterated by rows, not by units."""
    inverse: np.ndarray
    """By units, C M and, for the intercept, 1 / (kappa n), (unit + 1, unit + 1); by rows,
    Q + 1 / (kappa n), (row, row)."""
    design: np.ndarray
    """By units, X and a column of ones, (row, unit + 1); by rows, empty."""
    C: float
    kappa: float
    """Typical curvature: that of rows when labels say nothing about the data."""
    leading: float
    """C sum(l^2) / sum(l) for the eigenvalues l of X X': how far data outweigh the ridge where
    most of the variance is."""
    longest: float
    """Longest step: where Q does not see all rows, what it does not see of a grows with steps
    above 2."""
    scarce: bool
    """Whether float32 has too few digits."""


@njit_cached
def prepare(X: np.ndarray, C: float, n_classes: int, mean_weight: float, n_products: int) -> Shared:
    """Prepare a problem for its labellings.

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
        Labellings and classes that will be multiplied in each iteration; many make it worth
        multiplying the factors of Q first.

    Returns
    -------
    Shared
    """
    n, d = X.shape
    number, single = X.dtype.type, X.itemsize == 4
    by_rows, longest = n <= d, np.inf
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
    # A typical row has this much of the trace.
    share = typical_curvature(C * mean_weight * trace / n, n_classes)
    kappa = mean_weight * share
    leading = C * squares / trace if trace > 0 else 0.0
    scarce = single and share < DIGITS_DOWN_TO
    strength = kappa * leading
    if by_rows:
        # Q = (I - (I + C kappa K)^-1) / kappa
        within = exact_inverse(_regular(gram.astype(np.float64), C * kappa, n))
        inverse = np.empty_like(gram)
        for row in range(n):
            for column in range(n):
                identity = 1 / kappa if row == column else 0.0
                inverse[row, column] = identity - within[row, column] / kappa + 1 / (kappa * n)
    elif single and strength < PRODUCT_UP_TO and _pays(n, d, n_products):
        by_rows, longest = True, STABLE_STEP
        # What is wrong with the inverse is wrong with the optimum, and Q loses digits.
        exact = exact_inverse(_regular(gram.astype(np.float64), C * kappa, d))
        left = C * np.dot(design.astype(np.float64), exact)
        inverse = np.dot(left.astype(X.dtype), design.T)
        design = design[:0]
    else:
        # It only says where to go; the slope says where the optimum is.
        if strength < ROUGH_UP_TO:
            inverse = rough_inverse(_regular(gram, C * kappa, d))
        else:
            exact = exact_inverse(_regular(gram.astype(np.float64), C * kappa, d))
            inverse = exact.astype(X.dtype)
        _scale(inverse, C)
    return Shared(by_rows, inverse, design, C, kappa, leading, longest, scarce)


@njit_cached
def _pays(n_rows: int, n_units: int, n_products: int) -> bool:
    """Return whether Q saves more multiplications than it costs."""
    saved = n_units * (2 * n_rows + n_units) - n_rows**2
    return ITERATIONS * n_products * saved > n_rows * n_units * (n_rows + n_units)


@njit_cached
def typical_curvature(spread: float, n_classes: int) -> float:
    """Return the curvature that rows will have when labels say nothing about the data.

    A row pulls its own scores by alpha = C (1 - p), times its share of trace(K); where pull and
    margin m agree, m = spread (1 - p(m)) n / (n - 1) for n classes, with p(m) the softmax of a
    margin of m over all other classes.
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
def _regular(gram: np.ndarray, strength: float, n_penalised: int) -> np.ndarray:
    """Turn gram into I + strength gram, I without the intercept, which has no penalty."""
    _scale(gram, strength)
    for row in range(n_penalised):
        gram[row, row] += 1
    return gram


@njit_cached
def _scale(matrix: np.ndarray, factor: float) -> None:
    factor = matrix.dtype.type(factor)
    for row in range(len(matrix)):
        for column in range(len(matrix)):
            matrix[row, column] *= factor


@njit_cached
def exact_inverse(matrix: np.ndarray) -> np.ndarray:
    """Invert a symmetric positive definite matrix, nearly all by matrix products.

    For 200 units it takes less than half of the time of LAPACK's general inverse.
    """
    return _inverse_and_factor(matrix)[0]


@njit_cached
def rough_inverse(matrix: np.ndarray) -> np.ndarray:
    r"""Invert a symmetric positive definite matrix in half the time, with fewer digits.

    .. math:: \begin{pmatrix} A & B' \\ B & D \end{pmatrix}^{-1} = \begin{pmatrix}
        A^{-1} + W' S^{-1} W & - W' S^{-1} \\ - S^{-1} W & S^{-1} \end{pmatrix}, \quad
        W = B A^{-1}, \quad S = D - W B'
    """
    n = len(matrix)
    if n <= SMALLEST_BLOCK:
        factor = _small_inverse_factor(matrix)
        return np.dot(factor.T, factor)
    half = n // 2
    B = np.ascontiguousarray(matrix[half:, :half])
    of_A = rough_inverse(np.ascontiguousarray(matrix[:half, :half]))
    W = np.dot(B, of_A)
    of_S = rough_inverse(matrix[half:, half:] - np.dot(W, B.T))
    across = np.dot(of_S, W)
    of_A += np.dot(W.T, across)
    inverse = np.empty_like(matrix)
    _fill_blocks(inverse, of_A, across, of_S)
    for row in range(half):
        for column in range(n - half):
            inverse[row, half + column] = -across[column, row]
    return inverse


@njit_cached
def _fill_blocks(
    matrix: np.ndarray, first: np.ndarray, below: np.ndarray, last: np.ndarray
) -> None:
    """Fill the blocks on the diagonal, and the one below with the other sign."""
    half = len(first)
    for row in range(half):
        for column in range(half):
            matrix[row, column] = first[row, column]
    for row in range(len(last)):
        for column in range(half):
            matrix[half + row, column] = -below[row, column]
        for column in range(len(last)):
            matrix[half + row, half + column] = last[row, column]


@njit_cached
def _inverse_and_factor(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the inverse and that of the Cholesky factor L, (L_A^-1, 0; U, L_S^-1).

    With A = L_A L_A' and the inverses of both,

    .. math:: \begin{pmatrix} A & B' \\ B & D \end{pmatrix}^{-1} = \begin{pmatrix}
        A^{-1} + U' U & U' L_S^{-1} \\ L_S^{-T} U & S^{-1} \end{pmatrix}, \quad
        V = B L_A^{-T}, \quad S = D - V V', \quad U = - L_S^{-1} V L_A^{-1}
    """
    n = len(matrix)
    if n <= SMALLEST_BLOCK:
        factor = _small_inverse_factor(matrix)
        return np.dot(factor.T, factor), factor
    half = n // 2
    of_A, first = _inverse_and_factor(np.ascontiguousarray(matrix[:half, :half]))
    V = np.dot(np.ascontiguousarray(matrix[half:, :half]), first.T)
    of_S, last = _inverse_and_factor(matrix[half:, half:] - np.dot(V, V.T))
    U = np.dot(last, np.dot(V, first))
    of_A += np.dot(U.T, U)
    across = np.dot(last.T, U)
    inverse, factor = np.empty_like(matrix), np.zeros_like(matrix)
    _fill_blocks(inverse, of_A, across, of_S)
    _fill_blocks(factor, first, U, last)
    for row in range(half):
        for column in range(n - half):
            inverse[row, half + column] = -across[column, row]
    return inverse, factor


@njit_cached
def _small_inverse_factor(matrix: np.ndarray) -> np.ndarray:
    """Return it by elimination: what turns A into L' turns the identity into L^-1."""
    n = len(matrix)
    one = matrix.dtype.type(1)
    rest = matrix.copy()
    inverse = np.zeros_like(matrix)
    for row in range(n):
        inverse[row, row] = one
    for pivot in range(n):
        scale = one / math.sqrt(rest[pivot, pivot])
        for column in range(n):
            rest[pivot, column] *= scale
            inverse[pivot, column] *= scale
        for row in range(pivot + 1, n):
            factor = rest[row, pivot] * scale
            for column in range(n):
                rest[row, column] -= factor * rest[pivot, column]
                inverse[row, column] -= factor * inverse[pivot, column]
    return inverse
