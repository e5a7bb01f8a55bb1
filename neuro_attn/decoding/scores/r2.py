r"""Coefficient of determination (R squared) of held-out trials, as scikit-learn's `r2_score`.

.. math:: R^2 = 1 - \frac{\sum_j (\hat y_j - y_j)^2}{\sum_j (y_j - \bar y)^2}

It is 1 for perfect predictions, 0 for the mean of the test trials, and negative for anything worse.
A shift or another scale of the predictions in another task lowers it (compare `correlation`). Test
trials of one value have no variance to predict, so R squared is 0, as there.
"""

import numpy as np

LABEL = "R\N{SUPERSCRIPT TWO}"
MEANING = "Fraction of the label's variance that is predicted; below 0 if the mean predicts better."
LABEL_KINDS = ("linear",)
BOUNDS = (None, 1.0)


def score(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return R squared for every pair of bins.

    Parameters
    ----------
    decision : array, shape (replicate, test_bin, row, train_bin, 1)
        Predictions.
    truth : array, shape (replicate or 1, row)
        The true values.

    Returns
    -------
    array, shape (replicate, train_bin, test_bin)
    """
    residual = (error(decision, truth) ** 2).sum(axis=2)
    total = (deviations(truth, axis=1) ** 2).sum(axis=1)
    varies = (total > 0)[:, None, None]
    share = residual / np.where(total > 0, total, 1)[:, None, None]
    return np.where(varies, 1 - share, 0.0).swapaxes(1, 2)


def chance(n_classes: int) -> float:
    """Return the score of the best decoder without information, which predicts the mean."""
    return 0.0


def deviations(values: np.ndarray, axis: int) -> np.ndarray:
    """Return values less their mean; exactly 0 if they are equal, whatever their mean rounds to."""
    differences = values - values.take([0], axis=axis)
    return differences - differences.mean(axis=axis, keepdims=True)


def error(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the absolute error of each row, without the axis of outputs."""
    return np.abs(decision[..., 0] - truth[:, None, :, None])
