r"""What all labellings of the data share: a second derivative with one curvature for all rows.

For centred data X (row, unit) and a typical curvature kappa of the loss it is
I + C kappa X'X in the weights and C kappa n in the intercept, with the inverses

.. math:: M = (I + C \kappa X'X)^{-1}, \quad 1 / (C \kappa n)

Where there are fewer rows than units, Q = C X M X' says the same with a matrix of rows x rows.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg

DIGITS_DOWN_TO = 3e-4
"""Curvature p (1 - p) of a typical row below which float32 has too few digits for 1 - p."""
ITERATIONS = 20
"""About so many will follow."""
STABLE_STEP = 1.9
"""Longest step where Q does not see all rows."""
ROUGH_UP_TO = 1e3
"""Strength of the data against the ridge up to which float32 inverts to 1e-4."""
SMALLEST_BLOCK = 32
"""Rows of a matrix up to which LAPACK inverts it as quickly as matrix products do."""


class Typical(NamedTuple):
    """The typical row of each problem; shapes (problem, 1, 1)."""

    curvature: np.ndarray
    """kappa: the curvature that rows will have when labels say nothing about the data."""
    leading: np.ndarray
    """C sum(l^2) / sum(l) for the eigenvalues l of X X': how far data outweigh the ridge where
    most of the variance is."""

    def each(self) -> list["Typical"]:
        """Return those of each problem, as numbers."""
        return [
            Typical(*both) for both in zip(*(each.ravel().tolist() for each in self), strict=True)
        ]


class ByUnits(NamedTuple):
    """For more rows than units; arrays have an axis of problems, or are of one."""

    design: np.ndarray
    """X and a column of ones, ([problem,] row, unit + 1)."""
    inverse: np.ndarray
    """C M and, for the intercept, 1 / (kappa n), ([problem,] unit + 1, unit + 1)."""
    typical: Typical
    C: float
    longest: float = np.inf
    """Longest step."""


class ByRows(NamedTuple):
    """For few rows, or many labellings; arrays have an axis of problems, or are of one."""

    Q: np.ndarray
    """Q + 1 / (kappa n), the latter for the intercept, ([problem,] row, row)."""
    typical: Typical
    C: float
    longest: float = np.inf
    """Longest step: where Q does not see all rows, what it does not see of a grows with steps
    above 2."""


def prepare(
    X: np.ndarray, C: float, n_classes: int, weight: np.ndarray | None, n_products: int
) -> list[ByUnits] | list[ByRows]:
    """Prepare each problem for its labellings; where digits are scarce, in float64.

    Parameters
    ----------
    X : array, shape (problem, row, unit)
        Centred data.
    C : float
        Inverse strength of the ridge.
    n_classes : int
        Number of classes.
    weight : array, shape (problem or 1, row, labelling or 1), optional
        Weights of the rows in the loss.
    n_products : int
        Labellings and classes that will be multiplied in each iteration; many make it worth
        multiplying the factors of Q first.
    """
    n, d = X.shape[-2:]
    gram, typical, dtype = _examine(X, C, n_classes, weight)
    if n <= d:
        Q, longest = _row_space(gram, typical, C), np.inf
    elif dtype == np.float32 and _pays(n, d, n_products):
        # What is wrong with the inverse is wrong with the optimum, and Q loses digits.
        inverse = _inverse(gram, C * typical.curvature, np.float64)
        Q = (C * (X @ inverse)).astype(dtype) @ np.swapaxes(X, -1, -2)
        Q, longest = Q + 1 / (typical.curvature * n), STABLE_STEP
    else:
        design = np.ones((*X.shape[:-1], d + 1), dtype)
        design[..., :-1] = X
        inverse = np.zeros((len(X), d + 1, d + 1), dtype)
        # It only says where to go; the slope says where the optimum is.
        inverse[:, :-1, :-1] = _inverse(gram, C * typical.curvature, _precision(dtype, typical))
        inverse *= C
        inverse[:, -1:, -1:] = 1 / (typical.curvature * n)
        return [ByUnits(*each, C) for each in zip(design, inverse, typical.each(), strict=True)]
    Q = Q.astype(dtype, copy=False)
    return [ByRows(*each, C, longest) for each in zip(Q, typical.each(), strict=True)]


def _pays(n_rows: int, n_units: int, n_products: int) -> bool:
    """Return whether Q saves more multiplications than it costs."""
    saved = n_units * (2 * n_rows + n_units) - n_rows**2
    return ITERATIONS * n_products * saved > n_rows * n_units * (n_rows + n_units)


def _examine(
    X: np.ndarray, C: float, n_classes: int, weight: np.ndarray | None
) -> tuple[np.ndarray, Typical, np.dtype]:
    """Return the smaller of X'X and XX', the typical row, and the precision that it asks for."""
    n, d = X.shape[-2:]
    Xt = np.swapaxes(X, -1, -2)
    gram = X @ Xt if n <= d else Xt @ X
    mean_weight = 1.0 if weight is None else weight.mean(axis=(-2, -1), keepdims=True)
    trace = np.trace(gram, axis1=-2, axis2=-1, dtype=np.float64)[:, None, None]
    # A typical row has this much of it.
    spread = C * mean_weight * trace / n
    curvature = mean_weight * _typical_curvature(spread, n_classes)
    leading = C * _squares(gram) / np.maximum(trace, np.finfo(float).tiny)
    scarce = curvature.min() < DIGITS_DOWN_TO * np.min(mean_weight)
    dtype = np.dtype(np.float64) if scarce else X.dtype
    return gram, Typical(curvature, leading), dtype


def _squares(matrices: np.ndarray) -> np.ndarray:
    """Return the sums of squares of (problem, ...), shape (problem, 1, 1), in float64."""
    flat = matrices.reshape(len(matrices), -1)
    return np.vecdot(flat, flat).astype(np.float64)[:, None, None]


def _typical_curvature(spread: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the curvature that rows will have when labels say nothing about the data.

    A row pulls its own scores by alpha = C (1 - p), times its share of trace(K); where pull and
    margin m agree, m = spread (1 - p(m)) n / (n - 1) for n classes, with p(m) the softmax of a
    margin of m over all other classes.
    """
    others = n_classes - 1
    pull = spread * (n_classes / others if n_classes > 2 else 1)
    margin = np.zeros_like(spread)
    # Newton's method from the left, where the slope is steepest, does not overshoot.
    for _ in range(40):
        miss = others / (np.exp(margin) + others)
        step = (margin - pull * miss) / (1 + pull * miss * (1 - miss))
        margin = margin - step
        if np.abs(step).max() < 1e-3:
            break
    miss = others / (np.exp(margin) + others)
    each = miss / others
    return (miss * (1 - miss) + others * each * (1 - each)) / n_classes


