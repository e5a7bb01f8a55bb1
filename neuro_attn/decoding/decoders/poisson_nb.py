r"""Poisson naive Bayes: spike counts of independent units, with a mean for each class.

The log-likelihood of the counts n of a trial is linear in them,

.. math:: \log p(n \mid k) = \sum_u n_u \log \lambda_{uk} - \sum_u \lambda_{uk} + \text{const},

and classes are equally probable, so these are decision values. The mean counts of a class are those
of its N training trials and of one more with the mean counts over all classes,

.. math:: \lambda_{uk} = \frac{N \bar n_{uk} + \bar n_u}{N + 1},

so that a unit that is silent in a class by chance excludes no class. Counts are rates times the
widths of bins or windows. Standardisation changes the units of the weights and nothing else.
"""

import numpy as np

from neuro_attn.decoding.class_means import class_means
from neuro_attn.decoding.readouts import Readouts
from neuro_attn.solver.standardization import Units

LABEL = "Poisson naive Bayes"
METHOD = (
    "Spike counts of the units are assumed to be independent and Poisson distributed, with a mean "
    "for each class."
)
NEEDS = ("rates", "units", "widths")
PER_FIT = 5e-6
"""Overhead of a fit, s."""
PER_PRODUCT = 6e-9
"""Time of a product in the means of a class, s."""


def fit(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    *,
    rates: np.ndarray,
    units: Units,
    widths: np.ndarray,
) -> Readouts:
    """Fit the means of Poisson distributions; see the package."""
    given = rates.astype(np.float64)
    rows_of_class = len(y) / n_classes
    mean = given.mean(axis=1)[:, None, :, None]
    expected = (rows_of_class * class_means(given, y, n_classes) + mean) / (rows_of_class + 1)
    # Units that are constant over the training trials have no weight.
    varies = ~units.constant[:, None, :, None]
    ratio = np.where(varies, expected, 1) / np.where(varies, mean, 1)
    per_spike = widths[:, None, None, None] * np.log(ratio)
    weights = np.moveaxis(per_spike * units.scale[:, None, :, None], 2, 1)
    # For deviations from the centre of each unit, up to the same constant for all classes.
    center = (units.center.astype(float) + units.remainder)[:, None, :, None]
    missing = widths[:, None, None, None] * np.where(varies, expected - mean, 0)
    intercept = (center * per_spike - missing).sum(axis=2)
    if n_classes == 2:
        weights, intercept = np.diff(weights), np.diff(intercept)
    return Readouts(
        weights.astype(X.dtype),
        intercept.astype(X.dtype),
        np.ones((len(X), y.shape[1]), bool),
    )


def seconds(rows: int, units: int, outputs: int) -> float:
    """Estimate the time of a fit, from measurements."""
    return PER_FIT + PER_PRODUCT * rows * units * max(2, outputs)
