"""Onsets and latencies of codes in each region, and their differences between regions."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuro_attn.configuration import AnyDataset, Inference
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import family, findings, interval, paragraphs, percent, task_pair
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.inference.significance import significant

TITLE = "Onsets"
OF = "dataset"
SECTION = "Time"
NEEDS = ("{dataset}/onsets.csv",)

MARKS = (("onset_s", "ci_low", "ci_high"), ("latency_s", "latency_ci_low", "latency_ci_high"))
OFFSETS = (-0.17, 0.17)
"""Places of the onset and the latency of a row, in rows; the first one is on top."""
SHOWN = {
    "onset": "onsets differ",
    "onset or shape": "onsets or shapes differ",
    "none": "no difference shown",
}
DIFFER = ("onset", "onset or shape")
"""Differences that are shown."""
MOST_DIFFERENCES = 40
"""If a pair of tasks has more, only differences whose interval excludes 0 are plotted."""


@style.journal_style()
def draw(onsets: pd.DataFrame, confidence: float = 0.95, alpha: float = 0.05) -> Figure:
    """Plot the onsets for each task pair (left) and their differences between regions (right).

    Open markers below the filled ones are latencies, when accuracy has risen to half of its
    maximum. Onsets of rises that no shape fits are marked.

    A region with an onset in any pair of tasks has a row for all pairs. Pairs of regions have a row
    only where they are compared.

    Parameters
    ----------
    onsets : pandas.DataFrame
        The table of onsets. Rows with an empty ``compared_with`` are onsets, others the onset of
        ``region`` minus that of ``compared_with``.
    confidence : float
        Coverage of the intervals.
    alpha : float
        P-value of the fit below which it is marked as poor.
    """
    if onsets.empty:
        return style.blank("no onsets: no accuracy is significant in enough consecutive bins")
    pairs = list(
        onsets[["train_task", "test_task"]].drop_duplicates().itertuples(index=False, name=None)
    )
    regions = style.ordered(onsets["region"])
    looks = style.region_looks(regions)
    compared = onsets["compared_with"]
    plain = onsets[compared == ""].assign(line=lambda rows: rows["region"])
    different, shown = _differences(onsets[compared != ""], regions)
    tables = [plain, different] if len(different) else [plain]
    titles = [
        f"onset (s), {confidence:.0%} interval;\nopen: half-maximum",
        f"difference of onsets (s);\nopen: half-maximum{shown}",
    ]
    with_onset = [region for region in regions if region in set(plain["region"])]
    names = list(dict.fromkeys([*with_onset, *different["line"]]))
    is_long = max(map(len, names)) > style.LINE
    beside = _beside(len(pairs), 1 if is_long else 4 // len(tables))
    lines = [[with_onset, _lines(different, pair)] for pair in pairs]
    heights = _row_heights(names, lines, beside)
    figure = style.new_figure(
        style.DOUBLE if is_long else style.width_for(beside * len(tables)), sum(heights) + 9
    )
    grid = figure.subplots(len(heights), beside * len(tables), squeeze=False, height_ratios=heights)
    lowest: dict[int, Axes] = {}
    for index, (pair, of_pair) in enumerate(zip(pairs, lines, strict=True)):
        for kind, table in enumerate(tables):
            column = index % beside * len(tables) + kind
            axes = grid[index // beside, column]
            if not of_pair[kind]:
                axes.remove()
                continue
            _draw_lines(axes, _of_pair(table, pair), of_pair[kind], looks, alpha)
            axes.set_xlim(_limits(table))
            axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            if kind == 0:
                style.panel_title(axes, " → ".join(pair))
            else:
                axes.axvline(0, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=0)
            axes.set_xlabel(titles[kind])
            if column in lowest:
                lowest[column].set_xlabel("")
            lowest[column] = axes
    for unused in grid.flat[len(pairs) * len(tables) :]:
        unused.remove()
    return figure


def _row_heights(names: list[str], lines: list[list[list[str]]], beside: int) -> list[float]:
    """Return the heights of the rows of panels, mm, from the lines of each pair and table."""
    most = [
        max(len(of_kind) for of_pair in lines[first : first + beside] for of_kind in of_pair)
        for first in range(0, len(lines), beside)
    ]
    return [14 + style.row_height(names, 4.0) * n_lines for n_lines in most]


def caption(onsets: pd.DataFrame, inference: Inference) -> str:
    """Describe the figure, with the largest differences in onset between regions.

    Parameters
    ----------
    onsets : pandas.DataFrame
        As for `draw`.
    inference : Inference
        Settings of the tests and intervals.
    """
    compared = onsets[onsets["difference"].isin(DIFFER)]
    lines = [
        (
            row["onset_s"],
            f"{rst(row['region'])} \N{MINUS SIGN} {rst(row['compared_with'])}, "
            f"{task_pair(row['train_task'], row['test_task'])}: onset "
            f"{interval(row['onset_s'], row['ci_low'], row['ci_high'], 2)} s; "
            f"{SHOWN[row['difference']]}.",
        )
        for row in compared.to_dict("records")
    ]
    differences = findings(lines) if lines else "No difference between regions is shown."
    poor = [
        f"{rst(row['region'])}, {task_pair(row['train_task'], row['test_task'])}"
        for row in onsets[significant(onsets["fit_p_value"], inference.alpha)].to_dict("records")
    ]
    description = (
        "Onsets (left, filled) and their differences between regions (right) with "
        f"{percent(inference.confidence)} intervals. An onset is the start of the rise to "
        f"{inference.min_consecutive_bins} consecutive significant bins (p < {inference.alpha:g}, "
        f"corrected by the maximum over {family(inference, 'time')}), fitted with exponentials, "
        "ramps and sigmoids. Open markers: latency of half of the maximum. Compare regions by the "
        "differences, because resampled trials are shared."
    )
    caution = f"Caution: no shape fits the rise in {'; '.join(poor)}." if poor else ""
    return paragraphs(differences, caution, description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    onsets, inference = results["onsets"], settings.inference
    figure = draw(onsets, inference.confidence, inference.alpha)
    return Drawn(figure, caption(onsets, inference))


def _differences(table: pd.DataFrame, regions: list[str]) -> tuple[pd.DataFrame, str]:
    """Return the differences to plot, in the order of the regions, and a note on any selection."""
    shown = ""
    if table.groupby(["train_task", "test_task"]).size().max() > MOST_DIFFERENCES:
        clear = table[(table["ci_low"] > 0) | (table["ci_high"] < 0)]
        shown = f";\n{len(clear)} of {len(table)}, whose interval excludes 0"
        table = clear
    lines = table["region"] + f" {style.MINUS} " + table["compared_with"].astype(str)
    by_region = table.assign(line=lines).sort_values(
        "region", key=lambda names: names.map(regions.index), kind="stable"
    )
    return by_region, shown


def _beside(n_pairs: int, most: int) -> int:
    """Return the number of task pairs per row of panels, at most `most`."""
    if n_pairs <= 2:
        return 1
    n_rows = -(-n_pairs // most)
    return -(-n_pairs // n_rows)


def _of_pair(table: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    return table[(table["train_task"] == pair[0]) & (table["test_task"] == pair[1])]


def _lines(table: pd.DataFrame, pair: tuple[str, str]) -> list[str]:
    return list(dict.fromkeys(_of_pair(table, pair)["line"]))


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return axis limits that include 0 s and every onset and interval of a table."""
    values = table[[name for columns in MARKS for name in columns]].to_numpy(float)
    low, high = np.nanmin(values, initial=0.0), np.nanmax(values, initial=0.0)
    margin = 0.05 * (high - low) or 0.01
    return low - margin, high + margin


