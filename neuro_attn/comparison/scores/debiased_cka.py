r"""Debiased linear centred kernel alignment (CKA).

X and Y (condition, unit) are the mean responses of two populations to the same n conditions. The
estimator is that of Song et al. (2012, JMLR 13:1393), as Murphy, Zylberberg & Fyshe (2024)
recommend for few conditions. With K = X X' and L = Y Y', their diagonals set to 0,

.. math:: h(K, L) = \frac{1}{n (n - 3)} \left[ tr(KL)
    + \frac{1^T K 1\; 1^T L 1}{(n - 1)(n - 2)} - \frac{2}{n - 2} 1^T K L 1 \right], \quad
    CKA = \frac{h(K, L)}{\sqrt{h(K, K)\, h(L, L)}}

Noise that is independent between conditions affects only the diagonals, and is thus removed. Noise
that several windows of a trial share is not removed.
"""

import numpy as np

from neuro_attn.comparison.responses import FEWEST, Drawn, centred

SCORES = {"debiased_cka": "1 for the same geometry, 0 on average for unrelated ones"}
LABELS = {"debiased_cka": "debiased\nCKA"}
ORDER = 30


def score(region: Drawn, network: Drawn) -> dict[str, np.ndarray]:
    """Return the debiased CKA of the mean responses in each draw."""
    one, other = (each.conditions.mean(axis=1) for each in (region, network))
    return {"debiased_cka": debiased_cka(one, other)}


def debiased_cka(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the debiased linear CKA.

    Parameters
    ----------
    one, other : array, shape (..., condition, unit)
        Mean responses to at least four conditions; the numbers of units may differ.

    Returns
    -------
    numpy.ndarray, shape (...)
        1 for the same geometry, close to 0 for independent geometries. NaN where the debiased
        length of either is not positive.

    Raises
    ------
    ValueError
        If there are fewer than four conditions, or if their numbers differ.
    """
    n = one.shape[-2]
    if n != other.shape[-2] or n < FEWEST:
        raise ValueError(
            f"the same {FEWEST} or more conditions are compared; got {n} and {other.shape[-2]}"
        )
    grams = [
        (rates @ np.swapaxes(rates, -1, -2)) * (1 - np.eye(n))
        for rates in map(centred, (one, other))
    ]
    across, first, second = (
        _unbiased_hsic(grams[i], grams[j]) for i, j in ((0, 1), (0, 0), (1, 1))
    )
    defined = (first > 0) & (second > 0)
    lengths = np.sqrt(np.where(defined, first, 1) * np.where(defined, second, 1))
    return np.where(defined, across / lengths, np.nan)


def _unbiased_hsic(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return h of two Gram matrices with zero diagonals, shape (..., n, n)."""
    n = one.shape[-1]
    rows, columns = one.sum(axis=-1), other.sum(axis=-1)
    return (
        (one * other).sum(axis=(-2, -1))
        + rows.sum(axis=-1) * columns.sum(axis=-1) / ((n - 1) * (n - 2))
        - 2 * (rows * columns).sum(axis=-1) / (n - 2)
    ) / (n * (n - 3))
