"""Arguments and return type of the function ``drawn(results, settings)`` of every figure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.figure import Figure

Results = Mapping[str, Any]
"""Inputs of a figure by the stem of the file: table, Dataset, or Datasets of all replicates."""


class Drawn(NamedTuple):
    """A figure with its caption, in reStructuredText."""

    figure: Figure
    caption: str


class Compared(NamedTuple):
    """Settings of the figures of the comparison."""

    brain: str
    """The data set of the regions."""
    networks: Mapping[str, tuple[str, bool]]
    """For each network data set, the network and whether it is trained."""
    confidence: float
    """Coverage of the intervals."""
