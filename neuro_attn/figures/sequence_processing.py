"""Recurrence, convolution and self-attention: errors, gradients, paths and costs by distance."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Three ways of processing sequences"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/sequence_processing.csv", "networks/sequence_costs.csv")

HEIGHT = 150.0
COSTS = {
    "path_length": ("longest path", "moves between steps"),
    "sequential_steps": ("sequential steps", "updates in sequence"),
    "multiply_adds": ("operations", "multiply-adds"),
    "held": ("memory", "numbers held for learning"),
}
"""Title and axis of the panel of each cost."""
SUPERSCRIPT = str.maketrans("0123456789\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
Looks = Mapping[str, tuple[str, str]]


@style.drawing
def draw(answers: pd.DataFrame, costs: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot errors and gradients of trained networks, and costs of untrained ones.

    Lines are means over replicate networks. Points in panels of errors are replicate networks.

    Parameters
    ----------
    answers : pandas.DataFrame
        The table `sequence_processing`.
    costs : pandas.DataFrame
        The table `sequence_costs`.
    ax : SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    looks = style.region_looks(list(dict.fromkeys(answers["family"])))
    trained, longest = answers["trained_length"].iloc[0], answers["length"].max()
    canvas = style.Canvas.of(ax, style.DOUBLE, HEIGHT)
    errors, paths, amounts = canvas.panels(3, 3)

    marked = answers[answers["task"] == "marked item"]
    of_longest = marked[marked["length"] == longest]
    shared = marked[marked["distance"] < marked["length"].min()]
    delayed = answers[(answers["task"] != "marked item") & (answers["length"] == trained)]
    _errors(errors[0], of_longest, "distance", looks)
    style.panel_title(errors[0], "marked item", f"{longest} steps")
    errors[0].axvline(trained - 1, color=style.GREY, linewidth=0.6, linestyle=(0, (4, 2)))
    errors[0].set_xlabel("distance (steps)")
    _errors(errors[1], shared, "length", looks)
    style.panel_title(errors[1], "marked item", f"distance < {marked['length'].min()}")
    errors[1].axvline(trained, color=style.GREY, linewidth=0.6, linestyle=(0, (4, 2)))
    errors[1].set_xlabel("length (steps)")
    _errors(errors[2], delayed, "distance", looks)
    style.panel_title(errors[2], "item at a delay", f"{trained} steps")
    errors[2].set_xlabel("delay (steps)")
    errors[0].set_ylabel("fraction of wrong answers")

    _gradients(paths[0], of_longest, looks)
    for axes, (column, (title, label)) in zip(
        [*paths[1:], *amounts[:2]], COSTS.items(), strict=True
    ):
        _lines(axes, costs, "length", column, looks)
        _decades(axes, "y", base=2 if column in ("path_length", "sequential_steps") else 10)
        style.panel_title(axes, title)
        axes.set_xlabel("length (steps)")
        axes.set_ylabel(label)
    _equivariance(amounts[2], costs, looks)
    canvas.legend(
        [Line2D([], [], color=color, label=name) for name, (color, _) in looks.items()], 3
    )
    seeds = style.count(costs.groupby(["family", "length"]).size(), "seed")
    canvas.x_label(f"n = {seeds}", style.NOTE, style.GREY)
    return canvas.figure


def _lines(axes: Axes, rows: pd.DataFrame, x: str, y: str, looks: Looks) -> None:
    """Plot the mean of each family over seeds, on an axis of powers of 2."""
    for family, (color, _) in looks.items():
        mean = rows[rows["family"] == family].groupby(x)[y].mean()
        axes.plot(mean.index, mean, color=color, gid=family)
    _decades(axes, "x", base=2)


def _decades(axes: Axes, which: Literal["x", "y"], base: int = 10) -> None:
    """Scale an axis by powers of a number, which its ticks name without mathematical text."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(base, numticks=5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
    axis.set_minor_locator(NullLocator())


