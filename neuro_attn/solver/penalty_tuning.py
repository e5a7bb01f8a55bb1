"""Choice of the penalty C by nested cross-validation."""

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from neuro_attn.solver.batched_fit import FitSettings, Solution, fit_batched


def fit_tuned(
    X: np.ndarray,
    y: np.ndarray,
    *,
    C: float | Sequence[float],
    folds: int,
    settings: FitSettings,
    weight: np.ndarray | None = None,
) -> tuple[Solution, np.ndarray]:
    """Fit with one C, or with the best of several for each problem and label set.

    The best C has the smallest loss on held-out rows, summed over stratified folds of the training
    rows. Of equal ones, the smallest is taken.

    Parameters
    ----------
    X, y, settings, weight
        As in `batched_fit.fit_batched`.
    C : float or sequence of float
        Inverse strength of the ridge, or the candidates.
    folds : int
        Folds of the training rows by which C is chosen.

    Returns
    -------
    Solution
    C : array, shape (problem, label set)
        The C of each fit.
    """
    shape = (len(X), y.shape[-1])
    grid = np.sort(np.ravel(np.asarray(C, dtype=float)))
    if len(grid) == 1:
        value = float(grid[0])
        solution = fit_batched(X, y, C=value, settings=settings, weight=weight)
        return solution, np.full(shape, value)
    row_weight = np.ones((1, 1, 1)) if weight is None else weight
    fold = _folds(y, row_weight > 0, settings.n_classes, folds)
    loss = [
        _held_out_loss(X, y, C=value, fold=fold, settings=settings, row_weight=row_weight)
        for value in grid
    ]
    best = np.argmin(loss, axis=0)
    return _fit_best(X, y, grid=grid, best=best, settings=settings, weight=weight), grid[best]


def _fit_best(
    X: np.ndarray,
    y: np.ndarray,
    *,
    grid: np.ndarray,
    best: np.ndarray,
    settings: FitSettings,
    weight: np.ndarray | None,
) -> Solution:
    """Fit each problem and label set with its own C, ``grid[best]``; see `fit_tuned`."""
    shape = best.shape
    n_outputs = 1 if settings.n_classes == 2 else settings.n_classes
    weights = np.empty((len(X), X.shape[-1], shape[1], n_outputs), X.dtype)
    intercept = np.empty((*shape, n_outputs), X.dtype)
    converged = np.empty(shape, bool)
    n_iterations = 0
    for problem, number in np.ndindex(len(X), len(grid)):
        chosen = np.flatnonzero(best[problem] == number)
        if not len(chosen):
            continue
        own_weight = None
        if weight is not None:
            own_weight = weight[[problem % len(weight)]]
            own_weight = own_weight[..., chosen] if own_weight.shape[-1] > 1 else own_weight
        part = fit_batched(
            X[[problem]],
            y[[problem % len(y)]][..., chosen],
            C=float(grid[number]),
            settings=settings,
            weight=own_weight,
        )
        weights[problem, :, chosen] = np.swapaxes(part.weights[0], 0, 1)
        intercept[problem, chosen] = part.intercept[0]
        converged[problem, chosen] = part.converged[0]
        n_iterations = max(n_iterations, part.n_iterations)
    return Solution(weights, intercept, converged, n_iterations)


def _held_out_loss(
    X: np.ndarray,
    y: np.ndarray,
    *,
    C: float,
    fold: np.ndarray,
    settings: FitSettings,
    row_weight: np.ndarray,
) -> np.ndarray:
    """Return the summed loss (problem, label set) of rows while they were held out.

    A held-out row has weight 0, so that all folds and label sets share the data.
    """
    total = np.zeros((len(X), y.shape[-1]))
    for held_out in range(fold.max() + 1):
        kept = ((fold != held_out) * row_weight).astype(X.dtype)
        part = fit_batched(X, y, C=C, settings=settings, weight=kept)
        scores = np.einsum("pnd,pdlk->pnlk", X, part.weights, optimize=True)
        scores = (scores + part.intercept[:, None]).astype(np.float64)
        if settings.n_classes == 2:
            loss = np.logaddexp(0, np.where(y == 1, -1, 1) * scores[..., 0])
        else:
            true = np.broadcast_to(y, scores.shape[:-1])[..., None]
            loss = logsumexp(scores, axis=-1) - np.take_along_axis(scores, true, -1)[..., 0]
        total += (loss * (fold == held_out) * row_weight).sum(axis=1)
    return total


def _folds(y: np.ndarray, weighs: np.ndarray, n_classes: int, folds: int) -> np.ndarray:
    """Return the fold of each row, of the shape of y: the rows of a class are assigned in turn.

    Rows of weight 0 are not counted, so that no fold takes all rows of a class that have weight.
    """
    fold = np.zeros(np.broadcast_shapes(y.shape, weighs.shape), dtype=int)
    for code in range(n_classes):
        member = (y == code) & weighs
        fold = np.where(member, (np.cumsum(member, axis=-2) - 1) % folds, fold)
    return fold
