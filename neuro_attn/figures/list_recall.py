"""The bottleneck of a fixed context: how much of a list is recalled, against its length."""

from itertools import pairwise

import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import listed, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Recall of lists"
OF = "networks"
NEEDS = ("networks/list_recall.csv",)

HEIGHT = 58.0


@style.journal_style()
def draw(recall: pd.DataFrame) -> Figure:
    """Draw a line for each family through the means of its seeds, and every seed as a point.

    Parameters
    ----------
    recall : pandas.DataFrame
        ``family``, ``seed``, ``length``, ``token_accuracy``, ``n_lists``, ``chance``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    looks = style.region_looks(list(dict.fromkeys(recall["family"])))
    lengths = sorted(recall["length"].unique())
    chance = recall["chance"].iloc[0]
    figure = style.new_figure(style.SINGLE, HEIGHT)
    axes = figure.subplots()
    step = min((b - a for a, b in pairwise(lengths)), default=1)
    axes.set_xlim(lengths[0] - 0.5 * step, lengths[-1] + 0.5 * step)
    axes.set_ylim(0, 1.05)
    axes.set_xticks(lengths)
    style.proportion_ticks(axes)
    style.chance_line(axes, chance)
    axes.annotate(
        f"chance, {chance:.3g}".replace("0.", "."),
        (lengths[0], chance),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=style.NOTE,
        color=style.GREY,
    )
    ends = []
    for index, (family, (color, marker)) in enumerate(looks.items()):
        here = recall[recall["family"] == family]
        # Families that recall all lie on each other; their points stand side by side.
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
    figure.supxlabel(f"n = {seeds}, {lists} of each length", fontsize=style.NOTE, color=style.GREY)
    style.end_labels(axes, ends, HEIGHT - 15)
    return figure


def caption(recall: pd.DataFrame) -> str:
    """Describe the figure, and state how much of the lists of each length is recalled.

    Parameters
    ----------
    recall : pandas.DataFrame
        As for `draw`.
    """
    lines = []
    for (family, length), rows in recall.groupby(["family", "length"], sort=False):
        accuracy = rows["token_accuracy"]
        lines.append(
            f"{rst(family)}, {length} items: {accuracy.mean():.2f} in their place (seeds "
            f"{accuracy.min():.2f} to {accuracy.max():.2f}; chance {rows['chance'].iloc[0]:.3g}), "
            f"{rows['forced_accuracy'].mean():.2f} given the items before ("
            f"n = {len(rows)} seeds, {int(rows['n_lists'].sum())} held-out lists)."
        )
    description = (
        "The bottleneck of a fixed context. Networks read a list of random items and then recall "
        "it in order; a network is trained for each length. Accuracy is the fraction of items of "
        "held-out lists that are recalled in their place while the decoder runs on its own "
        "answers. ``seq2seq`` receives the list as one vector, ``bahdanau`` attends to the states "
        "of all positions; encoder, size and training are the same. Lines are means over "
        "replicate networks (seeds), points are seeds."
    )
    return paragraphs(description, listed(lines))


def drawn(results: Results, settings: None) -> Drawn:
    """Draw the figure of all networks, with its caption."""
    recall = results["list_recall"]
    return Drawn(draw(recall), caption(recall))
