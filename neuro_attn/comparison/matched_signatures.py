"""Signatures of regions and of networks' populations, made equal before they are compared."""

import json
from collections.abc import Sequence

import numpy as np
import xarray as xr

from neuro_attn.comparison.colors import color_features, colors_of
from neuro_attn.comparison.matching import Members, Sizes, matching_noise
from neuro_attn.comparison.signatures import decodable, signature
from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.procedure import OBSERVED
from neuro_attn.decoding.transfer import halves, in_windows
from neuro_attn.geometry.colors import Colors


def of_regions(
    recordings: list[xr.Dataset],
    dataset: AnyDataset,
    regions: Sequence[str],
    sizes: Sizes,
    seed: int,
    name: str,
) -> list[xr.Dataset]:
    """Return the signatures of the regions of a brain.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions.
    dataset : settings of a data set
        Its tasks, windows, colours, decoding and inference.
    regions : sequence of str
        The regions.
    sizes : Sizes
        Units and trials that all are compared with.
    seed : int
        The configuration's seed.
    name : str
        Of the data set.
    """
    colors = colors_of(recordings, dataset, name)
    return [
        _with_noise(Members(recordings, dataset, sizes, seed, name, region), 0.0, colors)
        for region in regions
    ]


def of_populations(
    recordings: list[xr.Dataset],
    dataset: AnyDataset,
    regions: Sequence[str],
    sizes: Sizes,
    seed: int,
    name: str,
    brain: Sequence[xr.Dataset],
    confidence: float,
) -> list[xr.Dataset]:
    """Return the signatures of a network's populations, matched to each region that has a code.

    Parameters
    ----------
    recordings, dataset, regions, sizes, seed, name
        As for `of_regions`; regions are the network's populations.
    brain : sequence of xarray.Dataset
        Signatures of the brain's regions.
    confidence : float
        Of the interval that tells which of them have a code, see `decodable`.

    Returns
    -------
    list of xarray.Dataset
        With attributes ``matched_to`` (a region) and ``noise``, which was added, in SDs of each
        unit.
    """
    colors = colors_of(recordings, dataset, name)
    found = []
    for population in regions:
        members = Members(recordings, dataset, sizes, seed, name, population)
        for region in brain:
            if decodable(region, confidence):
                level = matching_noise(members.accuracy, region.attrs["accuracy"])
                own = _with_noise(members, level, colors)
                found.append(own.assign_attrs(matched_to=region.attrs["region"]))
    return found


def _with_noise(members: Members, level: float, colors: Colors | None) -> xr.Dataset:
    """Return the signature of a region's populations with noise of `level` SDs of each unit."""
    procedures = members.procedures(level)
    population = procedures[0].population
    draws = range(procedures[0].settings.draws)
    pair = ("train_task", "test_task", "window")
    replicated = [one.replicated(one.replicates("bootstrap")) for one in procedures]
    bootstraps = [np.moveaxis(np.diagonal(each, axis1=-2, axis2=-1), 0, -1) for each in replicated]
    drawn = [
        np.stack(
            [in_windows(one, one.units(draw, OBSERVED)[: one.n_units], draw) for draw in draws], -1
        )
        for one in procedures
    ]
    decoding = xr.Dataset(
        {
            "window_accuracy": (("session", *pair, "draw"), np.stack(drawn)),
            "window_bootstrap": (("session", *pair, "replicate"), np.stack(bootstraps)),
            "half_accuracy": (
                ("session", *pair, "half", "draw"),
                np.stack([halves(one) for one in procedures]),
            ),
        },
        coords={
            "train_task": list(population.tasks),
            "test_task": list(population.tasks),
            "window": list(population.windows),
        },
        attrs={
            "dataset": members.name,
            "region": members.region,
            "chance": 1 / len(population.classes),
        },
    )
    result = signature(decoding)
    features, left_out = color_features(procedures, colors)
    if features is not None:
        features = features.assign_coords(within=("feature", [False] * features.sizes["feature"]))
        result = xr.concat([result, features], "feature", combine_attrs="override")
    return result.assign_attrs(
        noise=level,
        units=members.sizes.units,
        trials=members.sizes.trials,
        left_out=json.dumps(left_out),
        matched_to="",
    )
