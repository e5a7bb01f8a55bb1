"""Onsets and latencies of codes in each region, and their differences between regions."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuro_attn.configuration import AnyDataset, Inference
from neuro_attn.configuration.sources.simulation import SimulationDataset
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


@style.drawing
def draw(
    onsets: pd.DataFrame,
    confidence: float = 0.95,
    alpha: float = 0.05,
    planted: Mapping[str, float] | None = None,
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot the onsets for each task pair, and below them their differences between regions.

    Open markers below the filled ones are latencies, when accuracy has risen to half of its
    maximum. Onsets of rises that no shape fits are marked. Differences are those of the earlier
    region minus the later one.

    A region with an onset in any pair of tasks has a row for all pairs. Pairs of regions have a row
    where they are compared in any pair of tasks.

    Parameters
    ----------
    onsets : pandas.DataFrame
        The table of onsets. Rows with an empty ``compared_with`` are onsets, others the onset of
        ``region`` minus that of ``compared_with``.
    confidence : float
        Coverage of the intervals.
    alpha : float
        P-value of the fit below which it is marked as poor.
    planted : mapping of str to float, optional
        Onsets that were simulated, by region, s; marked by a vertical line in the region's row.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    if onsets.empty:
        return style.blank("no onsets: no accuracy is significant in enough consecutive bins", ax)
    pairs = list(
        onsets[["train_task", "test_task"]].drop_duplicates().itertuples(index=False, name=None)
    )
    regions = style.ordered(onsets["region"])
    looks = style.region_looks(regions)
    compared = onsets["compared_with"]
    plain = onsets[compared == ""].assign(line=lambda rows: rows["region"])
    different, note = _differences(onsets[compared != ""], regions)
    with_onset = [region for region in regions if region in set(plain["region"])]
    is_long = any(len(name) > style.LINE for name in [*with_onset, *different["line"]])
    beside = _beside(len(pairs), 2 if is_long else 4)
    blocks = [
        _Block(of_kind, rows, lines, first, note if rows is different else "")
        for first in range(0, len(pairs), beside)
        for of_kind, rows in (("onset", plain), ("difference", different))
        if (lines := _lines(rows, pairs[first : first + beside], with_onset, of_kind))
    ]
    heights = [14 + style.row_height(block.lines, 4.0) * len(block.lines) for block in blocks]
    canvas = style.Canvas.of(
        ax, style.DOUBLE if is_long else style.width_for(beside), sum(heights) + 12
    )
    grid = canvas.panels(len(blocks), beside, height_ratios=heights)
    for block, row in zip(blocks, grid, strict=True):
        _draw_block(row, block, pairs[block.first :], looks, alpha, planted or {})
    label = (
        "time from the task's event, or difference of times (s); open: latency (half-maximum);\n"
        f"horizontal lines: {confidence:.0%} intervals"
    )
    if planted:
        label += "; vertical lines: onsets that were simulated"
    canvas.x_label(label)
    return canvas.figure


class _Block(NamedTuple):
    """A row of panels: onsets, or their differences, in several pairs of tasks.

    Parameters
    ----------
    kind : str
        ``onset`` or ``difference``.
    rows : pandas.DataFrame
        Rows of the table, each with its ``line``.
    lines : list of str
        Labels of the lines, from the top.
    first : int
        Number of the first pair of tasks.
    note : str
        Which of the rows are plotted; empty if all are.
    """

    kind: str
    rows: pd.DataFrame
    lines: list[str]
    first: int
    note: str


def _draw_block(
    panels: Sequence[Axes],
    block: _Block,
    pairs: Sequence[tuple[str, str]],
    looks: dict[str, tuple[str, str]],
    alpha: float,
    planted: Mapping[str, float],
) -> None:
    """Plot one row of panels; pairs of tasks without differences have no panel of them."""
    leftmost = True
    for axes, pair in zip_longest(panels, pairs[: len(panels)]):
        here = _of_pair(block.rows, pair) if pair else block.rows[:0]
        is_difference = block.kind == "difference"
        if pair is None or (is_difference and here.empty):
            axes.remove()
            continue
        _draw_lines(axes, here, block.lines, looks, alpha, missing=not is_difference)
        axes.set_xlim(_limits(block.rows))
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        if is_difference:
            axes.axvline(0, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=0)
            style.panel_title(axes, f"earlier {style.MINUS} later", block.note)
        else:
            style.panel_title(axes, " → ".join(pair))
            for region in here.dropna(subset="onset_s")["region"]:
                y, at = block.lines.index(region), planted.get(region, np.nan)
                axes.plot([at, at], [y - 0.4, y + 0.4], color=style.ink(), linewidth=0.8, zorder=0)
        if not leftmost:
            axes.set_yticklabels([])
        leftmost = False


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
        "Onsets (above, filled) and their differences between regions (below) with "
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
    figure = draw(onsets, inference.confidence, inference.alpha, _planted(settings))
    return Drawn(figure, caption(onsets, inference))


def _planted(settings: AnyDataset) -> dict[str, float]:
    """Return the onsets that were simulated, by region, if times are relative to the cue."""
    if not isinstance(settings, SimulationDataset):
        return {}
    if {task.align for task in settings.tested_tasks.values()} != {"cue_onset"}:
        return {}
    regions = settings.simulation.regions
    return {name: region.selection_onset for name, region in regions.items()}


def _differences(table: pd.DataFrame, regions: list[str]) -> tuple[pd.DataFrame, str]:
    """Return the differences to plot, earlier minus later, and a note on any selection."""
    note = ""
    if table.groupby(["train_task", "test_task"]).size().max() > MOST_DIFFERENCES:
        clear = table[(table["ci_low"] > 0) | (table["ci_high"] < 0)]
        note = f"{len(clear)} of {len(table)}, whose interval excludes 0"
        table = clear
    table = _earlier_first(table)
    lines = table["region"] + f" {style.MINUS} " + table["compared_with"].astype(str)
    by_region = table.assign(line=lines).sort_values(
        ["region", "compared_with"], key=lambda names: names.map(regions.index), kind="stable"
    )
    return by_region, note


def _earlier_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return differences so that the first region is the earlier one, on average over tasks."""
    pair = ["region", "compared_with"]
    later = table.groupby(pair)["onset_s"].transform("mean") > 0
    turned = table[later].rename(columns=dict(zip(pair, reversed(pair), strict=True)))
    for value, low, high in MARKS:
        turned[value] = -turned[value]
        turned[low], turned[high] = -turned[high], -turned[low]
    return pd.concat([table[~later], turned[table.columns]]).sort_index()


