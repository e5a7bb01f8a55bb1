r"""Distance between the signatures of a network population and a brain region.

.. math:: d = \sqrt{\frac1F \sum_f \left(\frac{n_f - b_f}{s_f}\right)^2}

with n and b the features of the network and of the region, and s the bootstrap SD of the region.
d = 1 corresponds to one standard error of the region's features. A region with few trials has
large s, so a small distance need not imply similarity. Ceiling and floor, in the same units, are
references for the interpretation of a distance.

We compare each region with the network population matched to it (`matching`). We omit regions
without a code, and features that are missing in any signature of the population or of the regions,
so that all distances of a population are computed from the same features.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.signatures import D_PRIME, decodable, in_windows_of, least_sd
from neuro_attn.errors import InputError
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.results import columns_of

DISTANCE_COLUMNS = columns_of("distances")


class NetworkSignature(NamedTuple):
    """A population of a network and its signatures, keyed by the region they are matched to."""

    network: str
    trained: bool
    population: str
    signatures: Mapping[str, xr.Dataset]


def by_population(
    signatures: Sequence[xr.Dataset], networks: Mapping[str, Sequence]
) -> list[NetworkSignature]:
    """Group signatures by population.

    Parameters
    ----------
    signatures : sequence of xarray.Dataset
        Signatures of all networks, from `matched_signatures.of_populations`.
    networks : mapping of str to (network, trained)
        Network of each data set, and whether it is trained.
    """
    found: dict[tuple[str, str], dict[str, xr.Dataset]] = {}
    for each in signatures:
        key = (each.attrs["dataset"], each.attrs["region"])
        found.setdefault(key, {})[each.attrs["matched_to"]] = each
    return [
        NetworkSignature(networks[dataset][0], bool(networks[dataset][1]), population, matched)
        for (dataset, population), matched in found.items()
    ]


def distances(
    brain: Sequence[xr.Dataset], networks: Sequence[NetworkSignature], confidence: float = 0.95
) -> pd.DataFrame:
    """Compute the distance between every network population and every region.

    Parameters
    ----------
    brain : sequence of xarray.Dataset
        Signatures of the regions; the attribute ``region`` is the name.
    networks : sequence of NetworkSignature
        Trained and untrained populations, with the same tasks and windows as the regions.
    confidence : float
        Coverage of the confidence intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``DISTANCE_COLUMNS``. The confidence interval is from bootstrap replicates of both
        signatures. Noise increases distances, and replicates contain it twice, so we shift the
        bootstrap distribution such that its mean equals the distance. ``ceiling`` is the distance
        between random halves of the region's own units, averaged over draws; smaller distances are
        not expected. ``floor`` is the distance of the untrained population of the same name, NaN
        if there is none. ``noise`` is the noise (SDs of each unit) added to match the network's
        mean ``d_prime`` within tasks to the ``region_d_prime``. ``n_features`` is the number of
        features. Regions without a code (`decodable`) have no rows.

    Raises
    ------
    InputError
        If a network and a region do not have the same tasks and windows.
    """
    brain = [region for region in brain if decodable(region, confidence)]
    rows = []
    for network in networks:
        for own, region in matched(network, brain):
            distance = float(signature_distance(own["value"], region["value"], region["sd"]))
            replicates = replicate_distances(own, region)
            low, high = interval(centred(np.array(distance), replicates), confidence)
            one, other = region["halves"].transpose("half", ...)
            ceiling = float(signature_distance(one, other, region["sd"]).mean())
            names = (network.network, network.trained, network.population, region.attrs["region"])
            rows.append(
                (
                    *names,
                    distance,
                    max(float(low), 0.0),
                    float(high),
                    ceiling,
                    own.attrs.get("noise", 0.0),
                    own.attrs["d_prime"],
                    region.attrs["d_prime"],
                    region.sizes["feature"],
                )
            )
    table = pd.DataFrame(rows, columns=[name for name in DISTANCE_COLUMNS if name != "floor"])
    keys = ["network", "population", "region"]
    floor = table.loc[~table["trained"].astype(bool), [*keys, "distance"]]
    floor = floor.rename(columns={"distance": "floor"})
    return table.merge(floor, on=keys, how="left")[DISTANCE_COLUMNS]


def matched(
    network: NetworkSignature, brain: Sequence[xr.Dataset]
) -> list[tuple[xr.Dataset, xr.Dataset]]:
    """Pair a population's signatures with those of all regions, restricted to shared features.

    Windows in which the population is not compared are left out.

    Parameters
    ----------
    network : NetworkSignature
        The population.
    brain : sequence of xarray.Dataset
        Signatures of the regions.

    Returns
    -------
    list of (xarray.Dataset, xarray.Dataset)
        Signature of the population matched to a region, and of that region.

    Raises
    ------
    InputError
        If a population and a region do not have the same tasks and windows.
    """
    signatures = [network.signatures[region.attrs["region"]] for region in brain]
    pairs = [
        (own, in_windows_of(region, own.attrs))
        for own, region in zip(signatures, brain, strict=True)
    ]
    for own, region in pairs:
        ours, theirs = (
            [name for name in each["feature"].values if name.startswith(D_PRIME)]
            for each in (own, region)
        )
        for features, others, name in ((ours, theirs, "network"), (theirs, ours, "region")):
            if missing := [feature for feature in others if feature not in set(features)]:
                raise InputError(
                    f"network {network.network}, population {network.population}, and region "
                    f"{region.attrs['region']}",
                    f"the {name} lacks the features {', '.join(missing)}.",
                    "Define the same tasks and windows for both.",
                )
    if not pairs:
        return []
    everywhere = set.intersection(*(set(each["feature"].values) for pair in pairs for each in pair))
    shared = [name for name in pairs[0][1]["feature"].values if name in everywhere]
    return [(own.sel(feature=shared), region.sel(feature=shared)) for own, region in pairs]


def signature_distance(one: xr.DataArray, other: xr.DataArray, sd: xr.DataArray) -> xr.DataArray:
    """Return the root mean square, over features, of the difference divided by `sd`.

    Parameters
    ----------
    one, other : xarray.DataArray
        Signatures with the dimension ``feature``.
    sd : xarray.DataArray, shape (feature,)
        Bootstrap SDs, with a lower bound of `least_sd`.
    """
    least = xr.DataArray(least_sd(sd["feature"].values), dims="feature")
    return (((one - other) / sd.clip(min=least)) ** 2).mean("feature") ** 0.5


def replicate_distances(own: xr.Dataset, region: xr.Dataset) -> np.ndarray:
    """Return the distance in each pair of bootstrap replicates, shape (replicate,).

    The two bootstraps are independent, so replicates can be paired in any order.
    """
    n = min(own.sizes["replicate"], region.sizes["replicate"])
    one, other = (
        signature["replicates"].isel(replicate=slice(n)).assign_coords(replicate=range(n))
        for signature in (own, region)
    )
    return signature_distance(one, other, region["sd"]).values
