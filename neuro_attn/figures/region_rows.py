"""Curves over time of more regions than have room for panels: a heat map with a row for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuro_attn.figures import style
from neuro_attn.figures.captions import percent
from neuro_attn.figures.over_time import LABELS, Shown, averaged, of_trained_tasks
from neuro_attn.figures.verdict_words import listing
from neuro_attn.inference.significance import significant

BLOCK = 80
"""Regions below one another; further ones are in blocks beside the first."""
ROW, EXTRA = 2.4, 24.0
"""Height of a row, and total height of labels, mm."""
PALER = 0.7
"""Opacity of the white over times that are not significant."""


@style.drawing
def plotted(
    transfer: pd.DataFrame, shown: Shown | None = None, *, ax: style.Target | None = None
) -> Figure:
    """Plot one row per region, in blocks side by side, within tasks beside across tasks.

    Colours are means over the tasks, or over the directions between them. They are pale where not
    all of them have corrected p < alpha. Lines mark the event, and bars above the rows the windows.

    Parameters
    ----------
    transfer : pandas.DataFrame
        The table of accuracy over time; rows with session ``all`` are plotted.
    shown : Shown, optional
        What is marked and named.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    shown = shown or Shown()
    rows = of_trained_tasks(style.across_sessions(transfer, "transfer"))
    blocks = blocks_of(style.ordered(rows["region"]))
    means = {region: averaged(here) for region, here in rows.groupby("region", sort=False)}
    table = pd.concat(means, names=["region"]).reset_index("region")
    norm = style.chance_norm(table["accuracy"].to_numpy(float), table["chance"].mean())
    colors = style.DIVERGING_ERRORS if shown.smaller_is_better else style.DIVERGING
    kinds = [kind for kind in LABELS if (table["kind"] == kind).any()]
    panels = [(block, kind) for block in blocks for kind in kinds]
    canvas = style.Canvas.of(ax, style.DOUBLE, EXTRA + ROW * len(blocks[0]))
    (grid,) = canvas.panels(1, len(panels), sharex=True)
    for axes, (block, kind) in zip(grid, panels, strict=True):
        look = {"cmap": colors, "norm": norm}
        _draw_block(axes, table[table["kind"] == kind], block, look, shown.alpha)
        _mark_times(axes, shown.windows)
        axes.set_title(LABELS[kind], fontsize=style.size(style.SMALL))
        names = block if kind == kinds[0] else []
        axes.set_yticks(range(len(names)), names, fontsize=style.size(style.NOTE))
        axes.tick_params(axis="y", length=0, pad=1)
        axes.locator_params(axis="x", nbins=3)
        axes.set_ylim(len(blocks[0]) - 0.5, -0.5)
        axes.spines[:].set_visible(False)
    worst = table["accuracy"].max() if shown.smaller_is_better else table["accuracy"].min()
    style.accuracy_bar(canvas, norm, list(grid), worst, shown.score, colors)
    bars = f"; bars above: {listing(shown.windows)}" if shown.windows else ""
    pale = f"pale: corrected p \N{GREATER-THAN OR EQUAL TO} {style.proportion(shown.alpha)}"
    canvas.x_label(f"time from {shown.event} (s){bars}; {pale}")
    return canvas.figure


def how_to_read(in_rows: bool, over: str, confidence: float) -> str:
    """Return what a caption says of means over tasks and of marks of significance.

    Parameters
    ----------
    in_rows : bool
        Whether regions are rows, or panels as of `over_time.plotted`.
    over : str
        Over what the means are.
    confidence : float
        Coverage of the intervals.

    Examples
    --------
    >>> how_to_read(True, "tasks", 0.95)
    'Rows: means over tasks. Full colour'
    """
    if in_rows:
        return f"Rows: means over {over}. Full colour"
    of_intervals = f"Bands: means of their {percent(confidence)} intervals."
    return f"Thick lines: means over {over}. {of_intervals} Bars"


def blocks_of(regions: Sequence[str]) -> list[list[str]]:
    """Return the regions in blocks of the same size; only the last can be smaller.

    Examples
    --------
    >>> [len(block) for block in blocks_of([str(number) for number in range(101)])]
    [51, 50]
    """
    n_blocks = -(-len(regions) // BLOCK)
    size = -(-len(regions) // n_blocks)
    return [list(regions[first : first + size]) for first in range(0, len(regions), size)]


def _draw_block(
    axes: Axes, rows: pd.DataFrame, block: Sequence[str], look: dict[str, Any], alpha: float
) -> None:
    accuracy, p = (
        rows.pivot_table(column, "region", "time").reindex(block).to_numpy(float)
        for column in ("accuracy", "p_corrected")
    )
    places: dict[str, Any] = {"shading": "nearest", "rasterized": True}
    grid = np.unique(rows["time"]), np.arange(len(block))
    values = np.ma.masked_invalid(accuracy)
    axes.pcolormesh(*grid, values, **look, **places)
    paler = np.ma.masked_where(significant(p, alpha) | values.mask, np.ones(values.shape))
    axes.pcolormesh(
        *grid, paler, cmap="Greys_r", vmin=0, vmax=1, alpha=PALER, gid="paler", **places
    )


def _mark_times(axes: Axes, windows: Mapping[str, tuple[float, float]]) -> None:
    """Mark the event by a line, and windows by bars above the rows."""
    axes.axvline(0, color=style.INK, linewidth=0.4)
    for span in windows.values():
        above = axes.get_xaxis_transform()
        look: dict[str, Any] = {
            "color": style.GREY,
            "linewidth": 1.6,
            "clip_on": False,
            "gid": "window",
        }
        axes.plot(span, [1, 1], transform=above, **look)
