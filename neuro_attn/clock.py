"""Whether spikes and events are on one clock that counts seconds.

Files say nothing of their clock, so it is judged from the numbers: spike times in milliseconds or
in samples go on far longer than the trials, events in samples lie far behind the last spike, and
recordings that were put one after another start again in the middle of a unit. All of this has to
be told from recordings that are sparse, pause, or go on after the task, which are right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LONG = 0.5
"""Interval between two spikes of a unit, s; most are shorter unless spikes are in ms."""
_SHORT = 0.01
"""Interval, s, that is shorter than the refractory period only in a wrong unit of time."""
_LONGEST_TASK = 500.0
"""By which factor spikes outlast trials only if one of the two is in milliseconds or samples."""
_SAMPLES = 5000.0
"""From which factor on it is samples: recordings go on for at most five times as long as a task."""
_SCALED = 10.0
"""By which factor spikes outlast trials if, besides, something else is odd."""
_SAME = 5.0
"""By how much two estimates of a factor may differ: the recording is longer than the task."""
_CHANCE = 1e-9
"""Probability of a silence that is taken for the end of the recording."""
_EXPECTED = 20.0
"""Spikes that must be missing; Poisson spikes are by chance with a probability of 2e-9."""
_ENOUGH_SPIKES = 20
"""Spikes that are not all at whole seconds by chance."""
_ENOUGH_TRIALS = 5
"""Trials that show how long a task took."""
_ENOUGH_UNITS = 5
"""Units that are not all lost early in a session."""
_PAUSING_UNITS = 10
"""Units that do not all pause together by chance."""
_RESET = 1.0
"""By how much spike times must fall to count as started again, s; merged units may be untidy."""
_SPIKES_OF_A_PART = 10
"""Mean number of spikes between two starts; times in any order fall at every other spike."""
_SAMPLING_RATES = (20_000, 24_414, 25_000, 30_000, 32_000, 40_000, 48_828)
"""Of common recording systems, samples/s."""


class Restart(NamedTuple):
    """Where the spike times of a unit start again, for the first time."""

    unit: str
    spike: int
    """The first spike after the fall, from 1."""
    before: float
    after: float
    n: int
    """How often they do."""


@dataclass(frozen=True)
class Train:
    """The spike times of a unit in a few numbers.

    Parameters
    ----------
    n_spikes : int
    first, last : float
        NaN without spikes.
    seconds : array
        Whole seconds in which it fires, each once, in order.
    n_long, n_short : int
        Intervals longer than `LONG`, and shorter than 10 ms.
    expected_short : float
        Short intervals of a Poisson unit of the same rate.
    n_fractional : int
        Spikes that are not at a whole number.
    restart : Restart or None
        Where its times start again, if they do.
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


def describe(times: np.ndarray, unit: str = "") -> Train:
    """Describe a unit's spike times.

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
    )


def _restart(times: np.ndarray, unit: str) -> Restart | None:
    """Return where times fall, if they mostly rise."""
    steps = np.diff(times)
    falls = np.flatnonzero(steps < -_RESET)
    if not len(falls) or len(times) < _SPIKES_OF_A_PART * len(falls) or np.median(steps) < 0:
        return None
    spike = int(falls[0]) + 1
    return Restart(unit, spike + 1, float(times[spike - 1]), float(times[spike]), len(falls))


@dataclass(frozen=True)
class Spikes:
    """The spikes of a session in a few numbers.

    Parameters
    ----------
    n_units : int
        Units that fire.
    n_spikes, n_long, n_short, n_fractional, n_intervals : int
    expected_short : float
        Sums over units; see `Train`.
    first, last : float
        NaN without spikes.
    seconds : array
        Whole seconds in which any unit fires, each once, in order.
    restarts : list of Restart
        Of the units that have one.
    n_ordered : int
        Units with enough spikes to have one.
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


def together(trains: Iterable[Train]) -> Spikes:
    """Describe the spikes of all units of a session."""
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
    )


class Diagnosis(NamedTuple):
    """What is wrong with a clock. All texts are empty where nothing is."""

    problem: str = ""
    """What a run refuses."""
    remedy: str = ""
    """What to do about it."""
    of_events: bool = False
    """Whether the problem is that of the event times, not of the spike times."""
    restarts: str = ""
    """Units whose spike times start again; a run sorts and reports them."""
    outside: str = ""
    """Trials outside the recording; a run keeps and reports them."""

    @property
    def remark(self) -> str:
        """All that a run reports."""
        return " ".join(filter(None, (self.restarts, self.outside)))


