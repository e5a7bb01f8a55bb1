"""Selection of observed trials and units, so that missing data do not become rates of 0.

A sorter may lose a unit during a session, and trials may continue after the recording. Since a
Recording has a rate for every unit on every trial, trials and units with missing data are excluded,
those with the largest fraction missing first, until nothing is missing. A trial outside the
recording is thus excluded as a trial, and a lost unit as a unit.
"""

import numpy as np

_EXPECTED = 20
"""Minimum mean number of spikes in the other bins, so that no bin is empty by chance."""
_ENOUGH_UNITS = 5
"""Minimum number of units, so that not all of them are silent together by chance."""
_TOLERANCE = 1e-6
"""Tolerated excess of a window over an interval of observation, s, as times are rounded."""


def was_observed(intervals: np.ndarray, opens: np.ndarray, closes: np.ndarray) -> np.ndarray:
    """Return whether each window lies in one interval of observation.

    Parameters
    ----------
    intervals : array, shape (interval, 2)
        Intervals in which a unit was observed, s, in any order; adjacent ones are joined.
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


def fully_observed(observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Select trials and units such that every unit was observed on every trial.

    Parameters
    ----------
    observed : array of bool, shape (trial, unit)
        Whether a unit was observed throughout a trial's window.

    Returns
    -------
    trials : numpy.ndarray of bool, shape (trial,)
    units : numpy.ndarray of bool, shape (unit,)
        Whether they are kept. The trial or unit with the largest fraction missing is excluded
        repeatedly. Of equal fractions, trials precede units, and early ones late ones.
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


def silent_bins(of_bin: np.ndarray, of_unit: np.ndarray) -> np.ndarray:
    """Return the bins in which no unit fires on any trial and spikes must be missing.

    Sparse units leave bins empty by chance, and a few units may fall silent together. We therefore
    require at least five units and a mean of 20 spikes in the other bins: Poisson units of constant
    rate then leave a bin empty with a probability of 2e-9.

    Parameters
    ----------
    of_bin : array of int, shape (time,)
        Spikes in each bin, over units and trials.
    of_unit : array of int, shape (unit,)
        Spikes of each unit, over bins and trials.

    Returns
    -------
    numpy.ndarray of bool, shape (time,)
    """
    fires = of_bin > 0
    enough = fires.any() and of_bin[fires].mean() >= _EXPECTED
    return ~fires & bool(enough and np.count_nonzero(of_unit) >= _ENOUGH_UNITS)
