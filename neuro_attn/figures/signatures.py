"""Decoding signatures of regions and networks, as heat maps and on two principal components."""

import re
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Compared, Drawn, Results

TITLE = "Signatures"
OF = "comparison"
SECTION = "Networks"
NEEDS = ("comparison/signatures.csv", "comparison/distances.csv")

ARROW = "\N{RIGHTWARDS ARROW}"
SMALLEST_SD = 0.05
"""Lower bound of the bootstrap SD of a d', as for the distances."""
MOST_ROWS = 40
"""With more rows, untrained networks are omitted."""
MOST_NAMES = 16
"""With more regions and trained populations, only regions are labelled on the map."""
MOST_REGIONS = 40
"""With more names, those without a place on the map are omitted; the heat map has all of them."""
WIDTH = 62.0
"""Approximate width of the map, mm."""
DISTANCES = (1.6, 3.5, 5.5, 8.0, 11.0)
"""Distances of a name from its point, mm, the preferred first."""
DIRECTIONS = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1.4), (0, -1.4))
"""Directions of a name from its point, right and up, the preferred first."""
KINDS = {
    "d' (chance: 0)": (r"d_prime (.+)", None, style.DIVERGING),
    "colour information": (r"((?:un)?cued)_color (.+)", None, "YlGnBu"),
    "cosine or index": (r"(plane_cosine|alignment) (.+)", (-1.0, 1.0), "RdBu_r"),
}
"""Kinds of features: pattern of their names, colour range and colour map.

Without a range, a diverging map is centred on 0, which is chance, and another spans the values.
"""

Key = tuple[str, str]


def shown(
    signatures: pd.DataFrame, distances: pd.DataFrame, networks: dict[str, tuple[str, bool]]
) -> pd.DataFrame:
    """Return the signatures to plot: of regions, and of networks matched to the nearest region.

    Parameters
    ----------
    signatures : pandas.DataFrame
        ``dataset``, ``region``, ``matched_to``, ``feature``, ``value``, ``sd``.
    distances : pandas.DataFrame
        ``network``, ``trained``, ``population``, ``region``, ``distance``.
    networks : dict of str to (network, trained)
        Network of each data set, and whether it is trained.
    """
    names = {(network, bool(trained)): dataset for dataset, (network, trained) in networks.items()}
    closest = distances.loc[
        distances.groupby(["network", "trained", "population"])["distance"].idxmin()
    ]
    nearest = {
        (names[row.network, bool(row.trained)], row.population): row.region
        for row in closest.itertuples()
    }
    keys = zip(signatures["dataset"], signatures["region"], strict=True)
    return signatures[signatures["matched_to"] == [nearest.get(key, "") for key in keys]]