def _beside(n_pairs: int, most: int) -> int:
    """Return the number of task pairs per row of panels, at most `most`."""
    n_rows = -(-n_pairs // most)
    return -(-n_pairs // n_rows)


def _lines(
    table: pd.DataFrame, pairs: Sequence[tuple[str, str]], with_onset: list[str], kind: str
) -> list[str]:
    """Return the lines of a row of panels: all regions with an onset, or all differences."""
    if kind == "onset":
        return with_onset
    return list(dict.fromkeys(pd.concat(_of_pair(table, pair) for pair in pairs)["line"]))


def _of_pair(table: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    return table[(table["train_task"] == pair[0]) & (table["test_task"] == pair[1])]


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
    *,
    missing: bool,
) -> None:
    found = here[np.isfinite(here["onset_s"])]
    for row in found.to_dict("records"):
        y = lines.index(row["line"])
        color, marker = looks[row["region"]]
        for (value, low, high), fill, lower in zip(
            MARKS, (color, style.paper()), OFFSETS, strict=True
        ):
            at = y + lower
            axes.plot([row[low], row[high]], [at, at], color=color, linewidth=0.9)
            axes.plot(row[value], at, marker=marker, markersize=3.2, color=color, mfc=fill, mew=0.7)
        if significant(row["fit_p_value"], alpha):
            _note(axes, "poor fit", y, at_left=False)
    for line in [line for line in lines if missing and line not in set(found["line"])]:
        _note(axes, "none found", lines.index(line), at_left=True)
    style.row_labels(axes, lines)


def _note(axes: Axes, text: str, y: float, *, at_left: bool) -> None:
    axes.annotate(
        text,
        (0.02 if at_left else 0.98, y),
        xycoords=axes.get_yaxis_transform(),
        va="center",
        ha="left" if at_left else "right",
        fontsize=style.size(style.NOTE),
        color=style.GREY,
        bbox={"facecolor": style.paper(), "linewidth": 0, "pad": 0.5},
    )
