r"""Procrustes similarity (Williams et al. 2021, NeurIPS): the cosine after the best rotation.

.. math:: \|X^T Y\|_* / (\|X\| \|Y\|)

X and Y (condition, unit) are mean responses, centred over conditions. Noise increases it.
"""

import numpy as np

from neuro_attn.comparison.responses import Drawn, centred

SCORES = {"procrustes": "biased upwards by noise, so compare it with its ceiling and floor"}
LABELS = {"procrustes": "Procrustes"}
ORDER = 50


def score(region: Drawn, network: Drawn) -> dict[str, np.ndarray]:
    """Return the Procrustes similarity of the mean responses in each draw."""
    one, other = (each.conditions.mean(axis=1) for each in (region, network))
    return {"procrustes": procrustes(one, other)}


def procrustes(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the Procrustes similarity, shape (...), of mean responses (..., condition, unit)."""
    one, other = centred(one), centred(other)
    singular = np.linalg.svd(np.swapaxes(one, -1, -2) @ other, compute_uv=False).sum(axis=-1)
    lengths = np.sqrt((one**2).sum(axis=(-2, -1)) * (other**2).sum(axis=(-2, -1)))
    return np.where(lengths > 0, singular / np.where(lengths > 0, lengths, 1), np.nan)
