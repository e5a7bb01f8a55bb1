r"""Logistic regression with a ridge penalty, as scikit-learn's `LogisticRegression`.

.. math:: \min_{w, b}\ \tfrac12 \|w\|^2 + C \sum_j \ell(y_j,\ x_j \cdot w + b)

The loss is logistic for two classes and softmax for more. All fits are batched (`solver`).
"""

from collections.abc import Sequence

import numpy as np

from neuro_attn.decoding.readouts import Readouts
from neuro_attn.solver import FitSettings, fit_tuned

LABEL = "logistic regression (C = {C})"
METHOD = "The penalty is a ridge of strength 1 / C, and the intercept is not penalised."
SETTINGS = {
    "C": (
        "candidates",
        1.0,
        "Inverse strength of the ridge penalty, as in scikit-learn; of several, training trials "
        "select one",
    )
}
TOLERANCE = 1e-3
MAX_ITERATIONS = 1000
TUNING_FOLDS = 5
PER_FACTOR = 3.7e-11
"""Time of a product in the factorisation, s."""
PER_ITERATED = 1.8e-9
"""Time of all iterations for one entry of the map from pull to scores, s."""


def fit(X: np.ndarray, y: np.ndarray, n_classes: int, *, C: float | Sequence[float]) -> Readouts:
    """Fit logistic regressions; see the package."""
    rows_of_class = len(y) // n_classes
    # A single row of each class cannot be divided into folds, so the strongest penalty is used.
    solution, _ = fit_tuned(
        X,
        y[None],
        C=C if rows_of_class > 1 else float(np.min(C)),
        folds=min(TUNING_FOLDS, rows_of_class),
        settings=FitSettings(n_classes, TOLERANCE, MAX_ITERATIONS),
    )
    return Readouts(solution.weights, solution.intercept, solution.converged)


def seconds(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a fit from measurements; see `onboarding.needs`."""
    return PER_FACTOR * rows * units * min(rows, units) + PER_ITERATED * rows * outputs * min(
        rows, 2 * units
    )