def _power(value: float) -> str:
    """Return a number from 0.01 to 10,000 as digits, and others as powers of 10."""
    if 0.01 <= value < 10_000:
        return f"{value:g}"
    exponent = f"{np.log10(value):.0f}".replace("-", style.MINUS)
    return f"10{exponent.translate(SUPERSCRIPT)}"


def _errors(axes: Axes, rows: pd.DataFrame, x: str, looks: Looks) -> None:
    _lines(axes, rows, x, "error", looks)
    for family, (color, _) in looks.items():
        of_seed = rows[rows["family"] == family].groupby(["seed", x])["error"].mean()
        axes.plot(
            of_seed.index.get_level_values(x),
            of_seed,
            linestyle="",
            marker="o",
            markersize=1.8,
            markeredgewidth=0,
            color=color,
            gid="seeds",
        )
    style.chance_line(axes, rows["chance"].iloc[0])
    axes.set_ylim(-0.03, 1.0)


def _gradients(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Plot the gradients of trained networks; those of exactly 0 as triangles at the bottom."""
    mean = rows.groupby(["family", "distance"])["gradient"].mean()
    positive = mean[mean > 0]
    bottom = 10.0**-4 * positive.max()
    _lines(axes, rows[rows["gradient"] > 0], "distance", "gradient", looks)
    _decades(axes, "y")
    axes.set_ylim(bottom / 3, 3 * positive.max())
    for family, (color, _) in looks.items():
        zero = mean[family].index[mean[family] == 0]
        look: dict[str, Any] = {"marker": "v", "markersize": 3, "markeredgewidth": 0}
        axes.plot(zero, [bottom / 2] * len(zero), linestyle="", color=color, gid="zero", **look)
    style.panel_title(axes, "gradient", "triangles: exactly 0")
    axes.set_xlabel("distance (steps)")
    axes.set_ylabel("norm of the gradient")


def _equivariance(axes: Axes, costs: pd.DataFrame, looks: Looks) -> None:
    """Plot how far the output for permuted steps is from the permuted output."""
    for place, (family, (color, _)) in enumerate(looks.items()):
        found = costs.loc[costs["family"] == family, "equivariance_error"]
        axes.plot(
            found,
            [place] * len(found),
            linestyle="",
            marker="o",
            markersize=3,
            markerfacecolor="none",
            color=color,
            gid="equivariance",
        )
    _decades(axes, "x")
    axes.set_yticks([])
    axes.set_ylim(len(looks) - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    style.panel_title(axes, "order of the steps")
    axes.set_xlabel("f(P x) \N{MINUS SIGN} P f(x), relative")


def caption(answers: pd.DataFrame, costs: pd.DataFrame) -> str:
    """Describe the figure, with the farthest items and the longest paths.

    Parameters
    ----------
    answers, costs : pandas.DataFrame
        As for `draw`.
    """
    marked = answers[answers["task"] == "marked item"]
    trained = answers["trained_length"].iloc[0]
    far = marked[(marked["length"] == trained) & (marked["distance"] == trained - 1)]
    length = costs["length"].max()
    lines = []
    for family, rows in costs[costs["length"] == length].groupby("family", sort=False):
        here = far.loc[far["family"] == family, "error"]
        error = f"error {here.mean():.2f} at {trained - 1} steps, " if len(here) else ""
        text = (
            f"{rst(family)}: {error}longest path {rows['path_length'].mean():.0f} and "
            f"{rows['sequential_steps'].mean():.0f} sequential steps for {length} steps."
        )
        lines.append((rows["path_length"].mean(), text))
    description = (
        "Networks with about the same number of weights answer which item was seen a number of "
        "steps before, at a marked step or at a fixed delay. Dotted: chance; dashed: trained. The "
        "gradient is that of the correct answer with respect to the item. Paths and sequential "
        "steps follow the dependencies between steps, measured by derivatives, in networks that "
        "reach the whole sequence. Last panel: 0 (up to rounding) means that permuted steps "
        "permute the output. Lines are means over seeds."
    )
    return paragraphs(findings(lines, 5), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    tables = results["sequence_processing"], results["sequence_costs"]
    return Drawn(draw(*tables), caption(*tables))
