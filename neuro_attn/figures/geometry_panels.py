"""Panels of geometry measures by region, task and window."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, interval, most_certain, paragraphs

STATED = 3
"""Measures whose largest value the caption states."""
MANY = 12
"""With more regions, rows are closer together."""
ACROSS = (0, (1, 1.5))
"""Line style of intervals for the region in other sessions."""
LARGEST = 1.6
"""Largest cosine on the axis; debiased cosines of weak codes can exceed 1 by far."""


@style.drawing
def plotted(
    geometry: pd.DataFrame,
    confidence: float,
    measures: Mapping[str, str],
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot one panel per measure and task, with one row per region and one dot per window.

    Windows are shaded from early (pale) to late (dark). Grey bars extend from floor to ceiling.

    Parameters
    ----------
    geometry : pandas.DataFrame
        ``region``, ``task``, ``window``, ``measure``, ``value``, ``ci_low``, ``ci_high``,
        ``region_ci_low``, ``region_ci_high``, ``ceiling`` and ``floor``; windows in temporal
        order.
    confidence : float
        Coverage of the intervals.
    measures : mapping of str to str
        Axis labels of the measures to plot, which have no units.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    tasks = list(dict.fromkeys(geometry["task"]))  # of all measures, so that figures have one order
    geometry = geometry[geometry["measure"].isin(measures)]
    if geometry.empty:
        return style.blank("no measure is defined: the codes are not reliable", ax)
    regions = style.ordered(geometry["region"])
    windows = list(dict.fromkeys(geometry["window"]))
    shades = dict(zip(windows, _shades(len(windows)), strict=True))
    panels = [
        (measure, task)
        for measure in measures
        for task in tasks
        if ((geometry["measure"] == measure) & (geometry["task"] == task)).any()
    ]
    columns = min(style.n_columns(len(panels)), 4 if len(panels) <= 4 else 3)
    rows = -(-len(panels) // columns)
    dense = len(regions) > MANY
    line = style.row_height(
        regions, max(3.0 if dense else 5.0, (1.8 if dense else 2.4) * len(windows))
    )
    canvas = style.Canvas.of(
        ax,
        style.width_for(columns),
        rows * (14 + max(line * len(regions), 9)) + 10,
    )
    grid = canvas.panels(rows, columns, sharey=True)
    for index, (measure, task) in enumerate(panels):
        axes = grid.flat[index]
        of_measure = geometry[geometry["measure"] == measure]
        _draw_measure(axes, of_measure[of_measure["task"] == task], regions, shades)
        _same_limits(axes, of_measure)
        style.panel_title(axes, task)
        axes.set_xlabel(measures[measure])
        style.outer_labels(axes, index % columns == 0, bottom=True)
    for unused in grid.flat[len(panels) :]:
        unused.remove()
    over_sessions = bool(geometry["region_ci_low"].notna().any())
    _add_legend(canvas, shades, columns, confidence, over_sessions)
    return canvas.figure


def _add_legend(
    canvas: style.Canvas,
    shades: dict[str, Any],
    columns: int,
    confidence: float,
    over_sessions: bool,
) -> None:
    """Add a legend of the windows above the figure."""
    handles = [
        Line2D([], [], color=shade, linewidth=0.8, marker="o", markersize=3.4, label=window)
        for window, shade in shades.items()
    ]
    handles.append(Line2D([], [], color=style.PALE, linewidth=4, label="floor to ceiling"))
    if over_sessions:
        handles.append(
            Line2D(
                [], [], color=style.ink(), linewidth=0.6, linestyle=ACROSS, label="over sessions"
            )
        )
    in_legend = 2 if columns == 1 else len(handles)
    canvas.legend(handles, in_legend, f"lines: {confidence:.0%} intervals over trials")


def described(geometry: pd.DataFrame, measures: Mapping[str, str]) -> str:
    """Return the caption, with the clearest values, their ceiling and floor.

    Parameters
    ----------
    geometry, measures
        As for `plotted`.
    """
    lines: list[tuple[float, str]] = []
    for measure, label in measures.items():
        rows = geometry[geometry["measure"] == measure]
        if len(rows) and len(lines) < STATED:
            row = most_certain(rows).to_dict()
            text = (
                f"{rst(row['region'])}, {rst(row['task'])}, {rst(row['window'])}: {rst(label)} "
                f"{interval(row['value'], row['ci_low'], row['ci_high'], 2)}, "
                f"{_over_sessions(row)}ceiling {row['ceiling']:.2f}, floor {row['floor']:.2f}."
            )
            lines.append((0.0, text))
    description = (
        "Cosines and alignment are debiased by split halves, so noise does not bias them towards "
        "0. Ceiling: halves of the trials of one set of conditions; floor: shuffled labels. Solid "
        "intervals are about these units, in which independent codes have a cosine other than 0 by "
        "chance; dotted ones are about the region in other sessions."
    )
    return paragraphs(findings(lines), description)


def _over_sessions(row: dict[str, Any]) -> str:
    """Return the interval over sessions as text; empty if there is none."""
    low, high = row["region_ci_low"], row["region_ci_high"]
    if not np.isfinite(low):
        return ""
    limits = f"[{low:.2f}, {high:.2f}]".replace("-", "\N{MINUS SIGN}")
    return f"{limits} over {int(row['n_sessions'])} sessions, "


def _shades(n: int) -> list[tuple[float, float, float, float]]:
    """Return `n` shades from pale, but visible on grey, to dark; a single shade is dark."""
    return [colormaps["viridis_r"](level) for level in np.linspace(0.95, 0.25, n)[::-1]]


def _draw_measure(
    axes: Axes, here: pd.DataFrame, regions: list[str], shades: dict[str, tuple]
) -> None:
    offsets = dict(zip(shades, 0.5 * (np.arange(len(shades)) - (len(shades) - 1) / 2), strict=True))
    spacing = 1.0 / max(len(shades) * 0.62, 1)
    for row in here.itertuples():
        y = regions.index(row.region) + offsets[row.window] * spacing
        axes.plot(
            [row.floor, row.ceiling],
            [y, y],
            color=style.PALE,
            linewidth=4,
            zorder=1,
        )
        axes.plot(
            [row.ci_low, row.ci_high], [y, y], color=shades[row.window], linewidth=0.8, zorder=2
        )
        axes.plot(
            [row.region_ci_low, row.region_ci_high],
            [y, y],
            color=shades[row.window],
            linewidth=0.6,
            linestyle=ACROSS,
            zorder=2,
        )
        axes.plot(row.value, y, marker="o", markersize=3.4, color=shades[row.window], zorder=3)
    style.row_labels(axes, regions)


def _same_limits(axes: Axes, of_measure: pd.DataFrame) -> None:
    """Set the same limits in all panels of a measure."""
    values = of_measure[
        ["value", "ci_low", "ci_high", "region_ci_low", "region_ci_high", "ceiling", "floor"]
    ].to_numpy(float)
    values = values[np.isfinite(values)]
    if values.size and values.max() > values.min():
        low, high = max(values.min(), -LARGEST), min(values.max(), LARGEST)
        margin = 0.05 * (high - low)
        axes.set_xlim(low - margin, high + margin)
