"""Matrices of training and test times in every region, of accuracies or of predictions."""

from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuro_attn.figures import style
from neuro_attn.inference.significance import significant

GAP = 0.04
"""Gap between the blocks of two tasks, as a fraction of a block."""

OUTLINES: dict[str, dict] = {
    "p_corrected": {"linewidths": 0.5},
    "p_corrected_below": {"linewidths": 0.9, "linestyles": [(0, (0.8, 0.8))]},
}
"""Lines around cells that are significant above and below chance."""

PANEL_HEIGHTS = (57.0, 41.0, 43.0, 37.0, 31.0)
"""Heights of square panels without margins, for one to five columns, mm."""


@style.drawing
def plotted(
    cross_temporal: xr.Dataset,
    alpha: float = 0.05,
    score: str = "balanced accuracy",
    *,
    directions: str = "above chance (solid) or below (dotted)",
    colors: str = style.DIVERGING,
    ax: style.Target | None = None,
) -> Figure:
    """Plot one panel per region, with one block per pair of training task (row) and test task.

    Blocks show training time (vertical) against test time (horizontal). Cells with corrected
    p < alpha are outlined, with solid lines above chance and dotted lines below. On the dashed
    diagonal, training and test time are equal. Grey lines mark the event.

    Parameters
    ----------
    cross_temporal : xarray.Dataset
        ``accuracy``, ``p_corrected`` and ``p_corrected_below`` (region, train_task, test_task,
        train_time, test_time), with times in s and the attribute ``chance``. The coordinate
        ``n_units`` (region) is optional.
    alpha : float
        Level of the tests.
    score : str
        What accuracy is.
    directions : str
        What the outlines mean.
    colors : str
        The colour map.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    regions = style.ordered(map(str, cross_temporal["region"].values))
    chance = float(cross_temporal.attrs["chance"])
    norm = style.chance_norm(cross_temporal["accuracy"].values, chance)
    # Regions must be further apart than the blocks of one region.
    matplotlib.rcParams["figure.constrained_layout.wspace"] = 0.07
    height = PANEL_HEIGHTS[style.n_columns(len(regions)) - 1]
    canvas, panels = style.region_panels(ax, len(regions), 1, panel_height=height, extra_height=15)
    for column, region in enumerate(regions):
        axes = panels[column][0]
        _draw_region(axes, cross_temporal.sel(region=region), norm, alpha, colors)
        units = cross_temporal.coords.get("n_units")
        note = "" if units is None else style.count([float(units.sel(region=region))], "unit")
        style.panel_title(axes, region, note)
        if style.is_leftmost(column, len(regions)):
            axes.set_ylabel("training time (s)")
        else:
            axes.tick_params(which="both", labelleft=False)
        if not style.is_lowest(column, len(regions)):
            axes.tick_params(which="both", labelbottom=False)
    accuracy = cross_temporal["accuracy"]
    worst = float(accuracy.max() if colors == style.DIVERGING_ERRORS else accuracy.min())
    style.accuracy_bar(canvas, norm, [panel[0] for panel in panels], worst, score, colors)
    marks = f"corrected p < {style.proportion(alpha)} {directions}"
    canvas.x_label(f"test time (s); outlined: {marks}")
    return canvas.figure


def _draw_region(
    axes: Axes, region: xr.Dataset, norm: Normalize, alpha: float, colors: str
) -> None:
    trained, tested = (
        [str(task) for task in region[each].values] for each in ("train_task", "test_task")
    )
    edges = _edges(region["train_time"].values)
    length = edges[-1] - edges[0]
    step = length * (1 + GAP)
    for row, train_task in enumerate(trained):
        for column, test_task in enumerate(tested):
            block = region.sel(train_task=train_task, test_task=test_task)
            x = _edges(block["test_time"].values) + column * step
            y = edges + (len(trained) - 1 - row) * step
            accuracy = block["accuracy"].transpose("train_time", "test_time").values
            axes.pcolormesh(x, y, accuracy, cmap=colors, norm=norm, rasterized=True, zorder=1)
            axes.plot(
                x[[0, -1]], y[[0, -1]], color=style.INK, linewidth=0.4, dashes=(4, 4), zorder=2
            )
            _mark_event(
                axes, x - column * step, y - y[0] + edges[0], (column * step, y[0] - edges[0])
            )
            for name, line in OUTLINES.items():
                p = block[name].transpose("train_time", "test_time").values
                outline = _outline(significant(p, alpha), x, y)
                axes.add_collection(
                    LineCollection(outline, colors=style.INK, **line), autolim=False
                )
    _label_blocks(axes, trained, tested, edges=edges, step=step)
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.margins(0)


def _mark_event(axes: Axes, x: np.ndarray, y: np.ndarray, offset: tuple[float, float]) -> None:
    """Mark the event, time 0, in both directions of a block, if it is within the block."""
    right, up = offset
    event: dict[str, Any] = {"color": style.GREY, "linewidth": 0.6, "zorder": 2, "gid": "event"}
    if x[0] < 0 < x[-1]:
        axes.plot([right, right], [y[0] + up, y[-1] + up], **event)
    if y[0] < 0 < y[-1]:
        axes.plot([x[0] + right, x[-1] + right], [up, up], **event)


def _edges(centres: np.ndarray) -> np.ndarray:
    """Return the edges of evenly spaced bins."""
    width = centres[1] - centres[0] if len(centres) > 1 else 1.0
    return np.append(centres, centres[-1] + width) - width / 2


def _outline(mask: np.ndarray, x: np.ndarray, y: np.ndarray) -> list[list[tuple[float, float]]]:
    """Return the edges between cells inside and outside `mask`, as line segments.

    We do not use contour lines, because they connect cell centres and cut off corners.
    """
    padded = np.pad(mask, 1)
    upright = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    level = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    return [[(x[j], y[i]), (x[j], y[i + 1])] for i, j in upright] + [
        [(x[j], y[i]), (x[j + 1], y[i])] for i, j in level
    ]


def _label_blocks(
    axes: Axes, trained: list[str], tested: list[str], *, edges: np.ndarray, step: float
) -> None:
    """Label each block with times at its major ticks and with its task at the centre of a side."""
    times = MaxNLocator(2 if len(tested) > 3 else 3, steps=[1, 2, 2.5, 5, 10]).tick_values(
        edges[0], edges[-1]
    )
    inside = [
        float(time)
        for time in times
        if edges[0] - 1e-9 <= time <= edges[-1] - 0.15 * (edges[-1] - edges[0])
    ]
    middle = (edges[0] + edges[-1]) / 2
    labels = [f"{time:g}".replace("-", style.MINUS) for time in inside]
    for axis, order in ((axes.xaxis, tested), (axes.yaxis, trained[::-1])):
        axis.remove_overlapping_locs = False  # keep the task's name even if a time is at the centre
        axis.set_ticks(
            [time + block * step for block in range(len(order)) for time in inside],
            labels * len(order),
            fontsize=style.size(style.NOTE),
        )
        axis.set_ticks([middle + block * step for block in range(len(order))], order, minor=True)
    axes.tick_params(which="minor", length=0, labelsize=style.size(style.SMALL))
    axes.tick_params(axis="x", which="minor", pad=9)
    axes.tick_params(axis="y", which="minor", pad=3 + 3.5 * max(map(len, labels), default=0))
    for label in axes.get_yticklabels(minor=True):
        label.set(rotation=90, va="center")
