"""Which trials and units of a session were observed, so that silence is not taken for rates of 0.

A sorter may lose a unit in the middle of a session, and trials may go on after the recording. A
Recording has a rate for every unit on every trial, so what was not observed has to leave: the
trials and units with the largest part missing go first, until nothing is missing. So a trial
outside the recording goes as a trial, and a unit that was lost goes as a unit.
"""

from collections.abc import Sequence

import numpy as np

_TOLERANCE = 1e-6
"""How far a window may reach past an interval of observation, s: times are rounded in files."""
_EXPECTED = 20.0
"""Spikes that must be missing past the last one before it is remarked on."""


def was_observed(intervals: np.ndarray, opens: np.ndarray, closes: np.ndarray) -> np.ndarray:
    """Return whether each window lies in one interval of observation.

    Parameters
    ----------
    intervals : array, shape (interval, 2)
        When a unit was observed, s, in any order; those that touch are one.
    opens, closes : array, shape (window,)
        Ends of the windows, s.

    Returns
    -------
    numpy.ndarray of bool, shape (window,)
    """
    if len(intervals) == 0:
        return np.zeros(len(opens), dtype=bool)
    intervals = intervals[np.argsort(intervals[:, 0], kind="stable")]
    last_stop = np.maximum.accumulate(intervals[:, 1])
    begins = np.append(True, intervals[1:, 0] > last_stop[:-1] + _TOLERANCE)
    starts = intervals[begins, 0]
    stops = last_stop[np.append(begins[1:], True)]
    place = np.searchsorted(starts, opens + _TOLERANCE, side="right") - 1
    return (place >= 0) & (closes <= stops[np.maximum(place, 0)] + _TOLERANCE)


def observed_part(observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Choose trials and units such that every unit was observed on every trial.

    Parameters
    ----------
    observed : array of bool, shape (trial, unit)
        Whether a unit was observed throughout a trial's window.

    Returns
    -------
    trials : numpy.ndarray of bool, shape (trial,)
    units : numpy.ndarray of bool, shape (unit,)
        What stays. The trial or unit with the largest part missing is left out, trials before
        units and early ones before late ones where they are equal, and so on.
    """
    missing = ~observed
    trials, units = (np.ones(n, dtype=bool) for n in missing.shape)
    of_trial, of_unit = missing.sum(axis=1), missing.sum(axis=0)
    while of_trial.any():
        trial, unit = int(of_trial.argmax()), int(of_unit.argmax())
        if of_trial[trial] * trials.sum() >= of_unit[unit] * units.sum():
            trials[trial] = False
            of_unit = of_unit - (missing[trial] & units)
            of_trial[trial] = 0
        else:
            units[unit] = False
            of_trial = of_trial - (missing[:, unit] & trials)
            of_unit[unit] = 0
    return trials, units


def past_the_spikes(
    spike_times: Sequence[np.ndarray], opens: np.ndarray, closes: np.ndarray
) -> int:
    """Count windows that reach past the spikes of a session, as if it had not been recorded there.

    A sparse session may end in silence. So a window counts only if the units together would have
    fired some 20 spikes in the part of it that lies past their first or last.

    Parameters
    ----------
    spike_times : sequence of array, one per unit
        Sorted spike times, s.
    opens, closes : array, shape (window,)
        Ends of the windows, s.
    """
    fired = [times for times in spike_times if len(times)]
    if not fired:
        return 0
    first, last = min(times[0] for times in fired), max(times[-1] for times in fired)
    if last <= first:
        return 0
    rate = sum(map(len, fired)) / (last - first)
    after = closes - np.maximum(opens, last)
    before = np.minimum(closes, first) - opens
    return int((np.maximum(after, before) * rate > _EXPECTED).sum())
