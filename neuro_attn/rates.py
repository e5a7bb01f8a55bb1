"""Firing rates around an event, computed from spike times."""

from collections.abc import Sequence

import numpy as np

SLACK = 5e-7
"""Shift of all edges to earlier times, s: half of the last digit of times in microseconds."""
_ROUNDING = 8 * np.finfo(float).eps
"""Relative shift for large times: the rounding error of a few sums of times."""


def bin_rates(
    spike_times: Sequence[np.ndarray], events: np.ndarray, start: float, width: float, n_bins: int
) -> np.ndarray:
    r"""Count spikes in bins around events and divide by the bin width.

    .. math:: r_{kit} = \#\{s \in S_i : e_k + a + t w \le s + \epsilon < e_k + a + (t + 1) w\} / w

    Bins are not smoothed, so activity after an event cannot appear before it. `bin_edges` explains
    :math:`\epsilon`, half a microsecond.

    Parameters
    ----------
    spike_times : sequence of array, one per unit
        Sorted spike times S_i, s.
    events : array, shape (trial,)
        Event times e_k on the same clock, s, in any order; windows may overlap.
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

    Notes
    -----
    Usually bins outnumber spikes. We then find the first and last spike of each window and bin
    its spikes by their distance to the window's left edge, so bins without spikes cost no time. If
    a unit has more spikes than there are edges, we search for every edge instead. Beyond the
    result, memory is that of a few units' rates.
    """
    edges = bin_edges(events, start, width, n_bins)
    rates = np.zeros((len(events), len(spike_times), n_bins), dtype=np.float32)
    opens, closes = edges[:, 0].copy(), edges[:, -1].copy()
    for unit, times in enumerate(spike_times):
        first = np.searchsorted(times, opens)
        n_spikes = np.searchsorted(times, closes) - first
        if n_spikes.sum() > edges.size:
            rates[:, unit] = np.diff(np.searchsorted(times, edges), axis=1) / width
        else:
            trial, bins, counts = _occupied(times, first, n_spikes, edges, width)
            rates[trial, unit, bins] = counts / width
    return rates


def bin_edges(events: np.ndarray, start: float, width: float, n_bins: int) -> np.ndarray:
    """Return the edges of the bins around each event, s, shape (trial, time + 1).

    Spikes and events are multiples of a sample, and bins are usually whole numbers of samples wide,
    so spikes often lie exactly on edges. Rounding to binary or decimal digits would assign each of
    them to either side. We therefore shift every edge to earlier times by `SLACK` (by more on
    clocks with numbers so large that their rounding error exceeds it). A spike at an edge then
    counts in the bin that begins there. The shift is far shorter than a sample and not a whole
    number of microseconds, so times in microseconds do not coincide with edges either.
    """
    return moved_before(events[:, None] + start + width * np.arange(n_bins + 1))


def moved_before(times: np.ndarray) -> np.ndarray:
    """Shift times so far back that a spike at one of them lies after it; see `bin_edges`."""
    return times - max(SLACK, _ROUNDING * np.abs(times).max(initial=0.0))


def count_spikes(
    spike_times: Sequence[np.ndarray], events: np.ndarray, start: float, width: float, n_bins: int
) -> np.ndarray:
    """Count each unit's spikes in each bin over all trials, with the memory of one unit's rates.

    Parameters
    ----------
    spike_times, events, start, width, n_bins
        As in `bin_rates`.

    Returns
    -------
    numpy.ndarray of int64, shape (unit, time)
    """
    counts = np.zeros((len(spike_times), n_bins), dtype=np.int64)
    for unit, times in enumerate(spike_times):
        counts[unit] = spikes_of(bin_rates([times], events, start, width, n_bins), width)[0]
    return counts


def spikes_of(rates: np.ndarray, width: float) -> np.ndarray:
    """Return the spikes of each unit in each bin over all trials, from rates in these bins."""
    return np.rint(width * rates.sum(axis=0, dtype=float)).astype(np.int64)


def _occupied(
    times: np.ndarray, first: np.ndarray, n_spikes: np.ndarray, edges: np.ndarray, width: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the bins that contain spikes of a unit.

    Parameters
    ----------
    times : array, shape (spike,)
        Sorted spike times, s.
    first, n_spikes : array of int, shape (trial,)
        The first spike in each trial's window, and the number of spikes.
    edges : array, shape (trial, time + 1)
        Edges of the bins, s.
    width : float
        Bin width, s.

    Returns
    -------
    trial, bin, count : array of int, shape (occupied bin,)
    """
    n_bins = edges.shape[1] - 1
    trial, spikes = spikes_in(times, first, n_spikes)
    bins = ((spikes - edges[trial, 0]) / width).astype(np.int64)
    np.minimum(bins, n_bins - 1, out=bins)
    # The quotient is rounded, which may put a spike next to an edge on the wrong side.
    bins -= spikes < edges[trial, bins]
    bins += spikes >= edges[trial, bins + 1]
    # Spikes of a trial are sorted in time, so those of a bin are adjacent.
    place = trial * n_bins + bins
    begins = np.flatnonzero(np.diff(place, prepend=-1))
    counts = np.diff(begins, append=len(place))
    return trial[begins], bins[begins], counts


def spikes_in(
    times: np.ndarray, first: np.ndarray, n_spikes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the spikes of a unit that lie in windows, window by window.

    Parameters
    ----------
    times : array, shape (spike,)
        Sorted spike times, s.
    first, n_spikes : array of int, shape (window,)
        Index of the first spike in each window, and the number of spikes.

    Returns
    -------
    window : array of int, shape (spike in a window,)
    time : array of float, shape (spike in a window,)
    """
    window = np.repeat(np.arange(len(first)), n_spikes)
    before = np.cumsum(n_spikes) - n_spikes
    return window, times[np.arange(len(window)) + np.repeat(first - before, n_spikes)]
