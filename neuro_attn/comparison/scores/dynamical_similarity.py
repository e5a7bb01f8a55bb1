r"""Dynamical similarity analysis (DSA; Ostrow et al. 2023, NeurIPS).

The mean courses of all conditions, centred over bins and conditions, are embedded with their own
past: :math:`h_t = [x_t; x_{t-1}]` (``DELAYS`` bins). With H = V S U' the singular value
decomposition of all h (conditions and bins together), truncated to ``RANK`` components, a linear
system is fitted to the successive rows of V by least squares (dynamic mode decomposition):

.. math:: A = \arg\min_A \sum_t \|v_{t+1} - A v_t\|^2

Two systems are similar up to an orthogonal change of basis (`orthogonal_similarity`). The score is
the cosine of the angle of Ostrow et al.: 1 for the same dynamics, whatever the geometry. There is
no transition between bins that are not adjacent, nor between conditions.
"""

from collections.abc import Sequence

import numpy as np

from neuro_attn.comparison.orthogonal_similarity import orthogonal_similarity
from neuro_attn.comparison.responses import Drawn

SCORES = {"dynamical_similarity": "1 for the same linear dynamics up to a rotation"}
LABELS = {"dynamical_similarity": "dynamical\nsimilarity"}
ORDER = 60

DELAYS, RANK = 2, 4
"""Bins of the embedding, and dimensions of the linear systems."""


def score(region: Drawn, network: Drawn) -> dict[str, np.ndarray]:
    """Return the cosine of the two dynamics in each draw; nothing if there are too few bins."""
    fitted = [
        each
        for side in (region, network)
        if (each := dynamics([run.mean(axis=1) for run in side.courses])) is not None
    ]
    if len(fitted) < 2:
        return {}
    defined = np.all([np.isfinite(each).all(axis=(1, 2)) for each in fitted], axis=0)
    value = np.full(len(defined), np.nan)
    value[defined] = orthogonal_similarity(*(each[defined] for each in fitted))
    return {"dynamical_similarity": value}


def dynamics(
    courses: Sequence[np.ndarray], delays: int = DELAYS, rank: int = RANK
) -> np.ndarray | None:
    """Fit linear dynamics to the delay-embedded courses.

    Parameters
    ----------
    courses : sequence of array, shape (draw, bin, kind, unit)
        Mean courses of each kind of trial, one array for each run of adjacent bins.
    delays, rank : int
        Number of bins of the embedding, and dimensions of the system.

    Returns
    -------
    numpy.ndarray or None, shape (draw, rank, rank)
        The matrix A, NaN where responses have fewer dimensions. None if there are not twice as many
        transitions as dimensions.
    """
    long_enough = [each for each in courses if each.shape[1] > delays]
    n_kept = sum((each.shape[1] - delays) * each.shape[2] for each in long_enough)
    if n_kept < 2 * rank:
        return None
    total = np.concatenate([each.reshape(len(each), -1, each.shape[-1]) for each in courses], 1)
    centre = total.mean(axis=1)[:, None, None]
    # (draw, bin, kind, delays x unit) in each run
    embedded = [
        np.concatenate(
            [(each - centre)[:, lag : each.shape[1] - delays + 1 + lag] for lag in range(delays)],
            axis=-1,
        )
        for each in long_enough
    ]
    gram = sum(
        np.swapaxes(rows, 1, 2) @ rows
        for rows in (each.reshape(len(each), -1, each.shape[-1]) for each in embedded)
    )
    # The squared singular values of H and the first columns of U; faster than decomposing H.
    squares, axes = (each[..., ::-1] for each in np.linalg.eigh(gram))
    if squares.shape[-1] < rank:
        return np.full((len(squares), rank, rank), np.nan)
    defined = squares[:, rank - 1] > 1e-10 * squares[:, 0]
    lengths = np.sqrt(np.where(defined[:, None], squares[:, :rank], 1))
    onto = (axes[..., :rank] / lengths[:, None])[:, None]
    runs = [each @ onto for each in embedded]
    before, after = (
        np.concatenate([each[:, part].reshape(len(each), -1, rank) for each in runs], axis=1)
        for part in (slice(None, -1), slice(1, None))
    )
    moments = np.swapaxes(before, 1, 2) @ before
    moments = np.where(defined[:, None, None], moments, np.eye(rank))
    fitted = np.linalg.solve(moments, np.swapaxes(before, 1, 2) @ after)
    return np.where(defined[:, None, None], np.swapaxes(fitted, 1, 2), np.nan)
