"""What a network attends to, averaged over its heads and layers."""

import numpy as np
import xarray as xr


def mean_over_attentions(attention: xr.Dataset) -> xr.DataArray:
    """Return attention weights, averaged over all attentions (heads, layers) of a network.

    Parameters
    ----------
    attention : xarray.Dataset
        A Recording of attention weights: ``rates`` (trial, unit, time) with the unit coordinate
        ``unit_time_s`` (time of the attended input, s), or NaN there and ``unit_source`` where
        something else than inputs is attended to.

    Returns
    -------
    xarray.DataArray
        Weights (trial, source, time). The coordinate ``source`` is the time of the attended
        input, s, or a number from 0 on.
    """
    time = attention["unit_time_s"]
    source = time if np.isfinite(time).all() else attention["unit_source"]
    weights = attention["rates"].assign_coords(source=("unit", source.values))
    return weights.groupby("source").mean("unit").transpose("trial", "source", "time")
