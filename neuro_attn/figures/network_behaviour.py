"""Report errors of noisy networks, and their fractions of targets, swaps and guesses."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Behaviour with noise"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/behaviour.csv",)

ROW = 5.0
"""Height of a row, mm."""
FRACTIONS = {
    "target": style.REGION_PALETTE[0],
    "swap": style.REGION_PALETTE[1],
    "guess": style.GREY,
}
"""Colours of the fractions of the mixture model."""


@style.drawing
def draw(behaviour: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot the error of every network and task, and the mean fractions of the mixture model.

    Parameters
    ----------
    behaviour : pandas.DataFrame
        The table `behaviour`.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    groups = list(behaviour.groupby(["network", "task"], sort=False))
    canvas = style.Canvas.of(ax, style.DOUBLE, ROW * len(groups) + 26)
    ((errors, fractions),) = canvas.panels(1, 2, sharey=True)
    for number, (_, rows) in enumerate(groups):
        _draw_row(errors, fractions, number, rows)
    errors.set_ylim(len(groups) - 0.5, -0.5)
    errors.set_yticks(range(len(groups)), [f"{network}, {task}" for (network, task), _ in groups])
    errors.set_xlim(0, 95)
    errors.set_xlabel("mean absolute report error (degrees; chance: 90)")
    fractions.set_xlim(0, 1)
    fractions.set_xlabel("fraction of reports (mean over seeds)")
    for axes in (errors, fractions):
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    handles: list[Artist] = [Patch(color=color, label=name) for name, color in FRACTIONS.items()]
    for label, marker in (("seed, as recorded", "o"), ("animals", "|")):
        handles.append(
            Line2D(
                [], [], linestyle="", marker=marker, color=style.ink(), markersize=4, label=label
            )
        )
    canvas.legend(handles, len(handles), "")
    return canvas.figure


def _draw_row(errors: Axes, fractions: Axes, number: int, rows: pd.DataFrame) -> None:
    errors.axhline(number, color=style.PALE, linewidth=0.5, zorder=0)
    errors.plot(
        rows["recorded_error"],
        [number] * len(rows),
        "o",
        color=style.ink(),
        markersize=2,
        alpha=0.6,
    )
    errors.plot(rows["target_error"].iloc[:1], [number], "|", color=style.ink(), markersize=9)
    left = 0.0
    for name, color in FRACTIONS.items():
        width = float(rows[name].mean())
        fractions.barh(number, width, left=left, color=color, height=0.6)
        left += width


def caption(behaviour: pd.DataFrame) -> str:
    """Describe the figure, with the errors and fractions of every network.

    Parameters
    ----------
    behaviour : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for (network, task), rows in behaviour.groupby(["network", "task"], sort=False):
        means = rows.mean(numeric_only=True)
        aim = "" if pd.isna(means["target_error"]) else f" (animals {means['target_error']:.1f})"
        text = (
            f"{rst(network)}, {rst(task)}: {means['recorded_error']:.1f} degrees{aim}; swaps "
            f"{means['swap']:.2f}, guesses {means['guess']:.2f}, SD {means['sd']:.0f} degrees; "
            f"noise {means['state_noise']:.2g}, n = {style.count([len(rows)], 'seed')}."
        )
        lines.append((float(means["recorded_error"]), text))
    description = (
        "Left: mean absolute report error on the recorded trials, which did not determine the "
        "noise. One level of noise serves all tasks of a seed. Right: fractions of reports of the "
        "target, of the other item and of random ones in a mixture model with von Mises "
        "distributions, fitted to other held-out trials."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all noisy networks and its caption."""
    return Drawn(draw(results["behaviour"]), caption(results["behaviour"]))
