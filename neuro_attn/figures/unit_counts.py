"""Accuracy against the number of units: what regions of equal size can tell."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import listed, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Accuracy against units"
OF = "dataset"
NEEDS = ("{dataset}/unit_counts.csv",)

MOST_TOGETHER = 8
"""More regions than these have a panel each: their curves could not be told apart in one."""

PANEL_HEIGHT, SMALL_PANEL_HEIGHT = 40.0, 25.0
"""Of a panel of a task pair and of a panel of a region, mm."""

DODGE = 1.05
"""Factor of units between the curves of a region's panel, so that their bars stand apart."""


@style.journal_style()
def draw(unit_counts: pd.DataFrame) -> Figure:
    """Draw accuracy by number of units; bars are one SD over the draws of units and splits.

    Up to `MOST_TOGETHER` regions are the curves of a panel for each pair of tasks and each window,
    named at the curves' ends, or in a legend where a name is long. More regions have a column of
    panels each, a row for each window: curves are coloured by the tested task, solid within the
    trained task, dashed across tasks. With more than two tasks, every trained task has its row.

    Parameters
    ----------
    unit_counts : pandas.DataFrame
        The table of accuracy by number of units.

    Returns
    -------
    matplotlib.figure.Figure
    """
    regions = style.ordered(unit_counts["region"])
    if len(regions) > MOST_TOGETHER:
        figure = _draw_regions(unit_counts, regions)
    else:
        figure = _draw_pairs(unit_counts, regions)
    chance = style.proportion(unit_counts["chance"].mean())
    figure.supxlabel(
        f"units in a draw (n; bars: SD over draws; dotted: chance, {chance})", fontsize=style.TEXT
    )
    return figure


def caption(unit_counts: pd.DataFrame) -> str:
    """Describe the figure, and state each region's accuracy within tasks with the most units.

    Parameters
    ----------
    unit_counts : pandas.DataFrame
        As for `draw`.
    """
    within = unit_counts[unit_counts["train_task"] == unit_counts["test_task"]]
    keys = ["region", "train_task", "window"]
    last = within.loc[within.groupby(keys, sort=False)["n_units"].idxmax()]
    lines = [
        f"{rst(row['region'])}, {rst(row['train_task'])}, {rst(row['window'])}: "
        f"{row['accuracy']:.2f}{_spread(row['sd'])} with {row['n_units']} units."
        for row in last.to_dict("records")
    ]
    description = (
        "Balanced accuracy in each window against the number of units, drawn at random. Bars are "
        "one SD over draws. Compare regions only at the same number of units."
    )
    return paragraphs(description, listed(lines))


