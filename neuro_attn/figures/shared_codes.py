"""Overlap of the codes of two tasks in every region, with the verdicts: a forest plot."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, interval, paragraphs
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.figures.verdict_words import headline

TITLE = "Shared codes"
OF = "dataset"
SECTION = "Answer"
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
GREY = "0.45"
"""Colour of overlaps beside the relative ones."""
OVERLAP = ("overlap", "ci_low", "ci_high")
RELATIVE = ("relative_overlap", "relative_low", "relative_high")
"""Columns of the overlap and of the relative one, with their intervals."""
EXCEEDING = "Estimates can lie beyond their interval, which ends at the largest possible overlap."
"""What the caption and the answer page state if an estimate does."""
MARKERS = {"these units": "s", "the region": "o", "other subjects": "D"}
ALL_REGIONS = True
"""No region is left out, however many there are."""
ONE_BLOCK, OF_BLOCK = 40, 80
"""With more regions than the first number, they are shown in blocks of the second."""
LIMIT, LIMIT_OF_RELATIVE = 1.25, 2.25
"""Largest overlap on the axis, and largest relative one; wider intervals end in an arrow."""


@style.drawing
def draw(
    verdicts: pd.DataFrame,
    confidence: float = 0.95,
    windows: Mapping[str, tuple[float, float]] | None = None,
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot the overlap with its interval, one row a region, one panel a pair of tasks and window.

    Colours are verdicts. Circles concern the region, with sessions as the sample, diamonds other
    subjects, squares exactly the recorded units. Dotted lines mark unrelated codes (0) and one
    code (1). Where reference tasks are stated, the relative overlap is plotted, and a grey tick
    marks the overlap itself.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        The table of verdicts.
    confidence : float
        Coverage of the intervals.
    windows : mapping of str to tuple of float, optional
        Times of the windows, s, which are named above the panels.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if verdicts.empty:
        return style.blank("no pair of tasks", ax)
    keys = ["first_task", "second_task", "window"]
    panels = list(dict.fromkeys(verdicts[keys].itertuples(index=False, name=None)))
    layout = _layout(style.ordered(verdicts["region"]), len(panels))
    canvas = style.Canvas.of(ax, layout.width, layout.height)
    n_blocks = len(layout.blocks)
    shape = (layout.rows, layout.beside * n_blocks)
    grid = canvas.panels(*shape, sharex=True)
    references = list(filter(None, dict.fromkeys(verdicts["reference"])))
    limit = LIMIT_OF_RELATIVE if references else LIMIT
    for index, (first, second, window) in enumerate(panels):
        here = verdicts.groupby(keys).get_group((first, second, window))
        row, column = divmod(index, layout.beside)
        title = f"{first} and {second}, {window}"
        if references and not here["reference"].any():
            title += " (reference)"
        for number, regions in enumerate(layout.blocks):
            axes = grid[row, number * layout.beside + column]
            draw_panel(axes, here[here["region"].isin(regions)], regions, limit)
            if number == 0:
                style.panel_title(axes, title, _times(window, windows or {}))
            style.outer_labels(axes, column == 0, index + layout.beside >= len(panels))
            axes.set_ylim(len(layout.blocks[0]) - 0.4, -0.6)
    for index in range(len(panels), layout.rows * layout.beside):
        for number in range(n_blocks):
            grid[-1, number * layout.beside + index % layout.beside].remove()
    present = [verdict for verdict in COLORS if (verdicts["verdict"] == verdict).any()]
    handles = [
        Line2D([], [], color=COLORS[verdict], marker="o", linewidth=1, label=verdict)
        for verdict in present
    ]
    levels = [level for level in MARKERS if (verdicts["level"] == level).any()]
    if len(levels) > 1:
        handles += [
            Line2D([], [], color="0.3", marker=MARKERS[level], linewidth=0, label=level)
            for level in levels
        ]
    if references:
        label = "not relative to the reference"
        handles.append(Line2D([], [], color=GREY, marker="|", linewidth=0, label=label))
    in_legend = 2 if layout.width == style.SINGLE else len(handles)
    canvas.legend(handles, in_legend, _sample(verdicts, levels, confidence))
    of_reference = "".join(f", relative to that of {each}" for each in references)
    canvas.x_label(f"overlap of the two codes{of_reference}")
    return canvas.figure


class _Layout(NamedTuple):
    """Layout of panels: `rows` x `beside` for each block of regions, side by side; sizes in mm."""

    blocks: list[list[str]]
    rows: int
    beside: int
    width: float
    height: float


def _layout(regions: list[str], n_panels: int) -> _Layout:
    """Return the layout of the figure; many regions are in several blocks, so that they fit."""
    is_dense = len(regions) > ONE_BLOCK
    size = OF_BLOCK if is_dense else len(regions)
    blocks = [regions[first : first + size] for first in range(0, len(regions), size)]
    beside = min(max(6 // len(blocks), 1), n_panels) if is_dense else style.n_columns(n_panels)
    rows = -(-n_panels // beside)
    of_block = style.row_height(regions, 2.4 if is_dense else 4.5) * len(blocks[0])
    width = style.DOUBLE if is_dense else style.width_for(beside)
    return _Layout(blocks, rows, beside, width, rows * (14 + max(of_block, 9)) + 12)


def _times(window: str, windows: Mapping[str, tuple[float, float]]) -> str:
    """Return the times of a window as text; empty if they are not given."""
    if window not in windows:
        return ""
    start, stop = (f"{time:g}".replace("-", style.MINUS) for time in windows[window])
    return f"{start} to {stop} s"


def _sample(verdicts: pd.DataFrame, levels: list[str], confidence: float) -> str:
    """Return a note with the intervals and the sample; the level only if there is one."""
    sessions = style.count(verdicts["n_sessions"], "session")
    subjects = style.count(verdicts["n_subjects"], "subject")
    of_level = f" for {levels[0]}" if len(levels) == 1 else ""
    return f"overlap with {confidence:.0%} intervals{of_level}; {sessions} of {subjects}"


def draw_panel(
    axes: Axes, rows: pd.DataFrame, regions: list[str], limit: float | None = None
) -> None:
    """Plot the overlap of one pair of tasks in a window, one row a region.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The panel.
    rows : pandas.DataFrame
        Rows of the table of verdicts.
    regions : list of str
        All regions, from the top.
    limit : float, optional
        Largest overlap on the axis; by default that of overlaps, or of relative ones.
    """
    if limit is None:
        limit = LIMIT_OF_RELATIVE if rows["reference"].any() else LIMIT
    for at in (0, 1):
        axes.axvline(at, color="0.6", linewidth=0.6, linestyle=":", zorder=0)
    for row in rows.to_dict("records"):
        y, color = regions.index(row["region"]), COLORS[row["verdict"]]
        value, *ends = (row[name] for name in (RELATIVE if row["reference"] else OVERLAP))
        low, high = np.clip(ends, -limit, limit)
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([low, high], [y, y], color=color, linewidth=1.2, solid_capstyle="butt")
            for end, beyond, marker in ((low, ends[0], "<"), (high, ends[1], ">")):
                if beyond != end:
                    axes.plot(end, y, marker=marker, markersize=3, color=color)
        if row["reference"] and np.isfinite(row["overlap"]):
            axes.plot(row["overlap"], y, marker="|", markersize=6, color=GREY, zorder=1)
        if np.isfinite(value):
            shown = np.clip(value, -limit, limit)
            if np.isfinite(low) and np.isfinite(high):
                # An estimate beyond its interval belongs to it all the same.
                nearest = np.clip(shown, low, high)
                axes.plot([nearest, shown], [y, y], color=color, linewidth=0.6, linestyle=":")
            axes.plot(shown, y, marker=MARKERS[row["level"]], markersize=4, color=color)
    axes.set_xlim(-limit - 0.05, limit + 0.05)
    style.row_labels(axes, regions)


def caption(verdicts: pd.DataFrame) -> str:
    """Describe the figure, with the verdicts and the clearest overlaps.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for row in verdicts.to_dict("records"):
        estimate = _estimate("overlap", [row[name] for name in OVERLAP])
        if row["reference"]:
            relative = _estimate("relative overlap", [row[name] for name in RELATIVE])
            estimate = f"{relative}; {estimate}"
        text = (
            f"{rst(row['region'])}, {rst(row['first_task'])} and {rst(row['second_task'])}, "
            f"{rst(row['window'])}: {estimate}, p = {row['p_corrected']:.2g}."
        )
        # What answers the question first, then what is most certain.
        rank = list(COLORS).index(row["verdict"])
        lines.append((len(COLORS) - rank - row["p_corrected"], text))
    answer = rst(headline(verdicts))
    description = (
        "An overlap of 1 means a shared code, 0 unrelated codes, and \N{MINUS SIGN}1 a reversed "
        "code, whatever their strength. Circles: other sessions of these subjects; diamonds: other "
        "subjects; squares: the recorded units alone. P-values are two-sided and corrected over "
        "windows and regions."
    )
    if verdicts["reference"].any():
        description += (
            " The overlap is relative to that of the reference tasks (1: as much as between them); "
            "grey ticks mark the overlap itself."
        )
    if exceed(verdicts):
        description += f" {EXCEEDING}"
    return paragraphs(answer, findings(lines), description)


def exceed(verdicts: pd.DataFrame) -> bool:
    """Return whether an estimate of the overlap in recorded units lies beyond its interval."""
    of_units = verdicts[verdicts["level"] == "these units"]
    value, low, high = (of_units[name] for name in OVERLAP)
    return bool(((value > high) | (value < low)).any())


def _estimate(what: str, numbers: list[float]) -> str:
    """Return an estimate with its interval, in words."""
    value, low, high = numbers
    if not np.isfinite(value):
        return f"{what} not estimable"
    return f"{what} {interval(value, low, high, 2)}"


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    verdicts = results["verdicts"]
    figure = draw(verdicts, settings.inference.confidence, settings.windows)
    return Drawn(figure, caption(verdicts))
