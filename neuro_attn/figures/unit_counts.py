"""Accuracy as a function of the number of units, to compare regions at equal numbers."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import curves, style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Accuracy against units"
OF = "dataset"
SECTION = "Decoding"
NEEDS = ("{dataset}/unit_counts.csv",)


def draw(
    unit_counts: pd.DataFrame,
    score: str = "balanced accuracy",
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot accuracy against the number of units, as `curves.plotted`.

    Parameters
    ----------
    unit_counts : pandas.DataFrame
        The table of accuracy by number of units.
    score : str
        Name of the score, on the axes.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    size = curves.Size("n_units", "unit", "units in a draw", _common_counts(unit_counts))
    return curves.plotted(unit_counts, size, score, ax=ax)


def caption(unit_counts: pd.DataFrame, score: str = "balanced accuracy") -> str:
    """Describe the figure, with the largest within-task accuracies.

    Parameters
    ----------
    unit_counts, score
        As for `draw`.
    """
    within = unit_counts[unit_counts["train_task"] == unit_counts["test_task"]]
    keys = ["region", "train_task", "window"]
    last = within.loc[within.groupby(keys, sort=False)["n_units"].idxmax()]
    lines = [
        (
            row["accuracy"],
            f"{rst(row['region'])}, {rst(row['train_task'])}, {rst(row['window'])}: "
            f"{row['accuracy']:.2f}{curves.spread(row['sd'])} with {row['n_units']} units.",
        )
        for row in last.to_dict("records")
    ]
    description = (
        f"Accuracy as a function of the number of units. The {score} in each window, for "
        "units drawn at random. Bars are one SD over draws. Compare regions only at the same "
        "number of units."
    )
    return paragraphs(findings(lines), description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    unit_counts, score = results["unit_counts"], settings.decoding.score_label
    return Drawn(draw(unit_counts, score), caption(unit_counts, score))


def _common_counts(unit_counts: pd.DataFrame) -> np.ndarray:
    """Return the unit counts of all regions, and others that are not all units of a region."""
    counts = unit_counts["n_units"]
    is_all = counts == unit_counts.groupby("region")["n_units"].transform("max")
    of_every = unit_counts.groupby("n_units")["region"].nunique() == unit_counts["region"].nunique()
    kept = ~is_all | counts.map(of_every)
    return np.unique(counts[kept] if kept.any() else counts)
