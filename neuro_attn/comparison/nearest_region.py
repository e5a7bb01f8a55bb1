"""Which region a network population resembles: the only one that fits, and the nearest that do."""

from collections.abc import Mapping, Sequence

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
from neuro_attn.comparison.fit import COMPATIBLE, INCOMPATIBLE
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.results import columns_of

NEAREST_COLUMNS = columns_of("nearest")
UNDECIDED = "undecided"
"""Verdict if the tests of fit leave more than one region, or one that is uninformative."""
NO_REGION = "none"
"""Verdict if all regions are incompatible."""

_NOTHING = ("", *[np.nan] * 3, "", *[np.nan] * 7, pd.NA)
"""What a row contains about the nearest region if no region is possible."""


def nearest(
    brain: Sequence[xr.Dataset],
    networks: Sequence[NetworkSignature],
    *,
    tested: pd.DataFrame,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Name the region that each trained population resembles, and rank those that remain possible.

    Parameters
    ----------
    brain, networks, confidence
        As for `distances`.
    tested : pandas.DataFrame
        The tests of fit; see `fit.fits`.

    Returns
    -------
    pandas.DataFrame
        Columns ``NEAREST_COLUMNS``. ``possible`` are the regions that are not incompatible.
        ``verdict`` is a compatible region if all others are incompatible, ``NO_REGION`` if all are,
        and ``UNDECIDED`` otherwise. The other columns concern possible regions only; they are empty
        or NaN if there is none. Of regions at the same distance, the first in `brain` is the
        nearest. ``runner_up`` is the second nearest region ("" and NaN if there is only one).
        ``margin`` is the difference in distance between the nearest region and the region with the
        smallest lower confidence limit of that difference, with its confidence interval from paired
        replicates. ``fraction_nearest``, ``fraction_of_seeds`` and ``fraction_of_draws`` are the
        fractions of bootstrap replicates, of replicate networks and of draws of splits and units in
        which the region is the nearest. ``untrained_as_near`` is True if the distance of the
        untrained population does not exceed the upper confidence limit of the trained population's
        distance.
    """
    table = distances(brain, networks, confidence)
    rows = []
    for one in networks:
        network, population = one.network, one.population
        keys = "trained and network == @network and population == @population"
        verdicts = tested.query(keys).set_index("region")["verdict"]
        if not one.trained or verdicts.empty:
            continue
        possible = verdicts[verdicts != INCOMPATIBLE]
        regions = list(possible.index)
        if not regions:
            rows.append((network, population, NO_REGION, "", *_NOTHING))
            continue
        ranked = table.query(keys).query("region in @regions")
        ranked = ranked.sort_values("distance", kind="stable").set_index("region")
        first = ranked.iloc[0]
        second = ranked.iloc[1] if len(ranked) > 1 else None
        # The features of a population are those of all regions with a code.
        pairs = matched(one, [each for each in brain if each.attrs["region"] in verdicts.index])
        pairs = _on_the_same_features([p for p in pairs if p[1].attrs["region"] in regions])
        replicates = np.stack([replicate_distances(own, region) for own, region in pairs])
        place = regions.index(str(first.name))
        margin, low, high = _margin(
            ranked.loc[regions, "distance"].to_numpy(), replicates, place, confidence
        )
        rows.append(
            (
                network,
                population,
                named_region(verdicts.to_dict()),
                ", ".join(regions),
                first.name,
                *first[["distance", "ci_low", "ci_high"]],
                "" if second is None else second.name,
                np.nan if second is None else second["distance"],
                margin,
                low,
                high,
                (replicates.argmin(axis=0) == place).mean(),
                _fraction_nearest(pairs, "sessions", place),
                _fraction_nearest(pairs, "draws", place),
                pd.NA if np.isnan(first["floor"]) else first["floor"] <= first["ci_high"],
            )
        )
    return pd.DataFrame(rows, columns=NEAREST_COLUMNS).astype({"untrained_as_near": "boolean"})


def named_region(verdicts: Mapping[str, str]) -> str:
    """Return the region that fits while all others do not, ``NO_REGION`` or ``UNDECIDED``.

    Parameters
    ----------
    verdicts : mapping of str to str
        Verdict of each region with a code; see `fit.Fit.verdict`.
    """
    possible = [region for region, verdict in verdicts.items() if verdict != INCOMPATIBLE]
    if not possible:
        return NO_REGION
    if len(possible) == 1 and verdicts[possible[0]] == COMPATIBLE:
        return possible[0]
    return UNDECIDED


def _on_the_same_features(
    pairs: Sequence[tuple[xr.Dataset, xr.Dataset]],
) -> list[tuple[xr.Dataset, xr.Dataset]]:
    """Equalise the numbers of replicates, and set features to NaN if they are missing in any pair.

    In a replicate network or a bootstrap replicate, a feature can be undefined at the noise level
    matched to one region and defined at that matched to another. Distances over different features
    are not comparable.
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
    """Return a mask of the elements that are finite in all arrays."""
    dims = arrays[0].dims
    finite = [np.isfinite(each.transpose(*dims).values) for each in arrays]
    return xr.DataArray(np.logical_and.reduce(finite), dims=dims)


def _margin(
    distance: np.ndarray, replicates: np.ndarray, place: int, confidence: float
) -> tuple[float, float, float]:
    """Return the margin of the nearest region and its confidence interval: (margin, low, high).

    The margin is relative to the region with the smallest lower confidence limit.

    Parameters
    ----------
    distance : array, shape (region,)
        Distances.
    replicates : array, shape (region, replicate)
        Distances in paired bootstrap replicates.
    place : int
        Index of the nearest region.
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
    """Return the fraction of a network's sessions (seeds) or draws with region `place` nearest.

    Parameters
    ----------
    pairs : sequence of (xarray.Dataset, xarray.Dataset)
        Signatures of the network and of each region.
    variable : {"sessions", "draws"}
        Variable of the network's signature.
    place : int
        Index of the region.
    """
    apart = np.stack(
        [
            signature_distance(own[variable], region["value"], region["sd"]).values
            for own, region in pairs
        ]
    )
    return float((apart.argmin(axis=0) == place).mean())
