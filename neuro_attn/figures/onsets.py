"""Onsets: when a region's code appears, and whether another region's appears later."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuro_attn.figures import style


@style.journal_style()
def draw(onsets: pd.DataFrame, confidence: float = 0.95) -> Figure:
    """Draw the onsets of each task pair (left) and their differences between regions (right).

    Parameters
    ----------
    onsets : pandas.DataFrame
        ``region``, ``compared_with``, ``train_task``, ``test_task``, ``onset_s``, ``ci_low`` and
        ``ci_high`` (s). Rows with an empty ``compared_with`` are onsets, others the onset of
        ``region`` minus that of ``compared_with``.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if onsets.empty:
        return style.blank("no accuracy stays above chance: no onsets")
    compared = onsets["compared_with"].fillna("")
    regions = style.ordered(onsets["region"])
    plain = onsets[compared == ""].assign(line=lambda rows: rows["region"])
    different = onsets[compared != ""].assign(
        line=lambda rows: rows["region"] + f" {style.MINUS} " + rows["compared_with"]
    )
    different = different.sort_values(
        "region", key=lambda names: names.map(regions.index), kind="stable"
    )
    pairs = list(
        onsets[["train_task", "test_task"]].drop_duplicates().itertuples(index=False, name=None)
    )
    tables = [plain, different] if len(different) else [plain]
    lines = [[region for region in regions if region in set(plain["line"])]]
    if len(different):
        lines.append(list(dict.fromkeys(different["line"])))
    titles = [f"onset (s), {confidence:.0%} interval", "difference of onsets (s)"]
    names = [name for of_kind in lines for name in of_kind]
    is_long = max(map(len, names)) > style.LINE
    beside = 1 if len(pairs) <= 2 or is_long else 4 // len(tables)
    height = style.row_height(names, 4.0) * max(map(len, lines))
    rows = -(-len(pairs) // beside)
    figure = style.new_figure(
        style.DOUBLE if is_long else style.width_for(beside * len(tables)), rows * (12 + height) + 6
    )
    grid = figure.subplots(rows, beside * len(tables), squeeze=False)
    looks = style.region_looks(regions)
    for index, (train_task, test_task) in enumerate(pairs):
        for kind, table in enumerate(tables):
            axes = grid[index // beside, index % beside * len(tables) + kind]
            here = table[(table["train_task"] == train_task) & (table["test_task"] == test_task)]
            _draw_lines(axes, here, lines[kind], looks)
            axes.set_xlim(_limits(table))
            axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            if kind == 0:
                style.panel_title(axes, f"{train_task} → {test_task}")
            else:
                axes.axvline(0, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=0)
            if index + beside >= len(pairs):
                axes.set_xlabel(titles[kind])
            else:
                axes.tick_params(labelbottom=False)
    for unused in grid.flat[len(pairs) * len(tables) :]:
        unused.remove()
    return figure


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return limits that hold every onset and interval of a table, and 0 s."""
    values = table[["onset_s", "ci_low", "ci_high"]].to_numpy(float)
    low, high = np.nanmin(values, initial=0.0), np.nanmax(values, initial=0.0)
    margin = 0.05 * (high - low) or 0.01
    return low - margin, high + margin


def _draw_lines(
    axes: Axes, here: pd.DataFrame, lines: list[str], looks: dict[str, tuple[str, str]]
) -> None:
    for row in here.itertuples():
        y = lines.index(row.line)
        color, marker = looks[row.region]
        axes.plot([row.ci_low, row.ci_high], [y, y], color=color, linewidth=1.0)
        axes.plot(row.onset_s, y, marker=marker, markersize=3.6, color=color)
        if not np.isfinite(row.onset_s):
            axes.annotate(
                "none found",
                (0.02, y),
                xycoords=axes.get_yaxis_transform(),
                va="center",
                fontsize=style.NOTE,
                color=style.GREY,
                bbox={"facecolor": "white", "linewidth": 0, "pad": 0.5},
            )
    style.row_labels(axes, lines)
