"""Shrinkage of covariances towards equal variances (Ledoit & Wolf 2004, J Multivar Anal 88:365)."""

import numpy as np

LEAST_SHRINKAGE = 1e-10
"""Keeps covariances invertible where the estimate is 0."""


def shrunk_covariance(data: np.ndarray, fewest: int = 2) -> np.ndarray:
    r"""Return covariances that are shrunk by the analytic estimate of Ledoit and Wolf.

    .. math:: (1 - \alpha) S + \alpha \, \mathrm{tr}(S) / p \, I , \qquad S = X^\top X / n

    Parameters
    ----------
    data : array, shape (problem, row, unit)
        Centred data X.
    fewest : int
        Number of rows below which shrinkage is complete.

    Returns
    -------
    array, shape (problem, unit, unit)
    """
    n_problems, n_rows, n_units = data.shape
    covariance = np.swapaxes(data, 1, 2) @ data / n_rows
    variance = np.trace(covariance, axis1=1, axis2=2) / n_units
    # Squared distance of the covariance from its target, and squared error of its estimate.
    squares = (covariance**2).reshape(n_problems, -1).sum(axis=1)
    from_target = squares / n_units - variance**2
    lengths = (data**2).sum(axis=2)
    of_estimate = ((lengths**2).mean(axis=1) - squares) / (n_units * n_rows)
    shrinkage = np.ones(n_problems)
    if n_rows >= fewest:
        np.divide(of_estimate, from_target, out=shrinkage, where=from_target > 0)
    shrinkage = np.clip(shrinkage, LEAST_SHRINKAGE, 1)[:, None, None]
    target = variance[:, None, None] * np.eye(n_units)
    return (1 - shrinkage) * covariance + shrinkage * target