def _spread(sd: float) -> str:
    """Return the SD over draws; one draw has none."""
    return "" if np.isnan(sd) else f" (SD over draws {sd:.2f})"


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Draw the figure of a data set, with its caption."""
    unit_counts = results["unit_counts"]
    return Drawn(draw(unit_counts), caption(unit_counts))


def _draw_pairs(unit_counts: pd.DataFrame, regions: list[str]) -> Figure:
    """Draw a panel for each pair of tasks and each window, a curve for each region."""
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
        _set_axes(axes, unit_counts, apart=1.9)
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
        style.panel_title(axes, f"{train_task} → {test_task}")
        if is_short:
            style.end_labels(axes, ends, PANEL_HEIGHT - 9)
        if index % columns == 0:
            axes.set_ylabel(f"window: {window}\nbalanced accuracy")
    if not is_short:  # names at the curves' ends would leave the curves no room
        handles = [
            Line2D([], [], color=color, marker=marker, markersize=2.4, label=region)
            for region, (color, marker) in looks.items()
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=4)
    return figure


def _draw_regions(unit_counts: pd.DataFrame, regions: list[str]) -> Figure:
    """Draw a column of panels for each region, a curve for each pair of tasks."""
    tasks = list(dict.fromkeys(unit_counts["train_task"]))
    windows = list(dict.fromkeys(unit_counts["window"]))
    colors = style.task_colors(unit_counts["test_task"])
    trained = [tasks] if len(tasks) <= 2 else [[task] for task in tasks]
    rows = [(window, together) for window in windows for together in trained]
    figure, panels = style.region_panels(
        len(regions), len(rows), SMALL_PANEL_HEIGHT, extra_height=14, share=True
    )
    for column, region in enumerate(regions):
        for row, (window, train_tasks) in enumerate(rows):
            axes = panels[column][row]
            here = unit_counts[
                (unit_counts["region"] == region)
                & (unit_counts["window"] == window)
                & unit_counts["train_task"].isin(train_tasks)
            ]
            style.chance_line(axes, here["chance"].mean())
            _set_axes(axes, unit_counts, apart=3.9)
            _draw_curves(axes, here, colors)
            leftmost = style.is_leftmost(column, len(regions))
            lowest = row == len(rows) - 1 and style.is_lowest(column, len(regions))
            style.outer_labels(axes, left=leftmost, bottom=lowest)
            if row == 0:
                most = style.count([here["n_units"].max()], "unit")
                style.panel_title(axes, region, f"up to {most}")
            if leftmost:
                of_task = f"\ntrained on {train_tasks[0]}" if len(trained) > 1 else ""
                axes.set_ylabel(f"window: {window}{of_task}")
    figure.supylabel("balanced accuracy", fontsize=style.TEXT)
    handles = [
        Line2D([], [], color=color, label=f"tested on {task}") for task, color in colors.items()
    ]
    if len(tasks) > 1:
        handles += [
            Line2D([], [], color=style.INK, label="within task"),
            Line2D([], [], color=style.INK, linestyle=(0, (3, 1)), label="across tasks"),
        ]
    figure.legend(handles=handles, loc="outside upper left", ncols=4)
    return figure


def _draw_curves(axes: Axes, here: pd.DataFrame, colors: dict[str, str]) -> None:
    pairs = list(here.groupby(["train_task", "test_task"], sort=False))
    for place, ((train_task, test_task), rows) in enumerate(pairs):
        curve = rows.dropna(subset="accuracy").sort_values("n_units")
        axes.errorbar(
            curve["n_units"] * DODGE ** (place - (len(pairs) - 1) / 2),
            curve["accuracy"],
            curve["sd"],
            color=colors[test_task],
            linestyle="-" if train_task == test_task else (0, (3, 1)),
            marker="o",
            markersize=1.4,
            linewidth=0.9,
            elinewidth=0.4,
        )


def _set_axes(axes: Axes, unit_counts: pd.DataFrame, apart: float) -> None:
    """Give a panel the limits of all, and ticks at counts that are `apart` (a ratio) at least."""
    counts = unit_counts["n_units"]
    spread = unit_counts["sd"].fillna(0)
    low = min((unit_counts["accuracy"] - spread).min(), unit_counts["chance"].min())
    high = (unit_counts["accuracy"] + spread).max()
    axes.set_xscale("log")
    axes.set_xlim(counts.min() * 0.85, counts.max() * 1.18)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    axes.xaxis.set_major_locator(FixedLocator(_sparse(_common_counts(unit_counts), apart)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    style.proportion_ticks(axes)


def _common_counts(unit_counts: pd.DataFrame) -> np.ndarray:
    """Return the counts that were asked for: not those that are all units of a region."""
    counts = unit_counts["n_units"]
    is_all = counts == unit_counts.groupby("region")["n_units"].transform("max")
    return np.unique(counts if is_all.all() else counts[~is_all])


def _sparse(counts: np.ndarray, apart: float) -> list[float]:
    """Return those counts that are far enough apart to be written on a logarithmic axis."""
    kept = [float(counts[0])]
    for count in counts[1:]:
        if count >= apart * kept[-1]:
            kept.append(float(count))
    return kept
