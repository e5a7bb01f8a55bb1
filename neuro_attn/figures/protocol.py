"""What a figure gets and gives: every module of a figure has ``drawn(results, settings)``."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.figure import Figure

Results = Mapping[str, Any]
"""What a figure needs, by the stem of its file: tables, arrays, or the arrays of all replicates."""


class Drawn(NamedTuple):
    """A figure with its caption, in reStructuredText."""

    figure: Figure
    caption: str


class Compared(NamedTuple):
    """Settings of figures of the comparison."""

    brain: str
    """The data set of the regions."""
    networks: Mapping[str, tuple[str, bool]]
    """The data sets of networks: which network, and whether it was trained."""
    confidence: float
    """Coverage of the intervals."""
