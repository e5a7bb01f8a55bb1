"""Item memory and report error of networks with intact and blocked attention to the items."""

from collections.abc import Sequence
from typing import Any

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

GUESSING = 90.0
"""Mean absolute error of a random colour, degrees."""
CHANCE = 90.0
"""Mean absolute report error by guessing, degrees."""
PREFIX = "report_error_"

INTACT, CUT = style.REGION_PALETTE[0], style.REGION_PALETTE[1]
ROW = 3.4
"""Height of a row, mm."""
_LOOKS: dict[str, dict[str, Any]] = {
    "intact": {"marker": "o", "markersize": 3.0, "color": INTACT},
    "cut": {"marker": "o", "markersize": 5.0, "color": CUT, "markerfacecolor": "none"},
}


@style.journal_style()
def draw(located: pd.DataFrame) -> Figure:
    """Plot R² of the items' colours (left) and report errors (right), one block per network.

    Filled and open circles are means over replicate networks with intact and with blocked
    attention to the items. Small points above and below them are the replicate networks.

    Parameters
    ----------
    located : pandas.DataFrame
        ``network``, ``seed``, ``population``, ``measure`` (``delay_r2`` or
        ``report_error_{task}``), ``intact``, ``cut``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    held = located[located["measure"] == "delay_r2"]
    held = held.assign(row=held["population"])
    reports = located[located["measure"].str.startswith(PREFIX)]
    reports = reports.assign(row=reports["measure"].str.removeprefix(PREFIX))
    networks = list(dict.fromkeys(located["network"]))
    sides = (held, reports)
    tops, n_rows = _blocks(networks, sides)
    figure = style.new_figure(style.DOUBLE, ROW * n_rows + 18)
    left, right = figure.subplots(1, 2)
    for axes, table in zip((left, right), sides, strict=True):
        _draw_pairs(axes, table, tops)
        axes.set_ylim(n_rows - 0.5, -0.5)
        for top in list(tops.values())[1:]:
            axes.axhline(top - 0.5, color=style.PALE, linewidth=0.5, zorder=0)
    for network, top in tops.items():
        left.text(
            0.0,
            top,
            network,
            transform=left.get_yaxis_transform(),
            va="center",
            ha="left",
            fontsize=style.SMALL,
            fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    left.set_xlabel("R² of both items' colours in the delay")
    right.set_xlabel("mean absolute error of the report (degrees)")
    left.axvline(0, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1)
    right.axvline(GUESSING, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1)
    right.set_xlim(left=0)
    right.text(
        GUESSING,
        1.0,
        "chance ",
        transform=right.get_xaxis_transform(),
        ha="right",
        va="top",
        fontsize=style.NOTE,
        color=style.GREY,
    )
    _legend(figure, located)
    return figure


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
        "Blocked attention to the steps of the items. Left: cross-validated R2 of both items' "
        "colours from the activity at the end of the delay of retro trials; 0 is predicting the "
        "mean. Right: mean absolute report error; chance is 90 degrees. A network that retrieves "
        "items from stored states loses them, one that maintains them in its activity does not. "
        "Large symbols are means over replicate networks, small points are replicate networks."
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


def _draw_pairs(axes: Axes, table: pd.DataFrame, tops: dict[str, int]) -> None:
    """Plot the rows of a panel, with their labels."""
    names: dict[int, str] = {}
    for network, top in tops.items():
        here = table[table["network"] == network]
        for place, (name, seeds) in enumerate(here.groupby("row", sort=False)):
            y = top + 1 + place
            names[y] = str(name)
            ends = [seeds["intact"].mean(), seeds["cut"].mean()]
            axes.plot(ends, [y, y], color=style.PALE, linewidth=1.6, zorder=1)
            for column, aside in (("intact", -0.37), ("cut", 0.37)):
                look = _LOOKS[column]
                axes.plot(seeds[column].mean(), y, linestyle="", zorder=3, **look)
                axes.plot(
                    seeds[column],
                    [y + aside] * len(seeds),
                    linestyle="",
                    marker="o",
                    markersize=1.4,
                    markeredgewidth=0,
                    color=look["color"],
                    zorder=2,
                    gid="seeds",
                )
    axes.set_yticks(list(names), list(names.values()))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _legend(figure: Figure, located: pd.DataFrame) -> None:
    seeds = style.count(located.groupby("network")["seed"].nunique(), "seed")
    labels = {"intact": "intact", "cut": "attention to the items blocked"}
    handles = [
        Line2D([], [], linestyle="", label=label, **_LOOKS[column])
        for column, label in labels.items()
    ]
    style.legend_above(figure, handles, 2, f"mean of {seeds}; small points: seeds")
