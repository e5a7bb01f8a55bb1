"""Geometry of population codes: every measure by region, task and window."""

import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.figures import geometry
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.geometry.specification import labels

TITLE = "All measures of geometry"
OF = "dataset"
SECTION = "Geometry"
NEEDS = ("{dataset}/geometry.csv",)

MEASURES = labels()
"""Axis labels of the measures to plot, which have no units."""


def draw(table: pd.DataFrame, confidence: float = 0.95) -> Figure:
    """Plot every measure that has a label, as `geometry.draw` plots the main ones."""
    return geometry.draw(table, confidence, MEASURES)


def caption(table: pd.DataFrame) -> str:
    """Describe the figure, with the clearest values, their ceiling and floor."""
    return geometry.caption(table, MEASURES)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    table = results["geometry"]
    return Drawn(draw(table, settings.inference.confidence), caption(table))
