"""Scores of every network population and seed against every region, with ceilings and floors."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from neuro_attn.escaping import rst
from neuro_attn.figures import many_regions, region_cells, style
from neuro_attn.figures.captions import findings, paragraphs, percent
from neuro_attn.figures.protocol import Compared, Drawn, Results
from neuro_attn.results.model_scores import labels

TITLE = "Scores of networks"
OF = "comparison"
SECTION = "Networks"
NEEDS = ("comparison/model_scores.csv",)

ROW, DENSE = 3.6, 2.8
"""Height of a population's row, with few and with many rows, mm."""
PREDICTIVITY = "linear_predictivity"


@style.drawing
def draw(model_scores: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot one column of panels per score and one row of panels per region.

    Each population of a network is a row. Dots are seeds, a dark tick their mean, open dots the
    mean of the untrained seeds, and a coloured tick the mean ceiling. With more than
    `many_regions.MOST` regions, means are cells of a heat map.

    Parameters
    ----------
    model_scores : pandas.DataFrame
        The table of scores.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    trained = model_scores[model_scores["trained"].astype(bool)]
    if trained.empty:
        return style.blank("no network population is compared", ax)
    regions = style.ordered(trained["region"])
    scores = [name for name in labels() if name in set(trained["score"])]
    if len(regions) > many_regions.MOST:
        means = trained.assign(name=trained["network"] + ", " + trained["population"])
        cells = {
            labels()[score]: means[means["score"] == score].pivot_table(
                "value", "region", "name", sort=False, dropna=False
            )
            for score in scores
        }
        return region_cells.plotted(cells, "score (mean of seeds)", ax=ax)
    rows = list(dict.fromkeys(zip(trained["network"], trained["population"], strict=True)))
    height = ROW if len(rows) <= 12 else DENSE
    canvas = style.Canvas.of(
        ax, style.DOUBLE, len(regions) * (8 + max(height * len(rows), 12)) + 14
    )
    grid = canvas.panels(len(regions), len(scores), sharex="col", sharey=True)
    looks = style.region_looks(regions)
    for region, panels in zip(regions, grid, strict=True):
        for score, axes in zip(scores, panels, strict=True):
            here = trained[(trained["region"] == region) & (trained["score"] == score)]
            _draw_panel(axes, here, rows, looks[region][0])
            if region == regions[-1]:
                axes.set_xlabel(labels()[score])
        style.panel_title(panels[0], region)
        style.row_labels(panels[0], [f"{network}, {population}" for network, population in rows])
    handles = [
        Line2D([], [], **_seed(style.ink()), label="seed"),
        Line2D([], [], color=style.ink(), linestyle="", marker="|", markersize=7, label="mean"),
        Line2D([], [], **_floor(), label="untrained"),
        Line2D([], [], color=style.ACCENT, linestyle="", marker="|", label="ceiling"),
    ]
    canvas.legend(handles, 4, "")
    return canvas.figure


def caption(model_scores: pd.DataFrame) -> str:
    """Describe the figure, with the populations that predict regions best.

    Parameters
    ----------
    model_scores : pandas.DataFrame
        The table of scores.
    """
    trained = model_scores[model_scores["trained"].astype(bool)]
    keys = ["network", "population", "region"]
    best = trained[trained["score"] == PREDICTIVITY].groupby(keys, sort=False)
    lines = []
    for (network, population, region), rows in best:
        mean = rows[["value", "ceiling", "floor"]].mean()
        untrained = "" if np.isnan(mean["floor"]) else f"; untrained {mean['floor']:.2f}"
        ratio = mean["value"] / mean["ceiling"] if mean["ceiling"] > 0 else np.nan
        of_ceiling = "" if np.isnan(ratio) else f", {percent(ratio)} of its ceiling"
        text = (
            f"{rst(network)}, {rst(population)} predicts {rst(region)} with r = "
            f"{mean['value']:.2f}{of_ceiling} (mean of {len(rows)} seeds{untrained})."
        )
        lines.append((ratio if ratio > 0 else 0.0, text.replace("-", style.MINUS)))
    marks = (
        "Colours are means over replicate networks; the table has floors and ceilings"
        if trained["region"].nunique() > many_regions.MOST
        else "Dots are replicate networks, dark ticks their means, open dots untrained networks, "
        "red ticks ceilings"
    )
    description = (
        f"{marks}. Ceilings are from halves of the trials of the predicted side for predictivity, "
        "otherwise the score of two halves of the region's units. Units and trials are matched. "
        "Predictivity, debiased CKA and crossnobis RSA are 0 on average for unrelated codes. "
        "Procrustes and dynamical similarity are not: compare them with untrained networks."
    )
    return paragraphs(findings(lines, 2) if lines else "", description)


def drawn(results: Results, settings: Compared) -> Drawn:
    """Return the figure of the scores and its caption."""
    table = results["model_scores"]
    return Drawn(draw(table), caption(table))


def _seed(color: str) -> dict:
    return {
        "color": color,
        "linestyle": "",
        "marker": "o",
        "markersize": 2.6,
        "markeredgewidth": 0,
        "alpha": 0.6,
    }


def _floor() -> dict:
    return {
        "color": style.GREY,
        "linestyle": "",
        "marker": "o",
        "markersize": 3.2,
        "markerfacecolor": style.paper(),
        "markeredgewidth": 0.7,
    }


def _draw_panel(axes: Axes, here: pd.DataFrame, rows: list[tuple[str, str]], color: str) -> None:
    axes.axvline(0, color=style.PALE, linewidth=0.6, zorder=0)
    for (network, population), seeds in here.groupby(["network", "population"], sort=False):
        y = rows.index((network, population))
        mean = seeds[["value", "ceiling", "floor"]].mean()
        axes.plot(seeds["value"], np.full(len(seeds), y), **_seed(color), zorder=3)
        axes.plot([mean["value"]] * 2, [y - 0.32, y + 0.32], color=style.ink(), zorder=4)
        axes.plot([mean["ceiling"]] * 2, [y - 0.32, y + 0.32], color=style.ACCENT, zorder=2)
        axes.plot(mean["floor"], y, **_floor(), zorder=2)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(axis="y", length=0)
