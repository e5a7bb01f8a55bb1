r"""Cosine between the coding axes of two tasks, debiased by split halves.

The coding axes of a task are its K class means minus their mean, A (class, unit), for rates
z-scored per unit by the SD within task and class. The cosine of two tasks is

.. math:: \cos(A, B) = \frac{\langle A, B \rangle}{\|A\| \, \|B\|}, \quad
    \langle A, B \rangle = \sum_{ku} A_{ku} B_{ku}
    = \frac1K \sum_{k < l} (a_k - a_l) \cdot (b_k - b_l)

With two classes, it is the cosine between the two difference vectors. With more classes, it pools
all pairs of classes, each weighted by the distance between their means. The cosine is signed: -1
indicates a reversed code.

Noise increases the length of estimated axes and thus decreases their cosine. We therefore debias
both lengths by split halves: the noise in two disjoint halves of the trials is independent, so
:math:`\langle A_1, A_2 \rangle` is unbiased. Its mean over all splits has a closed form
(`coding_axes`), so no split is drawn.
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.geometry.conditions import weighted_means


class CodingAxes(NamedTuple):
    """Estimated coding axes.

    Parameters
    ----------
    axes : array, shape (..., class, unit)
        Class means minus their mean over classes.
    noise : array, shape (...)
        Expected contribution of noise to the squared length of `axes`.
    """

    axes: np.ndarray
    noise: np.ndarray


def coding_axes(rates: np.ndarray, weights: np.ndarray) -> CodingAxes:
    r"""Estimate the coding axes and the contribution of noise to their squared length.

    .. math:: v_{ku} = \frac{\sum_i w_{ki}^2 (x_{iu} - m_{ku})^2}
        {(\sum_i w_{ki})^2 - \sum_i w_{ki}^2}, \quad
        \text{noise} = \left(1 - \frac1K\right) \sum_{ku} v_{ku}

    v is the variance of a weighted mean m. With equal weights it equals s^2 / n, and
    :math:`\|A\|^2 - \text{noise}` equals the mean of :math:`\langle A_1, A_2 \rangle` over all
    splits into halves. With bootstrap weights, no trial is multiplied with itself, so the estimate
    is unbiased around the value on the data to first order in 1 / n.

    Parameters
    ----------
    rates : array, shape (trial, unit)
        Z-scored rates.
    weights : array, shape (..., class, trial)
        Weights of the trials in each class, with at least two trials per class.

    Returns
    -------
    CodingAxes
    """
    means = weighted_means(weights, rates)
    squared = weights**2
    own = squared.sum(axis=-1)
    summed = (
        (squared @ (rates**2)).sum(axis=-1)
        - 2 * (means * (squared @ rates)).sum(axis=-1)
        + own * (means**2).sum(axis=-1)
    )
    variance = summed / (weights.sum(axis=-1) ** 2 - own)
    n_classes = weights.shape[-2]
    return CodingAxes(
        means - means.mean(axis=-2, keepdims=True), (1 - 1 / n_classes) * variance.sum(axis=-1)
    )


def inner_products(one: CodingAxes, other: CodingAxes) -> np.ndarray:
    """Return <A, B> and the debiased <A, A> and <B, B>, shape (3, ...).

    Sessions have different units, so their inner products are summed before `cosine`.

    Parameters
    ----------
    one, other : CodingAxes
        Coding axes A and B of the same units.
    """
    return np.stack(
        [
            (one.axes * other.axes).sum(axis=(-2, -1)),
            (one.axes**2).sum(axis=(-2, -1)) - one.noise,
            (other.axes**2).sum(axis=(-2, -1)) - other.noise,
        ]
    )


def cosine(products: np.ndarray) -> np.ndarray:
    """Return the debiased cosine between coding axes, given `inner_products`.

    Parameters
    ----------
    products : array, shape (3, ...)
        <A, B>, <A, A> and <B, B>, summed over sessions.

    Returns
    -------
    numpy.ndarray, shape (...)
        NaN where <A, A> or <B, B> is not positive, i.e. the axes of a task are not reliable. Noise
        can raise the absolute value above 1; we do not clip it, because clipping causes a bias.
    """
    across, one, other = products
    defined = (one > 0) & (other > 0)
    lengths = np.sqrt(np.where(defined, one, 1) * np.where(defined, other, 1))
    return np.where(defined, across / lengths, np.nan)
