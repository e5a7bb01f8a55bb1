r"""How far a network's population is from a brain's region, in units of the brain's own noise.

.. math:: d = \sqrt{\frac1F \sum_f \left(\frac{n_f - b_f}{s_f}\right)^2}

with n and b the features of the two signatures and s the region's bootstrap SD: d = 1 is as far as
one standard error of the region's features. A region with few trials has large s, so what is close
to it need not be like it; ceiling and floor, in the same units, say how much a distance can mean.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.errors import InputError
from neuro_attn.inference.intervals import centred, interval

MIN_SD = 0.01
"""Smallest SD of an accuracy that is believed: one percentage point.

At chance that takes 2500 independent test trials. A bootstrap SD of 0 says that every replicate
decoded every trial, not that accuracy is known exactly.
"""

DISTANCE_COLUMNS = [
    "network",
    "trained",
    "population",
    "region",
    "distance",
    "ci_low",
    "ci_high",
    "ceiling",
    "floor",
]
NEAREST_COLUMNS = [
    "network",
    "population",
    "region",
    "distance",
    "ci_low",
    "ci_high",
    "runner_up",
    "runner_up_distance",
    "margin",
    "margin_ci_low",
    "margin_ci_high",
    "verdict",
    "fraction_nearest",
    "fraction_of_seeds",
    "fraction_of_draws",
    "untrained_as_near",
]
UNDECIDED = "undecided"
"""Verdict where no region is reliably nearer than all others."""


class NetworkSignature(NamedTuple):
    """A population of a network and its signature (`signatures.signature`)."""

    network: str
    trained: bool
    population: str
    signature: xr.Dataset


def distances(
    brain: Sequence[xr.Dataset], networks: Sequence[NetworkSignature], confidence: float = 0.95
) -> pd.DataFrame:
    """Return the distance of every population of every network to every region.

    Parameters
    ----------
    brain : sequence of xarray.Dataset
        Signatures of the regions, which their attribute ``region`` names.
    networks : sequence of NetworkSignature
        Trained and untrained populations, with the same features as the regions'.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``DISTANCE_COLUMNS``. The interval is from bootstrap replicates of both signatures,
        moved to the distance: noise makes every distance longer, in replicates twice. ``ceiling``
        is the distance between random halves of the region's own units, mean over draws: nothing
        can be expected nearer. ``floor`` is the distance of the untrained population of the same
        name; NaN where there is none.

    Raises
    ------
    InputError
        If a network and a region do not have the same features; names those missing.
    """
    rows = []
    for network, trained, population, own in networks:
        for region in brain:
            matched = _matched(own, region, network, population)
            distance = float(_distance(matched["value"], region["value"], region["sd"]))
            replicates = _replicate_distances(matched, region)
            low, high = interval(centred(np.array(distance), replicates), confidence)
            one, other = region["halves"].transpose("half", ...)
            ceiling = float(_distance(one, other, region["sd"]).mean())
            names = (network, trained, population, region.attrs["region"])
            rows.append((*names, distance, max(float(low), 0.0), float(high), ceiling))
    table = pd.DataFrame(rows, columns=DISTANCE_COLUMNS[:-1])
    keys = ["network", "population", "region"]
    floor = table.loc[~table["trained"].astype(bool), [*keys, "distance"]]
    return table.merge(floor.rename(columns={"distance": "floor"}), on=keys, how="left")


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
        to all others lie above 0, else ``UNDECIDED``. ``fraction_nearest``,
        ``fraction_of_seeds`` and ``fraction_of_draws`` are how often the region is the nearest:
        in bootstrap replicates, seeds of the network, and its random draws of splits and units.
        ``untrained_as_near`` is whether the untrained population is within the interval of the
        trained one's distance to that region or nearer, so that training explains nothing
        (missing where there is no untrained one).
    """
    table = distances(brain, networks, confidence)
    regions = [region.attrs["region"] for region in brain]
    rows = []
    for network, trained, population, own in networks:
        if not trained:
            continue
        own_rows = table.query("trained and network == @network and population == @population")
        ranked = own_rows.sort_values("distance", kind="stable").set_index("region")
        first = ranked.iloc[0]
        second = ranked.iloc[1] if len(ranked) > 1 else None
        matched = [_matched(own, region, network, population) for region in brain]
        replicates = _paired(
            [_replicate_distances(one, region) for one, region in zip(matched, brain, strict=True)]
        )
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
                _fraction_nearest(matched, brain, "sessions", place),
                _fraction_nearest(matched, brain, "draws", place),
                pd.NA if np.isnan(first["floor"]) else first["floor"] <= first["ci_high"],
            )
        )
    return pd.DataFrame(rows, columns=NEAREST_COLUMNS).astype({"untrained_as_near": "boolean"})


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
    matched: Sequence[xr.Dataset], brain: Sequence[xr.Dataset], variable: str, place: int
) -> float:
    """Return in how many of a network's seeds or draws region `place` is the nearest."""
    apart = np.stack(
        [
            _distance(own[variable], region["value"], region["sd"]).values
            for own, region in zip(matched, brain, strict=True)
        ]
    )
    return float((apart.argmin(axis=0) == place).mean())


def _matched(own: xr.Dataset, region: xr.Dataset, network: str, population: str) -> xr.Dataset:
    """Return a network's signature with the region's features in the region's order."""
    ours, theirs = list(own["feature"].values), list(region["feature"].values)
    for features, others, name in ((ours, theirs, "network"), (theirs, ours, "region")):
        if missing := [feature for feature in others if feature not in set(features)]:
            raise InputError(
                f"network {network}, population {population}, and region {region.attrs['region']}",
                f"the {name} has no features {', '.join(missing)}.",
                "Tasks and windows must be the same.",
            )
    return own.sel(feature=region["feature"])


def _distance(one: xr.DataArray, other: xr.DataArray, sd: xr.DataArray) -> xr.DataArray:
    """Return the root mean square over features of the difference in units of `sd`."""
    return (((one - other) / sd.clip(min=MIN_SD)) ** 2).mean("feature") ** 0.5


def _replicate_distances(own: xr.Dataset, region: xr.Dataset) -> np.ndarray:
    """Return the distance in each pair of bootstrap replicates, shape (replicate,).

    The two bootstraps are independent, so any pairing is as good as another.
    """
    n = min(own.sizes["replicate"], region.sizes["replicate"])
    one, other = (
        signature["replicates"].isel(replicate=slice(n)).assign_coords(replicate=range(n))
        for signature in (own, region)
    )
    return _distance(one, other, region["sd"]).values


def _paired(replicates: list[np.ndarray]) -> np.ndarray:
    """Return replicates (region, replicate), as many as all regions have."""
    n = min(map(len, replicates))
    return np.stack([one[:n] for one in replicates])
