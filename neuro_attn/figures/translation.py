"""Translations by networks: correct sentences by length, and attention against alignments."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Translation"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/translation.csv", "networks/translation_alignment.csv")

HEIGHT = 66.0
MEASURES = {
    "alignment_error": ("alignment error rate", "o", style.REGION_PALETTE[0]),
    "follows": ("words that follow moved attention", "D", style.REGION_PALETTE[1]),
}
"""Label, marker and colour of the measures of attention."""


@style.drawing
def draw(
    translation: pd.DataFrame, alignment: pd.DataFrame, *, ax: style.Target | None = None
) -> Figure:
    """Plot correct sentences against their length, and whether attention explains the words.

    Parameters
    ----------
    translation, alignment : pandas.DataFrame
        The tables `translation` and `translation_alignment`.
    ax : SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    canvas = style.Canvas.of(ax, style.DOUBLE, HEIGHT)
    ((left, right),) = canvas.panels(1, 2)
    shown = translation[translation["beams"] == translation["beams"].min()]
    looks = style.region_looks(list(dict.fromkeys(shown["family"])))
    _draw_lengths(left, shown, looks)
    if len(alignment):
        _draw_explanation(right, alignment)
    else:
        right.remove()
    seeds = style.count(shown.groupby(["family", "least_words"]).size(), "seed")
    per_seed = shown.groupby(["family", "seed"])["n_sentences"].sum()
    canvas.x_label(f"n = {seeds}, {style.count(per_seed, 'held-out sentence')}", style.NOTE)
    handles = [
        Line2D([], [], color=color, marker=marker, markersize=3, label=family)
        for family, (color, marker) in looks.items()
    ]
    canvas.legend(handles, 4)
    return canvas.figure


def _draw_lengths(axes: Axes, shown: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    ranges = list(dict.fromkeys(zip(shown["least_words"], shown["most_words"], strict=True)))
    ranges.sort()
    for place, (family, (color, marker)) in enumerate(looks.items()):
        aside = 0.08 * (place - (len(looks) - 1) / 2)
        rows = shown[shown["family"] == family]
        at = rows["least_words"].map({least: n for n, (least, _) in enumerate(ranges)})
        axes.plot(
            at + aside,
            rows["exact_match"],
            linestyle="",
            marker=marker,
            markersize=2.4,
            markerfacecolor="none",
            markeredgewidth=0.5,
            color=color,
            gid="seeds",
        )
        mean = rows.groupby(at)["exact_match"].mean()
        axes.plot(mean.index + aside, mean, color=color)
    axes.set_xticks(range(len(ranges)), [f"{least} to {most}" for least, most in ranges])
    axes.set_ylim(-0.02, 1.05)
    style.proportion_ticks(axes)
    axes.set_xlabel("English words")
    axes.set_ylabel("sentences with all words correct")


def _draw_explanation(axes: Axes, alignment: pd.DataFrame) -> None:
    families = list(dict.fromkeys(alignment["family"]))
    for number, family in enumerate(families):
        rows = alignment[alignment["family"] == family]
        axes.axhline(number, color=style.PALE, linewidth=0.5, zorder=0)
        for place, (column, (_, marker, color)) in enumerate(MEASURES.items()):
            aside = 0.28 * (place - 0.5)
            look: dict[str, Any] = {
                "marker": marker,
                "color": color,
                "linestyle": "",
                "markeredgewidth": 0,
            }
            axes.plot(rows[column], [number + aside] * len(rows), markersize=2, alpha=0.6, **look)
            axes.plot(rows[column].mean(), number + aside, markersize=4, **look)
    diagonal = alignment["diagonal_error"].mean()
    axes.axvline(diagonal, color=style.GREY, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1)
    axes.annotate(
        "error of the diagonal",
        (diagonal, 1),
        xycoords=("data", "axes fraction"),
        xytext=(2, 2),
        textcoords="offset points",
        fontsize=style.size(style.SMALL),
        color=style.GREY,
    )
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(len(families) - 0.5, -0.5)
    axes.set_yticks(range(len(families)), families)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("fraction")
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=color, markersize=4, label=label)
        for label, marker, color in MEASURES.values()
    ]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False)


def caption(translation: pd.DataFrame, alignment: pd.DataFrame) -> str:
    """Describe the figure, with the families that translate worst first.

    Parameters
    ----------
    translation, alignment : pandas.DataFrame
        As for `draw`.
    """
    fewest = translation["beams"].min()
    shown = translation[translation["beams"] == fewest]
    search = "by greedy search" if fewest == 1 else f"by beam search with {fewest} hypotheses"
    lines = []
    for family, rows in shown.groupby("family", sort=False):
        weighted = rows["exact_match"] * rows["n_sentences"]
        exact = weighted.groupby(rows["seed"]).sum() / rows.groupby("seed")["n_sentences"].sum()
        text = f"{rst(family)}: {exact.mean():.2f} of sentences correct"
        ours = alignment[alignment["family"] == family]
        if len(ours):
            text += (
                f", alignment error {ours['alignment_error'].mean():.2f} (diagonal "
                f"{ours['diagonal_error'].mean():.2f}); {ours['follows'].mean():.2f} of words "
                "follow moved attention"
            )
        lines.append((1 - exact.mean(), f"{text}."))
    description = (
        f"Networks translate English sentences of a small grammar into French, {search}. Left: "
        "fraction of held-out sentences in which all words are correct, by length. "
    )
    if len(alignment):
        description += (
            "Right: alignment error rate of the largest attention weights against the alignment of "
            "the grammar, and the fraction of words that change to the translation of another word "
            "of the same class to which all attention is moved. Attention explains a translation "
            "if the error is low and words follow attention. "
        )
    description += "Small markers are replicate networks, lines and large markers means."
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    tables = results["translation"], results["translation_alignment"]
    return Drawn(draw(*tables), caption(*tables))
