"""Correlation of crossnobis dissimilarities: cross-validated representational similarity analysis.

Crossnobis dissimilarities (Walther et al. 2016, NeuroImage 137:188) are squared distances between
conditions, cross-validated over independent halves of the trials and thus unbiased by noise.
"""

import numpy as np

from neuro_attn.comparison.responses import Drawn

SCORES = {"crossnobis_correlation": "correlation of the dissimilarities of all pairs of conditions"}
LABELS = {"crossnobis_correlation": "crossnobis\nRSA"}
ORDER = 40


def score(region: Drawn, network: Drawn) -> dict[str, np.ndarray]:
    """Return the correlation of the dissimilarities in each draw."""
    halves = [np.moveaxis(each.conditions, 1, 0) for each in (region, network)]
    return {"crossnobis_correlation": correlation(*(crossnobis(*each) for each in halves))}


def crossnobis(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return cross-validated squared distances between conditions, divided by the number of units.

    Parameters
    ----------
    first, second : array, shape (..., condition, unit)
        Mean responses in noise units, in two disjoint halves of the trials.

    Returns
    -------
    numpy.ndarray, shape (..., pair)
        Distances of pairs of conditions in the order of ``np.triu_indices``. The expected value
        is 0 if the conditions do not differ.
    """
    i, j = np.triu_indices(first.shape[-2], 1)
    # Relative to one condition, so that conditions without differences have distances of exactly 0.
    first, second = (each - each[..., :1, :] for each in (first, second))
    products = first @ np.swapaxes(second, -1, -2) / first.shape[-1]
    own = np.diagonal(products, axis1=-2, axis2=-1)
    return own[..., i] + own[..., j] - products[..., i, j] - products[..., j, i]


def correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return Pearson correlations over the last axis; NaN where either input is constant."""
    one, other = (each - each.mean(axis=-1, keepdims=True) for each in (one, other))
    lengths = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    product = (one * other).sum(axis=-1)
    return np.where(lengths > 0, product / np.where(lengths > 0, lengths, 1), np.nan)
