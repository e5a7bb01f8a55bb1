"""Change of item memory and report error when attention to the items is blocked."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Where the memory lies"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/attention_ablation.csv",)

CHANCE = 90.0
"""Mean absolute report error by guessing, degrees."""
PREFIX = "report_error_"

ROW = 3.4
"""Height of a row, mm."""
LEAST = {"delay_r2": 0.2, "report": 10.0}
"""Smallest half-width of an axis, so that a negligible change looks negligible."""


@style.drawing
def draw(located: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot the change of R² of the items' colours (left) and of report errors (right).

    A row is a population or a task, a block a network. Bars and large dots are means over
    replicate networks of blocked minus intact; small dots are the replicate networks. The mean with
    intact attention is beside each row.

    Parameters
    ----------
    located : pandas.DataFrame
        ``network``, ``seed``, ``population``, ``measure`` (``delay_r2`` or
        ``report_error_{task}``), ``intact``, ``cut``.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    located = located.assign(change=located["cut"] - located["intact"])
    held = located[located["measure"] == "delay_r2"]
    held = held.assign(row=held["population"])
    reports = located[located["measure"].str.startswith(PREFIX)]
    reports = reports.assign(row=reports["measure"].str.removeprefix(PREFIX))
    networks = list(dict.fromkeys(located["network"]))
    sides = (held, reports)
    tops, n_rows = _blocks(networks, sides)
    canvas = style.Canvas.of(ax, style.DOUBLE, ROW * n_rows + 17)
    ((left, right),) = canvas.panels(1, 2)
    for axes, table, least, unit in zip(
        (left, right), sides, LEAST.values(), ("{:.2f}", "{:.0f}\N{DEGREE SIGN}"), strict=True
    ):
        _draw_changes(axes, table, tops, unit)
        axes.set_ylim(n_rows - 0.5, -0.5)
        for top in list(tops.values())[1:]:
            axes.axhline(top - 0.5, color=style.PALE, linewidth=0.5, zorder=0)
        axes.axvline(0, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1)
        low, high = axes.get_xlim()
        axes.set_xlim(min(low, -least), max(high, least))
    for network, top in tops.items():
        left.text(
            0.0,
            top,
            network,
            transform=left.get_yaxis_transform(),
            va="center",
            ha="left",
            fontsize=style.size(style.SMALL),
            fontweight="bold",
            bbox={"facecolor": style.paper(), "edgecolor": "none", "pad": 0.8},
        )
    for axes in (left, right):
        axes.set_title("intact", loc="right", fontsize=style.size(style.NOTE), color=style.GREY)
    left.set_xlabel("change of R² of both items' colours in the delay")
    right.set_xlabel("change of the mean report error (degrees)")
    _legend(canvas, located)
    return canvas.figure


def caption(located: pd.DataFrame) -> str:
    """Describe the figure, with the largest effects of blocked attention.

    Parameters
    ----------
    located : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for (network, population, measure), rows in located.groupby(
        ["network", "population", "measure"], sort=False
    ):
        means = rows["intact"].mean(), rows["cut"].mean()
        if measure == "delay_r2":
            intact, cut = (f"{mean:.2f}".replace("-", "\N{MINUS SIGN}") for mean in means)
            change = f"{rst(population)}: R2 in the delay {intact}, blocked {cut}"
        else:
            task = rst(measure.removeprefix(PREFIX))
            change = f"{task}: report error {means[0]:.1f} degrees, blocked {means[1]:.1f}"
        text = f"{rst(network)}, {change} (n = {len(rows)} seeds)."
        size = 1.0 if measure == "delay_r2" else CHANCE
        lines.append(((means[0] - means[1]) / size, text))
    description = (
        "Change when attention to the steps of the items is blocked. Left: cross-validated R2 of "
        "both items' colours from the activity at the end of the delay of retro trials; 0 is "
        "predicting the mean. Right: mean absolute report error; chance is 90 degrees. A network "
        "that retrieves items from stored states loses them, one that maintains them in its "
        "activity does not. Large points are means over replicate networks, small points are "
        "replicate networks; grey numbers are means with intact attention."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    located = results["attention_ablation"]
    return Drawn(draw(located), caption(located))


def _blocks(networks: Sequence[str], sides: Sequence[pd.DataFrame]) -> tuple[dict[str, int], int]:
    """Return the row of each network's name, and the total number of rows."""
    tops, top = {}, 0
    for network in networks:
        tops[network] = top
        top += 1 + max(side.loc[side["network"] == network, "row"].nunique() for side in sides)
    return tops, top


def _draw_changes(axes: Axes, table: pd.DataFrame, tops: dict[str, int], unit: str) -> None:
    """Plot the rows of a panel, with their labels."""
    names: dict[int, str] = {}
    for network, top in tops.items():
        here = table[table["network"] == network]
        for place, (name, seeds) in enumerate(here.groupby("row", sort=False)):
            y = top + 1 + place
            names[y] = str(name)
            mean = seeds["change"].mean()
            axes.plot([0, mean], [y, y], color=style.ACCENT, linewidth=1.6, zorder=2, gid="mean")
            axes.plot(mean, y, color=style.ACCENT, marker="o", markersize=3.4, zorder=3)
            axes.plot(
                seeds["change"],
                [y + 0.33] * len(seeds),
                linestyle="",
                marker="o",
                markersize=1.6,
                markeredgewidth=0,
                color=style.ink(),
                zorder=2,
                gid="seeds",
            )
            axes.text(
                1.0,
                y,
                unit.format(seeds["intact"].mean()).replace("-", style.MINUS),
                transform=axes.get_yaxis_transform(),
                va="center",
                ha="right",
                fontsize=style.size(style.NOTE),
                color=style.GREY,
            )
    axes.set_yticks(list(names), list(names.values()))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _legend(canvas: style.Canvas, located: pd.DataFrame) -> None:
    seeds = style.count(located.groupby("network")["seed"].nunique(), "seed")
    label = "attention to the items blocked, minus intact"
    handle = Line2D(
        [], [], color=style.ACCENT, linewidth=1.6, marker="o", markersize=3.4, label=label
    )
    canvas.legend([handle], 1, f"mean of {seeds}; small points: seeds")
