"""Image captioning: correct sentences, attention to named objects, and what attention decides."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Image captioning"
OF = "networks"
SECTION = "Networks"
NEEDS = ("networks/captioning.csv",)

HEIGHT = 58.0
MEASURES = {
    "exact_match": "sentences correct",
    "mass": "attention on the named object",
    "follows": "words that follow moved attention",
}
"""Columns that are plotted, with the titles of their panels."""


def over_images(captioning: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of each replicate network over images with any number of objects.

    Parameters
    ----------
    captioning : pandas.DataFrame
        The table `captioning`.

    Returns
    -------
    pandas.DataFrame
        ``family``, ``seed``, and ``exact_match``, ``token_accuracy``, ``mass``, ``mass_others`` and
        ``follows``, weighted by the numbers of images or of interventions.
    """
    keys = [captioning["family"], captioning["seed"]]
    found = {}
    for measure in ("exact_match", "token_accuracy", "mass", "mass_others", "follows"):
        weight = captioning["n_moves" if measure == "follows" else "n_images"]
        total = (captioning[measure] * weight).groupby(keys, sort=False).sum()
        found[measure] = total / weight.groupby(keys, sort=False).sum()
    return pd.DataFrame(found).reset_index()


@style.drawing
def draw(captioning: pd.DataFrame, *, ax: style.Target | None = None) -> Figure:
    """Plot three measures of each family, with replicate networks as points and means as lines.

    Parameters
    ----------
    captioning : pandas.DataFrame
        The table `captioning`.
    ax : SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    means = over_images(captioning)
    canvas = style.Canvas.of(ax, style.DOUBLE, HEIGHT)
    (panels,) = canvas.panels(1, len(MEASURES), sharey=True)
    for axes, (measure, title) in zip(panels, MEASURES.items(), strict=True):
        _draw_measure(axes, means, measure)
        axes.set_title(title)
    style.chance_line(panels[1], captioning["chance_mass"].iloc[0])
    panels[0].set_ylabel("fraction")
    seeds = style.count(means.groupby("family").size(), "seed")
    images = style.count(captioning.groupby(["family", "seed"])["n_images"].sum(), "image")
    canvas.x_label(f"n = {seeds}, {images} that are held out", style.NOTE, style.GREY)
    return canvas.figure


def _draw_measure(axes: Axes, means: pd.DataFrame, measure: str) -> None:
    looks = style.region_looks(list(dict.fromkeys(means["family"])))
    for place, (family, (color, marker)) in enumerate(looks.items()):
        values = means.loc[means["family"] == family, measure]
        # Points of seeds are spread horizontally, because fractions of 1 would overlap.
        aside = [0.4 * ((n + 0.5) / len(values) - 0.5) for n in range(len(values))]
        axes.plot(
            [place + each for each in aside],
            values,
            linestyle="",
            marker=marker,
            markersize=3,
            markerfacecolor="none",
            markeredgewidth=0.6,
            color=color,
            gid="seeds",
        )
        axes.hlines(values.mean(), place - 0.3, place + 0.3, color=color)
    axes.set_xlim(-0.6, len(looks) - 0.4)
    axes.set_ylim(0, 1.05)
    axes.set_xticks(range(len(looks)), [name.replace("-", "-\n") for name in looks])
    style.proportion_ticks(axes)


def caption(captioning: pd.DataFrame) -> str:
    """Describe the figure, with the measures of families.

    Parameters
    ----------
    captioning : pandas.DataFrame
        As for `draw`.
    """
    means = over_images(captioning).groupby("family", sort=False)[list(MEASURES)].mean()
    lines = [
        (
            row["mass"],
            f"{rst(family)}: {row['exact_match']:.2f} of the sentences correct, "
            f"{row['mass']:.2f} of attention on the named object, {row['follows']:.2f} of words "
            "follow moved attention.",
        )
        for family, row in means.iterrows()
    ]
    description = (
        "Networks describe images of one to three objects, with a new context from a grid of "
        "patches for every word. Left: all words of a sentence are correct. Middle: weight on the "
        "patch that contains an object while its colour or shape is written; dotted, equal "
        "weights. Right: all attention is moved to another object for one word; fraction of words "
        "that become those of that object. Points are replicate networks, lines their means."
    )
    return paragraphs(findings(lines, len(lines)), description)


def drawn(results: Results, settings: None) -> Drawn:
    """Return the figure of all networks and its caption."""
    table = results["captioning"]
    return Drawn(draw(table), caption(table))
