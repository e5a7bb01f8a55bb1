"""The unit of time of spikes and events, inferred from how far they extend and how they differ."""

from typing import NamedTuple

import numpy as np

from neuro_attn.clock.trains import LONG, SPIKES_OF_A_PART, Spikes, in_single_precision

_LONGEST_TASK = 500.0
"""Ratio of last spike to last trial that implies milliseconds or samples."""
_SAMPLES = 5000.0
"""Ratio that implies samples: a recording is at most five times as long as its task."""
_SCALED = 10.0
"""Ratio of last spike to last trial that is suspicious together with other evidence."""
_SAME = 5.0
"""Tolerated ratio of two estimates of a factor: the recording is longer than the task."""
_EXPECTED = 20.0
"""Expected number of missing spikes; Poisson units yield none with a probability of 2e-9."""
_COARSE = 0.01
"""Resolution of single precision, s, from which on it displaces spikes to other bins."""
_ENOUGH_SPIKES = 20
"""Minimum number of spikes; so many are not all at whole seconds by chance."""
_ENOUGH_TRIALS = 5
"""Minimum number of trials to estimate the duration of a task."""
_ENOUGH_UNITS = 5
"""Minimum number of units; so many are not all lost early in a session."""
_UNIX = (6e8, 4e9)
"""Seconds from 1970 to 1989 and to 2096: no other clock of a recording counts so far."""
_UNIX_UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
"""Units in which computers count from 1970, per second."""
_SAMPLING_RATES = (20_000, 24_414, 25_000, 30_000, 32_000, 40_000, 48_828)
"""Sampling rates of common recording systems, samples/s."""


class Diagnosis(NamedTuple):
    """Problem and remarks found in a clock; texts are empty if there are none."""

    problem: str = ""
    """Problem that stops a run."""
    remedy: str = ""
    """How to correct the problem."""
    of_events: bool = False
    """Whether the event times have the problem, not the spike times."""
    restarts: str = ""
    """Units whose spike times restart; a run sorts and reports them."""
    outside: str = ""
    """Trials outside the recording; a run keeps and reports them."""

    @property
    def remark(self) -> str:
        """The remarks that a run reports."""
        return " ".join(filter(None, (self.restarts, self.outside)))


class _Evidence:
    """Times of spikes and of the windows of trials, and how they are related.

    Parameters
    ----------
    spikes : Spikes
        The spikes of the session.
    opens, closes : array, shape (trial,)
        Start and end of each window.
    outside : array of bool, shape (trial,)
        Whether a window lies outside the recording.
    what : str
        Word for trials in messages.
    """

    def __init__(
        self, spikes: Spikes, opens: np.ndarray, closes: np.ndarray, outside: np.ndarray, what: str
    ):
        self.spikes, self.opens, self.what = spikes, opens, what
        self.last, self.end = spikes.last, float(closes.max())
        # How many times later the last spike is than the last trial, and the reverse.
        self.later = self.last / self.end if self.end > 0 else 0.0
        self.earlier = self.end / self.last if self.last > 0 else 0.0
        self.enough_trials = len(opens) >= _ENOUGH_TRIALS
        self.mostly_long = self.enough_trials and spikes.n_long > spikes.n_intervals / 2
        most = 0.5 if spikes.n_units >= _ENOUGH_UNITS else 0.9
        self.mostly_outside = outside.mean() > most
        self.n_outside = f"{int(outside.sum()):,} of {len(opens):,} {what}"
        self.scaled = self.mostly_outside and _is_scaled(spikes, opens, self.later)
        self.late = (
            f"the last spike is at {self.last:,.10g}, {_factor(self.later)} times as late as the "
            f"last {what[:-1]} ({self.end:,.10g} s)"
        )


def unit_of_time(
    spikes: Spikes, opens: np.ndarray, closes: np.ndarray, outside: np.ndarray, what: str
) -> Diagnosis | None:
    """Return the problem with the unit of time of spikes or events, or with their clock."""
    evidence = _Evidence(spikes, opens, closes, outside, what)
    checks = (
        _spikes_far_too_late,
        _in_single_precision,
        _whole_numbers,
        _spikes_too_late,
        _events_too_late,
        _since_1970,
        _on_another_clock,
        _trials_too_far_apart,
    )
    return next(filter(None, (problem(evidence) for problem in checks)), None)


def _spikes_far_too_late(found: _Evidence) -> Diagnosis | None:
    sparse = found.mostly_long and not found.mostly_outside
    if found.later < _LONGEST_TASK or not (found.scaled or sparse):
        return None
    unit, remedy = _named(found.later)
    return Diagnosis(f"{found.late}: spike times seem to be in {unit}.", remedy)


def _in_single_precision(found: _Evidence) -> Diagnosis | None:
    spikes = found.spikes
    largest = max(abs(spikes.first), abs(spikes.last))
    step = float(np.spacing(in_single_precision(np.array(largest))))
    all_single = spikes.n_spikes >= _ENOUGH_SPIKES and spikes.n_single == spikes.n_spikes
    # Sample numbers are whole, and single precision represents all up to where its step is 1.
    if not (all_single and step > _COARSE and (spikes.n_fractional or step > 1)):
        return None
    return Diagnosis(
        f"spike times are in single precision, which at {found.last:,.10g} s goes in steps of "
        f"{step:.2g} s.",
        "Write them in double precision, or subtract the start of the recording from spikes "
        "and events before they are written.",
    )


