"""Curves over time in every region, within and across tasks, of accuracies or of predictions."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from neuro_attn.configuration import AnyDataset
from neuro_attn.figures import style
from neuro_attn.figures.courses import BAND, draw_significance, reference_handles, sample_note

LABELS = {"within": "within a task", "across": "across tasks"}


class Shown(NamedTuple):
    """What is marked and named in the figure.

    Parameters
    ----------
    alpha, confidence : float
        Level of the tests, and coverage of the intervals.
    score : str
        Name of the score, with its unit if it has one.
    is_proportion : bool
        Whether the score is a proportion, such as accuracy.
    smaller_is_better : bool
        Whether the score is an error.
    label : str
        What is decoded; empty if it has no name.
    event : str
        The event at time 0.
    windows : mapping of str to tuple of float
        Time windows of the analysis, s, which are marked above the curves.
    """

    alpha: float = 0.05
    confidence: float = 0.95
    score: str = "balanced accuracy"
    is_proportion: bool = True
    smaller_is_better: bool = False
    label: str = ""
    event: str = "the task's event"
    windows: Mapping[str, tuple[float, float]] = {}

    @classmethod
    def of(cls, dataset: AnyDataset) -> "Shown":
        """Return what is marked and named for a data set."""
        events = {task.align for task in dataset.tested_tasks.values()}
        event = events.pop() if len(events) == 1 else None
        return cls(
            alpha=dataset.inference.alpha,
            confidence=dataset.inference.confidence,
            score=dataset.decoding.score_axis,
            is_proportion=dataset.has_classes,
            smaller_is_better=dataset.decoding.smaller_is_better,
            label=dataset.label_column,
            event=event.replace("_", " ") if event else cls().event,
            windows=dataset.windows,
        )


@style.drawing
def plotted(
    transfer: pd.DataFrame, shown: Shown | None = None, *, ax: style.Target | None = None
) -> Figure:
    """Plot accuracy over time, one panel a region: dark within tasks, in colour across tasks.

    Thick lines are means over the tasks, or over the directions between them; thin lines are the
    single tasks and directions. Bands are means of their intervals, at least as wide as the
    interval of the mean. Bars below mark times at which all of them have corrected p < alpha.

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
    regions = style.ordered(rows["region"])
    canvas, panels = style.region_panels(
        ax, len(regions), 1, panel_height=40, extra_height=15, share=True
    )
    limits = accuracy_limits(rows)
    for column, region in enumerate(regions):
        (axes,) = panels[column]
        here = rows[rows["region"] == region]
        draw_panel(axes, here, shown, limits=limits)
        leftmost = style.is_leftmost(column, len(regions))
        style.outer_labels(axes, left=leftmost, bottom=style.is_lowest(column, len(regions)))
        style.panel_title(axes, region, style.count(here["n_units"], "unit"))
        if leftmost:
            decoded = f"\nof decoding {shown.label}" if shown.label else ""
            axes.set_ylabel(f"{shown.score}{decoded}")
    canvas.x_label(f"time from {shown.event} (s)")
    _draw_key(canvas, rows, shown)
    return canvas.figure


def accuracy_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the lowest and highest accuracy of some rows, with the means of intervals."""
    means = pd.concat(averaged(of_region) for _, of_region in rows.groupby("region"))
    low = min(means["ci_low"].min(), rows["accuracy"].min(), rows["chance"].min())
    return low, max(means["ci_high"].max(), rows["accuracy"].max(), rows["chance"].max())


def of_trained_tasks(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of tasks on which decoders are trained, also of those that are tested.

    Means over tasks, or over directions between them, do not concern tasks that are only tested.
    """
    return rows[rows["test_task"].isin(rows["train_task"])]


