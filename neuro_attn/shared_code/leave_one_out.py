"""How the overlap in exactly these units changes when a trial is left out."""

from collections.abc import Mapping

import numpy as np

from neuro_attn.shared_code.these_units import Moments, debiased_fractions, pooled


def changes_of_overlap(parts: Mapping[str, Moments]) -> dict[str, np.ndarray]:
    r"""Return by how much r of all sessions changes when each trial of a session is left out.

    .. math:: \Delta r_i = (\Delta T_i - r \, \Delta c_i) / c , \qquad c = \sqrt{D_A D_B}

    Parameters
    ----------
    parts : mapping of str to Moments
        Moments of the sessions, by name. Both tasks must have a measurable code.

    Returns
    -------
    dict of str to array, shape (trial,)
        The changes in each session, in the order of its trials.
    """
    overlap = pooled(list(parts.values()))
    fractions = debiased_fractions(list(parts.values()))[:, None]
    scale = np.sqrt(overlap.first * overlap.second)
    ratio = np.sqrt(overlap.second / overlap.first)
    found = {}
    for session, part in parts.items():
        of_product, of_first, of_second = part.changes + fractions * part.of_metric
        of_scale = (ratio * of_first + of_second / ratio) / 2
        found[session] = (of_product - overlap.value * of_scale) / scale
    return found