def _draw_lines(
    axes: Axes,
    here: pd.DataFrame,
    lines: list[str],
    looks: dict[str, tuple[str, str]],
    alpha: float,
) -> None:
    found = here[np.isfinite(here["onset_s"])]
    for row in found.to_dict("records"):
        y = lines.index(row["line"])
        color, marker = looks[row["region"]]
        for (value, low, high), fill, lower in zip(MARKS, (color, "white"), OFFSETS, strict=True):
            at = y + lower
            axes.plot([row[low], row[high]], [at, at], color=color, linewidth=0.9)
            axes.plot(row[value], at, marker=marker, markersize=3.2, color=color, mfc=fill, mew=0.7)
        if significant(row["fit_p_value"], alpha):
            _note(axes, "poor fit", y, at_left=False)
    for line in [line for line in lines if line not in set(found["line"])]:
        _note(axes, "none found", lines.index(line), at_left=True)
    style.row_labels(axes, lines)


def _note(axes: Axes, text: str, y: float, *, at_left: bool) -> None:
    axes.annotate(
        text,
        (0.02 if at_left else 0.98, y),
        xycoords=axes.get_yaxis_transform(),
        va="center",
        ha="left" if at_left else "right",
        fontsize=style.NOTE,
        color=style.GREY,
        bbox={"facecolor": "white", "linewidth": 0, "pad": 0.5},
    )
