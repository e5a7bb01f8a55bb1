r"""Ridge regression as a linear map from targets to weights.

.. math:: W = P\, (Y - \bar Y), \qquad P = (Z^\top Z + \alpha I)^{-1} Z^\top
    = Z^\top (Z Z^\top + \alpha I)^{-1}

Z are centred rates (trial, unit) and Y the targets. P depends on rates alone, so any number of
targets takes one matrix product.
"""

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
