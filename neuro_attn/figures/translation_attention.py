"""Attention of translators to the words of an example."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Attention in translation"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/translation_attention.csv",)

PANEL = 34.0
"""Height of a row of panels, mm."""
COLUMNS = 3
SENTENCE = 0
"""Number of the example that is shown, which no training sentence contains."""


@style.drawing
def draw(attention: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot the weights of each family for an example, as means over replicate networks.

    Outlined cells are words that translate each other.

    Parameters
    ----------
    attention : pandas.DataFrame
        The table `translation_attention`.
    ax : SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    families = list(dict.fromkeys(attention["family"]))
    if not families:
        return style.blank("no family has attention", ax)
    n_rows = -(-len(families) // COLUMNS)
    canvas = style.Canvas.of(ax, style.DOUBLE, PANEL * n_rows + 6)
    grid = canvas.panels(n_rows, COLUMNS)
    for axes, family in zip(grid.flat, families, strict=False):
        mesh = _draw_matrix(axes, _shown(attention, family))
        style.panel_title(axes, family)
    for unused in grid.flat[len(families) :]:
        unused.remove()
    bar = canvas.color_bar(mesh, list(grid.flat[: len(families)]), shrink=0.7, aspect=18, pad=0.01)
    bar.outline.set_linewidth(0.4)
    bar.set_label("attention weight")
    return canvas.figure


def _shown(attention: pd.DataFrame, family: str) -> pd.DataFrame:
    is_shown = (attention["family"] == family) & (attention["sentence"] == SENTENCE)
    return attention[is_shown]


def _draw_matrix(axes: Axes, rows: pd.DataFrame) -> QuadMesh:
    places = ["target_position", "source_position"]
    cells = rows.groupby(places)[["weight", "is_link"]].mean()
    shape = [1 + int(cells.index.get_level_values(place).max()) for place in places]
    mean, is_link = (cells[column].to_numpy(float).reshape(shape) for column in cells)
    mesh = axes.pcolormesh(mean, cmap=style.SEQUENTIAL, vmin=0, vmax=1)
    for k, s in np.argwhere(is_link):
        axes.add_patch(
            Rectangle((s, k), 1, 1, fill=False, edgecolor=style.ACCENT, linewidth=0.9, zorder=3)
        )
    for (k, s), weight in np.ndenumerate(mean):
        axes.text(
            s + 0.5,
            k + 0.5,
            style.proportion(weight),
            ha="center",
            va="center",
            fontsize=style.size(style.SMALL),
            color="white" if weight > 0.5 else "black",
        )
    for name, ticks, labels in (
        ("target", axes.set_yticks, axes.set_yticklabels),
        ("source", axes.set_xticks, axes.set_xticklabels),
    ):
        words = rows.groupby(f"{name}_position")[f"{name}_word"].first()
        ticks(np.arange(len(words)) + 0.5)
        labels(words)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    return mesh


def caption(attention: pd.DataFrame) -> str:
    """Describe the figure, with the weights on the correct words.

    Parameters
    ----------
    attention : pandas.DataFrame
        As for `draw`.
    """
    shown = attention[attention["sentence"] == SENTENCE]
    lines = []
    for family, rows in shown[shown["is_link"]].groupby("family", sort=False):
        of_word = rows.groupby("target_position")["weight"].mean()
        words = rows.groupby("target_position")["target_word"].first()
        parts = [f"{rst(word)} {weight:.2f}" for word, weight in zip(words, of_word, strict=True)]
        lines.append(
            (
                1 - of_word.mean(),
                f"{rst(family)}: weight on the word it translates, {', '.join(parts)}.",
            )
        )
    description = (
        "Attention to the English words (columns) at each French word (rows) of a sentence that "
        "no training sentence contains in either language. Weights are means over replicate "
        "networks; what is missing to 1 in a row is on the end of the sentence. Red outlines are "
        "words that translate each other. The decoder receives the correct French words."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    attention = results["translation_attention"]
    return Drawn(draw(attention), caption(attention))
