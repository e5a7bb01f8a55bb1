"""Style of all figures: sizes, colours, order of regions, panels and reproducible files.

Figures are designed for print, with the column widths of a journal, text of 5.5 to 7 points and
colours that colour-blind readers can distinguish. We use the font that is included in matplotlib,
so that the same data yield the same bytes on every machine.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox
from scipy.optimize import isotonic_regression

from neuro_attn.errors import InputError
from neuro_attn.escaping import printable
from neuro_attn.files import written_whole

SINGLE, MIDDLE, DOUBLE = 89.0, 120.0, 183.0
"""Widths of one, one and a half and two columns of a journal, mm."""

TEXT, SMALL, NOTE = 7.0, 6.0, 5.5
"""Font sizes of labels, of tick labels and legends, and of notes in a panel, points."""

INK, GREY, PALE = "#222222", "#767676", "#D9D9D9"
"""Colours of text and outlines, of chance and other references, and of ranges and background."""

CAUTION = "#FBE9C6"
"""Background colour of cautions."""

REGION_PALETTE = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#E69F00",  # orange
    "#56B4E9",  # sky blue
    "#000000",  # black
)
"""Palette of Okabe & Ito (2008) without yellow, which is too pale for lines on white."""

MARKERS = ("o", "s", "^")
"""Markers of regions; with more regions than colours, colours repeat with the next marker."""

TASK_PALETTE = ("#332288", "#CC6677", "#44AA99", "#999933", "#88CCEE")
"""Five of Paul Tol's muted colours (2021); a task has the same colour in all figures."""

LINE = 22
"""Number of characters after which names of regions and networks are wrapped."""

HIERARCHY = ("LPFC", "FEF", "parietal", "V4")
"""The regions recorded by Panichello & Buschman (2021), from anterior to posterior."""

MINUS, DASH, TIMES = "\N{MINUS SIGN}", "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"

SEQUENTIAL, DIVERGING = "Blues", "RdBu_r"
"""Colour maps for non-negative values, and for values centred on chance."""

_SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlelocation": "left",
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    # Names such as "$x$" must not be rendered as formulas.
    "text.parse_math": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.4,
    "lines.linewidth": 1.1,
    "lines.solid_capstyle": "butt",
    "hatch.linewidth": 0.5,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.wspace": 0.03,
    "figure.constrained_layout.hspace": 0.05,
    "figure.dpi": 200,
    "svg.fonttype": "none",
    "svg.hashsalt": "neuro-attn",
}

_METADATA: dict[str, dict[str, str | None]] = {".png": {"Software": None}, ".svg": {"Date": None}}


@contextmanager
def journal_style() -> Iterator[None]:
    """Context manager and decorator that applies the project's matplotlib settings.

    The user's settings are ignored. `save` also needs it, because ticks are created on rendering.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of `width` x `height` mm with constrained layout."""
    return Figure(figsize=(width / 25.4, height / 25.4), layout="constrained")


def blank(text: str) -> Figure:
    """Return a placeholder figure with the reason why there are no data to plot."""
    figure = new_figure(SINGLE, 20)
    figure.text(0.5, 0.5, text, ha="center", va="center", color=GREY, fontsize=SMALL)
    return figure


def width_for(n_columns: int) -> float:
    """Return the width of a figure with `n_columns` columns of panels, mm."""
    return (SINGLE, MIDDLE, DOUBLE)[min(n_columns, 3) - 1]


def save(figure: Figure, path: str | Path, note: str = "") -> None:
    """Write a figure as PNG (200 dpi) or SVG, atomically and with reproducible bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure from a `draw` function.
    path : str or Path
        The file; its suffix, ``.png`` or ``.svg``, determines the format.
    note : str
        A caution to show in a strip above the figure, without changing the figure itself.

    Raises
    ------
    InputError
        If the suffix is not supported.
    """
    suffix = Path(path).suffix
    if suffix not in _METADATA:
        raise InputError(str(path), f"figures are not written as {suffix!r}.", "Use .png or .svg.")
    with journal_style(), written_whole(path) as temporary:
        # Constrained layout changes slightly with every rendering; fix it for all files.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        with _strip_above(figure, note) as box:
            figure.savefig(temporary, metadata=_METADATA[suffix], bbox_inches=box)
        if suffix == ".svg":
            _without_control_characters(Path(temporary))


def _without_control_characters(svg: Path) -> None:
    """Replace unprintable characters in an SVG by escapes, because XML does not allow all."""
    text = svg.read_text(encoding="utf-8")
    if any(not character.isprintable() for character in set(text) - {"\n"}):
        svg.write_text(printable(text, keep="\n"), encoding="utf-8")


