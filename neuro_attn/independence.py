"""Checks that the trials of a session do not share spikes.

Cross-validation assumes that test trials are independent of training trials. If the windows of two
trials overlap, or a file contains a trial twice, training and test trials share spikes. Any label
is then decoded above chance, even from noise.
"""

from collections.abc import Callable, Sequence

import numpy as np

from neuro_attn.rates import spikes_in

_TOLERANCE = 1e-6
"""Tolerated overlap of adjacent windows, s, since times in files are rounded."""
_SAMPLE = 1e-3
"""Longest sampling interval of a recording, s."""
_RESOLUTION = 1e-5
"""Difference below which two spike times from the event are equal, s."""
_CHANCE = 1e-6
"""Tolerated probability that a session has two equal trials by chance."""


def shared_windows(
    trial_ids: Sequence[object], events: np.ndarray, length: float, what: str = "trials"
) -> str:
    """Return a message if windows of equal length around events overlap; otherwise "".

    Parameters
    ----------
    trial_ids : sequence, one per trial
        Names for the message.
    events : array, shape (trial,)
        Event times on the session's clock, s, in any order; non-finite ones are ignored.
    length : float
        Length of the windows, s; with 0, only equal event times are found.
    what : str
        Word for trials in the message.
    """
    rows = np.flatnonzero(np.isfinite(events))
    rows = rows[np.argsort(events[rows], kind="stable")]
    apart = np.diff(events[rows])
    for shared, problem in (
        (apart <= _TOLERANCE, "have the same event time as another trial"),
        (apart < length - _TOLERANCE, "have a window that overlaps that of another trial"),
    ):
        if shared.any():
            n_trials = int((np.append(shared, False) | np.append(False, shared)).sum())
            first = int(shared.argmax())
            one, other = sorted(rows[first : first + 2].tolist())
            return (
                f"{n_trials} of {len(events)} {what} {problem}, for example {what} "
                f"{_named(trial_ids[one])} at {events[one]:.10g} s and "
                f"{_named(trial_ids[other])} at {events[other]:.10g} s."
            )
    return ""


def repeated_spikes(
    trial_ids: Sequence[object],
    spike_times: Sequence[np.ndarray],
    opens: np.ndarray,
    closes: np.ndarray,
) -> str:
    """Return a message if trials have the same spikes in their windows; otherwise "".

    With sparse units, trials can be equal by chance: two trials with one spike each at the same
    time are not evidence. Trials count as equal if Poisson units of these rates would fire the
    same spikes twice in fewer than one in a million sessions.

    Parameters
    ----------
    trial_ids : sequence, one per trial
        Names for the message.
    spike_times : sequence of array, one per unit
        Sorted spike times, s.
    opens, closes : array, shape (trial,)
        Start and end of each window, s.
    """
    fingerprints = np.zeros(len(opens), dtype=np.uint64)
    surprise = np.zeros(len(opens))
    recorded = max(float((closes - opens).sum()), _SAMPLE)
    for unit, times in enumerate(spike_times):
        first = np.searchsorted(times, opens)
        n_spikes = np.searchsorted(times, closes) - first
        trial, spikes = spikes_in(times, first, n_spikes)
        samples = np.rint((spikes - opens[trial]) / _RESOLUTION).astype(np.int64)
        # The sum is independent of the order of spikes; hashing its terms makes it unique.
        np.add.at(fingerprints, trial, _hashed(_hashed(samples.view(np.uint64)) + np.uint64(unit)))
        probability = min(n_spikes.sum() / recorded * _SAMPLE, 1.0)
        if probability > 0:
            surprise -= n_spikes * np.log(probability)
    return _repeated(trial_ids, fingerprints.tolist(), lambda row: float(surprise[row]), "spikes")


def _hashed(values: np.ndarray) -> np.ndarray:
    """Return well mixed 64-bit integers (splitmix64; Steele et al., 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def repeated_rates(trial_ids: Sequence[object], rates: np.ndarray) -> str:
    """Return a message if trials have the same rates in all bins; otherwise "".

    Only rates that differ from the median trial count, since silent trials are all equal. Trials
    count as equal if independent draws of these rates would yield two equal trials in fewer than
    one in a million sessions.

    Parameters
    ----------
    trial_ids : sequence, one per trial
        Names for the message.
    rates : array, shape (trial, unit, time)
        Rates in any unit.
    """

    def surprise(row: int) -> float:
        own = rates[row] != np.median(rates, axis=0)
        share = (rates[:, own] == rates[row][own]).mean(axis=0)
        return float(-np.log(share).sum())

    keys = [hash(np.ascontiguousarray(each).tobytes()) for each in rates]
    return _repeated(trial_ids, keys, surprise, "rates")


def _repeated(
    trial_ids: Sequence[object], keys: list[int], surprise: Callable[[int], float], what: str
) -> str:
    """Return a message if trials have equal keys that are too improbable by chance."""
    by_key: dict[int, list[int]] = {}
    for row, key in enumerate(keys):
        by_key.setdefault(key, []).append(row)
    n_pairs = len(keys) * (len(keys) - 1) / 2
    equal = [
        rows
        for rows in by_key.values()
        if len(rows) > 1 and surprise(rows[0]) > np.log(n_pairs / _CHANCE)
    ]
    if not equal:
        return ""
    one, other = equal[0][:2]
    return (
        f"{sum(map(len, equal))} of {len(keys)} trials have the same {what} as another trial, for "
        f"example trials {_named(trial_ids[one])} and {_named(trial_ids[other])}."
    )


def _named(trial_id: object) -> str:
    return repr(trial_id.item() if isinstance(trial_id, np.generic) else trial_id)
