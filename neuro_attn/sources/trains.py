"""Summaries of spike trains."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuro_attn import clock
from neuro_attn.sources.contents import MAX_SAMPLED


class Summary(NamedTuple):
    """Summary of spike trains."""

    units: pd.DataFrame
    """``n_spikes``, ``first``, ``last`` and ``n_wrong``; see `SessionContents`."""
    sample: list[np.ndarray]
    """Sorted spike times of the first units that have spikes."""
    spikes: clock.Spikes
    """Summary from which the clock is judged."""


def summarize(trains: Iterable[np.ndarray], unit_ids: Iterable[object]) -> Summary:
    """Summarize spike trains one after another.

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
