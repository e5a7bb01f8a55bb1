"""Spike times in a few numbers a unit."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuro_attn.onboarding.contents import MAX_SAMPLED
from neuro_attn.sources.nwb import LONG_INTERVAL


def summarize(trains: Iterable[np.ndarray]) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Describe spike trains one after another.

    Parameters
    ----------
    trains : iterable of array
        Spike times of each unit, s, in any order.

    Returns
    -------
    units : pandas.DataFrame
        ``n_spikes``, ``first``, ``last``, ``n_long`` and ``n_wrong``; see `SessionContents`.
    sample : list of array
        The sorted spike times of the first units that have any.
    """
    rows: list[tuple[int, float, float, int, int]] = []
    sample: list[np.ndarray] = []
    for train in trains:
        times = np.asarray(train, dtype=float)
        right = np.sort(times[np.isfinite(times)])
        first, last = (right[0], right[-1]) if len(right) else (np.nan, np.nan)
        n_long = int((np.diff(right) > LONG_INTERVAL).sum())
        rows.append((len(right), first, last, n_long, len(times) - len(right)))
        if len(right) and len(sample) < MAX_SAMPLED:
            sample.append(right)
    return pd.DataFrame(rows, columns=["n_spikes", "first", "last", "n_long", "n_wrong"]), sample
