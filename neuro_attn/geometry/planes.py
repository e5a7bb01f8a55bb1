"""Angle between the colour planes of two items.

We follow Panichello & Buschman (2021) and their code (`planesDemo.m`). The mean responses to the
colour bins of both items are projected on their first three principal components. Within this
space, the first two principal components of each item's points span its colour plane.
"""

import numpy as np

SPACE = 3
"""Number of principal components of all conditions."""
PLANE = 2
"""Number of principal components that span the plane of an item."""


def plane_cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    r"""Return the absolute cosine of the angle between two planes.

    .. math:: |\cos\theta| = \frac{|\det(A B^T)|}{\sqrt{\det(A A^T) \det(B B^T)}}

    It is the product of the cosines of the two principal angles. We use the absolute value, because
    the sign depends on the arbitrary signs of the principal components.

    Parameters
    ----------
    one, other : array, shape (..., 2, dimension)
        Two vectors A and two vectors B that span the planes; they need not be orthonormal.

    Returns
    -------
    numpy.ndarray, shape (...)
        From 0 to 1.

    Raises
    ------
    ValueError
        If the vectors of a plane are parallel.
    """
    inner = np.linalg.det(one @ np.swapaxes(other, -1, -2))
    gram = [np.linalg.det(plane @ np.swapaxes(plane, -1, -2)) for plane in (one, other)]
    lengths = [np.prod((plane**2).sum(axis=-1), axis=-1) for plane in (one, other)]
    if any(np.any(g <= 1e-12 * n) for g, n in zip(gram, lengths, strict=True)):
        raise ValueError("a plane needs two vectors that are not parallel")
    return np.minimum(np.abs(inner) / np.sqrt(gram[0] * gram[1]), 1.0)


def plane_angle_cosine(conditions: np.ndarray) -> np.ndarray:
    """Return the absolute cosine of the angle between the colour planes of two items.

    Parameters
    ----------
    conditions : array, shape (..., 2 * bin, unit)
        Mean responses to the colour bins of one item, then to those of the other. Leading axes are
        replicates.

    Returns
    -------
    numpy.ndarray, shape (...)
        From 0 (orthogonal) to 1 (parallel); NaN if the points of an item are collinear.

    Raises
    ------
    ValueError
        If there are fewer than three bins per item or fewer than three units.
    """
    n_conditions, n_units = conditions.shape[-2:]
    if n_conditions % 2 or n_conditions < 2 * SPACE or n_units < SPACE:
        raise ValueError(
            "conditions must be (2 * bin, unit) with 3 or more bins and units; "
            f"got {conditions.shape[-2:]}"
        )
    scores, _, _ = components(conditions)
    upper, lower = np.split(scores[..., :SPACE], 2, axis=-2)
    planes, spread = [], []
    for points in (upper, lower):
        _, axes, singular = components(points)
        planes.append(axes[..., :PLANE, :])
        spread.append(singular[..., PLANE - 1])
    # If the second component is missing, rounding leaves a singular value of the order of eps.
    scale = np.sqrt((scores**2).sum(axis=(-2, -1)))
    defined = np.minimum(*spread) > 1e-10 * scale
    return np.where(defined, plane_cosine(*planes), np.nan)


def variance_fractions(conditions: np.ndarray) -> np.ndarray:
    """Return the fraction of the variance over conditions explained by each principal component.

    Parameters
    ----------
    conditions : array, shape (condition, unit)
        Condition means.

    Returns
    -------
    numpy.ndarray, shape (min(condition, unit),)
        In decreasing order; they sum to 1.
    """
    variance = components(conditions)[2] ** 2
    return variance / variance.sum()


def components(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute principal components, for stacks of replicates at once.

    Parameters
    ----------
    points : array, shape (..., point, dimension)
        The points.

    Returns
    -------
    scores : array, shape (..., point, component)
        Projections of the centred points on the components.
    axes : array, shape (..., component, dimension)
        Orthonormal components.
    singular : array, shape (..., component)
        Singular values, in decreasing order.
    """
    centred = points - points.mean(axis=-2, keepdims=True)
    left, singular, axes = np.linalg.svd(centred, full_matrices=False)
    return left * singular[..., None, :], axes, singular
