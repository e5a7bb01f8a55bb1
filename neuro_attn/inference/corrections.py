"""Corrected p-values against all nulls of a decoding result.

Across tasks and across times there are two nulls, shuffled labels and mirrored units
(`decoding.cross_task`), and a code is significant only against both: p is the larger of the two (an
intersection-union test: Berger 1982).
"""

import numpy as np
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.inference.clusters import cluster_p_value
from neuro_attn.inference.pvalues import corrected_p_value, false_discovery_p_value

NULLS = ("null", "mirrored")
"""Shuffled labels and, in complete results, mirrored units."""


def nulls_of(values: xr.Dataset, dims: tuple[str, ...]) -> list[np.ndarray]:
    """Return the nulls of a decoding result, with these dimensions."""
    return [values[name].transpose(*dims).values for name in NULLS if name in values]


def corrected(
    observed: np.ndarray,
    nulls: list[np.ndarray],
    settings: Inference,
    *,
    family: tuple[int, ...],
    times: tuple[int, ...],
) -> np.ndarray:
    """Return p-values corrected over a family, the larger ones of the nulls.

    Parameters
    ----------
    observed : array, shape (...)
        The statistic.
    nulls : list of array, shape (..., permutation)
        The same under each null.
    settings : Inference
        The correction.
    family : tuple of int
        Axes of `observed` over which tests belong together.
    times : tuple of int
        Axes of `observed` that are times. A family without any is corrected by its maximum.
    """

    def against(null: np.ndarray) -> np.ndarray:
        if times and settings.correction == "cluster":
            return cluster_p_value(observed, null, family=family, times=times, alpha=settings.alpha)
        if times and settings.correction == "fdr":
            return false_discovery_p_value(observed, null, family)
        return corrected_p_value(observed, null, family)

    return np.max([against(null) for null in nulls], axis=0)