@contextmanager
def _strip_above(figure: Figure, note: str) -> Iterator[Bbox | None]:
    """Add a note above a figure while it is saved; yield the bounding box to save, inches."""
    if not note:
        yield None
        return
    width, height = figure.get_size_inches()
    text = fill(note, int(25.4 * width / 1.25))
    strip = (1.5 + 2.9 * (text.count("\n") + 1)) / 25.4
    added = [
        figure.add_artist(
            Rectangle(
                (0, 1),
                1,
                strip / height,
                transform=figure.transFigure,
                facecolor=CAUTION,
                linewidth=0,
                clip_on=False,
            )
        ),
        figure.text(
            0.5, 1 + strip / height / 2, text, ha="center", va="center", fontsize=SMALL, gid="note"
        ),
    ]
    for legend in figure.legends:  # keep its position relative to the figure
        legend.set_bbox_to_anchor((0, 0, 1, 1), figure.transFigure)
    yield Bbox.from_extents(0, 0, width, height + strip)
    for artist in added:
        artist.remove()


# --- order and colours ---------------------------------------------------------------------------


def ordered(names: Iterable[str]) -> list[str]:
    """Return the unique `names`: those in `HIERARCHY` first, then in order of occurrence."""
    unique = list(dict.fromkeys(names))
    known = [name for name in HIERARCHY if name in unique]
    return known + [name for name in unique if name not in known]


def region_looks(regions: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for each region, determined by its position in `regions`."""
    size = len(REGION_PALETTE)
    return {
        region: (REGION_PALETTE[i % size], MARKERS[i // size % len(MARKERS)])
        for i, region in enumerate(regions)
    }


def task_colors(tasks: Iterable[str]) -> dict[str, str]:
    """Return a colour for each task, determined by its position in `tasks`."""
    unique = list(dict.fromkeys(tasks))
    return {task: TASK_PALETTE[i % len(TASK_PALETTE)] for i, task in enumerate(unique)}


def across_sessions(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows with session ``all``.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table with the column ``session``.
    name : str
        Name of the table, for messages.

    Raises
    ------
    InputError
        If there are no such rows.
    """
    rows = frame[frame["session"] == "all"]
    if rows.empty:
        found = ", ".join(sorted(map(str, frame["session"].unique()))) or "none"
        raise InputError(name, "no rows with session 'all' to draw.", f"Sessions: {found}.")
    return rows


# --- numbers as text -----------------------------------------------------------------------------


def proportion(value: float) -> str:
    """Return a proportion as text with two decimals and no leading zero."""
    if not np.isfinite(value):
        return DASH
    text = f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)  # no minus before a zero
    return text.replace("0.", ".", 1) if text.lstrip(MINUS).startswith("0.") else text


def count(values: Iterable[float], noun: str) -> str:
    """Return a number or range with a noun, e.g. "1 unit", "40 units" or "40–60 units"."""
    whole = sorted({round(value) for value in values if np.isfinite(value)})
    if not whole:
        return f"? {noun}s"
    number = f"{whole[0]}" if len(whole) == 1 else f"{whole[0]}{DASH}{whole[-1]}"
    return f"{number} {noun}" + ("" if whole == [1] else "s")


# --- panels ------------------------------------------------------------------------------------


