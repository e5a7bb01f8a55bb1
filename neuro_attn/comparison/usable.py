"""Which populations of a network are compared with regions, and in which windows.

A network that has not learned its tasks is not compared. A population that exists only when a
report is asked is compared in windows in which the network can answer (`networks.probe`).
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn import recording
from neuro_attn.comparison.signatures import Absent
from neuro_attn.study import Study

ALL = "all"
"""What a population lacks that has no signature."""
NONE_LEARNED = "no seed of the network has learned its tasks"


class Usable(NamedTuple):
    """What is compared of a network, and what is not."""

    windows: dict[str, tuple[str, ...]]
    """Windows of each population that is compared, in order."""
    absent: list[Absent]
    """Populations that are not compared, and windows in which others are not."""
    asked: frozenset[str] = frozenset()
    """Populations that exist only when a report is asked."""


def usable(recordings: Sequence[xr.Dataset], study: Study, populations: Sequence[str]) -> Usable:
    """Return which populations of a network are compared in which windows.

    Parameters
    ----------
    recordings : sequence of xarray.Dataset
        Recordings of all its seeds that learned, or of all if none did. Those of an untrained
        network, the floor, contain the probe of the trained one.
    study : Study
        The data set.
    populations : sequence of str
        Its populations.
    """
    if recording.none_learned(recordings):
        none = [Absent(study.name, each, ALL, NONE_LEARNED) for each in populations]
        return Usable({}, none)
    windows, absent = {}, []
    probes = [
        json.loads(each.attrs[recording.PROBE])
        for each in recordings
        if recording.PROBE in each.attrs
    ]
    asked = frozenset(name for probe in probes for name in probe["recomputed"])
    for population in populations:
        left_out = _why_left_out(probes, study) if population in asked else {}
        kept = tuple(name for name in study.dataset.windows if name not in left_out)
        if kept:
            windows[population] = kept
        absent += [
            Absent(study.name, population, f"window {name}" if kept else ALL, why)
            for name, why in left_out.items()
        ]
    return Usable(windows, absent, asked)


def _why_left_out(probes: Sequence[dict], study: Study) -> dict[str, str]:
    """Return the windows in which a network cannot answer, with reasons."""
    reasons = {}
    for name, window in study.dataset.windows.items():
        bins = study.dataset.time.bins_in(window)
        for task in study.dataset.tasks:
            error = np.mean([probe["errors"][task] for probe in probes], axis=0)[bins].max()
            below = probes[0]["below"]
            if not error < below:
                reasons[name] = (
                    f"window {name}: asked for its report in {task} trials, the network errs by "
                    f"up to {error:.0f} degrees; below {below:g} is needed"
                )
                break
    return reasons
