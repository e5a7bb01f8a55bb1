"""Checks that spikes and events are on one clock in seconds.

Most files do not state the unit of their clock, so we infer it from the times. Spike times in
milliseconds or samples extend far beyond the trials. Events in samples lie far beyond the last
spike. In concatenated recordings, the spike times of a unit restart. Recordings that are sparse,
contain pauses or continue after the task are valid and must pass.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LONG = 0.5
"""Inter-spike interval, s; most intervals are shorter unless spikes are in milliseconds."""
_SHORT = 0.01
"""Short inter-spike interval, s; all units lack them only if the unit of time is wrong."""
_LONGEST_TASK = 500.0
"""Ratio of last spike to last trial that implies milliseconds or samples."""
_SAMPLES = 5000.0
"""Ratio that implies samples: a recording is at most five times as long as its task."""
_SCALED = 10.0
"""Ratio of last spike to last trial that is suspicious together with other evidence."""
_SAME = 5.0
"""Tolerated ratio of two estimates of a factor: the recording is longer than the task."""
_CHANCE = 1e-9
"""Probability of a silence below which we infer that nothing was recorded."""
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
_PAUSING_UNITS = 10
"""Minimum number of units; so many do not all pause together by chance."""
_RESET = 1.0
"""Minimum decrease of spike times at a restart, s; merged units may be slightly unsorted."""
_SPIKES_OF_A_PART = 10
"""Minimum mean number of spikes between restarts; unsorted times fall at every other spike."""
_UNIX = (6e8, 4e9)
"""Seconds from 1970 to 1989 and to 2096: no other clock of a recording counts so far."""
_UNIX_UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
"""Units in which computers count from 1970, per second."""
_SAMPLING_RATES = (20_000, 24_414, 25_000, 30_000, 32_000, 40_000, 48_828)
"""Sampling rates of common recording systems, samples/s."""


class Restart(NamedTuple):
    """First restart of the spike times of a unit."""

    unit: str
    spike: int
    """Number (from 1) of the first spike after the restart."""
    before: float
    after: float
    n: int
    """Number of restarts."""


@dataclass(frozen=True)
class Train:
    """Summary of the spike times of a unit.

    Parameters
    ----------
    n_spikes : int
    first, last : float
        NaN without spikes.
    seconds : array
        Whole seconds in which the unit fires: unique, sorted.
    n_long, n_short : int
        Intervals longer than `LONG`, and shorter than 10 ms.
    expected_short : float
        Short intervals of a Poisson unit of the same rate.
    n_fractional : int
        Spikes whose times are not whole numbers.
    restart : Restart or None
        First restart of its times, if any.
    n_single : int
        Number of spike times that single precision represents exactly.
    """

    n_spikes: int
    first: float
    last: float
    seconds: np.ndarray
    n_long: int
    n_short: int
    expected_short: float
    n_fractional: int
    restart: Restart | None
    n_single: int = 0


def describe(times: np.ndarray, unit: str = "") -> Train:
    """Summarise the spike times of a unit.

    Parameters
    ----------
    times : array, shape (spike,)
        Finite spike times, in the order of the file.
    unit : str
        Its name, for messages.
    """
    restart = _restart(times, unit)
    times = np.sort(times)
    n = len(times)
    intervals = np.diff(times)
    n_short = int((intervals < _SHORT).sum())
    rate = n / (times[-1] - times[0]) if n > 1 and times[-1] > times[0] else 0.0
    seconds = np.floor(times)
    return Train(
        n_spikes=n,
        first=float(times[0]) if n else np.nan,
        last=float(times[-1]) if n else np.nan,
        seconds=seconds[np.diff(seconds, prepend=-np.inf) > 0],
        n_long=int((intervals > LONG).sum()),
        n_short=n_short,
        expected_short=float(len(intervals) * -np.expm1(-rate * _SHORT)),
        n_fractional=int((times != seconds).sum()),
        restart=restart,
        n_single=int((times == _single(times)).sum()),
    )


def _single(times: np.ndarray) -> np.ndarray:
    """Return times in single precision; those beyond its range become infinite."""
    with np.errstate(over="ignore"):
        return times.astype(np.float32)


def _restart(times: np.ndarray, unit: str) -> Restart | None:
    """Return the first decrease of times that mostly increase."""
    steps = np.diff(times)
    falls = np.flatnonzero(steps < -_RESET)
    if not len(falls) or len(times) < _SPIKES_OF_A_PART * len(falls) or np.median(steps) < 0:
        return None
    spike = int(falls[0]) + 1
    return Restart(unit, spike + 1, float(times[spike - 1]), float(times[spike]), len(falls))


@dataclass(frozen=True)
class Spikes:
    """Summary of the spikes of a session.

    Parameters
    ----------
    n_units : int
        Units that fire.
    n_spikes, n_long, n_short, n_fractional, n_intervals, n_single : int
    expected_short : float
        Sums over units; see `Train`.
    first, last : float
        NaN without spikes.
    seconds : array
        Whole seconds in which any unit fires: unique, sorted.
    restarts : list of Restart
        Those of the units whose times restart.
    n_ordered : int
        Units with enough spikes to detect a restart.
    """

    n_units: int
    n_spikes: int
    n_intervals: int
    n_long: int
    n_short: int
    expected_short: float
    n_fractional: int
    first: float
    last: float
    seconds: np.ndarray
    restarts: list[Restart]
    n_ordered: int
    n_single: int = 0


def together(trains: Iterable[Train]) -> Spikes:
    """Summarise the spikes of all units of a session."""
    fired = [train for train in trains if train.n_spikes]
    return Spikes(
        n_units=len(fired),
        n_spikes=sum(train.n_spikes for train in fired),
        n_intervals=sum(train.n_spikes - 1 for train in fired),
        n_long=sum(train.n_long for train in fired),
        n_short=sum(train.n_short for train in fired),
        expected_short=sum(train.expected_short for train in fired),
        n_fractional=sum(train.n_fractional for train in fired),
        first=min((train.first for train in fired), default=np.nan),
        last=max((train.last for train in fired), default=np.nan),
        seconds=np.unique(np.concatenate([np.empty(0), *(train.seconds for train in fired)])),
        restarts=[train.restart for train in fired if train.restart],
        n_ordered=sum(train.n_spikes >= _SPIKES_OF_A_PART for train in fired),
        n_single=sum(train.n_single for train in fired),
    )


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
    wrong = _unit_of_time(spikes, opens, closes, outside, what)
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


def outside_recording(spikes: Spikes, opens: np.ndarray, closes: np.ndarray) -> np.ndarray:
    """Return which windows extend beyond the recording, as inferred from the spikes.

    We treat a silence before the first or after the last spike as unrecorded if it is longer than
    expected with a probability of 1e-9. Intervals between seconds with spikes are assumed to be
    exponential: for n intervals of mean m, the limit is m n (1e-9^(-1/n) - 1). We count seconds
    rather than spikes, since spikes occur in bursts. Pauses within the recording are treated alike
    if there are enough units. A window that extends past the spikes also counts if about 20
    spikes are missing in it.

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


