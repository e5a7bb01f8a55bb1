"""The strength of the ridge, given or chosen by nested cross-validation."""

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from neuro_attn.solver import batched_fit
from neuro_attn.solver.batched_fit import Solution


def fit(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    C: float | Sequence[float],
    folds: int,
    tolerance: float,
    max_iterations: int,
    batch: int,
    weight: np.ndarray | None = None,
    threads: int = 1,
) -> tuple[Solution, np.ndarray]:
    """Fit with one C, or with the best of several for each problem and labelling.

    The best C has the smallest mean loss on held-out rows, over `folds` stratified folds of the
    training rows; among equals, the smallest.

    Parameters
    ----------
    X, y, n_classes, tolerance, max_iterations, batch, weight, threads
        As in `batched_fit.fit`.
    C : float or sequence of float
        Inverse strength of the ridge, or those to choose from.
    folds : int
        Folds of the training rows for the choice.

    Returns
    -------
    Solution
    C : array, shape (problem, labelling)
        What was used.
    """
    shape = (len(X), y.shape[-1])
    limits = (tolerance, max_iterations, batch)
    grid = np.sort(np.ravel(np.asarray(C, dtype=float)))
    if len(grid) == 1:
        value = float(grid[0])
        return batched_fit.fit(X, y, n_classes, value, *limits, weight, threads), np.full(
            shape, value
        )
    loss = [
        _held_out_loss(X, y, n_classes, value, folds, limits, weight, threads) for value in grid
    ]
    best = np.argmin(loss, axis=0)
    n_outputs = 1 if n_classes == 2 else n_classes
    weights = np.empty((len(X), X.shape[-1], shape[1], n_outputs), X.dtype)
    intercept = np.empty((*shape, n_outputs), X.dtype)
    converged = np.empty(shape, bool)
    n_iterations = 0
    for problem, number in np.ndindex(len(X), len(grid)):
        chose = np.flatnonzero(best[problem] == number)
        if not len(chose):
            continue
        own_weight = None
        if weight is not None:
            own_weight = weight[[problem % len(weight)]]
            own_weight = own_weight[..., chose] if own_weight.shape[-1] > 1 else own_weight
        part = batched_fit.fit(
            X[[problem]],
            y[[problem % len(y)]][..., chose],
            n_classes,
            float(grid[number]),
            *limits,
            own_weight,
            threads,
        )
        weights[problem, :, chose] = np.swapaxes(part.weights[0], 0, 1)
        intercept[problem, chose] = part.intercept[0]
        converged[problem, chose] = part.converged[0]
        n_iterations = max(n_iterations, part.n_iterations)
    return Solution(weights, intercept, converged, n_iterations), grid[best]


def _held_out_loss(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    C: float,
    folds: int,
    limits: tuple[float, int, int],
    weight: np.ndarray | None,
    threads: int,
) -> np.ndarray:
    """Return the summed loss (problem, labelling) of rows while they were held out.

    A held-out row has weight 0, so that all folds and labellings share the data.
    """
    row_weight = np.ones((1, 1, 1)) if weight is None else weight
    fold = _folds(y, n_classes, folds, row_weight > 0)
    total = np.zeros((len(X), y.shape[-1]))
    for held_out in range(folds):
        kept = (fold != held_out) * row_weight
        part = batched_fit.fit(X, y, n_classes, C, *limits, kept.astype(X.dtype), threads)
        scores = np.einsum("pnd,pdlk->pnlk", X, part.weights, optimize=True)
        scores = (scores + part.intercept[:, None]).astype(np.float64)
        if n_classes == 2:
            loss = np.logaddexp(0, np.where(y == 1, -1, 1) * scores[..., 0])
        else:
            true = np.broadcast_to(y, scores.shape[:-1])[..., None]
            loss = logsumexp(scores, axis=-1) - np.take_along_axis(scores, true, -1)[..., 0]
        total += (loss * (fold == held_out) * row_weight).sum(axis=1)
    return total


def _folds(y: np.ndarray, n_classes: int, folds: int, weighs: np.ndarray) -> np.ndarray:
    """Return each row's fold, of the shape of y: the rows of a class are dealt out in turn.

    Rows that do not weigh are left out, so that no fold takes all of a class that do.
    """
    fold = np.zeros(np.broadcast_shapes(y.shape, weighs.shape), dtype=int)
    for code in range(n_classes):
        member = (y == code) & weighs
        fold = np.where(member, (np.cumsum(member, axis=-2) - 1) % folds, fold)
    return fold
