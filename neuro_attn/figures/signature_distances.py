"""Distances between the decoding signatures of network populations and brain regions."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import interval, listed, paragraphs, percent
from neuro_attn.figures.protocol import Compared, Drawn, Results

TITLE = "Distances between networks and regions"
OF = "comparison"
NEEDS = ("comparison/distances.csv", "comparison/nearest.csv")

TRAINED = style.REGION_PALETTE[0]
LINE, DENSE = 4.2, 3.0
"""Height of a region's row, with few and with many panels, mm."""


@style.journal_style()
def draw(distances: pd.DataFrame, confidence: float = 0.95) -> Figure:
    """Plot one panel per population of each network, with one row per region.

    Filled dots are the trained network, open dots the untrained network. A ring marks the region
    nearest to the trained network. Grey ticks mark the ceiling (split halves of the region's own
    units), and grey bars extend from there to the floor.

    Parameters
    ----------
    distances : pandas.DataFrame
        ``network``, ``trained``, ``population``, ``region``, ``distance``, ``ci_low``,
        ``ci_high``, ``ceiling`` and ``floor``, in units of the region's bootstrap SD.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if distances.empty:
        return style.blank("no region has a code to compare with")
    regions = style.ordered(distances["region"])
    populations = list(
        distances[["network", "population"]].drop_duplicates().itertuples(index=False, name=None)
    )
    columns = style.n_columns(len(populations))
    rows = -(-len(populations) // columns)
    figure = style.new_figure(
        style.width_for(columns),
        rows * (9 + max(style.row_height(regions, LINE if rows <= 5 else DENSE) * len(regions), 14))
        + 16,
    )
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for index, (network, population) in enumerate(populations):
        axes = grid.flat[index]
        here = distances[
            (distances["network"] == network) & (distances["population"] == population)
        ]
        _draw_population(axes, here, regions)
        style.panel_title(axes, network, population)
        style.outer_labels(axes, index % columns == 0, index + columns >= len(populations))
    for unused in grid.flat[len(populations) :]:
        unused.remove()
    numbers = distances[["distance", "ci_high", "ceiling", "floor"]].to_numpy(float)
    axes.set_xlim(0, 1.04 * np.nanmax(numbers))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    figure.supxlabel("distance of signatures (bootstrap SDs)", fontsize=style.TEXT)
    handles = [
        _dot(True, f"trained, {confidence:.0%} interval"),
        _dot(False, "untrained"),
        _ring("nearest region"),
        Line2D([], [], color=style.GREY, linestyle="", marker="|", label="ceiling"),
        Line2D([], [], color=style.PALE, linewidth=4, label="ceiling to floor"),
    ]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=2 if columns == 1 else len(handles)
    )
    return figure


def caption(nearest: pd.DataFrame) -> str:
    """Describe the figure, with the region nearest to each population.

    Parameters
    ----------
    nearest : pandas.DataFrame
        The table of nearest regions.
    """
    lines = []
    known = nearest.assign(untrained_as_near=nearest["untrained_as_near"].fillna(False))
    for row in known.to_dict("records"):
        as_near = "; the untrained network is as near" if row["untrained_as_near"] else ""
        lines.append(
            f"{rst(row['network'])}, {rst(row['population'])}: "
            f"{'undecided, ' if row['verdict'] != row['region'] else ''}nearest to "
            f"{rst(row['region'])}, distance "
            f"{interval(row['distance'], row['ci_low'], row['ci_high'], 1)}, nearest in "
            f"{percent(row['fraction_nearest'])} of the bootstrap replicates and "
            f"{percent(row['fraction_of_seeds'])} of the seeds{as_near}."
        )
    description = (
        "Distance between the signatures of networks and regions. Signatures contain the "
        "accuracies of all pairs of tasks in all windows and, if colours are defined, their "
        "geometry. The distance is the root mean square over features in units of the region's "
        "bootstrap SD. Units and training trials are those of the smallest population, and we add "
        "noise to each network until its mean within-task accuracy matches that of the region. "
        "Regions without a code are omitted. The ceiling is the distance between random halves of "
        "the region's own units, the floor that of the untrained network. Intervals are from "
        "bootstrap replicates of both."
    )
    return paragraphs(description, listed(lines))


def drawn(results: Results, settings: Compared) -> Drawn:
    """Return the figure of the comparison and its caption."""
    return Drawn(draw(results["distances"], settings.confidence), caption(results["nearest"]))


def _draw_population(axes: Axes, here: pd.DataFrame, regions: list[str]) -> None:
    trained = here[here["trained"].astype(bool)].dropna(subset="distance")
    nearest = trained.loc[trained["distance"].idxmin(), "region"] if len(trained) else None
    for row in here.itertuples():
        y = regions.index(row.region)
        if row.trained:
            axes.plot([row.ceiling, row.floor], [y, y], color=style.PALE, linewidth=4, zorder=1)
            axes.plot([row.ceiling] * 2, [y - 0.2, y + 0.2], color=style.GREY, linewidth=1)
        color = TRAINED if row.trained else style.GREY
        axes.plot([row.ci_low, row.ci_high], [y, y], color=color, linewidth=0.8, zorder=2)
        axes.plot(
            row.distance,
            y,
            marker="o",
            markersize=3.6,
            color=color,
            markerfacecolor=color if row.trained else "white",
            markeredgewidth=0.8,
            zorder=3,
        )
        if row.trained and row.region == nearest:
            axes.plot(
                row.distance,
                y,
                marker="o",
                markersize=7,
                markerfacecolor="none",
                markeredgecolor=style.INK,
                markeredgewidth=0.8,
                zorder=4,
            )
    style.row_labels(axes, regions)


def _dot(trained: bool, label: str) -> Line2D:
    color = TRAINED if trained else style.GREY
    return Line2D(
        [],
        [],
        color=color,
        linewidth=0.8,
        marker="o",
        markersize=3.6,
        markerfacecolor=color if trained else "white",
        markeredgewidth=0.8,
        label=label,
    )


def _ring(label: str) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="",
        marker="o",
        markersize=7,
        markerfacecolor="none",
        markeredgecolor=style.INK,
        markeredgewidth=0.8,
        label=label,
    )