def _row_space(gram: np.ndarray, typical: Typical, C: float) -> np.ndarray:
    """Return Q + 1 / (kappa n) = (I - (I + C kappa K)^-1) / kappa + 1 / (kappa n)."""
    n = gram.shape[-1]
    kappa = typical.curvature
    return (np.eye(n) - _inverse(gram, C * kappa, np.float64)) / kappa + 1 / (kappa * n)


def _precision(dtype: np.dtype, typical: Typical) -> type:
    """Return the precision that the inverse needs."""
    rough = dtype == np.float32 and (typical.curvature * typical.leading).max() < ROUGH_UP_TO
    return np.float32 if rough else np.float64


def _inverse(gram: np.ndarray, strength: np.ndarray, dtype: type) -> np.ndarray:
    """Return (I + strength gram)^-1."""
    regular = (strength.astype(dtype) * gram).astype(dtype, copy=False)
    diagonal = np.arange(gram.shape[-1])
    regular[:, diagonal, diagonal] += 1
    if dtype == np.float64:
        return scipy.linalg.inv(regular, assume_a="pos", overwrite_a=True, check_finite=False)
    return inverse_by_blocks(regular)


def inverse_by_blocks(matrices: np.ndarray) -> np.ndarray:
    r"""Invert symmetric positive definite matrices, nearly all by matrix products.

    .. math:: \begin{pmatrix} A & B \\ B' & D \end{pmatrix}^{-1} = \begin{pmatrix}
        A^{-1} + W S^{-1} W' & -W S^{-1} \\ -S^{-1} W' & S^{-1} \end{pmatrix}, \quad
        W = A^{-1} B, \quad S = D - B' W

    For 200 units it takes half the time of LAPACK's inverse, and threads can do it side by side:
    SciPy holds the interpreter meanwhile.
    """
    n = matrices.shape[-1]
    if n <= SMALLEST_BLOCK:
        return np.linalg.inv(matrices)
    first, last = slice(n // 2), slice(n // 2, n)
    B = matrices[:, first, last]
    inverse = np.empty_like(matrices)
    of_first = inverse_by_blocks(matrices[:, first, first])
    W = of_first @ B
    of_last = inverse_by_blocks(matrices[:, last, last] - np.swapaxes(B, -1, -2) @ W)
    across = W @ of_last
    inverse[:, first, first] = of_first + across @ np.swapaxes(W, -1, -2)
    inverse[:, first, last] = -across
    inverse[:, last, first] = -np.swapaxes(across, -1, -2)
    inverse[:, last, last] = of_last
    return inverse