def region_panels(
    n_regions: int, n_rows: int, panel_height: float, extra_height: float, share: bool = False
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with one column of panels per region, wrapped if there are many.

    Parameters
    ----------
    n_regions, n_rows : int
        Numbers of columns, and of panels per column.
    panel_height, extra_height : float
        Height of a panel with its labels, and total height of legends and labels, mm.
    share : bool
        Whether all panels have the same limits on both axes.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    panels : list of list of Axes
        ``panels[region][row]``.
    """
    columns = n_columns(n_regions)
    wraps = -(-n_regions // columns)
    figure = new_figure(
        width_for(columns),
        panel_height * n_rows * wraps + extra_height,
    )
    axes = figure.subplots(wraps * n_rows, columns, squeeze=False, sharex=share, sharey=share)
    for unused in range(n_regions, wraps * columns):
        for row in range(n_rows):
            axes[(wraps - 1) * n_rows + row, unused % columns].remove()
    return figure, [
        [axes[region // columns * n_rows + row, region % columns] for row in range(n_rows)]
        for region in range(n_regions)
    ]


def n_columns(n_panels: int) -> int:
    """Return the number of columns for `n_panels` small panels, at most 5, with balanced rows."""
    most = 4 if n_panels <= 8 else 5
    n_rows = -(-n_panels // most)
    return -(-n_panels // n_rows)


def is_leftmost(index: int, n_panels: int) -> bool:
    """Return whether panel `index` of `n_panels` is the first of its row."""
    return index % n_columns(n_panels) == 0


def is_lowest(index: int, n_panels: int) -> bool:
    """Return whether panel `index` of `n_panels` is the lowest of its column."""
    return index + n_columns(n_panels) >= n_panels


def outer_labels(axes: Axes, left: bool, bottom: bool) -> None:
    """Show tick labels on the y axis only if `left`, and on the x axis only if `bottom`."""
    axes.tick_params(labelleft=left, labelbottom=bottom)


def panel_title(axes: Axes, name: str, note: str = "") -> None:
    """Add the name of a panel above it, with a note to the right, or below a long name."""
    is_long = len(name) > 12 and bool(note)
    line = max(LINE, _characters_above(axes))
    axes.set_title(fill(name, line) + "\n" * is_long, loc="left", fontweight="bold")
    if is_long:
        axes.annotate(
            note,
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, 3.5),
            textcoords="offset points",
            fontsize=NOTE,
            color=GREY,
        )
    elif note:
        axes.set_title(note, loc="right", fontsize=NOTE, color=GREY)


def _characters_above(axes: Axes) -> int:
    """Return the number of bold characters, 1.8 mm each, that fit above a panel of a grid."""
    place = axes.get_subplotspec()
    figure = axes.get_figure(root=True)
    if place is None or figure is None:
        return LINE
    width = 25.4 * figure.get_size_inches()[0] / place.get_gridspec().ncols
    return int(width / 1.8)


def row_height(names: Iterable[str], least: float) -> float:
    """Return the height of a row of `row_labels`, mm: `least`, or more if names are wrapped."""
    return max(least, 2.6 * max(fill(name, LINE).count("\n") + 1 for name in names))


def row_labels(axes: Axes, names: Sequence[str]) -> None:
    """Label the rows of a dot plot, at y = 0, 1, ... from the top."""
    axes.set_yticks(range(len(names)), [fill(name, LINE) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def chance_line(axes: Axes, chance: float) -> None:
    """Plot the chance level as a thin dotted line behind the data."""
    axes.axhline(chance, color=GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1, gid="chance")


def proportion_ticks(axes: Axes) -> None:
    """Format the ticks of an accuracy axis without leading zeros, and omit those above 1."""
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.2g}".replace("0.", ".", 1) if value < 1.01 else "")
    )


def chance_norm(values: np.ndarray, chance: float) -> CenteredNorm:
    """Return a norm centred on chance that spans all finite `values`, at least ±0.05."""
    finite = values[np.isfinite(values)]
    half = np.abs(finite - chance).max(initial=0.05)
    return CenteredNorm(vcenter=chance, halfrange=float(half))


def accuracy_bar(
    figure: Figure, norm: CenteredNorm, axes: Sequence[Axes], lowest: float
) -> Colorbar:
    """Add a colour bar of accuracies, with a tick at chance and cropped at the `lowest` value."""
    bar = figure.colorbar(
        ScalarMappable(norm, DIVERGING), ax=axes, shrink=0.5, aspect=18, pad=0.01, fraction=0.05
    )
    chance = float(norm.vcenter)
    top = chance + float(norm.halfrange)
    bottom = min(lowest, chance - 0.15 * float(norm.halfrange))
    bar.ax.set_ylim(bottom, top)
    round_values = MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(bottom, top)
    ticks = [
        value
        for value in round_values
        if bottom <= value <= top and abs(value - chance) > 0.07 * (top - bottom)
    ]
    bar.set_ticks(
        [*ticks, chance], labels=[*map(proportion, ticks), f"{proportion(chance)} chance"]
    )
    bar.set_label("balanced accuracy")
    bar.outline.set_linewidth(0.4)
    bar.ax.minorticks_off()
    return bar


def spread(
    positions: np.ndarray, gap: float, low: float = -np.inf, high: float = np.inf
) -> np.ndarray:
    """Return `positions` moved apart by at least `gap`, with the smallest sum of squared moves.

    For sorted positions, ``moved[i] - i * gap`` must not decrease. This is an isotonic regression,
    and its solution within bounds is the clipped unbounded solution.

    Parameters
    ----------
    positions : array, shape (label,)
        Preferred positions of labels.
    gap : float
        Smallest distance between neighbours.
    low, high : float
        Bounds of the first and the last position. If there is not enough space, only `high` is
        respected.

    Returns
    -------
    array, shape (label,)
        Positions in the order of the input.
    """
    order = np.argsort(positions, kind="stable")
    steps = gap * np.arange(len(order))
    moved = np.empty(len(order))
    free = isotonic_regression(np.asarray(positions, float)[order] - steps).x
    moved[order] = np.clip(free, low, high - steps[-1]) + steps
    return moved


def end_labels(
    axes: Axes, ends: Sequence[tuple[float, float, str, str]], height: float, size: float = SMALL
) -> None:
    """Label lines at their right ends, without overlap between labels.

    Parameters
    ----------
    axes : Axes
        A panel whose limits and scales are final.
    ends : sequence of (x, y, text, colour)
        Ends of the lines, in data coordinates.
    height : float
        Height of the panel's frame, mm, from which the distance between labels is computed.
    size : float
        Font size, points.
    """
    if not ends:
        return
    to_fraction = axes.transData + axes.transAxes.inverted()
    fractions = to_fraction.transform([(x, y) for x, y, _, _ in ends])
    heights = spread(fractions[:, 1], 1.15 * size * 25.4 / 72 / height, high=1)
    for (x, y, text, color), level in zip(ends, heights, strict=True):
        axes.annotate(
            text,
            (x, y),
            xytext=(1.06, level),
            textcoords="axes fraction",
            color=color,
            fontsize=size,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.4,
                "alpha": 0.6,
                "shrinkA": 0.5,
                "shrinkB": 2,
            },
        )
