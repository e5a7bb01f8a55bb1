r"""Linear discriminant analysis with Ledoit and Wolf's shrinkage of the covariance.

The rates of class k are assumed to be normal with mean m_k and the same covariance S in all
classes, which are equally probable. The decision value of class k is the logarithm of its
probability, up to a constant:

.. math:: x \cdot S^{-1} m_k - \tfrac12 m_k \cdot S^{-1} m_k + \log(1 / K)

S is the mean over classes of the covariance within each class, shrunk towards equal variances of
its standardised units by the analytic estimate of Ledoit & Wolf (2004, J Multivar Anal 88:365).
That is scikit-learn's ``LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")``. The estimate
needs three trials of a class; with fewer, shrinkage is complete.
"""

import math

import numpy as np

from neuro_attn.decoding.readouts import Readouts
from neuro_attn.decoding.shrinkage import shrunk_covariance
from neuro_attn.solver.batched_fit import one_blas_thread

LABEL = "linear discriminant analysis"
METHOD = (
    "Rates are assumed to be normal with the same covariance in all classes: the mean of the "
    "covariances within classes, each shrunk as proposed by Ledoit and Wolf (2004)."
)
FEWEST = 3
"""Smallest number of trials of a class from which the shrinkage is estimated."""
PER_FIT = 2e-5
"""Overhead of a fit, s."""
PER_ENTRY = 2e-8
"""Time of an entry of the covariance of a class, s."""
PER_PRODUCT = 2e-10
"""Time of a product in the covariances and in their inverse, s."""
BATCH_BYTES = 16_000_000
"""Covariances held at once."""


def fit(X: np.ndarray, y: np.ndarray, n_classes: int) -> Readouts:
    """Fit linear discriminants; see the package."""
    n_problems, n_rows, n_units = X.shape
    n_sets, n_outputs = y.shape[1], 1 if n_classes == 2 else n_classes
    weights = np.empty((n_problems, n_units, n_sets, n_outputs), X.dtype)
    intercept = np.empty((n_problems, n_sets, n_outputs), X.dtype)
    size = max(1, BATCH_BYTES // (8 * n_units * max(n_units, n_rows)))
    for start, number in np.ndindex(-(-n_problems // size), n_sets):
        batch = slice(start * size, (start + 1) * size)
        of_class = [
            np.ascontiguousarray(X[batch, y[:, number] == label], np.float64)
            for label in range(n_classes)
        ]
        weights[batch, :, number], intercept[batch, number] = _discriminant(of_class)
    return Readouts(weights, intercept, np.ones((n_problems, n_sets), bool))


def seconds(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a fit, from measurements with 4 to 100 units; see `onboarding.needs`."""
    per_entry = PER_ENTRY * max(2, outputs) + PER_PRODUCT * (rows + units)
    return PER_FIT + per_entry * units**2


def _discriminant(of_class: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (problem, unit, output) and intercepts (problem, output).

    Parameters
    ----------
    of_class : list of array, shape (problem, row, unit)
        Data of each class.
    """
    moments = [_moments(rows) for rows in of_class]
    means = np.stack([mean for mean, _ in moments], axis=2)
    covariance = np.mean([of_rows for _, of_rows in moments], axis=0)
    # Where no unit varies within classes, the nearest mean decides.
    covariance[~covariance.any(axis=(1, 2))] = np.eye(means.shape[1])
    with one_blas_thread():
        weights = np.linalg.solve(covariance, means)
    intercept = -0.5 * (means * weights).sum(axis=1) - math.log(len(of_class))
    if len(of_class) == 2:
        return weights[..., 1:] - weights[..., :1], intercept[:, 1:] - intercept[:, :1]
    return weights, intercept


def _moments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (problem, unit) and the shrunk covariance (problem, unit, unit) of rows."""
    # Differences from the first row, so that a constant unit has a variance of exactly 0.
    differences = rows - rows[:, :1]
    shift = differences.mean(axis=1, keepdims=True)
    centred = differences - shift
    sd = np.sqrt((centred**2).mean(axis=1))
    scale = np.where(sd > 0, sd, 1)
    data = centred / scale[:, None]
    shrunk = shrunk_covariance(data, FEWEST)
    return (rows[:, :1] + shift)[:, 0], shrunk * scale[:, :, None] * scale[:, None]
