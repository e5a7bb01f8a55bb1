"""List recall: fraction of items recalled as a function of the length of the list."""

from itertools import pairwise

import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Recall of lists"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/list_recall.csv",)

HEIGHT = 58.0


@style.drawing
def draw(recall: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot the mean accuracy of each family as a line, and replicate networks as points.

    Parameters
    ----------
    recall : pandas.DataFrame
        ``family``, ``seed``, ``length``, ``token_accuracy``, ``n_lists``, ``chance``.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    looks = style.region_looks(list(dict.fromkeys(recall["family"])))
    lengths = sorted(recall["length"].unique())
    chance = recall["chance"].iloc[0]
    canvas = style.Canvas.of(ax, style.SINGLE, HEIGHT)
    ((axes,),) = canvas.panels(1, 1)
    step = min((b - a for a, b in pairwise(lengths)), default=1)
    axes.set_xlim(lengths[0] - 0.5 * step, lengths[-1] + 0.5 * step)
    axes.set_ylim(0, 1.05)
    axes.set_xticks(lengths)
    style.proportion_ticks(axes)
    style.chance_line(axes, chance)
    axes.annotate(
        f"chance, {chance:.3g}",
        (lengths[0], chance),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=style.size(style.NOTE),
        color=style.GREY,
    )
    ends = []
    for index, (family, (color, marker)) in enumerate(looks.items()):
        here = recall[recall["family"] == family]
        # Points of families are shifted horizontally, because accuracies of 1 would overlap.
        aside = 0.06 * step * (index - (len(looks) - 1) / 2)
        axes.plot(
            here["length"] + aside,
            here["token_accuracy"],
            linestyle="",
            marker=marker,
            markersize=3,
            markerfacecolor="none",
            markeredgewidth=0.6,
            color=color,
            gid="seeds",
        )
        mean = here.groupby("length")["token_accuracy"].mean()
        axes.plot(mean.index, mean, color=color)
        ends.append((mean.index[-1], mean.iloc[-1], family, color))
    axes.set_xlabel("items in the list")
    axes.set_ylabel("token accuracy")
    seeds = style.count(recall.groupby(["family", "length"]).size(), "seed")
    lists = style.count(recall["n_lists"], "held-out list")
    canvas.x_label(f"n = {seeds}, {lists} of each length", style.NOTE, style.GREY)
    style.end_labels(axes, ends, HEIGHT - 15)
    return canvas.figure


def caption(recall: pd.DataFrame) -> str:
    """Describe the figure, with the accuracy of families for the longest lists.

    Parameters
    ----------
    recall : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for (family, length), rows in recall.groupby(["family", "length"], sort=False):
        accuracy = rows["token_accuracy"]
        text = (
            f"{rst(family)}, {length} items: accuracy {accuracy.mean():.2f} (seeds "
            f"{accuracy.min():.2f} to {accuracy.max():.2f}; chance {rows['chance'].iloc[0]:.3g})."
        )
        lines.append((length, text))
    description = (
        "Networks read a list of random items and recall it in order; one network is trained for "
        "each length. Accuracy is the fraction of positions of held-out lists at which the correct "
        "item is recalled, while the decoder receives its own answers. The decoder of ``seq2seq`` "
        "receives the list as one vector, that of ``bahdanau`` attends to all positions. Lines are "
        "means over replicate networks (points). The text names the longest lists."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    recall = results["list_recall"]
    return Drawn(draw(recall), caption(recall))
