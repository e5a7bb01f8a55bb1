r"""Smoothed rates: spikes are convolved with a kernel, whose value at each bin centre is the rate.

.. math:: r_{ki}(t) = \sum_{s \in S_i} k(e_k + t - s)

of unit i on trial k with its event at :math:`e_k`. The convolution is exact: spikes are not binned
before. The kernels, of SD sigma or width w, with :math:`u = t - s`, are

- ``causal_gaussian``: :math:`\sqrt{2 / \pi} / \sigma \cdot e^{-u^2 / 2 \sigma^2}` for u > 0,
- ``gaussian``: :math:`1 / (\sqrt{2 \pi} \sigma) \cdot e^{-u^2 / 2 \sigma^2}`,
- ``causal_boxcar``: 1 / w for 0 < u <= w, the window that ends at t,
- ``boxcar``: 1 / w for -w / 2 < u <= w / 2, the window that is centred on t.

Gaussians end at four SDs and are divided by their integral up to there. A causal kernel uses spikes
before t alone, so that nothing after an event is seen before it. Spikes outside the recording are
missing, not zero: trials whose kernel reaches there are excluded where the source gives intervals
of observation.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import erf

from neuro_attn.configuration import Smoothing, Time
from neuro_attn.configuration.smoothing import REACH
from neuro_attn.rates import bin_rates, moved_before, spikes_in

_AT_ONCE = 2_000_000
"""Values of a kernel, at spikes and bins, that are computed together."""


def rates_around(spike_times: Sequence[np.ndarray], events: np.ndarray, time: Time) -> np.ndarray:
    """Return the rates around events: spike counts in bins, or smoothed rates at their centres.

    Parameters
    ----------
    spike_times : sequence of array, one per unit
        Sorted spike times, s.
    events : array, shape (trial,)
        Event times on the same clock, s.
    time : Time
        Bins, and how rates are smoothed.

    Returns
    -------
    numpy.ndarray of float32, shape (trial, unit, time)
        Firing rates, spikes/s.
    """
    if time.smoothing is None:
        return bin_rates(spike_times, events, time.start, time.bin, time.n_bins)
    return smoothed_rates(spike_times, events, time.centres, time.smoothing)


def smoothed_rates(
    spike_times: Sequence[np.ndarray], events: np.ndarray, times: np.ndarray, smoothing: Smoothing
) -> np.ndarray:
    """Convolve spikes with a kernel and return the result at times from events.

    Parameters
    ----------
    spike_times, events
        As in `rates_around`.
    times : array, shape (time,)
        Increasing times, s from the event.
    smoothing : Smoothing
        The kernel.

    Returns
    -------
    numpy.ndarray of float32, shape (trial, unit, time)
        Firing rates, spikes/s.

    Examples
    --------
    >>> kernel = Smoothing(kernel="causal_boxcar", width=0.1)
    >>> smoothed_rates([np.array([1.0])], np.array([1.0]), np.array([0.0, 0.05, 0.2]), kernel)
    array([[[ 0., 10.,  0.]]], dtype=float32)
    """
    before, after = smoothing.reach
    at = moved_before(events[:, None] + times)
    rates = np.zeros((len(events), len(spike_times), len(times)), dtype=np.float32)
    for unit, train in enumerate(spike_times):
        if smoothing.sd is None:
            # The window (t - before, t + after], whose ends are shifted as the edges of bins are.
            counts = np.searchsorted(train, at + after) - np.searchsorted(train, at - before)
            rates[:, unit] = counts / smoothing.size
        else:
            _add_gaussians(rates[:, unit], train, at, smoothing)
    return rates


def _add_gaussians(
    rates: np.ndarray, train: np.ndarray, at: np.ndarray, smoothing: Smoothing
) -> None:
    """Add the kernels of a unit's spikes to its rates (trial, time), some trials at a time."""
    before, after = smoothing.reach
    first = np.searchsorted(train, at[:, 0] - before)
    n_spikes = np.searchsorted(train, at[:, -1] + after) - first
    sd = smoothing.size
    height = (2 if smoothing.is_causal else 1) / (np.sqrt(2 * np.pi) * sd * erf(REACH / 2**0.5))
    edges = np.searchsorted(
        np.cumsum(n_spikes) * at.shape[1],
        np.arange(_AT_ONCE, int(n_spikes.sum()) * at.shape[1] + _AT_ONCE, _AT_ONCE),
    )
    for trials in np.split(np.arange(len(at)), np.unique(edges[edges < len(at)])):
        trial, spikes = spikes_in(train, first[trials], n_spikes[trials])
        if not len(spikes):
            continue
        since = at[trials[trial]] - spikes[:, None]
        values = np.exp(-0.5 * (since / sd) ** 2)
        values[(since > before) | (since < (0 if smoothing.is_causal else -after))] = 0
        # Spikes of a trial are neighbours.
        begins = np.flatnonzero(np.diff(trial, prepend=-1))
        rates[trials[trial[begins]]] = height * np.add.reduceat(values, begins, axis=0)