def _whole_numbers(found: _Evidence) -> Diagnosis | None:
    if found.spikes.n_spikes < _ENOUGH_SPIKES or found.spikes.n_fractional:
        return None
    return Diagnosis(
        f"all {found.spikes.n_spikes:,} spike times are whole numbers: they seem to be in samples "
        "or milliseconds.",
        "Divide sample numbers by the sampling rate, or milliseconds by 1,000; spikes and "
        "events must be in s.",
    )


def _spikes_too_late(found: _Evidence) -> Diagnosis | None:
    expected = found.spikes.expected_short
    regular = expected > _EXPECTED and 20 * found.spikes.n_short < expected
    if found.later < _SCALED or not ((found.enough_trials and regular) or found.scaled):
        return None
    odd = (
        f"{found.n_outside} lie outside the recording"
        if found.scaled
        else "units almost never fire twice within 10 ms"
    )
    return Diagnosis(
        f"{found.late}, and {odd}: spike times seem not to be in seconds.",
        f"Divide them by this factor, about {_factor(found.later)}. If sample numbers were divided "
        "by 1,000 instead of the sampling rate, divide them by the sampling rate in kHz.",
    )


def _events_too_late(found: _Evidence) -> Diagnosis | None:
    factor = found.earlier
    is_scaled = factor >= _SCALED and _is_scaled(found.spikes, found.opens, factor)
    if not (found.mostly_outside and is_scaled):
        return None
    seem = "seem not to be in seconds"
    remedy = f"Divide them by this factor, about {_factor(factor)}; spikes and events must be in s."
    if factor >= _LONGEST_TASK:
        unit, remedy = _named(factor)
        seem = f"seem to be in {unit}"
    return Diagnosis(
        f"the last {found.what[:-1]} is at {found.end:,.10g}, {_factor(factor)} times as late as "
        f"the last spike ({found.last:,.10g} s): event times {seem}.",
        remedy,
        of_events=True,
    )


def _since_1970(found: _Evidence) -> Diagnosis | None:
    """Return the problem if either spikes or events count from 1970, as clocks of computers do."""
    spikes, opens = found.spikes, found.opens
    of_events, of_spikes = (_unix_unit(float(each)) for each in (opens.min(), spikes.first))
    if not found.mostly_outside or bool(of_events) == bool(of_spikes):
        return None
    name, other = ("event", "spike") if of_events else ("spike", "event")
    return Diagnosis(
        f"{name} times count {of_events or of_spikes} since 1970, {other} times do not "
        f"({found.what}: {opens.min():,.10g} to {opens.max():,.10g}; spikes: {spikes.first:,.10g} "
        f"to {spikes.last:,.10g}).",
        f"Subtract the start of the recording, counted likewise, from the {name} times, and give "
        "them in s; spikes and events must be on one clock.",
        of_events=bool(of_events),
    )


def _on_another_clock(found: _Evidence) -> Diagnosis | None:
    if not found.mostly_outside:
        return None
    return Diagnosis(
        f"{found.n_outside} lie outside the recording: no unit fires there ({found.what}: "
        f"{found.opens.min():,.10g} to {found.end:,.10g} s; spikes: {found.spikes.first:,.10g} to "
        f"{found.last:,.10g} s).",
        "Put spikes and events on one clock, in s. If these trials were not recorded, "
        "exclude them with the task's expression.",
    )


def _trials_too_far_apart(found: _Evidence) -> Diagnosis | None:
    if not found.mostly_long or len(found.opens) < SPIKES_OF_A_PART:
        return None
    apart = float(np.median(np.diff(np.sort(found.opens))))
    if apart < _LONGEST_TASK:
        return None
    return Diagnosis(
        f"{found.what} are {apart:,.3g} s apart (median), and most intervals between a unit's "
        f"spikes exceed {LONG:g} s: spikes and events seem to be in milliseconds or samples.",
        "Divide milliseconds by 1,000, or sample numbers by the sampling rate; spikes and "
        "events must be in s.",
    )


def _unix_unit(time: float) -> str:
    """Return the unit in which a time counts from 1970 to a plausible date, if there is one."""
    for unit, per_second in _UNIX_UNITS.items():
        if _UNIX[0] * per_second <= time <= _UNIX[1] * per_second:
            return unit
    return ""


def _is_scaled(spikes: Spikes, opens: np.ndarray, factor: float) -> bool:
    """Return whether durations differ by about the same factor as end times, in either direction.

    If they do not, the clocks started at different times.
    """
    length, task = spikes.last - spikes.first, float(np.ptp(opens))
    if not (length > 0 and task > 0):
        return True
    ratio = max(length / task, task / length)
    return factor / _SAME <= ratio <= factor * _SAME


def _named(factor: float) -> tuple[str, str]:
    """Return the unit of time that explains a factor, and how to convert it to seconds."""
    if factor < _SAMPLES:
        return "milliseconds", "Divide them by 1,000 in the file; spikes and events must be in s."
    rate = min(_SAMPLING_RATES, key=lambda rate: abs(rate - factor))
    shown = rate if abs(rate / factor - 1) < 0.1 else factor
    return (
        f"samples, at a sampling rate of about {shown / 1000:.3g} kHz",
        "Divide them by the sampling rate, not by 1,000, in the file; spikes and events must be "
        "in s.",
    )


def _factor(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 100 else f"{factor:.3g}"