def _unit_of_time(
    spikes: Spikes, opens: np.ndarray, closes: np.ndarray, outside: np.ndarray, what: str
) -> Diagnosis | None:
    """Return the problem with the unit of time of spikes or events, or with their clock."""
    last, end = spikes.last, float(closes.max())
    later = last / end if end > 0 else 0.0
    earlier = end / last if last > 0 else 0.0
    enough = len(opens) >= _ENOUGH_TRIALS
    mostly_long = enough and spikes.n_long > spikes.n_intervals / 2
    most = 0.5 if spikes.n_units >= _ENOUGH_UNITS else 0.9
    mostly_outside = outside.mean() > most
    late = f"the last spike is at {last:,.10g}, {_factor(later)} times as late as the last "
    late += f"{what[:-1]} ({end:,.10g} s)"
    scaled = mostly_outside and _is_scaled(spikes, opens, later)
    if later >= _LONGEST_TASK and (scaled or (mostly_long and not mostly_outside)):
        unit, remedy = _named(later)
        return Diagnosis(f"{late}: spike times seem to be in {unit}.", remedy)
    step = float(np.spacing(_single(np.array(max(abs(spikes.first), abs(last))))))
    all_single = spikes.n_spikes >= _ENOUGH_SPIKES and spikes.n_single == spikes.n_spikes
    # Sample numbers are whole, and single precision holds all up to where its step is 1.
    if all_single and step > _COARSE and (spikes.n_fractional or step > 1):
        return Diagnosis(
            f"spike times are in single precision, which at {last:,.10g} s goes in steps of "
            f"{step:.2g} s.",
            "Write them in double precision, or subtract the start of the recording from spikes "
            "and events before they are written.",
        )
    if spikes.n_spikes >= _ENOUGH_SPIKES and not spikes.n_fractional:
        return Diagnosis(
            f"all {spikes.n_spikes:,} spike times are whole numbers: they seem to be in samples or "
            "milliseconds.",
            "Divide sample numbers by the sampling rate, or milliseconds by 1,000; spikes and "
            "events must be in s.",
        )
    n_outside = f"{int(outside.sum()):,} of {len(opens):,} {what}"
    regular = spikes.expected_short > _EXPECTED and 20 * spikes.n_short < spikes.expected_short
    if later >= _SCALED and ((enough and regular) or scaled):
        odd = (
            f"{n_outside} lie outside the recording"
            if scaled
            else "units almost never fire twice within 10 ms"
        )
        return Diagnosis(
            f"{late}, and {odd}: spike times seem not to be in seconds.",
            f"Divide them by this factor, about {_factor(later)}. If sample numbers were divided "
            "by 1,000 instead of the sampling rate, divide them by the sampling rate in kHz.",
        )
    if mostly_outside and earlier >= _SCALED and _is_scaled(spikes, opens, earlier):
        unit, remedy = _named(earlier)
        seem = f"seem to be in {unit}" if earlier >= _LONGEST_TASK else "seem not to be in seconds"
        return Diagnosis(
            f"the last {what[:-1]} is at {end:,.10g}, {_factor(earlier)} times as late as the last "
            f"spike ({last:,.10g} s): event times {seem}.",
            remedy
            if earlier >= _LONGEST_TASK
            else f"Divide them by this factor, about {_factor(earlier)}; spikes and events must be "
            "in s.",
            of_events=True,
        )
    if mostly_outside and (since_1970 := _since_1970(spikes, opens, what)):
        return since_1970
    if mostly_outside:
        return Diagnosis(
            f"{n_outside} lie outside the recording: no unit fires there ({what}: "
            f"{opens.min():,.10g} to {end:,.10g} s; spikes: {spikes.first:,.10g} to {last:,.10g} "
            "s).",
            "Put spikes and events on one clock, in s. If these trials were not recorded, "
            "exclude them with the task's expression.",
        )
    apart = float(np.median(np.diff(np.sort(opens)))) if len(opens) >= _SPIKES_OF_A_PART else 0.0
    if mostly_long and apart >= _LONGEST_TASK:
        return Diagnosis(
            f"{what} are {apart:,.3g} s apart (median), and most intervals between a unit's spikes "
            f"exceed {LONG:g} s: spikes and events seem to be in milliseconds or samples.",
            "Divide milliseconds by 1,000, or sample numbers by the sampling rate; spikes and "
            "events must be in s.",
        )
    return None


def _since_1970(spikes: Spikes, opens: np.ndarray, what: str) -> Diagnosis | None:
    """Return the problem if either spikes or events count from 1970, as clocks of computers do."""
    of_events, of_spikes = (_unix_unit(float(each)) for each in (opens.min(), spikes.first))
    if bool(of_events) == bool(of_spikes):
        return None
    name, other = ("event", "spike") if of_events else ("spike", "event")
    return Diagnosis(
        f"{name} times count {of_events or of_spikes} since 1970, {other} times do not ({what}: "
        f"{opens.min():,.10g} to {opens.max():,.10g}; spikes: {spikes.first:,.10g} to "
        f"{spikes.last:,.10g}).",
        f"Subtract the start of the recording, counted likewise, from the {name} times, and give "
        "them in s; spikes and events must be on one clock.",
        of_events=bool(of_events),
    )


def _unix_unit(time: float) -> str:
    """Return the unit in which a time counts from 1970 to a date of recordings; else nothing."""
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
