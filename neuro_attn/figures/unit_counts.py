"""Accuracy as a function of the number of units, to compare regions at equal numbers."""

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
"""Largest number of regions per panel; more regions have a panel each."""

PANEL_HEIGHT, SMALL_PANEL_HEIGHT = 40.0, 25.0
"""Heights of a panel of a task pair and of a panel of a region, mm."""

DODGE = 1.05
"""Factor by which curves of a region's panel are shifted horizontally to separate their bars."""


@style.journal_style()
def draw(unit_counts: pd.DataFrame, score: str = "balanced accuracy") -> Figure:
    """Plot accuracy against the number of units; bars are one SD over draws of units and splits.

    With up to `MOST_TOGETHER` regions, there is one panel per pair of tasks and window, with one
    curve per region. Curves are labelled at their ends, or in a legend if a name is long. With more
    regions, there is one column of panels per region and one row per window. The colour of a curve
    is then the test task, and curves are solid within tasks and dashed across tasks. With more
    than two tasks, every training task has its own row.

    Parameters
    ----------
    unit_counts : pandas.DataFrame
        The table of accuracy by number of units.
    score : str
        Name of the score, on the axes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    regions = style.ordered(unit_counts["region"])
    if len(regions) > MOST_TOGETHER:
        figure = _draw_regions(unit_counts, regions, score)
    else:
        figure = _draw_pairs(unit_counts, regions, score)
    chance = style.proportion(unit_counts["chance"].mean())
    figure.supxlabel(
        f"units in a draw (n; bars: SD over draws; dotted: chance, {chance})", fontsize=style.TEXT
    )
    return figure


def caption(unit_counts: pd.DataFrame, score: str = "balanced accuracy") -> str:
    """Describe the figure, with the within-task accuracy at the largest number of units.

    Parameters
    ----------
    unit_counts, score
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
        f"Accuracy as a function of the number of units. The {score} in each window, for "
        "units drawn at random. Bars are one SD over draws. Compare regions only at the same "
        "number of units."
    )
    return paragraphs(description, listed(lines))


def _spread(sd: float) -> str:
    """Return the SD over draws as text; empty for a single draw."""
    return "" if np.isnan(sd) else f" (SD over draws {sd:.2f})"


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    unit_counts, score = results["unit_counts"], settings.decoding.score_label
    return Drawn(draw(unit_counts, score), caption(unit_counts, score))


def _draw_pairs(unit_counts: pd.DataFrame, regions: list[str], score: str) -> Figure:
    """Plot one panel per pair of tasks and window, with one curve per region."""
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
            axes.set_ylabel(f"window: {window}\n{score}")
    if not is_short:  # long names at the curves' ends would leave no space for the curves
        handles = [
            Line2D([], [], color=color, marker=marker, markersize=2.4, label=region)
            for region, (color, marker) in looks.items()
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=4)
    return figure


def _draw_regions(unit_counts: pd.DataFrame, regions: list[str], score: str) -> Figure:
    """Plot one column of panels per region, with one curve per pair of tasks."""
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
    figure.supylabel(score, fontsize=style.TEXT)
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
    """Set common limits, and ticks at unit counts that differ by at least the factor `apart`."""
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
    """Return the requested unit counts, without those that equal all units of a region."""
    counts = unit_counts["n_units"]
    is_all = counts == unit_counts.groupby("region")["n_units"].transform("max")
    return np.unique(counts if is_all.all() else counts[~is_all])


def _sparse(counts: np.ndarray, apart: float) -> list[float]:
    """Return unit counts that differ by at least the factor `apart`, for ticks on a log axis."""
    kept = [float(counts[0])]
    for count in counts[1:]:
        if count >= apart * kept[-1]:
            kept.append(float(count))
    return kept
