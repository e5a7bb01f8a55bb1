r"""Similarity of two matrices up to an orthogonal change of basis.

.. math:: s(A, B) = \max_{C \in O(n)} \frac{tr(A^T C B C^T)}{\|A\| \|B\|}

The objective has local maxima. We evaluate it at many orthogonal matrices, improve the best of them
by fixed-point iterations, and the best of these by Newton steps until the gradient vanishes:

- Starts align the eigenvectors of the symmetric parts of A and B, with all signs, or are random.
- With c at least the norm of the map :math:`C \mapsto A C B^T + A^T C B`, the objective plus
  :math:`c \|C\|^2`, a constant, is convex. The orthogonal factor of its gradient therefore never
  decreases it.
- With :math:`C \to e^\Omega C` for a skew-symmetric :math:`\Omega`, gradient and Hessian are closed
  forms.
"""

import itertools

import numpy as np

RANDOM_STARTS = 300
"""Number of random orthogonal matrices at which the objective is evaluated."""
IMPROVED, REFINED = 32, 4
"""Numbers of starts that are improved by fixed-point iterations and by Newton steps."""
ITERATIONS, NEWTON_STEPS = 6, 10
"""Numbers of fixed-point iterations and of Newton steps."""


def orthogonal_similarity(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the largest cosine between pairs of matrices over orthogonal changes of basis.

    Parameters
    ----------
    one, other : array, shape (pair, n, n)
        Square matrices, none of which is 0.

    Returns
    -------
    numpy.ndarray, shape (pair,)
        1 for matrices that differ by an orthogonal change of basis and a positive factor.

    Examples
    --------
    >>> turned = np.array([[[0.0, 0.0], [2.0, 0.0]]])
    >>> orthogonal_similarity(np.swapaxes(turned, 1, 2), turned).round(6)
    array([1.])
    """
    one, other = (each / np.linalg.norm(each, axis=(1, 2), keepdims=True) for each in (one, other))
    bases = _best(one, other, _starts(one, other), IMPROVED)
    first, second = one[:, None], other[:, None]
    convexity = _convexity(one, other)[:, None, None, None]
    for _ in range(ITERATIONS):
        gradient = first @ bases @ _t(second) + _t(first) @ bases @ second
        bases = _orthogonal(gradient + convexity * bases)
    bases = _best(one, other, bases, REFINED)
    return _newton(one, other, bases).max(axis=1)


def _t(matrices: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrices, -1, -2)


def _objective(one: np.ndarray, other: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Return the cosine for each basis, shape (pair, start)."""
    return (one[:, None] * (bases @ other[:, None] @ _t(bases))).sum(axis=(-2, -1))


def _best(one: np.ndarray, other: np.ndarray, bases: np.ndarray, n: int) -> np.ndarray:
    """Return the n bases of each pair with the largest objective, shape (pair, n, ...)."""
    order = np.argsort(-_objective(one, other, bases), axis=1)[:, :n]
    return np.take_along_axis(
        np.broadcast_to(bases, (len(one), *bases.shape[1:])), order[..., None, None], axis=1
    )


def _starts(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return orthogonal matrices to start from, shape (pair, start, n, n)."""
    n = one.shape[-1]
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=min(n, 6) - 1)))
    signs = np.pad(signs, ((0, 0), (0, n - signs.shape[1])), constant_values=1.0)
    axes = [np.linalg.eigh(each + _t(each))[1][:, None] for each in (one, other)]
    aligned = axes[0] @ (signs[:, :, None] * _t(axes[1]))
    # The same matrices for all pairs, so that the similarity is a function of the pair alone.
    drawn = np.random.default_rng(0).normal(size=(RANDOM_STARTS, n, n))
    drawn = np.broadcast_to(_orthogonal(drawn), (len(one), RANDOM_STARTS, n, n))
    return np.concatenate([aligned, drawn], axis=1)


def _orthogonal(matrices: np.ndarray) -> np.ndarray:
    """Return the orthogonal factors of polar decompositions."""
    left, _, right = np.linalg.svd(matrices)
    return left @ right


def _convexity(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return a bound of the norm of the map in the fixed-point iteration, shape (pair,)."""
    norms = [np.linalg.norm(each, ord=2, axis=(1, 2)) for each in (one, other)]
    return 2 * norms[0] * norms[1]


def _newton(one: np.ndarray, other: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Return the objective at the maxima next to each basis, shape (pair, start)."""
    n = one.shape[-1]
    rows, columns = np.triu_indices(n, 1)
    skew = np.zeros((len(rows), n, n))
    number = np.arange(len(rows))
    skew[number, rows, columns], skew[number, columns, rows] = 1.0, -1.0
    first = one[:, None, None]
    # Derivatives along each generator of rotations: the commutators with A' and with C B C'.
    of_one = (_t(first) @ skew - skew @ _t(first)).swapaxes(-1, -2)
    value = _objective(one, other, bases)
    damping = np.zeros(value.shape)
    for _ in range(NEWTON_STEPS):
        turned = (bases @ other[:, None] @ _t(bases))[:, :, None]
        moved = skew @ turned - turned @ skew
        gradient = (first * moved).sum(axis=(-2, -1))
        flat = [each.reshape(*each.shape[:-2], n * n) for each in (of_one, moved)]
        hessian = flat[0] @ _t(flat[1])
        hessian = (hessian + _t(hessian)) / 2
        curvature, axes = np.linalg.eigh(hessian)
        along = (_t(axes) @ gradient[..., None])[..., 0]
        # A direction along which the objective is not concave is followed uphill.
        slope = np.maximum(np.abs(curvature), 1e-9) + damping[..., None]
        step = (axes @ (along / slope)[..., None])[..., 0]
        omega = (step[..., None, None] * skew).sum(axis=2) / 2
        # The Cayley transform agrees with the exponential to second order.
        tried = np.linalg.solve(np.eye(n) - omega, np.eye(n) + omega) @ bases
        found = _objective(one, other, tried)
        better = found > value
        bases = np.where(better[..., None, None], tried, bases)
        value = np.where(better, found, value)
        damping = np.where(better, damping / 4, 4 * damping + 0.01)
    return value
