r"""Ridge regression of a label, as scikit-learn's `Ridge`.

.. math:: \min_{W, b} \sum_j \|y_j - x_j W - b\|^2 + \alpha \|W\|^2

A linear label is its own target; a circular one has two, its cosine and sine, and the predicted
angle is the direction of :math:`x W + b`. For classes, the targets are indicators. Regression of
K equally frequent classes is linear discriminant analysis up to a K x K matrix (Hastie, Buja &
Tibshirani 1995, Ann Stat 23:73; Treder 2018, arXiv:1803.10016): with the means R of the fitted
indicators l over the trials of each class k,

.. math:: S^{-1} (m_1, ..., m_K) = K\, W (1 - R)^{-1}, \qquad S = (S_W + \alpha) / n,

where S_W is the scatter within classes. Decision values are the log odds of that discriminant. For
two classes, they are those of scikit-learn's `RidgeClassifier` times a positive number. The largest
of more than two indicators is a poor decision, because two classes mask a class between them.

The solution is linear in the targets, so all label sets of the same training trials take one matrix
product (`neuro_attn.solver.ridge`). Of several values of alpha, each label set selects that with
the smallest squared error of left-out training trials, as scikit-learn's `RidgeCV`.
"""

from collections.abc import Sequence

import numpy as np

from neuro_attn.decoding.class_means import class_means
from neuro_attn.decoding.readouts import Readouts
from neuro_attn.solver import ridge
from neuro_attn.solver.batched_fit import one_blas_thread

LABEL = "ridge regression (alpha = {alpha})"
METHOD = (
    "It minimises the squared error with a ridge penalty of strength alpha, and the intercept is "
    "not penalised. For an angle, it predicts cosine and sine."
)
METHOD_OF_CLASSES = (
    "For classes, it predicts their indicators, from which we compute the linear discriminant with "
    "the penalised scatter within classes."
)
LABEL_KINDS = ("classes", "circular", "linear")
NEEDS = ("copies",)
SETTINGS = {
    "alpha": (
        "candidates",
        [1.0, 10.0, 100.0, 1000.0],
        "Strength of the ridge penalty, as in scikit-learn; of several, training trials select one",
    )
}
PER_FIT = 5e-5
"""Overhead of a fit, s."""
PER_PRODUCT = 2e-10
"""Time of a product of rates or targets, s."""
PER_EIGENVALUE = 5e-10
"""Time of the eigenvectors of a matrix, divided by its size cubed, s."""
BATCH_BYTES = 16_000_000
"""Rates and residuals held at once."""


def fit(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    *,
    copies: np.ndarray,
    alpha: float | Sequence[float],
) -> Readouts:
    """Fit linear discriminants of the penalised scatter; see the package."""
    rates = X.astype(np.float64)
    indicators = (y[:, :, None] == np.arange(n_classes)).astype(float)
    weights = _weights(rates, indicators - 1 / n_classes, copies, alpha)
    # (problem, label set, unit, class) and (problem, label set, class, class)
    of_set, means = np.moveaxis(weights, 1, 2), class_means(rates, y, n_classes)
    fitted = np.swapaxes(means, 2, 3) @ of_set
    axes = n_classes * of_set @ np.linalg.inv(np.eye(n_classes) - fitted)
    intercept = -0.5 * (means * axes).sum(axis=2)
    if n_classes == 2:
        axes, intercept = np.diff(axes), np.diff(intercept)
    return Readouts(
        np.moveaxis(axes, 2, 1).astype(X.dtype),
        intercept.astype(X.dtype),
        np.ones((len(X), y.shape[1]), bool),
    )


def fit_targets(
    X: np.ndarray, y: np.ndarray, *, copies: np.ndarray, alpha: float | Sequence[float]
) -> Readouts:
    """Fit ridge regressions to targets y (row, label set, output); see the package."""
    level, n_problems = y.mean(axis=0), len(X)
    return Readouts(
        _weights(X, y - level, copies, alpha),
        np.broadcast_to(level, (n_problems, *level.shape)),
        np.ones((n_problems, y.shape[1]), bool),
    )


def seconds(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a fit with trials of its own, from measurements with 4 values of alpha.

    With one value it takes a quarter of that.
    """
    smaller = min(rows, units)
    return PER_FIT + PER_PRODUCT * rows * units * smaller + PER_EIGENVALUE * smaller**3


def seconds_of_targets(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a label set of shared trials: its weights and errors of left-out trials.

    It is much longer than the share of the label set in the projection.
    """
    return PER_PRODUCT * len(SETTINGS["alpha"][1]) * units * rows * outputs


def _weights(
    X: np.ndarray, targets: np.ndarray, copies: np.ndarray, alpha: float | Sequence[float]
) -> np.ndarray:
    """Return weights (problem, unit, label set, output) of centred targets."""
    alphas = np.atleast_1d(alpha).tolist()
    with one_blas_thread():
        if len(alphas) == 1:
            found = ridge.weights(X, targets.reshape(len(targets), -1), alphas[0])
            return found.reshape(*X.shape[::2], *targets.shape[1:])
        size = max(1, BATCH_BYTES // (8 * (X[0].size + targets.size)))
        batches = (slice(start, start + size) for start in range(0, len(X), size))
        return np.concatenate(
            [ridge.selected_weights(X[each], targets, alphas, copies[each])[0] for each in batches]
        )
