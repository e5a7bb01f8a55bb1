"""Units and time bins without activity on any trial."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from neuro_attn.cautions import Caution
from neuro_attn.onboarding import text


def silence(found: list[xr.Dataset], name: str) -> Iterator[Caution]:
    """Yield which units and bins have no spike on any trial."""
    counted = [each for each in found if "spikes_per_unit" in each.coords and each.sizes["trial"]]
    silent: dict[str, int] = {}
    for each in counted:
        of_unit = each["spikes_per_unit"].values == 0
        for region in each["region"].values[of_unit].astype(str):
            silent[region] = silent.get(region, 0) + 1
    if n := sum(silent.values()):
        total = sum(each.sizes["unit"] for each in counted)
        most = sorted(silent, key=lambda region: -silent[region])
        listed = text.listed([f"{region} ({silent[region]})" for region in most])
        yield Caution(
            f"datasets.{name}",
            f"{n} of {text.count(total, 'unit')} fire no spike in any trial: {listed}.",
            "They carry no information but count as units. Leave them out of the files, or select "
            "units by their quality where the source can.",
        )
    bins: dict[tuple[int, ...], list[xr.Dataset]] = {}
    for each in counted:
        empty = np.flatnonzero(each["spikes_per_bin"].values == 0)
        if len(empty) and each.sizes["unit"]:
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
