"""Inverses of symmetric positive definite matrices by recursion on blocks.

Nearly all of the work is in matrix products, which run at the full rate of the processor.
"""

import math

import numpy as np

from neuro_attn.solver.numba_utils import njit_cached

SMALLEST_BLOCK = 32
"""Number of rows below which plain loops are faster than matrix products."""


@njit_cached
def exact_inverse(matrix: np.ndarray) -> np.ndarray:
    """Invert a symmetric positive definite matrix to the full precision of its dtype.

    For 200 rows it takes less than half of the time of LAPACK's general inverse.
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
    """Fill the two blocks on the diagonal, and the block below it with the sign reversed."""
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
    """Return L^-1 by elimination: the steps that turn A into L' turn the identity into L^-1."""
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
