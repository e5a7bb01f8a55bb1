"""Accuracy against the number of units: what regions of equal size can tell."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from neuro_attn.figures import style

PANEL_HEIGHT = 40.0


@style.journal_style()
def draw(unit_counts: pd.DataFrame) -> Figure:
    """Draw a panel for each pair of tasks and each window, a curve for each region.

    Bars are one SD over the random draws of units and splits. Regions are named at the curves'
    ends, or in a legend where a name is long.

    Parameters
    ----------
    unit_counts : pandas.DataFrame
        The table of accuracy by number of units.

    Returns
    -------
    matplotlib.figure.Figure
    """
    regions = style.ordered(unit_counts["region"])
    looks = style.region_looks(regions)
    tasks = list(dict.fromkeys(unit_counts["train_task"]))
    windows = list(dict.fromkeys(unit_counts["window"]))
    pairs = [(train_task, test_task) for train_task in tasks for test_task in tasks]
    columns = 4 if len(tasks) == 2 else len(tasks)
    rows = len(pairs) // columns
    figure = style.new_figure(
        style.SINGLE if columns == 1 else style.DOUBLE, PANEL_HEIGHT * rows * len(windows) + 8
    )
    axes_grid = figure.subplots(
        rows * len(windows), columns, sharex=True, sharey=True, squeeze=False
    )
    is_short = max(map(len, regions)) <= 10
    counts = np.unique(unit_counts["n_units"])
    low = (unit_counts["accuracy"] - unit_counts["sd"].fillna(0)).min()
    high = (unit_counts["accuracy"] + unit_counts["sd"].fillna(0)).max()
    low = min(low, unit_counts["chance"].min())
    for index, (window, (train_task, test_task)) in enumerate(
        (window, pair) for window in windows for pair in pairs
    ):
        axes = axes_grid.flat[index]
        here = unit_counts[
            (unit_counts["window"] == window)
            & (unit_counts["train_task"] == train_task)
            & (unit_counts["test_task"] == test_task)
        ]
        style.chance_line(axes, here["chance"].mean())
        axes.set_xscale("log")
        axes.set_xlim(counts[0] * 0.85, counts[-1] * 1.18)
        axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
        ends = []
        for region, (color, marker) in looks.items():
            curve = here[here["region"] == region].dropna(subset="accuracy").sort_values("n_units")
            if curve.empty:
                continue
            axes.errorbar(
                curve["n_units"],
                curve["accuracy"],
                curve["sd"],
                color=color,
                marker=marker,
                markersize=2.4,
                linewidth=0.9,
                elinewidth=0.6,
            )
            last = curve.iloc[-1]
            ends.append((last["n_units"], last["accuracy"], region, color))
        axes.xaxis.set_major_locator(FixedLocator(_sparse(counts)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(NullLocator())
        style.proportion_ticks(axes)
        style.panel_title(axes, f"{train_task} → {test_task}")
        if is_short:
            size = style.SMALL if len(regions) <= 8 else style.NOTE - 0.5
            style.end_labels(axes, ends, PANEL_HEIGHT - 9, size)
        if index % columns == 0:
            axes.set_ylabel(f"window: {window}\nbalanced accuracy")
    if not is_short:  # names at the curves' ends would leave the curves no room
        handles = [
            Line2D([], [], color=color, marker=marker, markersize=2.4, label=region)
            for region, (color, marker) in looks.items()
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=4)
    chance = style.proportion(unit_counts["chance"].mean())
    figure.supxlabel(
        f"units in a draw (n; bars: SD over draws; dotted: chance, {chance})", fontsize=style.TEXT
    )
    return figure


def _sparse(counts: np.ndarray) -> list[float]:
    """Return those counts that are far enough apart to be written on a logarithmic axis."""
    kept = [float(counts[0])]
    for count in counts[1:]:
        if count >= 1.9 * kept[-1]:
            kept.append(float(count))
    return kept
