"""Axes, colours and colour bars of accuracies."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import CenteredNorm
from matplotlib.ticker import FuncFormatter, MaxNLocator

from neuro_attn.figures.style.canvas import Canvas
from neuro_attn.figures.style.constants import DIVERGING, DIVERGING_ERRORS, GREY
from neuro_attn.figures.style.numbers import proportion

_WIDE = 10.0
"""Range of values that are no proportions."""


def chance_line(axes: Axes, chance: float) -> None:
    """Plot the chance level as a thin dotted line behind the data."""
    axes.axhline(chance, color=GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1, gid="chance")


def proportion_ticks(axes: Axes) -> None:
    """Format the ticks of an accuracy axis, and omit those above 1."""
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.2g}" if value < 1.01 else "")
    )


def chance_norm(values: np.ndarray, chance: float) -> CenteredNorm:
    """Return a norm centred on chance that spans all finite `values`, at least ±0.05."""
    finite = values[np.isfinite(values)]
    half = np.abs(finite - chance).max(initial=0.05)
    return CenteredNorm(vcenter=chance, halfrange=float(half))


def accuracy_bar(
    canvas: Canvas,
    norm: CenteredNorm,
    axes: Sequence[Axes],
    worst: float,
    score: str = "balanced accuracy",
    colors: str = DIVERGING,
) -> Colorbar:
    """Add a colour bar of accuracies, with a tick at chance and cropped at the `worst` value."""
    bar = canvas.color_bar(
        ScalarMappable(norm, colors), axes, shrink=0.5, aspect=18, pad=0.01, fraction=0.05
    )
    chance = float(norm.vcenter)
    half = float(norm.halfrange)
    bottom, top = chance - half, chance + half
    # Errors are worse above chance.
    if colors == DIVERGING_ERRORS:
        top = max(worst, chance + 0.15 * half)
    else:
        bottom = min(worst, chance - 0.15 * half)
    bar.ax.set_ylim(bottom, top)
    round_values = MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(bottom, top)
    ticks = [
        value
        for value in round_values
        if bottom <= value <= top and abs(value - chance) > 0.07 * (top - bottom)
    ]
    # Proportions have two decimals; errors in degrees have none.
    text = proportion if top - bottom < _WIDE else "{:.0f}".format
    bar.set_ticks([*ticks, chance], labels=[*map(text, ticks), f"{text(chance)} chance"])
    bar.set_label(score)
    bar.outline.set_linewidth(0.4)
    bar.ax.minorticks_off()
    return bar
