r"""Sensitivity d': the difference of class means of a decoder's output, in within-class SDs.

The outputs on the test trials of a fold are centred between their two class means and then pooled
over folds and draws,

.. math:: d' = \frac{\bar\Delta}{\sqrt{\overline{z^2} - \bar\Delta^2 / 4}}

with :math:`\Delta` the difference of class means in a fold and z the centred outputs. d' is signed,
it does not saturate as accuracy does at 1, and no threshold makes it depend on mean rates that
differ between tasks. With several classes, it is the mean over pairs of classes.
"""

from itertools import combinations

import numpy as np


def score(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the difference of class means and the mean square of centred outputs.

    Parameters
    ----------
    decision : array, shape (replicate, test_bin, row, train_bin, output)
        Decision values: one output for two classes, otherwise one per class.
    truth : array of int, shape (row,)
        The true classes.

    Returns
    -------
    array, shape (replicate, train_bin, test_bin, pair of classes, 2)
    """
    moments = []
    for zero, one in combinations(np.unique(truth), 2):
        if decision.shape[-1] == 1:
            output = decision[..., 0].astype(float)
        else:
            output = decision[..., one].astype(float) - decision[..., zero]
        classes = [output[:, :, truth == each] for each in (zero, one)]
        means = [each.mean(axis=2, keepdims=True) for each in classes]
        midway = (means[0] + means[1]) / 2
        square = sum(((each - midway) ** 2).mean(axis=2) for each in classes) / 2
        moments.append(np.stack([(means[1] - means[0])[:, :, 0], square], axis=-1))
    return np.stack(moments, axis=-2).swapaxes(1, 2)


def value(moments: np.ndarray) -> np.ndarray:
    """Return d' from means over folds and draws; 0 where the outputs do not vary.

    Parameters
    ----------
    moments : array, shape (..., pair of classes, 2)
        Means of what `score` returns.

    Returns
    -------
    array, shape (...)
    """
    difference, square = np.moveaxis(moments, -1, 0)
    variance = square - difference**2 / 4
    # Without variance, rounding leaves a remainder of either sign.
    varies = variance > 1e-12 * square
    sd = np.sqrt(np.where(varies, variance, 1))
    return np.where(varies, difference / sd, 0.0).mean(axis=-1)
