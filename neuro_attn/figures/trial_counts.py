"""Accuracy as a function of the number of training trials, and the cost of matching the tasks."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import curves, style
from neuro_attn.figures.captions import findings, paragraphs
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.results.shared_columns import ALL_TRIALS, MATCHED

TITLE = "Accuracy against training trials"
OF = "dataset"
SECTION = "Decoding"
NEEDS = ("{dataset}/trial_counts.csv", "{dataset}/regions.csv")


def draw(
    trial_counts: pd.DataFrame,
    score: str = "balanced accuracy",
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot accuracy against the number of training trials, as `curves.plotted`.

    Open markers show the number to which the tasks are matched in the other figures. Curves go on
    to all training trials of the trained task.

    Parameters
    ----------
    trial_counts : pandas.DataFrame
        The table of accuracy by number of training trials.
    score : str
        Name of the score, on the axes.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    of_size = trial_counts["training_size"]
    chosen = ~of_size.isin([MATCHED, ALL_TRIALS])
    numbers = trial_counts["n_per_class"]
    size = curves.Size(
        "n_per_class",
        "trial",
        "training trials of a class in a fold",
        np.unique(numbers[chosen] if chosen.any() else numbers),
        open="is_matched",
        open_label="matched over tasks",
    )
    return curves.plotted(trial_counts.assign(is_matched=of_size == MATCHED), size, score, ax=ax)


def caption(
    trial_counts: pd.DataFrame, regions: pd.DataFrame, score: str = "balanced accuracy"
) -> str:
    """Describe the figure: what limits the training trials, and the cost of matching the tasks.

    Parameters
    ----------
    trial_counts, score
        As for `draw`.
    regions : pandas.DataFrame
        The table of populations.
    """
    within = trial_counts[trial_counts["train_task"] == trial_counts["test_task"]]
    keys = ["region", "train_task", "window"]
    matched, everything = (
        within[within["training_size"] == name].set_index(keys) for name in (MATCHED, ALL_TRIALS)
    )
    lines = []
    for key, row in matched.iterrows():
        all_of_task = everything.loc[key]
        text = (
            f"{', '.join(map(rst, key))}: {row['accuracy']:.2f}{curves.spread(row['sd'])} with "
            f"{row['n_per_class']:.4g} trials of a class, {all_of_task['accuracy']:.2f} with all "
            f"{all_of_task['n_per_class']:.4g}."
        )
        lines.append((all_of_task["accuracy"] - row["accuracy"], text))
    fewest = regions.loc[regions["n_trials"].idxmin()]
    description = (
        f"The {score} in each window for nested random subsets of the training trials, tested on "
        "the same trials. Bars are one SD over draws. Open markers: the number that all tasks "
        "have, as in other figures. Curves end at all trials of the trained task; if they still "
        "rise there, more trials would increase accuracy."
    )
    limit = (
        f"Session {rst(fewest['limiting_session'])} has the fewest trials of a class: "
        f"{fewest['n_trials']} of task {rst(fewest['limiting_task'])}, class "
        f"{rst(fewest['limiting_class'])}."
    )
    return paragraphs(findings(lines, 2), limit, description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    trial_counts, score = results["trial_counts"], settings.decoding.score_label
    return Drawn(draw(trial_counts, score), caption(trial_counts, results["regions"], score))
