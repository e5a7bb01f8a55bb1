r"""Pearson's correlation of predicted and true values of held-out trials.

.. math:: r = \frac{\sum_j (\hat y_j - \bar{\hat y}) (y_j - \bar y)}
    {\sqrt{\sum_j (\hat y_j - \bar{\hat y})^2 \sum_j (y_j - \bar y)^2}}

A shift or another scale of the predictions, as mean rates that differ between two tasks cause, does
not change it. It is 0 where predictions or true values are constant.
"""

import numpy as np

from neuro_attn.decoding.scores.r2 import deviations

LABEL = "correlation"
MEANING = "Pearson's correlation of predicted and true values; it ignores a shift of predictions."
LABEL_KINDS = ("linear",)
BOUNDS = (-1.0, 1.0)


def score(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the correlation for every pair of bins; arguments and shapes as in `r2`."""
    predicted = deviations(decision[..., 0], axis=2)
    true = deviations(truth, axis=1)[:, None, :, None]
    product = (predicted * true).sum(axis=2)
    scale = np.sqrt((predicted**2).sum(axis=2) * (true**2).sum(axis=2))
    return np.where(scale > 0, product / np.where(scale > 0, scale, 1), 0).swapaxes(1, 2)


def error(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the absolute error of each row, without the axis of outputs."""
    return np.abs(decision[..., 0] - truth[:, None, :, None])


def chance(n_classes: int) -> float:
    """Return the expected correlation of a decoder without information."""
    return 0.0
