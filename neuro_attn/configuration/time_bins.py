"""The time bins of the rates."""

import math
from typing import TYPE_CHECKING

from pydantic import model_validator

from neuro_attn.configuration.smoothing import Smoothing
from neuro_attn.configuration.types import AtKeyError, Positive, Seconds, Settings

if TYPE_CHECKING:
    import numpy as np

_MOST_BINS = 10_000
_LONG_BIN, _LONG_TIME = 5.0, 100.0
"""Implausibly long bins and times, s, which are probably in ms."""
_ROUNDING = 1e-6
"""Tolerated error of edges, as a fraction of a bin."""


class Time(Settings):
    """The time bins of the rates, in s from the task's event."""

    start: Seconds
    """Left edge of the first bin."""
    stop: Seconds
    """Right edge of the last bin."""
    bin: Positive
    """Width of a bin; the time from start to stop must be a whole number of bins."""
    smoothing: Smoothing | None = None
    """Kernel with which spikes are convolved (sources of spikes only); null: counts in bins."""

    @model_validator(mode="after")
    def _holds_whole_bins(self) -> "Time":
        bins = (self.stop - self.start) / self.bin
        if self.bin >= _LONG_BIN and max(abs(self.start), abs(self.stop)) >= _LONG_TIME:
            raise ValueError(
                f"bins of {self.bin:g} s from {self.start:g} to {self.stop:g} s seem to be in ms; "
                f"times are in s: {{start: {self.start / 1000:g}, stop: {self.stop / 1000:g}, "
                f"bin: {self.bin / 1000:g}}}"
            )
        if self.stop > self.start and self.bin > (self.stop - self.start) * (1 + _ROUNDING):
            raise AtKeyError(
                "bin",
                message=f"a bin of {self.bin:g} s is longer than the time from {self.start:g} to "
                f"{self.stop:g} s; times are in s, so a bin of {self.bin:g} ms is "
                f"{self.bin / 1000:g}",
            )
        if bins > _MOST_BINS:
            in_ms = max(abs(self.start), abs(self.stop)) >= _LONG_TIME and self.bin < 1
            remedy = (
                f"; if start and stop are in ms, write {{start: {self.start / 1000:g}, stop: "
                f"{self.stop / 1000:g}, bin: {self.bin:g}}}"
            )
            raise ValueError(
                f"{bins:g} bins of {self.bin:g} s; at most {_MOST_BINS} are possible"
                + (remedy if in_ms else "; times are in s, so a bin of 50 ms is 0.05")
            )
        if self.stop <= self.start or abs(bins - round(bins)) > 1e-6:
            raise ValueError(
                f"start {self.start:g} to stop {self.stop:g} is not a whole number of bins "
                f"of {self.bin:g} s"
            )
        return self

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return round((self.stop - self.start) / self.bin)

    @property
    def centres(self) -> "np.ndarray":
        """Centres of the bins, s from the event."""
        import numpy as np

        return self.start + self.bin * (np.arange(self.n_bins) + 0.5)

    @property
    def covered(self) -> tuple[float, float]:
        """First and last time of the spikes on which rates depend, s from the event."""
        if self.smoothing is None:
            return self.start, self.stop
        before, after = self.smoothing.reach
        first, last = self.start + self.bin / 2, self.stop - self.bin / 2
        return min(self.start, first - before), max(self.stop, last + after)

    @property
    def described(self) -> str:
        """How rates are computed, for captions: "in bins of 50 ms"."""
        step = f"{1000 * self.bin:g} ms"
        if self.smoothing is None:
            return f"in bins of {step}"
        return f"every {step} with a {self.smoothing}"

    def bins_in(self, window: tuple[float, float]) -> slice:
        """Return the bins that lie in a window (s) from edge to edge."""
        first, last = ((edge - self.start) / self.bin for edge in window)
        return slice(math.ceil(first - _ROUNDING), math.floor(last + _ROUNDING))
