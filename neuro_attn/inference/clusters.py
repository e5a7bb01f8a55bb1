"""Cluster-mass permutation test: neighbouring times that exceed a threshold count as one."""

import numpy as np
from scipy import ndimage
from scipy.special import ndtri

from neuro_attn.inference.pvalues import fraction, p_value, studentized


def cluster_p_value(
    observed: np.ndarray,
    null: np.ndarray,
    *,
    family: tuple[int, ...],
    times: tuple[int, ...],
    alpha: float,
) -> np.ndarray:
    r"""Return p-values of clusters, by the largest mass of a family (Maris & Oostenveld 2007).

    The statistic is studentised as for max-T. Neighbouring times at which it exceeds the normal
    quantile of 1 - alpha form a cluster, whose mass is the sum of the statistic over it,

    .. math:: M = \sum_{t \in cluster} T_t, \qquad T_t > \Phi^{-1}(1 - \alpha).

    A cluster's p-value compares its mass with the largest mass of the family in every permutation.
    It refers to the cluster as a whole, not to its extent, its first time or any single time. Many
    times with moderate p-values can form a cluster with a smaller p-value; each time gets the
    larger of its cluster's p-value and its own.

    Parameters
    ----------
    observed : array, shape (...)
        The statistic.
    null : array, shape (..., permutation)
        The same under permutations, the same label sets throughout the family.
    family : tuple of int
        Axes of `observed` over which clusters belong together; `times` among them.
    times : tuple of int
        Axes of `observed` that are times. Neighbours differ by one step along one of them;
        nothing is adjacent along other axes.
    alpha : float
        One-sided level at which a time by itself joins a cluster.

    Returns
    -------
    array, shape (...)
        1 where there is no cluster; never below `p_value`.
    """
    scaled = studentized(observed, null)
    # What ties with the observation counts for the null, in the extent of clusters as in T.
    everything = scaled.null + scaled.tie[..., None]
    everything = np.concatenate([everything, (scaled.observed - scaled.tie)[..., None]], axis=-1)
    masses = cluster_masses(everything, times, threshold(alpha))
    largest = masses[..., :-1].max(axis=family, keepdims=True)
    return np.maximum(fraction(largest >= masses[..., -1:]), p_value(observed, null))


def threshold(alpha: float) -> float:
    """Return what a statistic in SDs must exceed to join a cluster: the normal quantile."""
    return float(-ndtri(alpha))


def cluster_masses(statistic: np.ndarray, times: tuple[int, ...], least: float) -> np.ndarray:
    """Return, at each point, the mass of the cluster that it is part of, 0 where there is none.

    Parameters
    ----------
    statistic : array, shape (...)
        Test statistics; clusters form in each slice along the other axes by itself.
    times : tuple of int
        Axes along which points are neighbours.
    least : float
        What the statistic must exceed.
    """
    labels, n_clusters = ndimage.label(statistic > least, _neighbours(statistic.ndim, times))
    masses = np.bincount(labels.ravel(), statistic.ravel(), minlength=n_clusters + 1)
    masses[0] = 0
    return masses[labels]


def _neighbours(n_axes: int, times: tuple[int, ...]) -> np.ndarray:
    """Return the structuring element that joins neighbours along `times` alone."""
    neighbours = np.zeros((3,) * n_axes, dtype=bool)
    centre = (1,) * n_axes
    neighbours[centre] = True
    for axis in times:
        for step in (0, 2):
            neighbours[(*centre[:axis], step, *centre[axis + 1 :])] = True
    return neighbours
