"""Grids of panels, and the titles and labels of a panel in a grid."""

from collections.abc import Iterable, Sequence
from textwrap import fill

from matplotlib.axes import Axes

from neuro_attn.figures.style.canvas import Canvas, Target
from neuro_attn.figures.style.constants import GREY, LINE, NOTE, TEXT
from neuro_attn.figures.style.page import width_for
from neuro_attn.figures.style.sizes import size, title_size


def region_panels(
    ax: Target | None,
    n_regions: int,
    n_rows: int,
    *,
    panel_height: float,
    extra_height: float,
    share: bool = False,
) -> tuple[Canvas, list[list[Axes]]]:
    """Return a canvas with one column of panels per region, wrapped if there are many.

    Parameters
    ----------
    ax : Axes, SubFigure or Figure, optional
        Where to draw; by default a new figure.
    n_regions, n_rows : int
        Numbers of columns, and of panels per column.
    panel_height, extra_height : float
        Height of a panel with its labels, and total height of legends and labels, mm.
    share : bool
        Whether all panels have the same limits on both axes.

    Returns
    -------
    canvas : Canvas
        The canvas.
    panels : list of list of Axes
        ``panels[region][row]``.
    """
    columns = n_columns(n_regions)
    wraps = -(-n_regions // columns)
    canvas = Canvas.of(
        ax,
        width_for(columns),
        panel_height * n_rows * wraps + extra_height,
    )
    axes = canvas.panels(wraps * n_rows, columns, sharex=share, sharey=share)
    for unused in range(n_regions, wraps * columns):
        for row in range(n_rows):
            axes[(wraps - 1) * n_rows + row, unused % columns].remove()
    return canvas, [
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
    line = max(int(LINE * TEXT / title_size()), _characters_above(axes))
    axes.set_title(fill(name, line) + "\n" * is_long, loc="left", fontweight="bold")
    if is_long:
        axes.annotate(
            note,
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, 3.5),
            textcoords="offset points",
            fontsize=size(NOTE),
            color=GREY,
        )
    elif note:
        axes.set_title(note, loc="right", fontsize=size(NOTE), color=GREY)


def _characters_above(axes: Axes) -> int:
    """Return the number of bold characters that fit above a panel of a grid, 1.8 mm each."""
    place = axes.get_subplotspec()
    figure = axes.get_figure(root=False)
    if place is None or figure is None:
        return LINE
    width = Canvas(figure).width / place.get_gridspec().ncols
    return int(width / (1.8 * title_size() / TEXT))


def row_height(names: Iterable[str], least: float) -> float:
    """Return the height of a row of `row_labels`, mm: `least`, or more if names are wrapped."""
    return max(least, 2.6 * max(fill(name, LINE).count("\n") + 1 for name in names))


def row_labels(axes: Axes, names: Sequence[str]) -> None:
    """Label the rows of a dot plot, at y = 0, 1, ... from the top."""
    axes.set_yticks(range(len(names)), [fill(name, LINE) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
