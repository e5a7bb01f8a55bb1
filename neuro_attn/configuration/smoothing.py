"""Settings of the smoothing of spike trains."""

from typing import Literal

from pydantic import model_validator

from neuro_attn.configuration.types import AtKeyError, Positive, Settings

KERNELS = {
    "causal_gaussian": "sd",
    "gaussian": "sd",
    "causal_boxcar": "width",
    "boxcar": "width",
}
"""The key that sets the size of each kernel."""
REACH = 4.0
"""SDs at which a Gaussian kernel ends."""
_LONG = 5.0
"""Implausibly large size of a kernel, s, which is probably in ms."""


class Smoothing(Settings):
    """A kernel with which spikes are convolved; rates are the result at the bin centres."""

    kernel: Literal["causal_gaussian", "gaussian", "causal_boxcar", "boxcar"]
    """Causal kernels use only earlier spikes; boxcars are windows that slide by `bin`."""
    sd: Positive | None = None
    """SD of a Gaussian kernel, s; the causal one is the half after the spike."""
    width: Positive | None = None
    """Width of a boxcar, s: a window centred on a time, or (causal) ending at it."""

    @model_validator(mode="after")
    def _size_fits_the_kernel(self) -> "Smoothing":
        needed = KERNELS[self.kernel]
        other = "width" if needed == "sd" else "sd"
        if getattr(self, needed) is None:
            raise AtKeyError(
                needed, message=f"kernel {self.kernel} needs {needed}, in s, as {needed}: 0.05"
            )
        if getattr(self, other) is not None:
            raise AtKeyError(
                other, message=f"kernel {self.kernel} has {needed}, not {other}; remove the key"
            )
        if self.size >= _LONG:
            raise AtKeyError(
                needed,
                message=f"a kernel of {self.size:g} s is longer than any trial; times are in s, so "
                f"{self.size:g} ms is {self.size / 1000:g}",
            )
        return self

    @property
    def size(self) -> float:
        """SD or width of the kernel, s."""
        return float(getattr(self, KERNELS[self.kernel]))

    @property
    def is_causal(self) -> bool:
        """Whether rates depend on earlier spikes only."""
        return self.kernel.startswith("causal")

    @property
    def reach(self) -> tuple[float, float]:
        """How long before and after a time its rate depends on spikes, s."""
        whole = REACH * self.size if KERNELS[self.kernel] == "sd" else self.size
        half = whole if KERNELS[self.kernel] == "sd" else whole / 2
        return (whole, 0.0) if self.is_causal else (half, half)

    def __str__(self) -> str:
        """Describe the kernel in words."""
        shape = "Gaussian" if KERNELS[self.kernel] == "sd" else "boxcar"
        causal = "causal " + "half-" * (shape == "Gaussian") if self.is_causal else ""
        of = "SD" if shape == "Gaussian" else "width"
        return f"{causal}{shape} kernel ({of} {1000 * self.size:g} ms)"