def diagnose(
    spikes: Spikes, opens: np.ndarray, closes: np.ndarray, what: str = "trials"
) -> Diagnosis:
    """Say whether spikes and trials are on one clock that counts seconds.

    Parameters
    ----------
    spikes : Spikes
        What `together` returned.
    opens, closes : array, shape (trial,)
        Ends of the trials' windows, as the file has them; NaN for trials without.
    what : str
        The messages' word for trials.

    Returns
    -------
    Diagnosis
    """
    restarts = ""
    if spikes.restarts:
        restarted = _restarted(spikes)
        # A clock that starts again does so for every unit; of a merged unit one half follows the
        # other, and sorting is right.
        if 2 * len(spikes.restarts) >= spikes.n_ordered:
            return Diagnosis(
                restarted,
                "Add to each part of the recording the length of the parts before it, or make "
                "each part a session. If the clock never started again, sort the file.",
            )
        restarts = f"{restarted} They are sorted."
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
            f"{n_outside:,} of {len(opens):,} {what} {lie} outside the recording, in part or as a "
            f"whole: no unit fires there (spikes: {spikes.first:g} to {spikes.last:g} s), and the "
            "missing rates are 0. Leave them out with the task's expression if they were not "
            "recorded."
        )
    return Diagnosis(restarts=restarts, outside=said)


def _restarted(spikes: Spikes) -> str:
    first = spikes.restarts[0]
    most = max(each.n for each in spikes.restarts)
    often = "once" if most == 1 else f"up to {most:,} times"
    return (
        f"the spike times of {len(spikes.restarts):,} of {spikes.n_units:,} units start again "
        f"{often}, for example after {first.before:g} at {first.after:g} s (unit {first.unit}, "
        f"spike {first.spike:,})."
    )


def outside_recording(spikes: Spikes, opens: np.ndarray, closes: np.ndarray) -> np.ndarray:
    """Return which windows reach where nothing was recorded, as far as spikes can tell.

    Before the first and after the last spike, a silence counts from a length on that
    exponentially distributed intervals between seconds with spikes exceed with a probability of
    1e-9 (for n intervals of mean m, the length is m n (1e-9^(-1/n) - 1)). Seconds are counted and
    not spikes, since spikes come in bursts. A pause in between counts alike if there are several
    units. A window that goes on past the spikes counts, too, if some 20 spikes are missing in it.

    Parameters
    ----------
    spikes : Spikes
        What `together` returned.
    opens, closes : array, shape (window,)
        Ends of the windows, s.

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
    outside |= missing > _EXPECTED * length / spikes.n_spikes
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
    """Return what is wrong with the unit of time of spikes or events, or their clock."""
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
    if spikes.n_spikes >= _ENOUGH_SPIKES and not spikes.n_fractional:
        return Diagnosis(
            f"all {spikes.n_spikes:,} spike times are whole numbers: they seem to be in samples or "
            "milliseconds.",
            "Divide sample numbers by the sampling rate, and milliseconds by 1,000; spikes and "
            "events must be in s.",
        )
    n_outside = f"{int(outside.sum()):,} of {len(opens):,} {what}"
    regular = spikes.expected_short > _EXPECTED and 20 * spikes.n_short < spikes.expected_short
    if later >= _SCALED and ((enough and regular) or scaled):
        odd = (
            f"{n_outside} lie outside the recording"
            if scaled
            else "units hardly ever fire twice within 10 ms"
        )
        return Diagnosis(
            f"{late}, and {odd}: spike times seem not to be in seconds.",
            f"Divide them by this factor, about {_factor(later)}. Sample numbers that were divided "
            "by 1,000 rather than by the sampling rate still have to be divided by the sampling "
            "rate in kHz.",
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
    if mostly_outside:
        return Diagnosis(
            f"{n_outside} lie outside the recording: no unit fires there ({what}: "
            f"{opens.min():,.10g} to {end:,.10g} s; spikes: {spikes.first:,.10g} to {last:,.10g} "
            "s).",
            "Spikes and events must be on one clock, in s. If these trials were not recorded, "
            "leave them out with the task's expression.",
        )
    apart = float(np.median(np.diff(np.sort(opens)))) if len(opens) >= _SPIKES_OF_A_PART else 0.0
    if mostly_long and apart >= _LONGEST_TASK:
        return Diagnosis(
            f"{what} are {apart:,.3g} s apart (median), and most intervals between a unit's spikes "
            f"exceed {LONG:g} s: spikes and events seem to be in milliseconds or samples.",
            "Divide milliseconds by 1,000, and sample numbers by the sampling rate; spikes and "
            "events must be in s.",
        )
    return None


def _is_scaled(spikes: Spikes, opens: np.ndarray, factor: float) -> bool:
    """Return whether lengths differ by a factor like that of the ends, in one of the two ways.

    If they do not, the clocks started at different times.
    """
    length, task = spikes.last - spikes.first, float(np.ptp(opens))
    if not (length > 0 and task > 0):
        return True
    ratio = max(length / task, task / length)
    return factor / _SAME <= ratio <= factor * _SAME


def _named(factor: float) -> tuple[str, str]:
    """Return the unit of time that is so many times too short, and what to do about it."""
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
