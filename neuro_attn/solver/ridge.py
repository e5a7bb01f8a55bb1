r"""Ridge regression as a linear map from targets to weights.

.. math:: W = P\, (Y - \bar Y), \qquad P = (Z^\top Z + \alpha I)^{-1} Z^\top
    = Z^\top (Z Z^\top + \alpha I)^{-1}

Z are centred rates (trial, unit) and Y the targets. P depends on rates alone, so any number of
targets takes one matrix product. Of several penalties, the squared error of left-out trials selects
one, without refitting (as scikit-learn's `RidgeCV`):

.. math:: e_j = \frac{y_j - \hat y_j}{1 - m_j h_{jj}}, \qquad H = 1 / n + U D U^\top, \qquad
    D = S^2 / (S^2 + \alpha), \qquad Z = U S V^\top

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


def selected_weights(
    rates: np.ndarray, targets: np.ndarray, alphas: Sequence[float], copies: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights with the penalty that predicts left-out trials best, for each label set.

    Parameters
    ----------
    rates : array, shape (trial, unit)
        Centred rates.
    targets : array, shape (trial, label set, output)
        Centred targets.
    alphas : sequence of float
        Strengths of the penalty; above 0.
    copies : array of int, shape (trial,)
        How many rows the trial of each row has.

    Returns
    -------
    weights : array, shape (unit, label set, output)
    alpha : array, shape (label set,)
        The selected strengths; the first of those with the same error.
    """
    n_trials, n_sets = targets.shape[:2]
    flat = targets.reshape(n_trials, -1)
    left, values, right = np.linalg.svd(rates, full_matrices=False)
    inside = left.T @ flat
    errors = []
    for alpha in alphas:
        shrinkage = values**2 / (values**2 + alpha)
        kept = 1 - copies * (1 / n_trials + left**2 @ shrinkage)
        # A single training trial is predicted by its own value alone.
        residual = (flat - left @ (shrinkage[:, None] * inside)) / np.maximum(kept, 1e-12)[:, None]
        errors.append((residual**2).reshape(n_trials, n_sets, -1).sum(axis=(0, 2)))
    chosen = np.asarray(alphas, float)[np.argmin(errors, axis=0)]
    factor = values[:, None] / (values[:, None] ** 2 + chosen)
    inside = inside.reshape(-1, n_sets, targets.shape[2]) * factor[:, :, None]
    weights = right.T @ inside.reshape(len(values), -1)
    return weights.reshape(-1, *targets.shape[1:]), chosen
