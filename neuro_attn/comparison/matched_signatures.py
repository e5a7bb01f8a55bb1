"""Signatures of regions and network populations with matched units, trials and d'."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from neuro_attn.comparison.colors import color_features, colors_of
from neuro_attn.comparison.matching import Members, Sizes, matching_noise
from neuro_attn.comparison.overlaps import overlaps_of
from neuro_attn.comparison.signatures import decodable, in_windows_of, signature
from neuro_attn.decoding.population_decoder import ORIGINAL
from neuro_attn.decoding.subsets import halves, in_windows
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.geometry.colors import Colors
from neuro_attn.study import Study


def of_regions(
    recordings: list[xr.Dataset], study: Study, *, regions: Sequence[str], sizes: Sizes
) -> list[xr.Dataset]:
    """Compute the signatures of brain regions.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions.
    study : Study
        The data set, with its tasks, windows, colours, decoding and inference.
    regions : sequence of str
        The regions.
    sizes : Sizes
        Numbers of units and trials, equal for all populations.

    Returns
    -------
    list of xarray.Dataset
        One signature per region; see `signature`.
    """
    recordings, study = without_test_only(recordings, study)
    colors = colors_of(recordings, study)
    found = []
    for region in regions:
        members = Members(recordings, study, region=region, sizes=sizes)
        own = _with_noise(members, 0.0, colors)
        overlaps = overlaps_of(members.clean, members.study, region)
        found.append(_together(own, overlaps))
    return found


def of_populations(
    recordings: list[xr.Dataset],
    study: Study,
    *,
    populations: Mapping[str, Sequence[str]],
    sizes: Sizes,
    brain: Sequence[xr.Dataset],
    confidence: float,
) -> list[xr.Dataset]:
    """Compute the signatures of a network's populations, matched to each region with a code.

    Parameters
    ----------
    recordings, study, sizes
        As for `of_regions`.
    populations : mapping of str to sequence of str
        The network's populations, with the windows in which each is compared (`usable`).
    brain : sequence of xarray.Dataset
        Signatures of the brain regions.
    confidence : float
        Coverage of the interval that determines whether a region has a code; see `decodable`.

    Returns
    -------
    list of xarray.Dataset
        One signature per population and region. Attributes are ``matched_to`` (the region),
        ``noise`` (SD of the added noise, in SDs of each unit), ``windows`` and ``all_windows``.
        Overlaps are those of all windows; `fit` takes those of ``windows``.
    """
    recordings, study = without_test_only(recordings, study)
    colors = colors_of(recordings, study)
    found = []
    for population, windows in populations.items():
        members = Members(recordings, study, region=population, sizes=sizes)
        overlaps = overlaps_of(members.clean, members.study, population)
        named = {"windows": list(windows), "all_windows": list(study.dataset.windows)}
        if named["windows"] != named["all_windows"]:
            within = _in_windows(study, windows)
            members = Members(recordings, within, region=population, sizes=sizes)
        for region in brain:
            if decodable(region, confidence):
                target = in_windows_of(region, named).attrs["d_prime"]
                level = matching_noise(members.d_prime, target)
                own = _together(_with_noise(members, level, colors), overlaps)
                found.append(own.assign_attrs(matched_to=region.attrs["region"], **named))
    return found


def _in_windows(study: Study, windows: Sequence[str]) -> Study:
    """Return a study with some of its windows."""
    chosen = {name: study.dataset.windows[name] for name in windows}
    return replace(study, dataset=study.dataset.model_copy(update={"windows": chosen}))


def _together(own: xr.Dataset, overlaps: xr.Dataset) -> xr.Dataset:
    """Add the overlaps; a pseudopopulation is one session of a signature, but not of its codes."""
    return own.assign(overlaps.rename(session="code_session").data_vars)


def _with_noise(members: Members, level: float, colors: Colors | None) -> xr.Dataset:
    """Compute the signature of a region's populations with added noise of `level` SDs per unit."""
    decoders = members.decoders(level)
    population = decoders[0].population
    draws = range(decoders[0].settings.draws)
    pair = ("train_task", "test_task", "window")
    replicated = [one.replicated(one.replicates("bootstrap")) for one in decoders]
    bootstraps = [np.moveaxis(np.diagonal(each, axis1=-2, axis2=-1), 0, -1) for each in replicated]
    drawn = [
        np.stack(
            [in_windows(one, one.units(draw, ORIGINAL)[: one.n_units], draw) for draw in draws], -1
        )
        for one in decoders
    ]
    decoding = xr.Dataset(
        {
            "window_d_prime": (("session", *pair, "draw"), np.stack(drawn)),
            "window_bootstrap": (("session", *pair, "replicate"), np.stack(bootstraps)),
            "half_d_prime": (
                ("session", *pair, "half", "draw"),
                np.stack([halves(one) for one in decoders]),
            ),
        },
        coords={
            "train_task": list(population.tasks),
            "test_task": list(population.tasks),
            "window": list(population.windows),
        },
        attrs={"dataset": members.study.name, "region": members.region},
    )
    result = signature(decoding)
    features, left_out = color_features(decoders, colors)
    if features is not None:
        features = features.assign_coords(within=("feature", [False] * features.sizes["feature"]))
        result = xr.concat([result, features], "feature", combine_attrs="override")
    return result.assign_attrs(
        seed=members.study.seed,
        noise=level,
        units=members.sizes.units,
        trials=members.sizes.trials,
        left_out=json.dumps(left_out),
        matched_to="",
    )
