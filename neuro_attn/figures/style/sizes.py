"""Sizes and colours in proportion to the matplotlib settings under which a figure is drawn."""

import matplotlib
from matplotlib.font_manager import FontProperties

from neuro_attn.figures.style.constants import TEXT


def size(points: float) -> float:
    """Return a font size of the journal, of text of `TEXT` points, for the user's text.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context({"font.size": 14}):
    ...     print(size(TEXT), size(5.5))
    14.0 11.0
    """
    return matplotlib.rcParams["font.size"] * points / TEXT


def legend_size() -> float:
    """Return the font size of legends, points."""
    return FontProperties(size=matplotlib.rcParams["legend.fontsize"]).get_size_in_points()


def title_size() -> float:
    """Return the font size of the titles of panels, points."""
    return FontProperties(size=matplotlib.rcParams["axes.titlesize"]).get_size_in_points()


def ink() -> str:
    """Return the colour of text, and of lines that have no meaning of their own."""
    return matplotlib.rcParams["text.color"]


def paper() -> str:
    """Return the background colour of axes, which fills open markers."""
    return matplotlib.rcParams["axes.facecolor"]
