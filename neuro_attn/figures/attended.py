"""Attention weights of a network, averaged over heads and layers."""

import numpy as np
import xarray as xr


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
