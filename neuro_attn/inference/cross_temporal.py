"""Cross-temporal generalisation: does the code at one time hold, or reverse, at another."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.inference.corrections import CellTests, corrected
from neuro_attn.inference.families import families
from neuro_attn.inference.reduction import of_pairs_of_times, part_of

_CROSS = ("region", "train_task", "test_task", "train_time", "test_time")


def cross_temporal(regions: Iterable[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return accuracy for every training and test time, over all sessions, with its p-values.

    The test is two-sided, since a code can reverse. P-values are corrected, as
    `settings.correction` says, over both directions and all pairs of times of a region and pair of
    tasks (also over all regions or pairs of tasks: `settings.correct_over`). For clusters, both
    training and test time are times, and accuracies above and below chance form separate clusters.
    If there is no code, some accuracy of either direction is significant in a fraction alpha of
    the families.

    Parameters
    ----------
    regions : iterable of xarray.Dataset
        From `decoding.decode_region` or `reduction.reduced`, one a region of a data set.
    settings : Inference
        Correction and level of the tests.

    Returns
    -------
    xarray.Dataset
        ``accuracy``, ``p_corrected`` (is it above chance?) and ``p_corrected_below`` (is it below?)
        (region, train_task, test_task, train_time, test_time).
    """
    parts, n_units, names = [], [], []
    chance = float("nan")
    for region in regions:
        n_units.append(int(region["units_per_draw"].sum()))
        chance = region.attrs["chance"]
        names.append(region.attrs["region"])
        part = part_of(region, "pairs")
        parts.append(of_pairs_of_times([region], settings) if part is None else part)
    if "chance" in parts[0]:
        chance = float(np.mean([each["chance"].mean() for each in parts]))
    accuracy = xr.concat([each["accuracy"] for each in parts], "region", join="exact")
    accuracy = accuracy.assign_coords(region=names).transpose(*_CROSS)
    p = np.empty((2, *accuracy.shape))
    for members in families(accuracy.shape[:3], settings.correct_over):
        of_family = [_tests_of(parts[region], train, test) for region, train, test in members]
        for member, found in zip(members, corrected(of_family, settings.correction), strict=True):
            p[:, *member] = found
    above, below = (accuracy.copy(data=each) for each in p)
    tested = xr.Dataset({"accuracy": accuracy, "p_corrected": above, "p_corrected_below": below})
    return tested.assign_coords(n_units=("region", n_units)).assign_attrs(chance=chance)


def _tests_of(part: xr.Dataset, train: int, test: int) -> CellTests:
    """Return the tests of a pair of tasks."""
    of_pair = part.isel(train_task=train, test_task=test)
    p_value, varies, reach = (of_pair[name].values for name in ("p_value", "varies", "reach"))
    largest = of_pair["largest"].transpose("null", "permutation").values
    return CellTests(p_value, varies, reach, largest)
