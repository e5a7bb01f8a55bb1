r"""Shapes of a rise of accuracy that begins at a given time.

A signal s begins to rise at t0 and takes a duration (ramp, sigmoid) or has a time constant
(exponential) of D. With x = (t - t0) / D,

.. math::
    s_\text{exponential} = 1 - e^{-x}, \qquad s_\text{ramp} = \min(x, 1), \qquad
    s_\text{sigmoid} = \tfrac12 - \tfrac12 \cos(\pi \min(x, 1)) .

The accuracy a of a decoder of this signal is

.. math:: d(s) \propto \frac{s^2}{\sqrt{s^2 + \kappa}}, \qquad
    a(s) - chance \propto \Phi(d(s)) - \tfrac12,

with s averaged over each bin, as rates are. Estimated weights are noisy, so a decoder's d' falls
with the square of a weak signal; kappa is the signal strength at which this begins (for a linear
discriminant, units / training trials divided by the squared d' of the full signal). At s = 1, d is
that of the highest accuracy.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

WEAKNESSES = (0.1, 0.3, 1.0)
"""Values of kappa that are tried."""


class Shape(NamedTuple):
    """A shape of the signal: its integral over time, and the durations that are tried, s."""

    integral: Callable[[np.ndarray, float], np.ndarray]
    durations: tuple[float, ...]


def _exponential(since: np.ndarray, duration: float) -> np.ndarray:
    return since + duration * np.expm1(-since / duration)


def _ramp(since: np.ndarray, duration: float) -> np.ndarray:
    rising = np.minimum(since, duration)
    return rising**2 / (2 * duration) + since - rising


def _sigmoid(since: np.ndarray, duration: float) -> np.ndarray:
    rising = np.minimum(since, duration)
    wave = duration / np.pi * np.sin(np.pi * rising / duration)
    return (rising - wave) / 2 + since - rising


SHAPES = {
    "exponential": Shape(_exponential, (0.01, 0.02, 0.04, 0.08, 0.16)),
    "ramp": Shape(_ramp, (0.05, 0.1, 0.2, 0.3, 0.4)),
    "sigmoid": Shape(_sigmoid, (0.05, 0.1, 0.2, 0.3, 0.4)),
}
NAMES = np.repeat(
    list(SHAPES), [len(WEAKNESSES) * len(shape.durations) for shape in SHAPES.values()]
)
"""The name of the shape of each rise of `rises`."""
LONGEST = max(max(shape.durations) for shape in SHAPES.values())
"""The longest time that a rise can take, s."""


def signal(name: str, duration: float, *, edges: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the signal (start, bin) between the edges of bins, for each start of the rise."""
    since = (edges - starts[:, None]).clip(min=0)
    return np.diff(SHAPES[name].integral(since, duration)) / np.diff(edges)


def accuracy(signal: np.ndarray, highest: float, weakness: float) -> np.ndarray:
    """Return accuracy minus 1/2 of a decoder of two classes, given its d and kappa at s = 1."""
    d = highest * signal**2 * np.sqrt((1 + weakness) / (signal**2 + weakness))
    return ndtr(d) - 0.5


def rises(edges: np.ndarray, starts: np.ndarray, highest: float) -> np.ndarray:
    """Return rises from 0 to 1 of all shapes, durations and weaknesses, (start, rise, bin).

    Parameters
    ----------
    edges : array, shape (bin + 1,)
        Edges of the bins, s.
    starts : array, shape (start,)
        When rises begin, s.
    highest : float
        The highest accuracy, from 0 (chance) to 1; that of the full signal is the same.
    """
    d = ndtri(np.clip((1 + highest) / 2, 0.51, 0.999))
    signals = [
        signal(name, duration, edges=edges, starts=starts)
        for name, shape in SHAPES.items()
        for duration in shape.durations
    ]
    found = [accuracy(each, d, weak) for each in signals for weak in WEAKNESSES]
    return np.stack(found, axis=1) / (ndtr(d) - 0.5)
