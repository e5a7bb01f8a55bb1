"""Spike times in a few numbers a unit."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuro_attn import clock
from neuro_attn.onboarding.contents import MAX_SAMPLED


class Summary(NamedTuple):
    """Spike trains in a few numbers."""

    units: pd.DataFrame
    """``n_spikes``, ``first``, ``last`` and ``n_wrong``; see `SessionContents`."""
    sample: list[np.ndarray]
    """The sorted spike times of the first units that have any."""
    spikes: clock.Spikes
    """What the clock is judged from."""


def summarize(trains: Iterable[np.ndarray], unit_ids: Iterable[object]) -> Summary:
    """Describe spike trains one after another.

    Parameters
    ----------
    trains : iterable of array
        Spike times of each unit, s, in the order of the file.
    unit_ids : iterable
        The units' names.
    """
    described: list[clock.Train] = []
    n_wrong: list[int] = []
    sample: list[np.ndarray] = []
    for train, unit_id in zip(trains, unit_ids, strict=True):
        times = np.asarray(train, dtype=float)
        right = times[np.isfinite(times)]
        described.append(clock.describe(right, str(unit_id)))
        n_wrong.append(len(times) - len(right))
        if len(right) and len(sample) < MAX_SAMPLED:
            sample.append(np.sort(right))
    units = pd.DataFrame(
        {
            "n_spikes": [each.n_spikes for each in described],
            "first": [each.first for each in described],
            "last": [each.last for each in described],
            "n_wrong": n_wrong,
        }
    )
    return Summary(units, sample, clock.together(described))
