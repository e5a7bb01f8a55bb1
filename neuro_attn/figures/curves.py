"""Curves of accuracy against a size: units, or training trials."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from neuro_attn.figures import style

MOST_TOGETHER = 8
"""Largest number of regions per panel; more regions have a panel each."""

PANEL_HEIGHT, SMALL_PANEL_HEIGHT = 40.0, 25.0
"""Heights of a panel of a task pair and of a panel of a region, mm."""

DODGE = 1.05
"""Factor by which curves of a region's panel are shifted horizontally to separate their bars."""

MARKER_SIZE, SMALL_MARKER_SIZE = 2.4, 1.4
"""Sizes of markers in a panel of a task pair and in a panel of a region, points."""


class Size(NamedTuple):
    """The size against which accuracy is plotted.

    Parameters
    ----------
    column : str
        Column with the size.
    noun : str
        What is counted, in the singular.
    label : str
        Label of the axis.
    ticks : array
        Sizes that may have a tick, in ascending order.
    open : str
        Column that is true for points with an open marker; empty for none.
    open_label : str
        What such a marker means.
    """

    column: str
    noun: str
    label: str
    ticks: np.ndarray
    open: str = ""
    open_label: str = ""


@style.drawing
def plotted(
    table: pd.DataFrame, size: Size, score: str, *, ax: style.Target | None = None
) -> Figure:
    """Plot accuracy against a size; bars are one SD over draws.

    With up to `MOST_TOGETHER` regions, there is one panel per pair of tasks and window, with one
    curve per region. Curves are labelled at their ends, or in a legend if a name is long. With more
    regions, there is one column of panels per region and one row per window. The colour of a curve
    is then the test task, and curves are solid within tasks and dashed across tasks. With more
    than two tasks, every training task has its own row.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns region, train_task, test_task, window, accuracy, sd, chance, and those of `size`.
    size : Size
        The size.
    score : str
        Name of the score, on the axes.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    regions = style.ordered(table["region"])
    of_all = _draw_regions if len(regions) > MOST_TOGETHER else _draw_pairs
    canvas = of_all(table, regions, size, score, ax)
    chance = style.proportion(table["chance"].mean())
    is_open = f"; open: {size.open_label}" if size.open else ""
    canvas.x_label(f"{size.label} (n; bars: SD over draws{is_open}; dotted: chance, {chance})")
    return canvas.figure


def spread(sd: float) -> str:
    """Return the SD over draws as text for captions; empty for a single draw."""
    return "" if np.isnan(sd) else f" (SD over draws {sd:.2f})"


def _draw_pairs(
    table: pd.DataFrame, regions: list[str], size: Size, score: str, ax: style.Target | None
) -> style.Canvas:
    """Plot one panel per pair of tasks and window, with one curve per region."""
    looks = style.region_looks(regions)
    tasks = list(dict.fromkeys(table["train_task"]))
    windows = list(dict.fromkeys(table["window"]))
    tested = list(dict.fromkeys(table["test_task"]))
    pairs = list(product(tasks, tested))
    columns = 4 if len(pairs) == 4 else len(tested)
    rows = len(pairs) // columns
    canvas = style.Canvas.of(
        ax, style.SINGLE if columns == 1 else style.DOUBLE, PANEL_HEIGHT * rows * len(windows) + 8
    )
    axes_grid = canvas.panels(rows * len(windows), columns, sharex=True, sharey=True)
    is_short = max(map(len, regions)) <= 10
    for index, (window, (train_task, test_task)) in enumerate(
        (window, pair) for window in windows for pair in pairs
    ):
        axes = axes_grid.flat[index]
        here = table[
            (table["window"] == window)
            & (table["train_task"] == train_task)
            & (table["test_task"] == test_task)
        ]
        style.chance_line(axes, here["chance"].mean())
        _set_axes(axes, table, size, apart=1.9)
        ends = []
        for region, (color, marker) in looks.items():
            curve = _in_order(here[here["region"] == region], size)
            if curve.empty:
                continue
            axes.errorbar(
                curve[size.column],
                curve["accuracy"],
                curve["sd"],
                color=color,
                marker=marker,
                markersize=MARKER_SIZE,
                linewidth=0.9,
                elinewidth=0.6,
            )
            _open(axes, curve, size, color=color, marker=marker, markersize=MARKER_SIZE)
            last = curve.iloc[-1]
            ends.append((last[size.column], last["accuracy"], region, color))
        style.panel_title(axes, f"{train_task} → {test_task}")
        if is_short:
            style.end_labels(axes, ends, PANEL_HEIGHT - 9)
        if index % columns == 0:
            axes.set_ylabel(f"window: {window}\n{score}")
    if not is_short:  # long names at the curves' ends would leave no space for the curves
        handles = [
            Line2D([], [], color=color, marker=marker, markersize=MARKER_SIZE, label=region)
            for region, (color, marker) in looks.items()
        ]
        canvas.legend(handles, 4)
    return canvas


def _draw_regions(
    table: pd.DataFrame, regions: list[str], size: Size, score: str, ax: style.Target | None
) -> style.Canvas:
    """Plot one column of panels per region, with one curve per pair of tasks."""
    tasks = list(dict.fromkeys(table["train_task"]))
    windows = list(dict.fromkeys(table["window"]))
    colors = style.task_colors(table["test_task"])
    trained = [tasks] if len(tasks) <= 2 else [[task] for task in tasks]
    rows = [(window, together) for window in windows for together in trained]
    canvas, panels = style.region_panels(
        ax, len(regions), len(rows), panel_height=SMALL_PANEL_HEIGHT, extra_height=14, share=True
    )
    for column, region in enumerate(regions):
        for row, (window, train_tasks) in enumerate(rows):
            axes = panels[column][row]
            here = table[
                (table["region"] == region)
                & (table["window"] == window)
                & table["train_task"].isin(train_tasks)
            ]
            style.chance_line(axes, here["chance"].mean())
            _set_axes(axes, table, size, apart=3.9)
            _draw_curves(axes, here, size, colors)
            leftmost = style.is_leftmost(column, len(regions))
            lowest = row == len(rows) - 1 and style.is_lowest(column, len(regions))
            style.outer_labels(axes, left=leftmost, bottom=lowest)
            if row == 0:
                most = style.count([here[size.column].max()], size.noun)
                style.panel_title(axes, region, f"up to {most}")
            if leftmost:
                of_task = f"\ntrained on {train_tasks[0]}" if len(trained) > 1 else ""
                axes.set_ylabel(f"window: {window}{of_task}")
    canvas.y_label(score)
    handles = [
        Line2D([], [], color=color, label=f"tested on {task}") for task, color in colors.items()
    ]
    if len(colors) > 1:
        handles += [
            Line2D([], [], color=style.ink(), label="within task"),
            Line2D([], [], color=style.ink(), linestyle=(0, (3, 1)), label="across tasks"),
        ]
    canvas.legend(handles, 4)
    return canvas


def _draw_curves(axes: Axes, here: pd.DataFrame, size: Size, colors: dict[str, str]) -> None:
    """Plot one curve per pair of tasks, shifted horizontally to separate their bars."""
    pairs = list(here.groupby(["train_task", "test_task"], sort=False))
    for place, ((train_task, test_task), rows) in enumerate(pairs):
        curve = _in_order(rows, size)
        curve[size.column] *= DODGE ** (place - (len(pairs) - 1) / 2)
        axes.errorbar(
            curve[size.column],
            curve["accuracy"],
            curve["sd"],
            color=colors[test_task],
            linestyle="-" if train_task == test_task else (0, (3, 1)),
            marker="o",
            markersize=SMALL_MARKER_SIZE,
            linewidth=0.9,
            elinewidth=0.4,
        )
        _open(axes, curve, size, color=colors[test_task], marker="o", markersize=SMALL_MARKER_SIZE)


def _in_order(rows: pd.DataFrame, size: Size) -> pd.DataFrame:
    """Return the points of a curve, in ascending order of the size."""
    kept = rows.dropna(subset="accuracy").astype({size.column: float})
    return kept.sort_values(size.column, kind="stable")


def _open(
    axes: Axes, curve: pd.DataFrame, size: Size, *, color: str, marker: str, markersize: float
) -> None:
    """Draw open markers over the points of a curve that have them."""
    if size.open:
        points = curve[curve[size.open]]
        axes.plot(
            points[size.column],
            points["accuracy"],
            color=color,
            linestyle="",
            marker=marker,
            markersize=1.6 * markersize,
            markerfacecolor=style.paper(),
            markeredgewidth=0.7,
            zorder=3,
        )


def _set_axes(axes: Axes, table: pd.DataFrame, size: Size, apart: float) -> None:
    """Set common limits, and ticks at sizes that differ by at least the factor `apart`."""
    sizes = table[size.column]
    sd = table["sd"].fillna(0)
    low = min((table["accuracy"] - sd).min(), table["chance"].min())
    high = (table["accuracy"] + sd).max()
    axes.set_xscale("log")
    axes.set_xlim(sizes.min() * 0.85, sizes.max() * 1.18)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    axes.xaxis.set_major_locator(FixedLocator(_sparse(size.ticks, apart)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    style.proportion_ticks(axes)


def _sparse(sizes: np.ndarray, apart: float) -> list[float]:
    """Return sizes that differ by at least the factor `apart`, for ticks on a log axis."""
    kept = [float(sizes[0])]
    for size in sizes[1:]:
        if size >= apart * kept[-1]:
            kept.append(float(size))
    return kept
