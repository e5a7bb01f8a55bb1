r"""Ridge regression of a continuous label, as scikit-learn's `Ridge`.

.. math:: \min_{W, b} \sum_j \|y_j - x_j W - b\|^2 + \alpha \|W\|^2

A linear label is its own target; a circular one has two, its cosine and sine, and the predicted
angle is the direction of :math:`x W + b`. The solution is linear in the targets, so all label sets
of the same training trials take one matrix product (`neuro_attn.solver.ridge`). Of several values
of alpha, each label set selects that with the smallest squared error of left-out training trials,
as scikit-learn's `RidgeCV`.
"""

from collections.abc import Sequence

import numpy as np

from neuro_attn.decoding.readouts import Readouts
from neuro_attn.solver.batched_fit import one_blas_thread
from neuro_attn.solver.ridge import projection, selected_weights

LABEL = "ridge regression (alpha = {alpha})"
METHOD = (
    "It minimises the squared error with a ridge penalty of strength alpha, and the intercept is "
    "not penalised. Of an angle, cosine and sine are predicted."
)
LABEL_KINDS = ("circular", "linear")
SETTINGS = {
    "alpha": (
        "candidates",
        [1.0, 10.0, 100.0, 1000.0],
        "Strength of the ridge penalty, as in scikit-learn; of several, training trials select one",
    )
}
PER_PRODUCT = 2e-10
"""Time of a product in the projection of targets, s."""


def fit(
    X: np.ndarray, y: np.ndarray, *, copies: np.ndarray, alpha: float | Sequence[float]
) -> Readouts:
    """Fit ridge regressions to targets y (row, label set, output); see the package."""
    level, n_problems = y.mean(axis=0), len(X)
    targets, alphas = y - level, np.atleast_1d(alpha).tolist()
    with one_blas_thread():
        if len(alphas) == 1:
            weights = projection(X, alphas[0]) @ targets.reshape(len(y), -1)
        else:
            weights = np.stack([selected_weights(each, targets, alphas, copies)[0] for each in X])
    return Readouts(
        weights.reshape(*X.shape[::2], *level.shape),
        np.broadcast_to(level, (n_problems, *level.shape)),
        np.ones((n_problems, y.shape[1]), bool),
    )


def seconds(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a label set: its weights and errors of left-out trials."""
    return PER_PRODUCT * len(SETTINGS["alpha"][1]) * units * rows * outputs
