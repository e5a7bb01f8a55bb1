"""Report error of the networks if they were asked at every time."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Probe: reports asked at every time"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/probe.csv",)

CHANCE = 90.0
"""Mean absolute error of a random colour, degrees."""
PANEL_HEIGHT = 40.0
SHOWN = 0.5
"""Fraction of trials with items on the screen from which a time is shaded."""


@style.drawing
def draw(probe: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot the report error against the time of asking, one panel per network.

    Thin curves are replicate networks, thick ones their means; bars above the panels mark times
    with items on the screen.

    Parameters
    ----------
    probe : pandas.DataFrame
        The table `probe`.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    networks = list(dict.fromkeys(probe["network"]))
    colors = style.task_colors(list(dict.fromkeys(probe["task"])))
    columns = min(style.n_columns(len(networks)), 4)
    rows = -(-len(networks) // columns)
    canvas = style.Canvas.of(ax, style.width_for(columns), PANEL_HEIGHT * rows + 8)
    grid = canvas.panels(rows, columns, sharex=True, sharey=True)
    for index, network in enumerate(networks):
        axes = grid.flat[index]
        here = probe[probe["network"] == network]
        axes.set_ylim(0, max(115, probe["report_error"].max() * 1.1))
        axes.axhline(CHANCE, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)))
        axes.axhline(here["learned_below"].iloc[0], color=style.GREY, linewidth=0.7)
        axes.axvline(0, color=style.PALE, linewidth=0.7, zorder=0)
        ends = _draw_curves(axes, here, colors)
        style.panel_title(axes, network)
        style.outer_labels(axes, index % columns == 0, index + columns >= len(networks))
        style.end_labels(axes, ends, PANEL_HEIGHT - 9)
        if index % columns == 0:
            axes.set_ylabel("report error (degrees)")
    for unused in grid.flat[len(networks) :]:
        unused.remove()
    seeds = style.count(probe.groupby("network")["seed"].nunique(), "seed")
    canvas.x_label(f"time of asking from the task's event (s; n = {seeds}; dotted: chance)")
    return canvas.figure


def _draw_curves(
    axes: Axes, probe: pd.DataFrame, colors: dict[str, str]
) -> list[tuple[float, float, str, str]]:
    """Draw the curves of a network; return the end and label of the mean curve of each task."""
    ends = []
    top = axes.get_ylim()[1]
    for number, (task, rows) in enumerate(probe.groupby("task", sort=False)):
        color = colors[str(task)]
        curves = rows.pivot_table(index="time", columns="seed", values="report_error")
        axes.plot(curves.index, curves, color=color, linewidth=0.5, alpha=0.4)
        mean = curves.mean(axis=1)
        axes.plot(mean.index, mean, color=color, linewidth=1.3)
        ends.append((mean.index[-1], mean.iloc[-1], f"{task} {mean.iloc[-1]:.0f}°", color))
        shown = rows.groupby("time")["items_shown"].mean() >= SHOWN
        times = shown.index.to_numpy()
        half = np.diff(times, prepend=times[0] - np.diff(times[:2]).sum()).min() / 2
        level = top * (0.98 - 0.04 * number)
        axes.hlines(
            np.full(shown.sum(), level), times[shown] - half, times[shown] + half, color, lw=2
        )
    return ends


def caption(probe: pd.DataFrame) -> str:
    """Describe the figure, with the times at which networks cannot answer.

    Parameters
    ----------
    probe : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for (network, task), rows in probe.groupby(["network", "task"], sort=False):
        error = rows.groupby("time")["report_error"].mean()
        failing = error[~(error < rows["learned_below"].iloc[0])]
        populations = rows["populations"].iloc[0]
        name = f"{rst(network)}, {rst(task)}"
        if failing.empty:
            lines.append((0.0, f"{name}: answers at all times."))
            continue
        which = f" ({rst(populations)})" if populations else ""
        times = f"{failing.index[0]:.2f} to {failing.index[-1]:.2f}".replace("-", "\N{MINUS SIGN}")
        text = f"{name}: fails from {times} s{which}; error up to {error.max():.0f} degrees."
        lines.append((error.max() * (1 + bool(populations)), text))
    bound = f"{probe['learned_below'].min():g}"
    description = (
        "Mean absolute report error if the trial ended at each time. A network answers if it is "
        f"below {bound} degrees (line). Populations in brackets exist only when a report is asked; "
        "they are left out of the comparison in windows in which the network fails. Bars: items "
        "on the screen in at least half of the trials; if in one task only, tasks are not "
        "comparable. Thin lines are seeds."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    return Drawn(draw(results["probe"]), caption(results["probe"]))
