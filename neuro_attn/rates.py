"""From spike times to firing rates around an event."""

from collections.abc import Sequence

import numpy as np


def bin_rates(
    spike_times: Sequence[np.ndarray], events: np.ndarray, start: float, width: float, n_bins: int
) -> np.ndarray:
    r"""Count spikes in bins around events and divide by the bin width.

    .. math:: r_{kit} = \#\{s \in S_i : e_k + a + t w \le s < e_k + a + (t + 1) w\} / w

    A bin holds only its own spikes: no smoothing, so nothing after an event shows before it.

    Parameters
    ----------
    spike_times : sequence of array, one per unit
        Sorted spike times S_i, s.
    events : array, shape (trial,)
        Event times e_k on the same clock, s.
    start : float
        Left edge a of the first bin, s from the event.
    width : float
        Bin width w, s.
    n_bins : int
        Number of bins.

    Returns
    -------
    numpy.ndarray of float32, shape (trial, unit, time)
        Firing rates, spikes/s.
    """
    edges = events[:, None] + start + width * np.arange(n_bins + 1)
    rates = np.empty((len(events), len(spike_times), n_bins), dtype=np.float32)
    for unit, times in enumerate(spike_times):
        rates[:, unit] = np.diff(np.searchsorted(times, edges), axis=1) / width
    return rates
