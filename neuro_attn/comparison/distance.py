r"""How far a network's population is from a brain's region, in units of the brain's own noise.

.. math:: d = \sqrt{\frac1F \sum_f \left(\frac{n_f - b_f}{s_f}\right)^2}

with n and b the features of the two signatures and s the region's bootstrap SD: d = 1 is as far as
one standard error of the region's features. A region with few trials has large s, so what is close
to it need not be like it; ceiling and floor, in the same units, say how much a distance can mean.

Every region stands beside the network as it was matched to it (`matching`). Regions without a code
are left out, as is a feature that one of a population's signatures or of the regions lacks: all
distances of a population are over the same features.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.signatures import ACCURACY, decodable, least_sd
from neuro_attn.errors import InputError
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.results import columns_of

DISTANCE_COLUMNS = columns_of("distances")


class NetworkSignature(NamedTuple):
    """A population of a network and its signatures, by the region that each is matched to."""

    network: str
    trained: bool
    population: str
    signatures: Mapping[str, xr.Dataset]


def by_population(
    signatures: Sequence[xr.Dataset], networks: Mapping[str, Sequence]
) -> list[NetworkSignature]:
    """Put the signatures of each population together.

    Parameters
    ----------
    signatures : sequence of xarray.Dataset
        From `matched_signatures.of_populations`, of all networks.
    networks : mapping of str to (network, trained)
        The data sets of networks.
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
    """Return the distance of every population of every network to every region.

    Parameters
    ----------
    brain : sequence of xarray.Dataset
        Signatures of the regions, which their attribute ``region`` names.
    networks : sequence of NetworkSignature
        Trained and untrained populations, with the same accuracies as the regions'.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``DISTANCE_COLUMNS``. The interval is from bootstrap replicates of both signatures,
        moved to the distance: noise makes every distance longer, in replicates twice. ``ceiling``
        is the distance between random halves of the region's own units, mean over draws: nothing
        can be expected to be much nearer. ``floor`` is the distance of the untrained population of
        the same name; NaN where there is none. ``noise`` is what was added to match the network's
        mean ``accuracy`` within tasks to the ``region_accuracy`` (SDs of each unit),
        ``n_features`` how many features the distance is of. Regions without a code (`decodable`)
        have no rows.

    Raises
    ------
    InputError
        If a network and a region do not have the same features; names those missing.
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
                    own.attrs["accuracy"],
                    region.attrs["accuracy"],
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
    """Return a population's signature and the region's, for every region, on the same features."""
    pairs = [(network.signatures[region.attrs["region"]], region) for region in brain]
    for own, region in pairs:
        ours, theirs = (
            [name for name in each["feature"].values if name.startswith(ACCURACY)]
            for each in (own, region)
        )
        for features, others, name in ((ours, theirs, "network"), (theirs, ours, "region")):
            if missing := [feature for feature in others if feature not in set(features)]:
                raise InputError(
                    f"network {network.network}, population {network.population}, and region "
                    f"{region.attrs['region']}",
                    f"the {name} has no features {', '.join(missing)}.",
                    "Tasks and windows must be the same.",
                )
    if not pairs:
        return []
    everywhere = set.intersection(*(set(each["feature"].values) for pair in pairs for each in pair))
    shared = [name for name in pairs[0][1]["feature"].values if name in everywhere]
    return [(own.sel(feature=shared), region.sel(feature=shared)) for own, region in pairs]


def signature_distance(one: xr.DataArray, other: xr.DataArray, sd: xr.DataArray) -> xr.DataArray:
    """Return the root mean square over features of the difference in units of `sd`."""
    least = xr.DataArray(least_sd(sd["feature"].values), dims="feature")
    return (((one - other) / sd.clip(min=least)) ** 2).mean("feature") ** 0.5


def replicate_distances(own: xr.Dataset, region: xr.Dataset) -> np.ndarray:
    """Return the distance in each pair of bootstrap replicates, shape (replicate,).

    The two bootstraps are independent, so any pairing is as good as another.
    """
    n = min(own.sizes["replicate"], region.sizes["replicate"])
    one, other = (
        signature["replicates"].isel(replicate=slice(n)).assign_coords(replicate=range(n))
        for signature in (own, region)
    )
    return signature_distance(one, other, region["sd"]).values
