"""Summaries of spike times, of a unit and of a session."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LONG = 0.5
"""Inter-spike interval, s; most intervals are shorter unless spikes are in milliseconds."""
_SHORT = 0.01
"""Short inter-spike interval, s; all units lack them only if the unit of time is wrong."""
_RESET = 1.0
"""Minimum decrease of spike times at a restart, s; merged units may be slightly unsorted."""
SPIKES_OF_A_PART = 10
"""Minimum mean number of spikes between restarts; unsorted times fall at every other spike."""


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
        n_single=int((times == in_single_precision(times)).sum()),
    )


def in_single_precision(times: np.ndarray) -> np.ndarray:
    """Return times in single precision; those beyond its range become infinite."""
    with np.errstate(over="ignore"):
        return times.astype(np.float32)


def _restart(times: np.ndarray, unit: str) -> Restart | None:
    """Return the first decrease of times that mostly increase."""
    steps = np.diff(times)
    falls = np.flatnonzero(steps < -_RESET)
    if not len(falls) or len(times) < SPIKES_OF_A_PART * len(falls) or np.median(steps) < 0:
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
        n_ordered=sum(train.n_spikes >= SPIKES_OF_A_PART for train in fired),
        n_single=sum(train.n_single for train in fired),
    )
