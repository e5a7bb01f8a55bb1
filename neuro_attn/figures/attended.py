"""Attention weights of a network, averaged over heads and layers."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.recording import ATTENTION_USE


def mean_over_attentions(attention: xr.Dataset) -> xr.DataArray:
    """Average attention weights over all attentions (heads and layers) of a network.

    Parameters
    ----------
    attention : xarray.Dataset
        A Recording of attention weights: ``rates`` (trial, unit, time) with the unit coordinates
        ``unit_time_s`` (time of the attended input, s; NaN if sources are not inputs) and
        ``unit_source`` (index of the source).

    Returns
    -------
    xarray.DataArray
        Weights (trial, source, time). The coordinate ``source`` is the time of the attended
        input, s, or the index of the source.
    """
    time = attention["unit_time_s"]
    source = time if np.isfinite(time).all() else attention["unit_source"]
    weights = attention["rates"].assign_coords(source=("unit", source.values))
    return weights.groupby("source").mean("unit").transpose("trial", "source", "time")


def verdict(needs_weights: float, needs_context: float) -> str:
    """Return whether a network uses its attention in a task, as a predicate.

    Parameters
    ----------
    needs_weights, needs_context : float
        Fractions of seeds that fail the task with uniform weights, and with a context of zero.

    Examples
    --------
    >>> verdict(0.2, 0.4)
    'does not use its attention'
    """
    if needs_weights > 0.5:
        return "needs its attention weights"
    if needs_context > 0.5:
        return "needs a context, but not its attention weights"
    return "does not use its attention"


def use_in_tasks(seeds: Sequence[xr.Dataset]) -> dict[str, pd.Series]:
    """Return the mean use of attention of replicate networks in each task, if it was measured.

    Parameters
    ----------
    seeds : sequence of xarray.Dataset
        Recordings of attention weights.

    Returns
    -------
    dict of str to pandas.Series
        For each task ``report_error``, ``error_uniform`` (degrees), ``needs_weights`` and
        ``needs_context`` (fractions of seeds).
    """
    texts = [each.attrs[ATTENTION_USE] for each in seeds if ATTENTION_USE in each.attrs]
    tables = [pd.DataFrame.from_dict(json.loads(text), orient="index") for text in texts]
    if not tables:
        return {}
    means = pd.concat(tables).groupby(level=0, sort=False).mean()
    return {str(task): row for task, row in means.iterrows()}
