"""Report errors of networks without their attention."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.attended import verdict
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Need of attention"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/attention_use.csv",)

CHANCE = 90.0
"""Mean absolute error of a random colour, degrees."""
ROW = 4.0
"""Height of a row, mm."""
CONDITIONS = {
    "report_error": ("intact", "o", style.REGION_PALETTE[0]),
    "error_uniform": ("uniform weights", "s", style.REGION_PALETTE[1]),
    "error_zero": ("context of zero", "X", style.REGION_PALETTE[2]),
    "error_blocked": ("items blocked", "D", style.GREY),
}
"""Label, marker and colour of the errors."""


@style.drawing
def draw(use: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot the mean report error of every network and task, intact and without attention.

    Small markers are replicate networks.

    Parameters
    ----------
    use : pandas.DataFrame
        The table `attention_use`.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    # Errors are those of the whole network, so they are the same for all heads and layers.
    errors = use.drop_duplicates(["network", "task", "seed"])
    groups = list(errors.groupby(["network", "task"], sort=False))
    canvas = style.Canvas.of(ax, style.SINGLE, ROW * len(groups) + 24)
    ((axes,),) = canvas.panels(1, 1)
    for number, (_, rows) in enumerate(groups):
        axes.axhline(number, color=style.PALE, linewidth=0.5, zorder=0)
        for place, (column, (_, marker, color)) in enumerate(CONDITIONS.items()):
            y = number + 0.14 * (place - 1.5)
            look: dict[str, Any] = {"marker": marker, "color": color, "linestyle": ""}
            axes.plot(
                rows[column], [y] * len(rows), markersize=1.4, alpha=0.6, markeredgewidth=0, **look
            )
            axes.plot(rows[column].mean(), y, markersize=3.6, markeredgewidth=0, **look)
    axes.axvline(CHANCE, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1)
    axes.set_xlim(left=0)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_yticks(range(len(groups)), [f"{network}, {task}" for (network, task), _ in groups])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("mean absolute report error (degrees; dotted: chance)")
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=color, markersize=3.6, label=label)
        for label, marker, color in CONDITIONS.values()
    ]
    canvas.legend(handles, 2, "small markers: seeds")
    return canvas.figure


def caption(use: pd.DataFrame) -> str:
    """Describe the figure, with the networks that do not need their attention.

    Parameters
    ----------
    use : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for (network, task), rows in use.groupby(["network", "task"], sort=False):
        seeds = rows.drop_duplicates("seed")
        means = seeds[list(CONDITIONS)].mean()
        used = verdict(*seeds[["needs_weights", "needs_context"]].mean())
        text = (
            f"{rst(network)}, {rst(task)}: {used} (error {means.iloc[0]:.0f} degrees, uniform "
            f"{means.iloc[1]:.0f}, zero {means.iloc[2]:.0f}; weight on items "
            f"{rows['items'].mean():.2f}, uniform {rows['items_uniform'].mean():.2f})."
        )
        # Those that do without attention first.
        lines.append((CHANCE / (1 + means.iloc[1]), text))
    description = (
        "Report error, intact, with uniform attention weights, with a context of zero, and with "
        "attention to the items blocked; chance is 90 degrees. A network needs what it fails the "
        "task without, in most seeds. Backward states of bidirectional encoders are attended to "
        "but not recorded."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    return Drawn(draw(results["attention_use"]), caption(results["attention_use"]))
