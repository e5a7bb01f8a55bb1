"""The nulls of a region, in blocks of permutations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

NAMES = ("null", "mirrored")
"""Shuffled labels and, in complete results, mirrored units."""
STORED = tuple(f"{prefix}{name}" for prefix in ("", "window_", "cross_") for name in NAMES)
"""Variables of decoding results that are nulls: at equal times, in windows, at pairs of times."""


class Nulls:
    """The nulls of a region, of which parts are in memory.

    Parameters
    ----------
    blocks : sequence of xarray.Dataset
        From `decoding.decode_region`, with the first permutations, and `decoding.decode_nulls`,
        in order. Variables can be on disk (`recording.on_disk`).
    prefix : str
        Empty for equal times, else ``window_`` or ``cross_``.
    """

    def __init__(self, blocks: Sequence[xr.Dataset], prefix: str = ""):
        self.names = [name for name in NAMES if f"{prefix}{name}" in blocks[0]]
        self._values = {name: [block[f"{prefix}{name}"] for block in blocks] for name in self.names}

    def of(self, name: str, **chosen: Any) -> np.ndarray:
        """Return a null with the permutation last, at indices or slices of its dimensions."""
        return np.concatenate(
            [each.isel(chosen).transpose(..., "permutation").values for each in self._values[name]],
            axis=-1,
        )

    def n_sessions(self) -> int:
        """Return the number of sessions."""
        return int(self._values[self.names[0]][0].sizes["session"])

    def over_sessions(self, name: str) -> np.ndarray:
        """Return the mean over sessions, summed in double precision in their order."""
        total = self.of(name, session=0).astype(float)
        for session in range(1, self.n_sessions()):
            total += self.of(name, session=session)
        return total / self.n_sessions()

    def blocks(self, name: str, **chosen: Any) -> list[xr.DataArray]:
        """Return the blocks of a null at indices of its dimensions, without reading them."""
        return [each.isel(chosen).transpose(..., "permutation") for each in self._values[name]]
