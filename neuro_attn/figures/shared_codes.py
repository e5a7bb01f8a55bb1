"""Overlap of the codes of two tasks in every region, with the verdicts: a forest plot."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import interval, listed, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Shared codes"
OF = "dataset"
NEEDS = ("{dataset}/verdicts.csv",)
WHEN = "task_pairs"

COLORS = {
    "shared": "#1b6ca8",
    "partly shared": "#7fb3d5",
    "task-specific": "#c0392b",
    "reversed": "#8e44ad",
    "inconclusive": "0.55",
    "not decodable": "0.8",
}
"""Colour of each verdict."""
MARKERS = {"these units": "s", "the region": "o", "other subjects": "D"}
LIMIT = 1.25
"""Largest overlap on the axis; wider intervals end in an arrow."""


@style.journal_style()
def draw(verdicts: pd.DataFrame, confidence: float = 0.95) -> Figure:
    """Plot the overlap with its interval, one row a region, one panel a pair of tasks and window.

    Colours are verdicts. Circles concern the region, with sessions as the sample, diamonds other
    subjects, squares exactly the recorded units. Dotted lines mark unrelated codes (0) and one
    code (1).

    Parameters
    ----------
    verdicts : pandas.DataFrame
        The table of verdicts.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if verdicts.empty:
        return style.blank("no pair of tasks")
    regions = style.ordered(verdicts["region"])
    keys = ["first_task", "second_task", "window"]
    panels = list(dict.fromkeys(verdicts[keys].itertuples(index=False, name=None)))
    columns = style.n_columns(len(panels))
    rows = -(-len(panels) // columns)
    height = 14 + max(style.row_height(regions, 4.5) * len(regions), 9)
    figure = style.new_figure(style.width_for(columns), rows * height + 12)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for index, (first, second, window) in enumerate(panels):
        axes = grid.flat[index]
        draw_panel(axes, verdicts.groupby(keys).get_group((first, second, window)), regions)
        style.panel_title(axes, f"{first} and {second}, {window}")
        style.outer_labels(axes, index % columns == 0, style.is_lowest(index, len(panels)))
    for unused in grid.flat[len(panels) :]:
        unused.remove()
    present = [verdict for verdict in COLORS if (verdicts["verdict"] == verdict).any()]
    handles = [
        Line2D([], [], color=COLORS[verdict], marker="o", linewidth=1, label=verdict)
        for verdict in present
    ]
    handles += [
        Line2D([], [], color="0.3", marker=marker, linewidth=0, label=level)
        for level, marker in MARKERS.items()
        if (verdicts["level"] == level).any()
    ]
    in_legend = 2 if columns == 1 else len(handles)
    style.legend_above(figure, handles, in_legend, f"lines: {confidence:.0%} intervals")
    figure.supxlabel("overlap of the two codes", fontsize=style.TEXT)
    return figure


def draw_panel(axes: Axes, rows: pd.DataFrame, regions: list[str]) -> None:
    """Plot the overlap of one pair of tasks in a window, one row a region."""
    for at in (0, 1):
        axes.axvline(at, color="0.6", linewidth=0.6, linestyle=":", zorder=0)
    for row in rows.itertuples():
        y, color = regions.index(row.region), COLORS[row.verdict]
        low, high = np.clip([row.ci_low, row.ci_high], -LIMIT, LIMIT)
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([low, high], [y, y], color=color, linewidth=1.2, solid_capstyle="butt")
            for end, beyond, marker in ((low, row.ci_low, "<"), (high, row.ci_high, ">")):
                if beyond != end:
                    axes.plot(end, y, marker=marker, markersize=3, color=color)
        if np.isfinite(row.overlap):
            axes.plot(
                np.clip(row.overlap, -LIMIT, LIMIT),
                y,
                marker=MARKERS[row.level],
                markersize=4,
                color=color,
            )
    axes.set_xlim(-LIMIT - 0.05, LIMIT + 0.05)
    style.row_labels(axes, regions)


def caption(verdicts: pd.DataFrame) -> str:
    """Describe the figure, with every verdict and its overlap.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for row in verdicts.to_dict("records"):
        estimate = "overlap not estimable"
        if np.isfinite(row["overlap"]):
            estimate = f"overlap {interval(row['overlap'], row['ci_low'], row['ci_high'], 2)}"
        lines.append(
            f"{rst(row['region'])}, {rst(row['first_task'])} and {rst(row['second_task'])}, "
            f"{rst(row['window'])}: {row['conclusion']} ({estimate}, p = {row['p_corrected']:.2g})."
        )
    description = (
        "Overlap of the codes of two tasks in each region and window. An overlap of 1 means one "
        "code, 0 unrelated codes, and -1 a reversed code, whatever the strength of the codes. "
        "Verdicts *in this region* generalise to other sessions of these subjects, those *in other "
        "subjects* to animals that were not recorded. Verdicts *in these units* concern the "
        "recorded units alone. P-values are two-sided and corrected over windows and regions."
    )
    return paragraphs(description, listed(lines))


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    verdicts = results["verdicts"]
    return Drawn(draw(verdicts, settings.inference.confidence), caption(verdicts))
