"""Maps of attention over an image, one for each word of its caption."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Attention in image captioning"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/captioning_maps.csv", "networks/captioning_images.csv")

PANEL = 21.0
"""Height of a row of panels, mm."""
IMAGE, SEED = 1, 0
"""The example, with two objects, and the replicate networks that are shown."""


@style.drawing
def draw(maps: pd.DataFrame, images: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot an image, and the attention of each family to its patches at each word.

    Parameters
    ----------
    maps, images : pandas.DataFrame
        The tables `captioning_maps` and `captioning_images`.
    ax : SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    maps, images = _example(maps), _example(images)
    families = list(dict.fromkeys(maps["family"]))
    n_words = maps["word"].nunique()
    canvas = style.Canvas.of(ax, style.DOUBLE, PANEL * len(families) + 6)
    grid = canvas.panels(len(families), 1 + n_words)
    for row, family in zip(grid, families, strict=True):
        _draw_image(row[0], images[images["family"] == family])
        row[0].set_ylabel(family.replace("-", "-\n"))
        of_words = maps[maps["family"] == family].groupby("word")
        for axes, (_, weights) in zip(row[1:], of_words, strict=True):
            drawn = _draw_map(axes, weights)
            axes.set_title(weights["written"].iloc[0], loc="center")
    bar = canvas.color_bar(drawn, list(grid.flat), shrink=0.7, aspect=18, pad=0.01)
    bar.outline.set_linewidth(0.4)
    bar.set_label("attention weight")
    return canvas.figure


def _example(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["image"] == IMAGE) & (table["seed"] == SEED)]


def _draw_image(axes: Axes, pixels: pd.DataFrame) -> None:
    pixels = pixels.sort_values(["row", "column"])
    size = int(pixels["row"].max()) + 1
    colors = pixels[["red", "green", "blue"]].to_numpy().reshape(size, size, 3)
    axes.imshow(np.clip(colors, 0, 1), interpolation="nearest")
    _frame(axes)


def _draw_map(axes: Axes, weights: pd.DataFrame) -> AxesImage:
    places = ["grid_row", "grid_column"]
    matrix = weights.pivot_table("weight", *places).to_numpy()
    drawn = axes.imshow(matrix, cmap=style.SEQUENTIAL, vmin=0, vmax=1, interpolation="nearest")
    for row, column in weights.loc[weights["is_named"], places].to_numpy():
        axes.add_patch(
            Rectangle(
                (column - 0.5, row - 0.5),
                1,
                1,
                fill=False,
                edgecolor=style.ACCENT,
                linewidth=0.9,
                zorder=3,
            )
        )
    _frame(axes)
    return drawn


def _frame(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(True)


def caption(maps: pd.DataFrame) -> str:
    """Describe the figure, with the weights on the named objects.

    Parameters
    ----------
    maps : pandas.DataFrame
        As for `draw`.
    """
    shown = _example(maps)
    lines = []
    for family, rows in shown[shown["is_named"]].groupby("family", sort=False):
        parts = [f"{rst(row.correct)} {row.weight:.2f}" for row in rows.itertuples()]
        text = f"{rst(family)}: weight on the named object, {', '.join(parts)}."
        lines.append((float(rows["weight"].mean()), text))
    description = (
        "Attention of one network of each family to the 3 x 3 patches of a held-out image, at each "
        "word. Above each map is the word that the network writes after the correct ones. Red "
        "outlines are the patch that contains the object whose colour or shape is written."
    )
    return paragraphs(findings(lines, len(lines)), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    maps = results["captioning_maps"]
    return Drawn(draw(maps, results["captioning_images"]), caption(maps))
