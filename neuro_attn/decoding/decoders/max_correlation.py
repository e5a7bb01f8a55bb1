r"""Highest correlation with the mean of a class, as in the Neural Decoding Toolbox (Meyers 2013).

A trial is assigned to the class whose mean over training trials, m_k, has the highest Pearson
correlation over units with the rates x of the trial (Front Neuroinform 7:8),

.. math:: r_k = \frac{\tilde x \cdot \tilde m_k}{\|\tilde x\|\, \|\tilde m_k\|},

where a tilde marks deviations from the mean over units. The length of x is the same for all
classes, so the decoded class is that of the largest :math:`x \cdot \tilde m_k / \|\tilde m_k\|`,
which is linear in x. Decision values are

.. math:: g\, x \cdot \tilde m_k / \|\tilde m_k\| = g\, \|\tilde x\|\, r_k,
    \qquad g = \overline{\|\tilde m\|} / s^2,

with the mean length of the class means and the variance s^2 of a unit within classes. They are log
odds if units have independent normal noise of equal variance, and class means have equal means over
units and equal lengths. Under these assumptions, the class with the highest correlation is the most
probable one.
"""

import numpy as np

from neuro_attn.decoding.class_means import class_means
from neuro_attn.decoding.readouts import Readouts

LABEL = "maximum correlation"
METHOD = (
    "It decodes the class whose mean over training trials has the highest correlation, over units, "
    "with the trial (Meyers 2013, Neural Decoding Toolbox)."
)
PER_FIT = 2e-6
"""Overhead of a fit, s."""
PER_PRODUCT = 6e-9
"""Time of a product in the means of a class, s."""


def fit(X: np.ndarray, y: np.ndarray, n_classes: int) -> Readouts:
    """Fit directions of class means; see the package."""
    rates = X.astype(np.float64)
    # Correlations are over units that vary.
    varies = np.count_nonzero(X, axis=1)[:, None, :, None] > 0
    n_varying = np.maximum(varies.sum(axis=2, keepdims=True), 1)
    means = class_means(rates, y, n_classes)
    deviations = (means - means.sum(axis=2, keepdims=True) / n_varying) * varies
    length = np.sqrt((deviations**2).sum(axis=2, keepdims=True))
    directions = deviations / np.where(length > 0, length, 1)
    total = (rates**2).sum(axis=1)[:, None]
    between = (means**2).sum(axis=3) * (len(y) / n_classes)
    within = (total - between).sum(axis=2) / np.maximum(len(y) - n_classes, 1)
    variance = within[:, :, None, None] / n_varying
    # Without variance within classes, only the order of the correlations is defined.
    defined = variance > 1e-12
    gain = np.where(defined, length.mean(axis=3, keepdims=True) / np.where(defined, variance, 1), 1)
    weights = np.moveaxis(gain * directions, 2, 1)
    if n_classes == 2:
        weights = np.diff(weights)
    return Readouts(
        weights.astype(X.dtype),
        np.zeros((len(X), y.shape[1], weights.shape[3]), X.dtype),
        np.ones((len(X), y.shape[1]), bool),
    )


def seconds(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a fit, from measurements."""
    return PER_FIT + PER_PRODUCT * rows * units * max(2, outputs)
