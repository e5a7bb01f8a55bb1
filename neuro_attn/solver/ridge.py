r"""Ridge regression as a linear map from targets to weights.

.. math:: W = P\, (Y - \bar Y), \qquad P = (Z^\top Z + \alpha I)^{-1} Z^\top
    = Z^\top (Z Z^\top + \alpha I)^{-1}

Z are centred rates (trial, unit) and Y the targets. P depends on rates alone, so any number of
targets takes one matrix product. Of several penalties, the squared error of left-out trials selects
one, without refitting (as scikit-learn's `RidgeCV`):

.. math:: e_j = \frac{y_j - \hat y_j}{1 - m_j h_{jj}}, \qquad H = 1 / n + Z P

All m_j copies of a trial, which resamples contain, are left out together: they have the same row
of H and the same residual, so the submatrix of H of these rows has the eigenvalue m_j h_jj for it.
Each copy would otherwise be predicted from the others, and weak penalties would win.
"""

from collections.abc import Sequence

import numpy as np


def projection(rates: np.ndarray, alpha: float) -> np.ndarray:
    """Return the maps P from centred targets to weights.

    The smaller one of two equal inverses is computed, of units or of trials.

    Parameters
    ----------
    rates : array, shape (problem, trial, unit)
        Centred rates.
    alpha : float
        Strength of the penalty; above 0.

    Returns
    -------
    array, shape (problem, unit, trial)
    """
    n_trials, n_units = rates.shape[1:]
    across = np.swapaxes(rates, 1, 2)
    if n_units <= n_trials:
        return np.linalg.solve(across @ rates + alpha * np.eye(n_units), across)
    return np.swapaxes(np.linalg.solve(rates @ across + alpha * np.eye(n_trials), rates), 1, 2)


def weights(rates: np.ndarray, targets: np.ndarray, alpha: float) -> np.ndarray:
    """Return the weights of centred targets, (problem, unit, target).

    Parameters
    ----------
    rates : array, shape (problem, trial, unit)
        Centred rates.
    targets : array, shape (trial, target)
        Centred targets.
    alpha : float
        Strength of the penalty; above 0.
    """
    n_trials, n_units = rates.shape[1:]
    if targets.shape[1] >= n_trials:
        return projection(rates, alpha) @ targets
    # Solving for few targets takes less than the projection of all trials.
    across = np.swapaxes(rates, 1, 2)
    if n_units <= n_trials:
        return np.linalg.solve(across @ rates + alpha * np.eye(n_units), across @ targets)
    kernel = rates @ across + alpha * np.eye(n_trials)
    return across @ np.linalg.solve(kernel, np.broadcast_to(targets, (len(rates), *targets.shape)))


def selected_weights(
    rates: np.ndarray, targets: np.ndarray, alphas: Sequence[float], copies: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights with the penalty that predicts left-out trials best, for each label set.

    Parameters
    ----------
    rates : array, shape (problem, trial, unit)
        Centred rates.
    targets : array, shape (trial, label set, output)
        Centred targets.
    alphas : sequence of float
        Strengths of the penalty; above 0.
    copies : array of int, shape (problem or 1, trial)
        How many rows the trial of each row has.

    Returns
    -------
    weights : array, shape (problem, unit, label set, output)
    alpha : array, shape (problem, label set)
        The selected strengths; the first of those with the same error.
    """
    n_trials, n_sets = targets.shape[:2]
    flat = targets.reshape(n_trials, -1)
    basis, fitting, back, values = _eigenvectors(rates)
    inside = np.swapaxes(basis, 1, 2) @ flat
    errors = []
    for alpha in alphas:
        factor = 1 / (values + alpha)
        leverage = ((fitting * basis) @ factor[:, :, None])[..., 0]
        # A single training trial is predicted by its own value alone.
        kept = np.maximum(1 - copies * (1 / n_trials + leverage), 1e-12)
        residual = (flat - fitting @ (factor[:, :, None] * inside)) / kept[:, :, None]
        errors.append((residual**2).reshape(len(rates), n_trials, n_sets, -1).sum(axis=(1, 3)))
    chosen = np.asarray(alphas, float)[np.argmin(errors, axis=0)]
    factor = 1 / (values[:, :, None] + chosen[:, None])
    inside = inside.reshape(*values.shape, *targets.shape[1:]) * factor[..., None]
    solved = back @ inside.reshape(*values.shape, -1)
    return solved.reshape(*back.shape[:2], *targets.shape[1:]), chosen


def _eigenvectors(rates: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return matrices B, F, V and values e with P = V D B' and Z P = F D B', D = 1 / (e + alpha).

    They come from the smaller one of two matrices of inner products, of units or of trials.
    """
    across = np.swapaxes(rates, 1, 2)
    if rates.shape[2] <= rates.shape[1]:
        values, vectors = np.linalg.eigh(across @ rates)
        basis = rates @ vectors
        # Rounding would give constant units some weight.
        back = vectors * (np.count_nonzero(rates, axis=1)[:, :, None] > 0)
        return basis, basis, back, np.maximum(values, 0)
    values, vectors = np.linalg.eigh(rates @ across)
    values = np.maximum(values, 0)
    return vectors, vectors * values[:, None], across @ vectors, values
