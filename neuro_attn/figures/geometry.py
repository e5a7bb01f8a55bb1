"""Geometry of population codes: the main measures by region, task and window."""

import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.figures import style
from neuro_attn.figures.geometry_panels import described, plotted
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.geometry.specification import main_labels

TITLE = "Geometry"
OF = "dataset"
SECTION = "Geometry"
NEEDS = ("{dataset}/geometry.csv",)

MEASURES = main_labels()
"""Axis labels of the measures to plot, which have no units."""


def draw(
    geometry: pd.DataFrame, confidence: float = 0.95, *, ax: style.Target | None = None
) -> Figure:
    """Plot the main measures, as `geometry_panels.plotted` describes.

    Parameters
    ----------
    geometry : pandas.DataFrame
        The table of geometry.
    confidence : float
        Coverage of the intervals.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    return plotted(geometry, confidence, MEASURES, ax=ax)


def caption(geometry: pd.DataFrame) -> str:
    """Describe the figure, with the clearest values, their ceiling and floor."""
    return described(geometry, MEASURES)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    geometry = results["geometry"]
    return Drawn(draw(geometry, settings.inference.confidence), caption(geometry))
