"""Colour planes of both items on three principal components, for every task and window."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, interval, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Colour planes"
OF = "dataset"
SECTION = "Geometry"
NEEDS = ("{dataset}/color_planes.csv", "{dataset}/geometry.csv")

AXES = ["pc1", "pc2", "pc3"]
LOOKS: tuple[tuple[str, Any, str], ...] = (
    ("^", "-", "#4477AA"),
    ("v", (0, (3, 1.5)), "#CCBB44"),
)
"""Marker, line style and face colour of each item's plane."""


@style.journal_style()
def draw(planes: pd.DataFrame, geometry: pd.DataFrame) -> Figure:
    """Plot the colour planes, one row of panels per region and one panel per task and window.

    Parameters
    ----------
    planes : pandas.DataFrame
        ``region``, ``session``, ``task``, ``window``, ``location``, ``bin``, ``color`` (rad),
        ``pc1``, ``pc2``, ``pc3``. If there are several sessions, the first of each region is
        plotted.
    geometry : pandas.DataFrame
        ``region``, ``task``, ``window``, ``measure``, ``value``, with the angles of the planes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if planes.empty:
        return style.blank("no session has a trial in every colour bin")
    regions = style.ordered(planes["region"])
    looks = dict(zip(dict.fromkeys(planes["location"]), LOOKS, strict=True))
    panels = list(product(dict.fromkeys(planes["task"]), dict.fromkeys(planes["window"])))
    angles = geometry[geometry["measure"] == "plane_angle_cos"]
    angle_of = angles.set_index(["region", "task", "window"])["value"].to_dict()
    columns = max(len(panels), 2)
    width = style.width_for(columns)
    side = width / columns
    figure = style.new_figure(width, (side + 5) * len(regions) + 10)
    for row, region in enumerate(regions):
        here = planes[planes["region"] == region]
        here = here[here["session"] == here["session"].iloc[0]]
        for column, (task, window) in enumerate(panels):
            points = here[(here["task"] == task) & (here["window"] == window)]
            if points.empty:
                continue
            place = row * columns + column + 1
            axes = figure.add_subplot(len(regions), columns, place, projection="3d")
            assert isinstance(axes, Axes3D)
            _draw_planes(axes, points, looks)
            name = f"{region}\n{task}, {window}" if column == 0 else f"\n{task}, {window}"
            axes.set_title(name, fontsize=style.SMALL, loc="left", pad=0)
            if (region, task, window) in angle_of:
                cosine = style.proportion(angle_of[region, task, window])
                axes.text2D(
                    0.98, 0.9, f"|cos| {cosine}", transform=axes.transAxes,
                    ha="right", fontsize=style.NOTE, color=style.GREY,
                )  # fmt: skip
    handles = [
        Line2D(
            [], [], color=style.INK, linewidth=0.8, linestyle=line, marker=marker, markersize=4,
            markerfacecolor=face, markeredgewidth=0.4, label=f"{location} item",
        )
        for location, (marker, line, face) in looks.items()
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure


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
        "Mean responses to the colours of the two items, projected on the first three principal "
        "components of each panel. Polygons connect neighbouring colours. The absolute cosine of "
        "the angle between the two planes is close to 0 for orthogonal and close to 1 for parallel "
        "planes; noise alone makes it positive. If sessions are not pooled, the first is shown."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    planes, geometry = results["color_planes"], results["geometry"]
    return Drawn(draw(planes, geometry), caption(planes, geometry))


def _draw_planes(axes: Axes3D, points: pd.DataFrame, looks: dict[str, tuple]) -> None:
    for location, (marker, line, face) in looks.items():
        mine = points[points["location"] == location].sort_values("bin")
        place = mine[AXES].to_numpy(float)
        around = np.concatenate([place, place[:1]])
        axes.add_collection3d(Poly3DCollection([place], facecolor=face, alpha=0.25))
        axes.plot(*around.T, color=style.INK, linewidth=0.6, linestyle=line)
        axes.scatter(
            *place.T,
            c=colormaps["hsv"](mine["color"].to_numpy(float) / (2 * np.pi)),
            marker=marker,
            s=14,
            depthshade=False,
            edgecolors=style.INK,
            linewidths=0.3,
        )
    extent = 1.05 * np.abs(points[AXES].to_numpy(float)).max()
    for name, axis in zip("xyz", (axes.xaxis, axes.yaxis, axes.zaxis), strict=True):
        getattr(axes, f"set_{name}lim")(-extent, extent)
        axis.set_ticklabels([])
        axis.set_tick_params(length=0)
        axis.pane.set_facecolor("#F4F4F4")
        axis.line.set_linewidth(0.4)
    for setter, label in zip(
        (axes.set_xlabel, axes.set_ylabel, axes.set_zlabel), "123", strict=True
    ):
        setter(f"PC {label}", labelpad=-14, fontsize=style.NOTE)
    axes.set_box_aspect((1, 1, 1), zoom=1.12)
    axes.view_init(elev=24, azim=-58)
