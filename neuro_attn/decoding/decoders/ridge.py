r"""Ridge regression of a continuous label, as scikit-learn's `Ridge`.

.. math:: \min_{W, b} \sum_j \|y_j - x_j W - b\|^2 + \alpha \|W\|^2

A linear label is its own target; a circular one has two, its cosine and sine, and the predicted
angle is the direction of :math:`x W + b`. The solution is linear in the targets, so all label sets
of the same training trials take one matrix product (`neuro_attn.solver.ridge`).
"""

import numpy as np

from neuro_attn.decoding.readouts import Readouts
from neuro_attn.solver.batched_fit import one_blas_thread
from neuro_attn.solver.ridge import projection

LABEL = "ridge regression (alpha = {alpha})"
METHOD = (
    "It minimises the squared error with a ridge penalty of strength alpha, and the intercept is "
    "not penalised. Of an angle, cosine and sine are predicted."
)
LABEL_KINDS = ("circular", "linear")
SETTINGS = {"alpha": ("positive", 1.0, "Strength of the ridge penalty, as in scikit-learn")}
PER_PRODUCT = 2e-10
"""Time of a product in the normal equations, s."""
PER_TRIAL = 4e-8
"""Time of the error of a test trial, s."""


def fit(X: np.ndarray, y: np.ndarray, *, alpha: float) -> Readouts:
    """Fit ridge regressions to targets y (row, label set, output); see the package."""
    level = y.mean(axis=0)
    with one_blas_thread():
        weights = projection(X, alpha) @ (y - level).reshape(len(y), -1)
    n_problems = len(X)
    return Readouts(
        weights.reshape(*weights.shape[:2], *level.shape),
        np.broadcast_to(level, (n_problems, *level.shape)),
        np.ones((n_problems, y.shape[1]), bool),
    )


def seconds(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a label set: its errors, and a share of the fit that all sets have."""
    return PER_TRIAL * rows + PER_PRODUCT * units * rows * outputs
