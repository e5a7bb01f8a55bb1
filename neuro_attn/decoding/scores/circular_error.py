r"""Circular error: the mean absolute angle between prediction and truth.

.. math:: e = \frac{1}{n} \sum_j |\hat y_j - y_j|_{\circ}, \qquad s = 1 - e / 180

e is reported, in degrees: 0 for perfect predictions and 90 by chance, if the angles or the
predictions are uniform. Tests use the score s, which is larger for a better decoder.
"""

import numpy as np

LABEL = "circular error"
MEANING = (
    "Mean absolute angle between the predicted and the true angle, degrees; 90 by chance if angles "
    "are uniform."
)
LABEL_KINDS = ("circular",)
UNIT = "degrees"
SCALE = (180.0, -180.0)


def score(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return 1 - mean error / 180 degrees for every pair of bins.

    Parameters
    ----------
    decision : array, shape (replicate, test_bin, row, train_bin, 2)
        Predicted cosine and sine.
    truth : array, shape (replicate or 1, row)
        The true angles, rad.

    Returns
    -------
    array, shape (replicate, train_bin, test_bin)
    """
    return 1 - _angles(decision, truth).mean(axis=2).swapaxes(1, 2) / np.pi


def chance(n_classes: int) -> float:
    """Return the expected score of a decoder without information: an error of 90 degrees."""
    return 0.5


def error(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the error of each row, degrees, without the axis of outputs."""
    return np.degrees(_angles(decision, truth))


def _angles(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return absolute angles between predicted vectors (..., row, train_bin, 2) and truth, rad."""
    cosine, sine = np.cos(truth)[:, None, :, None], np.sin(truth)[:, None, :, None]
    along = decision[..., 0] * cosine + decision[..., 1] * sine
    aside = decision[..., 1] * cosine - decision[..., 0] * sine
    return np.abs(np.arctan2(aside, along))