@style.drawing
def draw(
    signatures: pd.DataFrame,
    distances: pd.DataFrame,
    brain: str,
    networks: dict[str, tuple[str, bool]],
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot all signatures as heat maps (left) and on two principal components (right).

    Parameters
    ----------
    signatures, distances, networks
        As for `shown`.
    brain : str
        The data set of the regions.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    drawn = shown(signatures, distances, networks)
    table = drawn.pivot_table("value", ["dataset", "region"], "feature", sort=False)
    of_brain = [
        (brain, region) for region in style.ordered(table.loc[[brain]].index.get_level_values(1))
    ]
    groups = [
        [key for key in table.index if key[0] in networks and bool(networks[key[0]][1]) is trained]
        for trained in (True, False)
    ]
    order = [*of_brain, *groups[0], *groups[1]]
    if len(order) > MOST_ROWS:
        order = [*of_brain, *groups[0]]
    nearest = drawn.groupby(["dataset", "region"])["matched_to"].first()
    row = 4.2 if len(order) <= MOST_ROWS else 2.6
    height = max(row * len(order), 40)
    canvas = style.Canvas.of(ax, style.DOUBLE, height + 36)
    left, right = canvas.parts(2, [1.3, 1])
    names = [_name(key, brain, networks) for key in order]
    _heat_maps(left, table.loc[order], names, (len(of_brain), len(of_brain) + len(groups[0])))
    sd = drawn[drawn["dataset"] == brain].groupby("feature")["sd"].mean()
    everywhere = table.loc[order].dropna(axis=1)
    least = np.where(everywhere.columns.str.startswith("d_prime "), SMALLEST_SD, 1e-9)
    scaled = everywhere / np.maximum(sd[everywhere.columns], least)
    ((axes,),) = right.panels(1, 1)
    trained = {key: key[0] == brain or bool(networks[key[0]][1]) for key in order}
    near = {key: nearest[key] or key[1] for key in order}
    _map(
        axes, scaled.to_numpy(float), near, trained, names, len(of_brain), min(height, 1.2 * WIDTH)
    )
    return canvas.figure


def caption(shown: pd.DataFrame) -> str:
    """Describe the figure, with the signatures of the widest range of d'.

    Parameters
    ----------
    shown : pandas.DataFrame
        The signatures that are plotted, from `shown`.
    """
    lines = []
    for (dataset, region), own in shown.groupby(["dataset", "region"], sort=False):
        rows = own[own["feature"].str.startswith("d_prime ")]
        best = rows.loc[rows["value"].idxmax()]
        text = (
            f"{rst(dataset)}, {rst(region)}: d' from {rows['value'].min():.2f} to "
            f"{best['value']:.2f} ({rst(best['feature'].removeprefix('d_prime '))})."
        )
        lines.append((rows["value"].max() - rows["value"].min(), text))
    description = (
        "Left: sensitivity d' of every pair of tasks in every window and, if colours are defined, "
        "information about colours and the cosine and alignment of their planes, with units and "
        "training trials of the smallest population. Noise is added to each network until its d' "
        "within tasks is that of the least distant region. Grey is undefined. Right: the same "
        "signatures on their first two principal components; open dots are untrained networks."
    )
    return paragraphs(findings(lines, 2), description)


def drawn(results: Results, settings: Compared) -> Drawn:
    """Return the figure of the comparison and its caption."""
    table, distances = results["signatures"], results["distances"]
    networks = dict(settings.networks)
    figure = draw(table, distances, settings.brain, networks)
    return Drawn(figure, caption(shown(table, distances, networks)))


def _name(key: Key, brain: str, networks: dict[str, tuple[str, bool]]) -> str:
    dataset, region = key
    if dataset == brain:
        return region
    network, trained = networks[dataset]
    return f"{network}, {region}" + ("" if trained else " (untrained)")


def _heat_maps(
    canvas: style.Canvas, table: pd.DataFrame, names: list[str], lines: tuple[int, int]
) -> None:
    """Plot one heat map per kind of feature, with one row per signature."""
    columns = {
        kind: [name for name in table.columns if re.fullmatch(pattern, name)]
        for kind, (pattern, *_) in KINDS.items()
    }
    columns = {kind: own for kind, own in columns.items() if own}
    widths = [len(own) for own in columns.values()]
    grid = canvas.panels(1, len(columns), width_ratios=widths, sharey=True)[0]
    for axes, (kind, own) in zip(grid, columns.items(), strict=True):
        pattern, limits, colors = KINDS[kind]
        _heat_map(axes, table[own], pattern, limits, colors, kind)
        for line in lines:
            axes.axhline(line - 0.5, color=style.paper(), linewidth=2)
    size = style.SMALL if len(names) <= MOST_ROWS else style.NOTE
    grid[0].set_yticks(range(len(names)), names, fontsize=style.size(size))


def _heat_map(
    axes: Axes,
    table: pd.DataFrame,
    pattern: str,
    limits: tuple[float, float] | None,
    colors: Colormap | str,
    kind: str,
) -> None:
    values = table.to_numpy(float)
    if limits is None and colors == style.DIVERGING:
        largest = float(np.nanmax(np.abs(values), initial=1e-9))
        limits = (-largest, largest)
    low, high = limits or (None, None)
    image = axes.imshow(values, aspect="auto", cmap=colors, vmin=low, vmax=high)
    labels = []
    for name in table.columns:
        found = re.fullmatch(pattern, name)
        assert found is not None
        labels.append(" ".join(found.groups()).replace("_", " ").replace("->", f" {ARROW} "))
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_facecolor(style.PALE)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    colorbar = axes.figure.colorbar(image, ax=axes, location="top", shrink=0.9, aspect=12)
    colorbar.set_label(kind, fontsize=style.size(style.NOTE))
    colorbar.outline.set_visible(False)
    colorbar.ax.tick_params(labelsize=style.size(style.NOTE), length=1.5)
    colorbar.ax.locator_params(nbins=3)


def _map(
    axes: Axes,
    scaled: np.ndarray,
    near: dict[Key, str],
    trained: dict[Key, bool],
    names: list[str],
    n_regions: int,
    height: float,
) -> None:
    """Plot the first two principal components of the signatures."""
    centred = (scaled - scaled.mean(axis=0)) / np.sqrt(scaled.shape[1])
    left, singular, axes_of_features = np.linalg.svd(centred, full_matrices=False)
    # The sign of a component is arbitrary; we make its largest weight positive.
    largest = np.take_along_axis(
        axes_of_features, abs(axes_of_features).argmax(axis=1)[:, None], axis=1
    )[:, 0]
    places = (left * singular * np.sign(largest))[:, :2]
    variance = (singular**2)[:2] / max((singular**2).sum(), 1e-300)
    # A single signature, or a single feature, has only one component.
    places = np.pad(places, ((0, 0), (0, 2 - places.shape[1])))
    fractions = np.pad(variance, (0, 2 - len(variance)))
    looks = style.region_looks(names[:n_regions])
    for index, (key, (x, y)) in enumerate(zip(near, places, strict=True)):
        color, _ = looks[near[key]]
        marker, size = ("D", 5.5) if index < n_regions else ("o", 3.8)
        axes.plot(
            x,
            y,
            marker=marker,
            markersize=size,
            color=color,
            markerfacecolor=color if trained[key] else style.paper(),
            markeredgewidth=0.8,
            zorder=2 if index >= n_regions else 3,
        )
    named = list(range(n_regions))
    if sum(trained.values()) <= MOST_NAMES:
        named = [index for index, is_named in enumerate(trained.values()) if is_named]
    axes.set_xlabel(f"PC 1 ({fractions[0]:.0%} of the variance), bootstrap SDs")
    axes.set_ylabel(f"PC 2 ({fractions[1]:.0%}), bootstrap SDs")
    axes.set_aspect("equal", adjustable="box", anchor="N")
    handles = [
        Line2D([], [], linestyle="", marker="D", markersize=4, color=style.GREY, label="region"),
        Line2D(
            [], [], linestyle="", marker="o", markersize=3.8, color=style.GREY,
            label="network, in the colour of the least distant region",
        ),
    ]  # fmt: skip
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
    _labels(axes, places, {index: names[index] for index in named}, height)


def _labels(axes: Axes, places: np.ndarray, names: dict[int, str], height: float) -> None:
    """Label points where names hide neither points nor each other, with a line to distant names.

    Limits leave room for names beside the points. Sizes are estimated in mm before the layout is
    known: axes have equal scales, and the map is `WIDTH` x `height` mm. Names leave it only if they
    have no place in it; with more than `MOST_REGIONS`, they are omitted instead.
    """
    spans = np.ptp(places, axis=0) * [1.6, 1.24] / [WIDTH, height]
    mm = max(float(spans.max()), 1e-9)
    taken = [(*(place - 1.3 * mm), *(place + 1.3 * mm)) for place in places]
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    ends = np.array([WIDTH, height]) * mm / 2
    axes.set(xlim=middle[0] + [-ends[0], ends[0]], ylim=middle[1] + [-ends[1], ends[1]])
    for index, name in names.items():
        size = np.array([1.15 * len(name) + 0.5, 2.1]) * mm
        for distance, (right, up) in product(DISTANCES, DIRECTIONS):
            centre = places[index] + distance * mm * np.array([right, up])
            centre[0] += right * size[0] / 2
            box = (*(centre - size / 2), *(centre + size / 2))
            is_inside = (np.abs(centre - middle) + size / 2 <= ends).all()
            if is_inside and not any(_overlap(box, other) for other in taken):
                break
        else:
            if len(names) > MOST_REGIONS:
                continue
        taken.append(box)
        axes.annotate(
            name,
            places[index],
            tuple(centre),
            fontsize=style.size(style.NOTE),
            ha="center",
            va="center",
            arrowprops={"arrowstyle": "-", "linewidth": 0.3, "color": style.GREY}
            if distance > DISTANCES[0]
            else None,
        )


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two boxes (left, bottom, right, top) overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
