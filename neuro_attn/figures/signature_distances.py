"""Distances between the signatures of network populations and brain regions, and their fit."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from neuro_attn.escaping import rst
from neuro_attn.figures import many_regions, region_cells, style
from neuro_attn.figures.captions import findings, interval, paragraphs
from neuro_attn.figures.protocol import Compared, Drawn, Results

TITLE = "Distances between networks and regions"
OF = "comparison"
SECTION = "Networks"
NEEDS = ("comparison/distances.csv", "comparison/fit.csv", "comparison/nearest.csv")

COLORS = {"compatible": "#1b6ca8", "incompatible": "#c0392b", "uninformative": "0.6"}
MARKERS = {"compatible": "o", "incompatible": "X", "uninformative": "D"}
"""Colour and marker of each verdict on the fit."""
KEYS = ["network", "trained", "population", "region"]
LINE, DENSE = 4.2, 3.0
"""Height of a region's row, with few and with many panels, mm."""


@style.drawing
def draw(
    distances: pd.DataFrame,
    fit: pd.DataFrame,
    nearest: pd.DataFrame,
    confidence: float = 0.95,
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot one panel per population of each network, with one row per region.

    With more than `many_regions.MOST` regions, distances of trained networks are cells of a heat
    map, and compatible regions are marked by dots.

    Filled markers are the trained network; shape and colour are the verdict on its fit. Open dots
    are the untrained network. A ring marks a region that is named. Grey ticks mark the ceiling
    (split halves of the region's own units), and grey bars extend from there to the floor.

    Parameters
    ----------
    distances : pandas.DataFrame
        ``network``, ``trained``, ``population``, ``region``, ``distance``, ``ci_low``,
        ``ci_high``, ``ceiling`` and ``floor``, in units of the region's bootstrap SD.
    fit, nearest : pandas.DataFrame
        The tables of fits and of regions that networks resemble.
    confidence : float
        Coverage of the intervals.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if distances.empty:
        return style.blank("no region has a code to compare with", ax)
    regions = style.ordered(distances["region"])
    if len(regions) > many_regions.MOST:
        return _in_cells(distances, fit, ax)
    populations = list(
        distances[["network", "population"]].drop_duplicates().itertuples(index=False, name=None)
    )
    columns = style.n_columns(len(populations))
    rows = -(-len(populations) // columns)
    canvas = style.Canvas.of(
        ax,
        style.width_for(columns),
        rows * (9 + max(style.row_height(regions, LINE if rows <= 5 else DENSE) * len(regions), 14))
        + 16,
    )
    grid = canvas.panels(rows, columns, sharex=True, sharey=True)
    for index, (network, population) in enumerate(populations):
        axes = grid.flat[index]
        here, fits, named = (
            table[(table["network"] == network) & (table["population"] == population)]
            for table in (distances, fit, nearest)
        )
        verdicts = fits[fits["trained"].astype(bool)].set_index("region")["verdict"].to_dict()
        _draw_population(axes, here, regions, verdicts, set(named["verdict"]))
        style.panel_title(axes, network, population)
        style.outer_labels(axes, index % columns == 0, index + columns >= len(populations))
    for unused in grid.flat[len(populations) :]:
        unused.remove()
    numbers = distances[["distance", "ci_high", "ceiling", "floor"]].to_numpy(float)
    axes.set_xlim(0, 1.04 * np.nanmax(numbers))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    canvas.x_label("distance of signatures (bootstrap SDs)")
    handles = [
        *(Line2D([], [], **_look(verdict), label=verdict) for verdict in COLORS),
        Line2D([], [], **_look(None), label="untrained"),
        Line2D([], [], **_ring(), linestyle="", label="region named"),
        Line2D([], [], color=style.GREY, linestyle="", marker="|", label="ceiling"),
        Line2D([], [], color=style.PALE, linewidth=4, label="ceiling to floor"),
    ]
    in_row = 2 if columns == 1 else 4
    canvas.legend(handles, in_row, f"lines: {confidence:.0%} intervals")
    return canvas.figure


def _in_cells(distances: pd.DataFrame, fit: pd.DataFrame, ax: style.Target | None) -> Figure:
    """Plot the distances of trained networks from many regions."""
    both = distances.merge(fit[[*KEYS, "verdict"]], how="left", on=KEYS)
    trained = both[both["trained"].astype(bool)]
    trained = trained.assign(
        name=trained["network"] + ", " + trained["population"],
        compatible=(trained["verdict"] == "compatible").astype(float),
    )
    cells, marked = (
        trained.pivot_table(column, "region", "name", sort=False, dropna=False)
        for column in ("distance", "compatible")
    )
    label = "distance of signatures (bootstrap SDs); dots: compatible"
    return region_cells.plotted({"": cells}, label, marked > 0, ax=ax)


def caption(nearest: pd.DataFrame, in_cells: bool = False) -> str:
    """Describe the figure, with the regions that populations resemble.

    Parameters
    ----------
    nearest : pandas.DataFrame
        The table of regions that networks resemble.
    in_cells : bool
        Whether there are so many regions that distances are cells of a heat map.
    """
    lines = []
    known = nearest.assign(untrained_as_near=nearest["untrained_as_near"].fillna(False))
    for row in known.to_dict("records"):
        name = f"{rst(row['network'])}, {rst(row['population'])}"
        if not row["possible"]:
            lines.append((0.0, f"{name}: incompatible with all regions."))
            continue
        resembles = f"resembles {rst(row['verdict'])}"
        if row["verdict"] == "undecided":
            resembles = f"undecided, {rst(row['possible'])} possible"
        as_near = "; the untrained network is as near" if row["untrained_as_near"] else ""
        text = (
            f"{name}: {resembles}; distance from {rst(row['region'])} "
            f"{interval(row['distance'], row['ci_low'], row['ci_high'], 1)}{as_near}."
        )
        # Populations that resemble one region first, then those with the fewest possible regions.
        lines.append((1 / (1 + row["possible"].count(",")), text))
    marks = (
        "Colours: distances of trained networks; dots: compatible regions. A network"
        if in_cells
        else "Markers: a network"
    )
    ends = "Ceiling: halves of the region's units; floor: untrained network." * (not in_cells)
    description = (
        f"{marks} is incompatible if its codes do not overlap across tasks as those of the region "
        "do, and the test uninformative if it would reject neither an overlap of 0 nor of 1. A "
        "region is named if it alone is compatible. Distance: root mean square over d' of all "
        "pairs of tasks, and colour geometry, in bootstrap SDs of the region, with matched units, "
        f"trials and d'. {ends}"
    )
    return paragraphs(findings(lines, 2), description)


def drawn(results: Results, settings: Compared) -> Drawn:
    """Return the figure of the comparison and its caption."""
    nearest = results["nearest"]
    figure = draw(results["distances"], results["fit"], nearest, settings.confidence)
    in_cells = results["distances"]["region"].nunique() > many_regions.MOST
    return Drawn(figure, caption(nearest, in_cells))


def _ring() -> dict[str, Any]:
    """Return how the ring around a region that is named is drawn."""
    return {
        "marker": "o",
        "markersize": 7.5,
        "markerfacecolor": "none",
        "markeredgecolor": style.ink(),
        "markeredgewidth": 0.8,
    }


def _look(verdict: str | None) -> dict[str, Any]:
    """Return how a network with a verdict, or an untrained network, is drawn."""
    color = COLORS[verdict] if verdict else style.GREY
    return {
        "color": color,
        "linewidth": 0.8,
        "marker": MARKERS[verdict] if verdict else "o",
        "markersize": 4.2 if verdict == "incompatible" else 3.6,
        "markerfacecolor": color if verdict else style.paper(),
        "markeredgewidth": 0.4 if verdict == "incompatible" else 0.8,
    }


def _draw_population(
    axes: Axes,
    here: pd.DataFrame,
    regions: list[str],
    verdicts: dict[str, str],
    named: set[str],
) -> None:
    for row in here.itertuples():
        y = regions.index(row.region)
        if row.trained:
            axes.plot([row.ceiling, row.floor], [y, y], color=style.PALE, linewidth=4, zorder=1)
            axes.plot([row.ceiling] * 2, [y - 0.2, y + 0.2], color=style.GREY, linewidth=1)
        look = _look(verdicts[row.region] if row.trained else None)
        ends = [row.ci_low, row.ci_high]
        axes.plot(ends, [y, y], color=look["color"], linewidth=0.8, zorder=2)
        axes.plot(row.distance, y, **look, zorder=3)
        if row.trained and row.region in named:
            axes.plot(row.distance, y, **_ring(), zorder=4)
    style.row_labels(axes, regions)
