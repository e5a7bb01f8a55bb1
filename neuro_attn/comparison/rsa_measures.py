r"""Three measures of representational similarity between two populations.

X and Y (condition, unit) are the mean responses of two populations to the same n conditions. The
populations have different units, without correspondence between them.

- Linear centred kernel alignment (CKA) with the unbiased estimator of Song et al. (2012, JMLR
  13:1393), as Murphy, Zylberberg & Fyshe (2024) recommend for few conditions. With K = X X' and
  L = Y Y', their diagonals set to 0,

  .. math:: h(K, L) = \frac{1}{n (n - 3)} \left[ tr(KL)
      + \frac{1^T K 1\; 1^T L 1}{(n - 1)(n - 2)} - \frac{2}{n - 2} 1^T K L 1 \right], \quad
      CKA = \frac{h(K, L)}{\sqrt{h(K, K)\, h(L, L)}}

  Noise that is independent between conditions affects only the diagonals, and is thus removed.
  Noise that several windows of a trial share is not removed.
- Correlation of crossnobis dissimilarities (Walther et al. 2016, NeuroImage 137:188), which are
  squared distances between conditions, cross-validated over independent halves of the trials and
  thus unbiased by noise.
- Procrustes similarity (Williams et al. 2021, NeurIPS): the cosine after the best rotation,
  :math:`\|X^T Y\|_* / (\|X\| \|Y\|)`. Noise increases it.
"""

import numpy as np

FEWEST = 4
"""Smallest number of conditions for the unbiased estimator."""


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
        for rates in map(_centred, (one, other))
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


def procrustes(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the Procrustes similarity, shape (...), of mean responses (..., condition, unit)."""
    one, other = _centred(one), _centred(other)
    singular = np.linalg.svd(np.swapaxes(one, -1, -2) @ other, compute_uv=False).sum(axis=-1)
    lengths = np.sqrt((one**2).sum(axis=(-2, -1)) * (other**2).sum(axis=(-2, -1)))
    return np.where(lengths > 0, singular / np.where(lengths > 0, lengths, 1), np.nan)


def _centred(rates: np.ndarray) -> np.ndarray:
    return rates - rates.mean(axis=-2, keepdims=True)
