"""Signatures: what decoding says of regions and networks, side by side and on a map."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuro_attn.figures import style

ARROW = "\N{RIGHTWARDS ARROW}"
SMALLEST_SD = 0.01
"""As in the distances: a bootstrap SD of 0 is no certainty."""


@style.journal_style()
def draw(signatures: pd.DataFrame, brain: str, networks: dict[str, tuple[str, bool]]) -> Figure:
    """Draw a heat map of all signatures, and a map on which likeness is nearness.

    Parameters
    ----------
    signatures : pandas.DataFrame
        ``dataset``, ``region``, ``feature``, ``value``, ``sd``.
    brain : str
        The data set of the regions.
    networks : dict of str to (network, trained)
        The data sets of the networks.

    Returns
    -------
    matplotlib.figure.Figure
    """
    known = signatures[signatures["dataset"].isin([brain, *networks])]
    table = known.pivot_table("value", ["dataset", "region"], "feature", sort=False)
    of_brain = [
        (brain, region) for region in style.ordered(table.loc[[brain]].index.get_level_values(1))
    ]
    trained = [key for key in table.index if key[0] in networks and networks[key[0]][1]]
    untrained = [key for key in table.index if key[0] in networks and not networks[key[0]][1]]
    order = [*of_brain, *trained, *untrained]
    names = {key: _name(key, brain, networks) for key in order}
    height = 4.2 * len(order)
    figure = style.new_figure(style.DOUBLE, height + 42)
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1], gridspec_kw={"wspace": 0.12})
    _heat_map(left, table.loc[order], [names[key] for key in order], len(of_brain), len(trained))
    sd = known[known["dataset"] == brain].groupby("feature")["sd"].mean()[table.columns]
    scaled = table.loc[order] / sd.clip(lower=SMALLEST_SD)
    _map(right, scaled.to_numpy(), order, names, brain, networks)
    return figure


def _name(key: tuple[str, str], brain: str, networks: dict[str, tuple[str, bool]]) -> str:
    dataset, region = key
    if dataset == brain:
        return region
    network, trained = networks[dataset]
    return f"{network}, {region}" + ("" if trained else " (untrained)")


def _heat_map(
    axes: Axes, table: pd.DataFrame, names: list[str], n_regions: int, n_trained: int
) -> None:
    image = axes.imshow(table.to_numpy(float), aspect="auto", cmap=style.SEQUENTIAL)
    features = [
        feature.removeprefix("accuracy ").replace("->", f" {ARROW} ") for feature in table.columns
    ]
    axes.set_xticks(range(len(features)), features, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    for line in (n_regions, n_regions + n_trained):
        axes.axhline(line - 0.5, color="white", linewidth=2)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    colorbar = axes.figure.colorbar(image, ax=axes, location="top", shrink=0.6, aspect=30)
    colorbar.set_label("balanced accuracy", fontsize=style.SMALL)
    colorbar.outline.set_visible(False)
    colorbar.ax.tick_params(labelsize=style.NOTE, length=1.5)


def _map(
    axes: Axes,
    scaled: np.ndarray,
    order: list[tuple[str, str]],
    names: dict[tuple[str, str], str],
    brain: str,
    networks: dict[str, tuple[str, bool]],
) -> None:
    """Draw the first two principal components: distances on it are at most the true ones."""
    centred = (scaled - scaled.mean(axis=0)) / np.sqrt(scaled.shape[1])
    left, singular, axes_of_features = np.linalg.svd(centred, full_matrices=False)
    # The sign of a component is arbitrary; the largest weight is made positive.
    largest = np.take_along_axis(
        axes_of_features, abs(axes_of_features).argmax(axis=1)[:, None], axis=1
    )[:, 0]
    places = (left * singular * np.sign(largest))[:, :2]
    shown = (singular**2 / (singular**2).sum())[:2]
    looks = style.region_looks([names[key] for key in order if key[0] == brain])
    families = list(dict.fromkeys(network for network, _ in networks.values()))
    shades = style.task_colors(families)
    for key, (x, y) in zip(order, places, strict=True):
        if key[0] == brain:
            color, _ = looks[key[1]]
            axes.plot(x, y, marker="D", markersize=5, color=color, zorder=3)
        else:
            network, trained = networks[key[0]]
            axes.plot(
                x,
                y,
                marker="o",
                markersize=4,
                color=shades[network],
                markerfacecolor=shades[network] if trained else "white",
                markeredgewidth=0.8,
                zorder=2,
            )
    _labels(axes, places, [names[key] for key in order])
    axes.set_xlabel(f"PC 1 ({shown[0]:.0%} of the variance), bootstrap SDs")
    axes.set_ylabel(f"PC 2 ({shown[1]:.0%}), bootstrap SDs")
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.15)


def _labels(axes: Axes, places: np.ndarray, names: list[str]) -> None:
    """Write names beside their points, from top to bottom, and none over another."""
    span = max(float(np.ptp(places[:, 0])), float(np.ptp(places[:, 1])), 1e-9)
    step = 0.055 * span
    written: list[tuple[float, float]] = []
    for index in np.argsort(-places[:, 1], kind="stable"):
        x, y = places[index]
        level = y
        while any(abs(level - other) < step and abs(x - at) < 0.5 * span for at, other in written):
            level -= step / 4
        written.append((x, level))
        axes.annotate(
            names[index],
            (x, y),
            (x + 0.035 * span, level),
            fontsize=style.NOTE,
            va="center",
            arrowprops={"arrowstyle": "-", "linewidth": 0.3, "color": style.GREY},
        )
