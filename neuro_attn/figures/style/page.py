"""Figures as pages: settings of matplotlib, sizes, and files with reproducible bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import Any, Literal

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from neuro_attn.errors import InputError
from neuro_attn.figures.specification import FORMATS
from neuro_attn.figures.style.constants import (
    CAUTION,
    DOUBLE,
    INK,
    MIDDLE,
    SINGLE,
    SMALL,
    TEXT,
)
from neuro_attn.figures.style.formats import write
from neuro_attn.files import written_whole

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
    # Text stays text in SVG and PDF, so that it can be searched and edited.
    "svg.fonttype": "none",
    "svg.hashsalt": "neuro-attn",
    "pdf.fonttype": 42,
}


LayoutEngine = Literal["constrained"] | None


@contextmanager
def journal_style() -> Iterator[None]:
    """Context manager and decorator that applies the project's matplotlib settings.

    The user's settings are ignored. `save` also needs it, because ticks are created on rendering.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def new_figure(width: float, height: float, layout: LayoutEngine = "constrained") -> Figure:
    """Return an empty figure of `width` x `height` mm."""
    return Figure(figsize=(width / 25.4, height / 25.4), layout=layout)


def width_for(n_columns: int) -> float:
    """Return the width of a figure with `n_columns` columns of panels, mm."""
    return (SINGLE, MIDDLE, DOUBLE)[min(n_columns, 3) - 1]


def save(figure: Figure, path: str | Path, note: str = "") -> None:
    """Write a figure as PNG (300 dpi), SVG or PDF, atomically and with reproducible bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure from a `draw` function.
    path : str or Path
        The file; its suffix, ``.png``, ``.svg`` or ``.pdf``, determines the format.
    note : str
        A caution to show in a strip above the figure, without changing the figure itself.

    Raises
    ------
    InputError
        If the suffix is not supported.
    """
    kind = Path(path).suffix.lstrip(".")
    if kind not in FORMATS:
        *most, last = (f".{each}" for each in FORMATS)
        raise InputError(
            str(path),
            f"figures are not written as {Path(path).suffix!r}.",
            f"Use {', '.join(most)} or {last}.",
        )
    with journal_style(), written_whole(path) as temporary:
        # Constrained layout changes slightly with every rendering; fix it for all files.
        if layout := figure.get_layout_engine():
            layout.execute(figure)
            figure.set_layout_engine("none")
        with _strip_above(figure, note) as box:
            write(figure, temporary, kind, box)


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
