"""Windows outside a recording, inferred from silence."""

import numpy as np

from neuro_attn.clock.trains import Spikes

_CHANCE = 1e-9
"""Probability of a silence below which we infer that nothing was recorded."""
_PAUSING_UNITS = 10
"""Minimum number of units; so many do not all pause together by chance."""


def outside_recording(spikes: Spikes, opens: np.ndarray, closes: np.ndarray) -> np.ndarray:
    """Return which windows extend beyond the recording, as inferred from the spikes.

    We treat a silence before the first or after the last spike as unrecorded if it is longer than
    expected with a probability of 1e-9. Intervals between seconds with spikes are assumed to be
    exponential: for n intervals of mean m, the limit is m n (1e-9^(-1/n) - 1). We count seconds
    rather than spikes, since spikes occur in bursts. Pauses within the recording are treated in
    the same way if there are enough units. A window that extends past the spikes also counts if
    about 20 spikes are missing in it.

    Parameters
    ----------
    spikes : Spikes
        Returned by `together`.
    opens, closes : array, shape (window,)
        Start and end of each window, s.

    Returns
    -------
    numpy.ndarray of bool, shape (window,)
    """
    n, length = len(spikes.seconds) - 1, spikes.last - spikes.first
    if n < 1 or not length > 0:
        return np.zeros(len(opens), dtype=bool)
    silence = max(length * (_CHANCE ** (-1 / n) - 1), 1.0)
    outside = (closes < spikes.first - silence) | (opens > spikes.last + silence)
    missing = np.maximum(
        closes - np.maximum(opens, spikes.last), np.minimum(closes, spikes.first) - opens
    )
    # For many spikes, this is the time in which some 20 are expected.
    outside |= missing > length * (_CHANCE ** (-1 / (spikes.n_spikes - 1)) - 1)
    if spikes.n_units >= _PAUSING_UNITS:
        begins, ends = spikes.seconds[:-1] + 1, spikes.seconds[1:]
        paused = ends - begins > silence
        begins, ends = begins[paused], ends[paused]
        place = np.searchsorted(begins, opens, side="right") - 1
        outside |= (place >= 0) & (closes <= np.append(ends, -np.inf)[place])
    return outside
