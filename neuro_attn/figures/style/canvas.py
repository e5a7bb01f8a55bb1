"""What a figure is drawn into: a page of its own, or the user's figure, subfigure or axes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from textwrap import fill
from typing import Any, ParamSpec, cast

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import ScaledTranslation

from neuro_attn.errors import InputError
from neuro_attn.figures.style.constants import GREY, NOTE, SINGLE, SMALL, TEXT
from neuro_attn.figures.style.page import journal_style, new_figure
from neuro_attn.figures.style.sizes import legend_size, size

Target = Axes | SubFigure | Figure
"""What the user can have a figure drawn into."""
P = ParamSpec("P")
HANDLE = 6
"""Width of a legend's line and the space beside it, in characters."""


@contextmanager
def style_of(ax: Target | None) -> Iterator[None]:
    """Apply the project's matplotlib settings, or the user's if the user has given `ax`."""
    with journal_style() if ax is None else matplotlib.rc_context():
        # Names such as "$x$" must not be rendered as formulas.
        matplotlib.rcParams["text.parse_math"] = False
        yield


def drawing(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorate a function that draws a figure: it applies `style_of` the argument `ax`."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with style_of(cast(Target | None, kwargs.get("ax"))):
            return draw(*args, **kwargs)

    return drawn


class Canvas:
    """A figure, a part of it, or single axes, into which a figure is drawn in the same way.

    Parameters
    ----------
    target : Figure, SubFigure or Axes
        Single axes take a figure that has one panel.
    is_own : bool
        Whether this is a new figure, whose size fits its text. Otherwise text is wrapped, and the
        legend has fewer columns, where they would not fit.
    """

    def __init__(self, target: Target, is_own: bool = False) -> None:
        self.target = target
        self.is_own = is_own

    @classmethod
    def of(cls, ax: Target | None, width: float, height: float, **options: Any) -> "Canvas":
        """Return a canvas on `ax`, or on a new figure of `width` x `height` mm."""
        return cls(ax) if ax is not None else cls(new_figure(width, height, **options), True)

    @property
    def figure(self) -> Figure:
        """The whole figure."""
        return cast(Figure, self.target.get_figure(root=True))

    @property
    def width(self) -> float:
        """Width, mm."""
        return float(25.4 * self.target.bbox.width / self.figure.dpi)

    def panels(self, rows: int, columns: int, **options: Any) -> np.ndarray:
        """Return axes, shape (rows, columns); options are those of `Figure.subplots`.

        Raises
        ------
        InputError
            If single axes were given for several panels.
        """
        if not isinstance(self.target, Axes):
            return self.target.subplots(rows, columns, squeeze=False, **options)
        if rows * columns > 1:
            raise _several(f"{rows * columns} panels")
        return np.array([[self.target]])

    def parts(self, columns: int, width_ratios: Sequence[float]) -> list["Canvas"]:
        """Return canvases side by side."""
        if isinstance(self.target, Axes):
            raise _several(f"{columns} parts")
        return [
            Canvas(part, self.is_own)
            for part in self.target.subfigures(
                1, columns, squeeze=False, width_ratios=width_ratios
            )[0]
        ]

    def whole(self) -> Axes:
        """Return axes that fill the canvas, without frame."""
        axes = self.target
        if not isinstance(axes, Axes):
            axes = axes.add_axes((0, 0, 1, 1))
        axes.axis("off")
        return axes

    def x_label(self, text: str, points: float = TEXT, color: str | None = None) -> None:
        """Label the horizontal axis of all panels; single axes keep their own label above."""
        if isinstance(self.target, Axes):
            text = self._wrapped(text, float(self.target.xaxis.label.get_fontsize()))
            self.target.set_xlabel("\n".join(filter(None, (self.target.get_xlabel(), text))))
        else:
            look = {} if color is None else {"color": color}
            text = self._wrapped(text, size(points))
            self.target.supxlabel(text, fontsize=size(points), **look)

    def y_label(self, text: str) -> None:
        """Label the vertical axis of all panels; single axes keep their own label as well."""
        if isinstance(self.target, Axes):
            self.target.set_ylabel("\n".join(filter(None, (self.target.get_ylabel(), text))))
        else:
            self.target.supylabel(text, fontsize=size(TEXT))

    def note(self, text: str) -> None:
        """Add a small note above all panels."""
        if isinstance(self.target, Axes):
            self.target.set_title(text, loc="right", fontsize=size(NOTE))
        else:
            self.target.suptitle(text, fontsize=size(NOTE), x=0.01, ha="left")

    def legend(self, handles: Sequence[Artist], columns: int, note: str = "") -> None:
        """Add a legend above all panels and their titles, with a note on its first line."""
        look: dict[str, Any] = {
            "handles": handles,
            "title": note,
            "title_fontsize": size(NOTE),
            "alignment": "left",
        }
        longest = max((len(str(handle.get_label())) for handle in handles), default=0)
        room = self._characters(legend_size())
        fitting = columns if self.is_own else max(1, min(columns, room // (longest + HANDLE)))
        if not isinstance(self.target, Axes):
            self.target.legend(loc="outside upper left", ncols=fitting, **look)
            return
        axes, inside = self.target, self.target.get_legend()
        title = 1.5 * size(TEXT) / 72
        above = axes.transAxes + ScaledTranslation(0, title, self.figure.dpi_scale_trans)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            bbox_transform=above,
            borderaxespad=0,
            ncols=fitting,
            **look,
        )
        if inside is not None:
            axes.add_artist(inside)

    def _characters(self, points: float) -> int:
        """Return the number of characters of a size that fit."""
        return int(self.width / (0.6 * points * 25.4 / 72))

    def _wrapped(self, text: str, points: float) -> str:
        return text if self.is_own else fill(text, max(20, self._characters(points)))

    def color_bar(self, values: ScalarMappable, axes: Sequence[Axes], **options: Any) -> Colorbar:
        """Add a colour bar beside some panels; options are those of `Figure.colorbar`."""
        owner = self.figure if isinstance(self.target, Axes) else self.target
        return owner.colorbar(values, ax=list(axes), **options)


def blank(text: str, ax: Target | None = None) -> Figure:
    """Return a placeholder figure with the reason why there are no data to plot."""
    canvas = Canvas.of(ax, SINGLE, 20)
    look: dict[str, Any] = {"ha": "center", "va": "center", "color": GREY, "fontsize": size(SMALL)}
    if isinstance(canvas.target, Axes):
        canvas.whole().text(0.5, 0.5, text, transform=canvas.target.transAxes, **look)
    else:
        canvas.target.text(0.5, 0.5, text, **look)
    return canvas.figure


def _several(what: str) -> InputError:
    return InputError(
        "ax",
        f"the figure has {what}, and one pair of axes was given.",
        "Give a figure or subfigure, or select one region and task (`figures.selection.select`).",
    )
