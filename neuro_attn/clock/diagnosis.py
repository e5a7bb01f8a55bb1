"""Problems of a clock, and what a run should report of it."""

import numpy as np

from neuro_attn.clock.observation import outside_recording
from neuro_attn.clock.trains import Spikes
from neuro_attn.clock.unit_of_time import Diagnosis, unit_of_time


def diagnose(
    spikes: Spikes, opens: np.ndarray, closes: np.ndarray, what: str = "trials"
) -> Diagnosis:
    """Check that spikes and trials are on one clock in seconds.

    Parameters
    ----------
    spikes : Spikes
        Returned by `together`.
    opens, closes : array, shape (trial,)
        Start and end of each trial's window, as in the file; NaN if missing.
    what : str
        Word for trials in messages.

    Returns
    -------
    Diagnosis
    """
    restarts = ""
    if spikes.restarts:
        restarted = _restarted(spikes)
        # A clock restarts for every unit. In a single merged unit, the spikes of one half follow
        # those of the other, and sorting is correct.
        if 2 * len(spikes.restarts) >= spikes.n_ordered:
            return Diagnosis(
                restarted,
                "Add to each part of the recording the length of the parts before it, or make "
                "each part a session. If the clock never restarted, sort the spike times in the "
                "file.",
            )
        restarts = f"{restarted} They were sorted."
    known = np.isfinite(opens) & np.isfinite(closes)
    opens, closes = opens[known], closes[known]
    if not spikes.n_spikes or not len(opens):
        return Diagnosis(restarts=restarts)
    outside = outside_recording(spikes, opens, closes)
    wrong = unit_of_time(spikes, opens, closes, outside, what)
    if wrong is not None:
        return wrong
    said = ""
    if n_outside := int(outside.sum()):
        lie = "lies" if n_outside == 1 else "lie"
        said = (
            f"{n_outside:,} of {len(opens):,} {what} {lie} outside the recording, at least in "
            f"part: no unit fires there (spikes: {spikes.first:g} to {spikes.last:g} s), so their "
            "rates are 0. If they were not recorded, exclude them with the task's expression."
        )
    return Diagnosis(restarts=restarts, outside=said)


def _restarted(spikes: Spikes) -> str:
    first = spikes.restarts[0]
    most = max(each.n for each in spikes.restarts)
    often = "once" if most == 1 else f"up to {most:,} times"
    return (
        f"the spike times of {len(spikes.restarts):,} of {spikes.n_units:,} units restart "
        f"{often}, for example after {first.before:g} at {first.after:g} s (unit {first.unit}, "
        f"spike {first.spike:,})."
    )