def averaged(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the means of a region's accuracies, within tasks and across them, at each time.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the table of accuracy over time, of one region.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (within, across), ``time``, means of ``accuracy``, ``ci_low``, ``ci_high`` and
        ``chance``, and the largest ``p_corrected``.
    """
    within = rows["train_task"] == rows["test_task"]
    kind = np.where(within, "within", "across")
    mean = dict.fromkeys(("accuracy", "ci_low", "ci_high", "chance"), "mean")
    grouped = rows.assign(kind=kind).groupby(["kind", "time"])
    return grouped.agg({**mean, "p_corrected": "max"}).reset_index()


def draw_panel(
    axes: Axes, rows: pd.DataFrame, shown: Shown, *, limits: tuple[float, float]
) -> None:
    """Plot accuracy over time in a region.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    rows : pandas.DataFrame
        Rows of the table of accuracy over time, of one region.
    shown : Shown
        What is marked and named.
    limits : tuple of float
        Lowest and highest accuracy.
    """
    low, high = limits
    lane = 0.055 * (high - low)
    style.chance_line(axes, rows["chance"].mean())
    axes.axvline(0, color=style.PALE, linewidth=0.7, zorder=0)
    means, colors = averaged(rows), _colors()
    for (train, test), curve in rows.groupby(["train_task", "test_task"], sort=False):
        color = colors["within" if train == test else "across"]
        in_order = curve.sort_values("time")
        axes.plot(in_order["time"], in_order["accuracy"], color=color, linewidth=0.4, alpha=0.7)
    for level, (kind, color) in enumerate(colors.items()):
        mean = means[means["kind"] == kind]
        if mean.empty:
            continue
        _draw_mean(axes, mean, color)
        draw_significance(axes, mean, color, level=low - lane * (level + 1), alpha=shown.alpha)
    top = _draw_windows(axes, shown.windows, high + lane, lane) if shown.windows else high
    axes.set_ylim(low - lane * (len(colors) + 1), top + lane)
    if shown.is_proportion:
        style.proportion_ticks(axes)


def _colors() -> dict[str, str]:
    """Return the colours of accuracy within and across tasks."""
    return {"within": style.ink(), "across": style.ACCENT}


def _draw_mean(axes: Axes, mean: pd.DataFrame, color: str) -> None:
    axes.fill_between(
        mean["time"], mean["ci_low"], mean["ci_high"], color=color, alpha=BAND, linewidth=0
    )
    marker = "o" if len(mean) == 1 else None
    axes.plot(
        mean["time"], mean["accuracy"], color=color, linewidth=1.4, marker=marker, markersize=3
    )


def _draw_windows(
    axes: Axes, windows: Mapping[str, tuple[float, float]], level: float, lane: float
) -> float:
    """Mark windows above the curves, on two lines if they overlap; return the highest level."""
    ends: list[float] = []
    for name, (start, stop) in sorted(windows.items(), key=lambda each: each[1]):
        line = next((i for i, end in enumerate(ends) if end <= start), len(ends))
        ends[line : line + 1] = [stop]
        y = level + 2.2 * lane * line
        axes.plot([start, stop], [y, y], color=style.GREY, linewidth=1.6, gid="window")
        axes.annotate(
            name,
            ((start + stop) / 2, y),
            xytext=(0, 1.5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=style.size(style.NOTE),
            color=style.GREY,
        )
    return level + 2.2 * lane * (len(ends) - 1) + 1.4 * lane


def _draw_key(canvas: style.Canvas, rows: pd.DataFrame, shown: Shown) -> None:
    within = rows["train_task"] == rows["test_task"]
    present = {"within": within.any(), "across": (~within).any()}
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=color, linewidth=1.4, label=LABELS[kind])
        for kind, color in _colors().items()
        if present[kind]
    ]
    if present["across"]:
        label = "single tasks and directions"
        handles.append(Line2D([], [], color=style.ink(), linewidth=0.4, label=label))
    handles += reference_handles(rows["chance"].mean(), shown.alpha, shown.confidence)
    columns = max(2, min(len(handles), round(canvas.width / 30)))
    canvas.legend(handles, columns, sample_note(rows))
