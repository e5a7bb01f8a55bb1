"""Which region a network's population is nearest to, and how sure that is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.distance import (
    NetworkSignature,
    distances,
    matched,
    replicate_distances,
    signature_distance,
)
from neuro_attn.comparison.signatures import decodable
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.results import columns_of

NEAREST_COLUMNS = columns_of("nearest")
UNDECIDED = "undecided"
"""Verdict where no region is reliably nearer than all others."""


def nearest(
    brain: Sequence[xr.Dataset], networks: Sequence[NetworkSignature], confidence: float = 0.95
) -> pd.DataFrame:
    """Return which region each trained population is nearest to, and how sure that is.

    Parameters
    ----------
    brain, networks, confidence
        As for `distances`.

    Returns
    -------
    pandas.DataFrame
        Columns ``NEAREST_COLUMNS``. ``runner_up`` is the next region ("" and NaN if there is but
        one). ``margin`` is how much nearer the region is than the one it is least told apart
        from, with its interval from paired replicates; ``verdict`` is the region if the intervals
        to all others lie above 0 (or there are none), else ``UNDECIDED``. Of regions at the same
        distance the first in `brain` counts as the nearest. ``fraction_nearest``,
        ``fraction_of_seeds`` and ``fraction_of_draws`` are how often the region is the nearest:
        in bootstrap replicates, seeds of the network, and its random draws of splits and units.
        ``untrained_as_near`` is whether the untrained population is within the interval of the
        trained one's distance to that region or nearer, so that training explains nothing
        (missing where there is no untrained one).
    """
    table = distances(brain, networks, confidence)
    brain = [region for region in brain if decodable(region, confidence)]
    regions = [region.attrs["region"] for region in brain]
    rows = []
    for one in networks:
        if not one.trained or not brain:
            continue
        network, population = one.network, one.population
        own_rows = table.query("trained and network == @network and population == @population")
        ranked = own_rows.sort_values("distance", kind="stable").set_index("region")
        first = ranked.iloc[0]
        second = ranked.iloc[1] if len(ranked) > 1 else None
        pairs = _on_the_same_features(matched(one, brain))
        replicates = np.stack([replicate_distances(own, region) for own, region in pairs])
        place = regions.index(str(first.name))
        margin, low, high = _margin(
            ranked.loc[regions, "distance"].to_numpy(), replicates, place, confidence
        )
        rows.append(
            (
                network,
                population,
                first.name,
                *first[["distance", "ci_low", "ci_high"]],
                "" if second is None else second.name,
                np.nan if second is None else second["distance"],
                margin,
                low,
                high,
                first.name if second is None or low > 0 else UNDECIDED,
                (replicates.argmin(axis=0) == place).mean(),
                _fraction_nearest(pairs, "sessions", place),
                _fraction_nearest(pairs, "draws", place),
                pd.NA if np.isnan(first["floor"]) else first["floor"] <= first["ci_high"],
            )
        )
    return pd.DataFrame(rows, columns=NEAREST_COLUMNS).astype({"untrained_as_near": "boolean"})


def _on_the_same_features(
    pairs: Sequence[tuple[xr.Dataset, xr.Dataset]],
) -> list[tuple[xr.Dataset, xr.Dataset]]:
    """Return pairs with as many replicates, and NaN where one pair lacks a feature.

    A seed or a replicate can lack a feature at the noise that matches one region and have it at
    that of another. Distances of different features do not tell which region is nearer.
    """
    n = min(each.sizes["replicate"] for pair in pairs for each in pair)
    cut = [[each.isel(replicate=slice(n)) for each in pair] for pair in pairs]
    replicates = _finite_in_all([each["replicates"] for pair in cut for each in pair])
    sessions = _finite_in_all([own["sessions"] for own, _ in cut])
    return [
        (
            own.assign(
                replicates=own["replicates"].where(replicates),
                sessions=own["sessions"].where(sessions),
            ),
            region.assign(replicates=region["replicates"].where(replicates)),
        )
        for own, region in cut
    ]


def _finite_in_all(arrays: Sequence[xr.DataArray]) -> xr.DataArray:
    """Return where all arrays of the same shape are finite."""
    dims = arrays[0].dims
    finite = [np.isfinite(each.transpose(*dims).values) for each in arrays]
    return xr.DataArray(np.logical_and.reduce(finite), dims=dims)


def _margin(
    distance: np.ndarray, replicates: np.ndarray, place: int, confidence: float
) -> tuple[float, float, float]:
    """Return by how much region `place` is nearer than the one least told apart, and interval.

    Parameters
    ----------
    distance : array, shape (region,)
        Distances.
    replicates : array, shape (region, replicate)
        The same in paired replicates.
    place : int
        The nearest region.
    confidence : float
        Coverage of the interval.
    """
    if len(distance) == 1:
        return np.nan, np.nan, np.nan
    others = np.delete(np.arange(len(distance)), place)
    margins = distance[others] - distance[place]
    low, high = interval(centred(margins, replicates[others] - replicates[place]), confidence)
    least = low.argmin()
    return float(margins[least]), float(low[least]), float(high[least])


def _fraction_nearest(
    pairs: Sequence[tuple[xr.Dataset, xr.Dataset]], variable: str, place: int
) -> float:
    """Return in how many of a network's seeds or draws region `place` is the nearest."""
    apart = np.stack(
        [
            signature_distance(own[variable], region["value"], region["sd"]).values
            for own, region in pairs
        ]
    )
    return float((apart.argmin(axis=0) == place).mean())
