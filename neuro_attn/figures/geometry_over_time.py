"""Geometry over time: cosines between codes and colour information in every bin."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, interval, most_certain, paragraphs
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.geometry.specification import labels_over_time

TITLE = "Geometry over time"
OF = "dataset"
SECTION = "Geometry"
NEEDS = ("{dataset}/geometry_over_time.csv",)

ROWS = {
    **{name: (label, (0.0, 1.0)) for name, label in labels_over_time().items()},
    "cued_color": ("cued colour\n(\N{GREEK SMALL LETTER OMEGA}\N{SUPERSCRIPT TWO})", (0.0,)),
    "uncued_color": ("uncued colour\n(\N{GREEK SMALL LETTER OMEGA}\N{SUPERSCRIPT TWO})", (0.0,)),
}
"""Measures to plot, with their labels and the levels of reference lines."""
LARGEST = 1.6
"""Largest cosine on the axis; debiased cosines of weak codes can exceed 1 by far."""
MANY = 7
"""With more regions, panels are heat maps with one row per region instead of line plots."""


@style.drawing
def draw(
    table: pd.DataFrame, confidence: float = 0.95, *, ax: style.Target | None = None
) -> Figure:
    """Plot one row of panels per measure, one column per task or pair, and one line per region.

    With more than ``MANY`` regions, panels are heat maps, and dots mark intervals that exclude 0.

    Parameters
    ----------
    table : pandas.DataFrame
        ``region``, ``task``, ``time`` (s), ``measure``, ``value``, ``ci_low``, ``ci_high``.
    confidence : float
        Coverage of the intervals.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = table[table["measure"].isin(ROWS)]
    if table.empty:
        return style.blank(
            "no measure at any time: no colours and no reliable codes of two tasks", ax
        )
    regions = style.ordered(table["region"])
    looks = style.region_looks(regions)
    times = np.unique(table["time"])
    width = float(np.diff(times).min(initial=np.inf))
    many = len(regions) > MANY
    panels = _panels(table)
    columns = max(map(len, panels.values()))
    height = 20 + 2.8 * len(regions) if many else 30
    canvas = style.Canvas.of(
        ax, style.width_for(max(columns, 2)), height * len(panels) + 12 + 3 * (len(regions) // 6)
    )
    grid = canvas.panels(len(panels), columns, sharex=True)
    for i, (measure, tasks) in enumerate(panels.items()):
        shared: list[Axes] = []
        for j in range(columns):
            axes = grid[i, j]
            if j >= len(tasks):
                axes.remove()
                continue
            here = table[(table["measure"] == measure) & (table["task"] == tasks[j])]
            style.panel_title(axes, tasks[j])
            axes.set_xlabel("time from the event (s)")
            axes.tick_params(labelbottom=True)
            shared.append(axes)
            if many:
                _draw_rows(axes, here, regions, times, measure)
                style.outer_labels(axes, j == 0, bottom=True)
            else:
                _draw_courses(axes, here, looks, width)
                _draw_references(axes, measure, labelled=j == 0)
        if many:
            _color_bar(canvas, shared, measure)
        else:
            _same_limits(shared, measure)
    if many:
        canvas.note(f"dots: {confidence:.0%} intervals exclude 0")
        return canvas.figure
    _add_legend(canvas, looks, 6 if columns > 2 else 4, confidence)
    return canvas.figure


def _panels(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the tasks, or pairs of tasks, with estimates of each measure."""
    tasks = dict.fromkeys(table["task"])
    found = {
        measure: [
            task
            for task in tasks
            if ((table["measure"] == measure) & (table["task"] == task)).any()
        ]
        for measure in ROWS
    }
    return {measure: of_measure for measure, of_measure in found.items() if of_measure}


def _draw_references(axes: Axes, measure: str, labelled: bool) -> None:
    """Draw the event and the reference levels of a measure, and label the axis."""
    for level in ROWS[measure][1]:
        axes.axhline(level, color=style.GREY, linewidth=0.5, linestyle=":", zorder=0)
    axes.axvline(0, color=style.PALE, linewidth=0.6, zorder=0)
    if labelled:
        axes.set_ylabel(ROWS[measure][0])


def _add_legend(
    canvas: style.Canvas, looks: dict[str, tuple[str, str]], most_columns: int, confidence: float
) -> None:
    """Add a legend of the regions above the figure."""
    handles = [
        Line2D([], [], color=color, marker=marker, markersize=3, linewidth=1.0, label=region)
        for region, (color, marker) in looks.items()
    ]
    in_legend = min(len(handles), most_columns)
    canvas.legend(handles, in_legend, f"bars: {confidence:.0%} intervals")


def caption(table: pd.DataFrame) -> str:
    """Describe the figure, with the clearest value of each measure.

    Parameters
    ----------
    table : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for measure, rows in table.groupby("measure", sort=False):
        row = most_certain(rows)
        text = (
            f"{rst(row['region'])}, {rst(row['task'])}: {rst(str(measure).replace('_', ' '))} "
            f"{interval(row['value'], row['ci_low'], row['ci_high'], 2)} at {row['time']:.3g} s."
        )
        lines.append((0.0, text))
    description = (
        "Geometry over time. Cosine between the coding axes of two tasks, cosine between the "
        "colour planes, and fraction of variance over trials explained by the cued and the uncued "
        "colour (omega squared, mean over units), in every bin. All measures are debiased and "
        "have an expected value of 0 without a code. Bins without reliable codes are omitted. "
        "Intervals are from bootstraps over trials."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    table = results["geometry_over_time"]
    return Drawn(draw(table, settings.inference.confidence), caption(table))


def _draw_courses(
    axes: Axes, here: pd.DataFrame, looks: dict[str, tuple[str, str]], width: float
) -> None:
    for region, (color, marker) in looks.items():
        course = here[here["region"] == region].sort_values("time")
        if course.empty:
            continue
        times = course["time"].to_numpy(float)
        axes.vlines(
            times, course["ci_low"], course["ci_high"], color=color, linewidth=0.5, alpha=0.6
        )
        # Lines are interrupted in bins in which the measure is not defined.
        gaps = course["time"].diff() > 1.5 * width
        for _, run in course.groupby(gaps.cumsum()):
            axes.plot(run["time"], run["value"], color=color, marker=marker, markersize=2.2, lw=0.9)


def _draw_rows(
    axes: Axes, here: pd.DataFrame, regions: list[str], times: np.ndarray, measure: str
) -> None:
    values, low, high = (
        here.pivot_table(column, "region", "time").reindex(index=regions, columns=times).to_numpy()
        for column in ("value", "ci_low", "ci_high")
    )
    is_cosine = len(ROWS[measure][1]) == 2
    image = axes.pcolormesh(
        times,
        np.arange(len(regions)),
        np.ma.masked_invalid(values),
        shading="nearest",
        cmap="RdBu_r" if is_cosine else style.SEQUENTIAL,
    )
    if is_cosine:
        image.set_clim(-1, 1)
    rows, columns = np.nonzero((low > 0) | (high < 0))
    axes.plot(
        times[columns],
        rows,
        linestyle="",
        marker="o",
        markersize=2,
        color=style.ink(),
        markerfacecolor=style.paper(),
        markeredgewidth=0.4,
    )
    axes.set_facecolor("#F2F2F2")
    style.row_labels(axes, regions)


def _color_bar(canvas: style.Canvas, panels: list[Axes], measure: str) -> None:
    """Set the same colour scale in all panels of a measure, and add a colour bar."""
    images = [axes.collections[0] for axes in panels]
    if len(ROWS[measure][1]) == 1:
        highest = max(float(np.ma.max(np.ma.asarray(image.get_array()))) for image in images)
        for image in images:
            image.set_clim(0, max(highest, 1e-9))
    bar = canvas.color_bar(images[0], panels, shrink=0.5, aspect=15)
    bar.set_label(ROWS[measure][0], fontsize=style.size(style.NOTE))
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=style.size(style.NOTE), length=1.5)


def _same_limits(panels: list[Axes], measure: str) -> None:
    low = min(axes.dataLim.y0 for axes in panels)
    high = max(axes.dataLim.y1 for axes in panels)
    if len(ROWS[measure][1]) == 2:
        low, high = max(min(low, 0.0), -LARGEST), min(max(high, 1.0), LARGEST)
    margin = 0.06 * (high - low)
    for axes in panels:
        axes.set_ylim(low - margin, high + margin)
