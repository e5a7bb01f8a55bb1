"""Colour planes of both items, seen face-on to the first, for every task and window."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, interval, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Colour planes"
OF = "dataset"
SECTION = "Geometry"
NEEDS = ("{dataset}/color_planes.csv", "{dataset}/geometry.csv")

MOST_REGIONS = 12
"""Largest number of regions, each of which has a row of large panels."""
AXES = ["pc1", "pc2", "pc3"]
LOOKS: tuple[tuple[str, Any, str], ...] = (
    ("^", "-", "#4477AA"),
    ("v", (0, (3, 1.5)), "#CCBB44"),
)
"""Marker, line style and face colour of each item's plane."""


@style.drawing
def draw(planes: pd.DataFrame, geometry: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot the colour planes, one row of panels per region and one panel per task and window.

    Parameters
    ----------
    planes : pandas.DataFrame
        ``region``, ``session``, ``task``, ``window``, ``location``, ``bin``, ``color`` (rad),
        ``pc1``, ``pc2``, ``pc3``. If there are several sessions, the first of each region is
        plotted.
    geometry : pandas.DataFrame
        ``region``, ``task``, ``window``, ``measure``, ``value``, with the angles of the planes.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if planes.empty:
        return style.blank("no session has a trial in every colour bin", ax)
    regions = style.ordered(planes["region"])
    looks = dict(zip(dict.fromkeys(planes["location"]), LOOKS, strict=True))
    panels = list(product(dict.fromkeys(planes["task"]), dict.fromkeys(planes["window"])))
    angles = geometry[geometry["measure"] == "plane_angle_cos"]
    angle_of = angles.set_index(["region", "task", "window"])["value"].to_dict()
    columns = max(len(panels), 2)
    width = style.width_for(columns)
    canvas = style.Canvas.of(ax, width, (width / columns + 3) * len(regions) + 10)
    grid = canvas.panels(len(regions), columns)
    for row, region in enumerate(regions):
        here = planes[planes["region"] == region]
        here = here[here["session"] == here["session"].iloc[0]]
        for axes, (task, window) in zip(grid[row], panels, strict=False):
            points = here[(here["task"] == task) & (here["window"] == window)]
            if points.empty:
                continue
            draw_panel(axes, points, looks)
            style.panel_title(axes, f"{task}, {window}" if row == 0 else "")
            if (region, task, window) in angle_of:
                cosine = style.proportion(angle_of[region, task, window])
                axes.set_title(
                    f"|cos| {cosine}",
                    loc="right",
                    fontsize=style.size(style.NOTE),
                    color=style.GREY,
                )
        grid[row, 0].set_ylabel(region, fontweight="bold")
    for axes in grid.flat:
        if not axes.has_data():
            axes.remove()
    handles = [
        Line2D(
            [], [], color=style.ink(), linewidth=0.8, linestyle=line, marker=marker, markersize=4,
            markerfacecolor=face, markeredgewidth=0.4, label=f"{location} item",
        )
        for location, (marker, line, face) in looks.items()
    ]  # fmt: skip
    canvas.legend(handles, 2)
    return canvas.figure


def caption(planes: pd.DataFrame, geometry: pd.DataFrame) -> str:
    """Describe the figure, with the angles between the planes that differ most from the floor.

    Parameters
    ----------
    planes, geometry : pandas.DataFrame
        As for `draw`.
    """
    shown = planes[["region", "task", "window"]].drop_duplicates()
    angles = geometry[geometry["measure"] == "plane_angle_cos"]
    lines = [
        (
            row["value"] - row["floor"],
            f"{rst(row['region'])}, {rst(row['task'])}, {rst(row['window'])}: absolute cosine "
            f"{interval(row['value'], row['ci_low'], row['ci_high'], 2)}, "
            f"floor {row['floor']:.2f}.",
        )
        for row in shown.merge(angles, on=["region", "task", "window"]).to_dict("records")
    ]
    description = (
        "Mean responses to the colours of the two items, face-on to the plane of the first item: "
        "the second item is a line if its plane is orthogonal, and a polygon if it is parallel. "
        "Polygons connect neighbouring colours. The absolute cosine of the angle between the two "
        "planes is close to 0 for orthogonal and close to 1 for parallel planes; noise alone makes "
        "it positive. Panels have no common scale. If sessions are not pooled, the first is shown."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    planes, geometry = results["color_planes"], results["geometry"]
    return Drawn(draw(planes, geometry), caption(planes, geometry))


def flattened(points: pd.DataFrame) -> np.ndarray:
    """Return the colours of both items, each about its mean, face-on to the plane of the first.

    The plane of an item has the two directions in which its colours differ most. The second item
    is projected on the plane of the first: what is left of its own plane is a line if the planes
    are orthogonal, and a polygon of its full area if they are parallel. The view is rotated such
    that the colours of the first item are, as far as possible, at their angles.

    Parameters
    ----------
    points : pandas.DataFrame
        ``location``, ``bin``, ``color`` (rad), ``pc1``, ``pc2``, ``pc3`` of one task and window.

    Returns
    -------
    array, shape (point, 2)
        In the order of `points`.
    """
    scores = points[AXES] - points.groupby("location")[AXES].transform("mean")
    of_first = (points["location"] == points["location"].iloc[0]).to_numpy()
    axes = np.linalg.svd(scores[of_first], full_matrices=False)[2][:2]
    flat = scores.to_numpy(float) @ axes.T
    colors = points.loc[of_first, "color"].to_numpy(float)
    circle = np.stack([np.cos(colors), np.sin(colors)], axis=1)
    left, _, right = np.linalg.svd(flat[of_first].T @ circle)
    return flat @ left @ right


def draw_panel(axes: Axes, points: pd.DataFrame, looks: dict[str, tuple]) -> None:
    """Plot the colours of both items in one task and window.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The panel.
    points : pandas.DataFrame
        As for `flattened`.
    looks : dict of str to (marker, line style, face colour)
        Appearance of each item.
    """
    flat = flattened(points)
    for location, (marker, line, face) in looks.items():
        mine = (points["location"] == location).to_numpy()
        order = np.argsort(points.loc[mine, "bin"].to_numpy())
        place = flat[mine][order]
        around = np.concatenate([place, place[:1]])
        axes.fill(place[:, 0], place[:, 1], facecolor=face, alpha=0.25, linewidth=0, gid=location)
        axes.plot(*around.T, color=style.ink(), linewidth=0.7, linestyle=line)
        axes.scatter(
            place[:, 0],
            place[:, 1],
            c=colormaps["hsv"](points.loc[mine, "color"].to_numpy(float)[order] / (2 * np.pi)),
            marker=marker,
            s=16,
            edgecolors=style.ink(),
            linewidths=0.4,
            zorder=3,
        )
    extent = 1.15 * max(float(np.abs(flat).max()), 1e-9)
    axes.set(xlim=(-extent, extent), ylim=(-extent, extent), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(style.PALE)
