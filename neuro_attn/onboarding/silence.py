"""Units and time bins without activity on any trial."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from neuro_attn.cautions import Caution
from neuro_attn.observation_intervals import silent_bins
from neuro_attn.onboarding import text


def silence(found: list[xr.Dataset], name: str) -> Iterator[Caution]:
    """Yield the regions, units and bins without activity on any trial that is used.

    Parameters
    ----------
    found : list of xarray.Dataset
        Outlines of all sessions.
    name : str
        The data set.
    """
    counted = [each for each in found if "spikes_per_unit" in each.coords and each.sizes["trial"]]
    units, silent = Counter[str](), Counter[str]()
    for each in counted:
        region = each["region"].values.astype(str)
        units.update(region.tolist())
        silent.update(region[each["spikes_per_unit"].values == 0].tolist())
    if wholly := [region for region, n in silent.most_common() if n == units[region]]:
        named = [f"{region} ({text.count(units[region], 'unit')})" for region in wholly]
        counted_regions = text.count(len(wholly), "region")
        yield Caution(
            f"datasets.{name}.regions",
            f"no unit fires on any trial in {counted_regions}: {text.listed(named)}.",
            "Their accuracy is at chance. Check their spikes and the clock, or leave them out with "
            "regions.exclude.",
        )
    if n := silent.total():
        listed = text.listed([f"{region} ({k})" for region, k in silent.most_common()])
        yield Caution(
            f"datasets.{name}",
            f"{n} of {text.count(units.total(), 'unit')} fire no spike in any trial: {listed}.",
            "They carry no information but count as units. Leave them out of the files, or select "
            "units by their quality where the source can.",
        )
    yield from _silent_bins(counted, name)


def _silent_bins(counted: list[xr.Dataset], name: str) -> Iterator[Caution]:
    """Yield the bins without a spike in sessions that have no remark on such bins."""
    bins: dict[tuple[int, ...], list[xr.Dataset]] = {}
    for each in counted:
        of_bin, of_unit = each["spikes_per_bin"].values, each["spikes_per_unit"].values
        empty = np.flatnonzero(of_bin == 0)
        if len(empty) and of_unit.any() and not silent_bins(of_bin, of_unit).any():
            bins.setdefault(tuple(empty.tolist()), []).append(each)
    for empty_bins, sessions in bins.items():
        time = sessions[0]["time"]
        half = float(time.attrs.get("bin_width", 0)) / 2
        edges = [
            f"{time.values[run[0]] - half:g} to {time.values[run[-1]] + half:g} s"
            for run in _runs(empty_bins)
        ]
        named = text.listed([each.attrs["session"] for each in sessions])
        yield Caution(
            f"datasets.{name}.time",
            f"no unit fires on any trial from {text.listed(edges)} in session {named}.",
            "The files may be cut around the event: shorten time, or accuracy there is at chance.",
        )


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return ascending whole numbers in runs without gaps."""
    breaks = np.flatnonzero(np.diff(numbers) > 1) + 1
    return [run.tolist() for run in np.split(np.array(numbers), breaks)]
