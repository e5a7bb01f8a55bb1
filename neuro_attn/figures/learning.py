"""Learning curves: report error of the networks during training."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Learning curves"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/training.csv", "networks/report_error.csv")

GUESSING = 90.0
"""Mean absolute error of a random colour, degrees."""

PANEL_HEIGHT = 40.0


@style.drawing
def draw(log: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot one panel per network, with a thin curve per replicate network and their mean.

    Labels at the ends of the curves are the errors at the last step.

    Parameters
    ----------
    log : pandas.DataFrame
        The training log: ``network``, ``seed``, ``step``, ``task`` and ``report_error`` (mean
        absolute error on held-out trials, degrees).
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    networks = list(dict.fromkeys(log["network"]))
    colors = style.task_colors(list(dict.fromkeys(log["task"])))
    columns = min(style.n_columns(len(networks)), 4)
    rows = -(-len(networks) // columns)
    canvas = style.Canvas.of(ax, style.width_for(columns), PANEL_HEIGHT * rows + 8)
    grid = canvas.panels(rows, columns, sharex=True, sharey=True)
    errors = log["report_error"].to_numpy(float)
    for index, network in enumerate(networks):
        axes = grid.flat[index]
        here = log[log["network"] == network]
        axes.set_yscale("log")
        axes.set_xlim(0, log["step"].max() * 1.02)
        axes.set_ylim(np.nanmin(errors) * 0.85, max(np.nanmax(errors), GUESSING) * 1.2)
        axes.axhline(GUESSING, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)))
        ends = _draw_curves(axes, here, colors)
        ticks = [1, 2, 5, 10, 20, 45, 90]
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(which="minor", length=0)
        style.panel_title(axes, network)
        style.outer_labels(axes, index % columns == 0, index + columns >= len(networks))
        style.end_labels(axes, ends, PANEL_HEIGHT - 9)
        if index == 0:
            _label_chance(axes)
        if index % columns == 0:
            axes.set_ylabel("report error (degrees)")
    for unused in grid.flat[len(networks) :]:
        unused.remove()
    seeds = style.count(log.groupby("network")["seed"].nunique(), "seed")
    canvas.x_label(f"training step (n = {seeds} of each network)")
    return canvas.figure


def _draw_curves(
    axes: Axes, log: pd.DataFrame, colors: dict[str, str]
) -> list[tuple[float, float, str, str]]:
    """Draw the curves of a network; return the end and label of the mean curve of each task."""
    ends = []
    for task, color in colors.items():
        of_task = log[log["task"] == task]
        curves = of_task.pivot_table(index="step", columns="seed", values="report_error")
        # A training that stopped early keeps its last error.
        curves = curves.ffill()
        if curves.empty:
            continue
        axes.plot(curves.index, curves, color=color, linewidth=0.5, alpha=0.4)
        mean = curves.mean(axis=1)
        axes.plot(mean.index, mean, color=color, linewidth=1.3)
        ends.append((mean.index[-1], mean.iloc[-1], f"{task} {mean.iloc[-1]:.0f}°", color))
    return ends


def _label_chance(axes: Axes) -> None:
    axes.annotate(
        "chance",
        (axes.get_xlim()[1], GUESSING),
        xytext=(0, -1.5),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=style.size(style.NOTE),
        color=style.GREY,
    )


def caption(report_error: pd.DataFrame) -> str:
    """Describe the figure, with the largest report errors of trained networks.

    Parameters
    ----------
    report_error : pandas.DataFrame
        ``network``, ``trained``, ``task``, ``report_error`` (degrees), ``learned`` and
        ``learned_below`` (degrees) of every replicate network.
    """
    lines = []
    report_error = report_error.dropna(subset="report_error")
    for network, rows in report_error.groupby("network", sort=False):
        of_seeds = rows.groupby(["trained", "seed"])["report_error"].mean()
        trained = of_seeds[True]
        untrained = f", untrained {of_seeds[False].mean():.1f}" if False in of_seeds else ""
        learned = rows[rows["trained"]].groupby("seed")["learned"].all()
        text = (
            f"{rst(network)}: {trained.mean():.1f} degrees (seeds {trained.min():.1f} to "
            f"{trained.max():.1f}){untrained}; {learned.sum()} of n = {len(trained)} seeds learned."
        )
        lines.append((trained.mean(), text))
    bound = f"{report_error['learned_below'].min():g}"
    description = (
        "Mean absolute report error on held-out trials during training; chance is 90 degrees. Thin "
        "lines are replicate networks (seeds), thick lines their means. Seeds that did not learn "
        f"(error of a task not below {bound} degrees, or a loss that is not finite) are left out "
        "of all analyses. Of many networks, the text names those with the largest error."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    return Drawn(draw(results["training"]), caption(results["report_error"]))
