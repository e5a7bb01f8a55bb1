"""How the overlap in exactly these units changes when a trial is left out."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neuro_attn.shared_code.these_units import (
    Moments,
    UnitsOverlap,
    debiased_fractions,
    pooled,
)


class TrialsLeftOut(NamedTuple):
    """The overlap in the units of some sessions, and its change when a trial is left out.

    Parameters
    ----------
    overlap : UnitsOverlap
        In all sessions together.
    sessions : dict of str to (array, array), shape (trial,)
        For each session by its name, the changes, and the task and class of the trials, numbered.
        Changes are NaN where a task has no measurable code.
    """

    overlap: UnitsOverlap
    sessions: dict[str, tuple[np.ndarray, np.ndarray]]


def trials_left_out(parts: Mapping[str, Moments]) -> TrialsLeftOut:
    """Return the overlap, and its changes when a trial is left out, from moments of sessions."""
    overlap = pooled(list(parts.values()))
    if np.isfinite(overlap.value):
        changes = changes_of_overlap(parts)
    else:
        changes = {session: np.full(len(part.cell), np.nan) for session, part in parts.items()}
    return TrialsLeftOut(
        overlap, {session: (changes[session], part.cell) for session, part in parts.items()}
    )


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
