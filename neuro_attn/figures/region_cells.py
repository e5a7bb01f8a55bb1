"""Values of network populations in more regions than have room for panels: a heat map."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from neuro_attn.figures import style
from neuro_attn.figures.region_rows import ROW, blocks_of

EXTRA = 42.0
"""Total height of titles and of the names of populations, mm."""
MOST_TITLES = 7
"""With more panels, titles are vertical."""


@style.drawing
def plotted(
    panels: Mapping[str, pd.DataFrame],
    label: str,
    marked: pd.DataFrame | None = None,
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot one row per region and one column per population, in blocks of regions side by side.

    Parameters
    ----------
    panels : mapping of str to pandas.DataFrame
        Values by title, with regions as the index and populations as columns.
    label : str
        What the values are.
    marked : pandas.DataFrame, optional
        Whether a region and population are marked by a dot.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    regions = style.ordered(next(iter(panels.values())).index)
    blocks = blocks_of(regions)
    canvas = style.Canvas.of(ax, style.DOUBLE, EXTRA + ROW * len(blocks[0]))
    (grid,) = canvas.panels(1, len(blocks) * len(panels))
    values = np.concatenate([each.to_numpy(float).ravel() for each in panels.values()])
    norm = Normalize(np.nanmin(values), np.nanmax(values))
    columns = [(block, title) for block in blocks for title in panels]
    for axes, (block, title) in zip(grid, columns, strict=True):
        shown = panels[title].loc[block]
        look: dict[str, Any] = {"cmap": style.SEQUENTIAL, "norm": norm, "shading": "nearest"}
        places = np.arange(shown.shape[1]), np.arange(len(block))
        cells = np.ma.masked_invalid(shown.to_numpy(float))
        axes.pcolormesh(*places, cells, rasterized=True, **look)
        if marked is not None:
            y, x = np.nonzero(marked.loc[block, shown.columns].to_numpy(bool))
            dot: dict[str, Any] = {"markersize": 2.2, "markeredgewidth": 0, "gid": "marked"}
            axes.plot(x, y, "o", color=style.ACCENT, **dot)
        # Beside each other, many titles have no room.
        axes.set_title(
            title,
            fontsize=style.size(style.SMALL),
            rotation=90 if len(columns) > MOST_TITLES else 0,
        )
        axes.set_xticks(places[0], shown.columns, rotation=90, fontsize=style.size(style.NOTE))
        names = block if title == next(iter(panels)) else []
        axes.set_yticks(range(len(names)), names, fontsize=style.size(style.NOTE))
        axes.tick_params(length=0, pad=1)
        axes.set_ylim(len(blocks[0]) - 0.5, -0.5)
        axes.spines[:].set_visible(False)
    scale = ScalarMappable(norm, style.SEQUENTIAL)
    bar = canvas.color_bar(scale, list(grid), shrink=0.5, aspect=18, pad=0.01, fraction=0.05)
    bar.set_label(label)
    bar.outline.set_linewidth(0.4)
    return canvas.figure
