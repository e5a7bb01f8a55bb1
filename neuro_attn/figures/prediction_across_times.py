"""Prediction of a continuous label at every pair of training and test times."""

import xarray as xr
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.scores import SCORES
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import (
    family,
    findings,
    paragraphs,
    percent,
    significance,
    task_pair,
)
from neuro_attn.figures.prediction_words import amount
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.figures.time_matrices import plotted
from neuro_attn.inference.significance import significant

TITLE = "Prediction across times"
OF = "dataset"
SECTION = "Time"
NEEDS = ("{dataset}/prediction_cross_temporal.nc",)
WHEN = "has_continuous_label"

FARTHEST = {"r2": 1.0}
"""Largest distance from chance that colours resolve: R squared has no lower bound."""


def draw(predictions: xr.Dataset, alpha: float = 0.05, *, ax: style.Target | None = None) -> Figure:
    """Plot predictions by training and test time, as `time_matrices.plotted`.

    Colours are those of accuracies: red is better than chance, for errors, too.

    Parameters
    ----------
    predictions : xarray.Dataset
        ``value``, ``p_corrected`` and ``p_corrected_worse`` (region, train_task, test_task,
        train_time, test_time), with the attributes ``score`` and ``chance``.
    alpha : float
        Level of the tests.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    score = SCORES[predictions.attrs["score"]]
    chance, far = float(predictions.attrs["chance"]), FARTHEST.get(score.name)
    value = predictions["value"]
    shown = predictions.assign(value=value if far is None else value.clip(chance - far))
    return plotted(
        shown.rename(value="accuracy", p_corrected_worse="p_corrected_below"),
        alpha,
        f"{score.label} ({score.unit})" if score.unit else score.label,
        directions="better than chance (solid) or worse (dotted)",
        colors=style.DIVERGING_ERRORS if score.smaller_is_better else style.DIVERGING,
        ax=ax,
    )


def caption(predictions: xr.Dataset, dataset: AnyDataset) -> str:
    """Describe the figure, with the regions in which most pairs of times are better than chance.

    Parameters
    ----------
    predictions : xarray.Dataset
        As for `draw`.
    dataset : AnyDataset
        Settings of the data set.
    """
    inference, score = dataset.inference, SCORES[dataset.decoding.score]
    better, worse = (
        significant(predictions[name], inference.alpha).mean(["train_time", "test_time"])
        for name in ("p_corrected", "p_corrected_worse")
    )
    lines = []
    for region in predictions["region"].values:
        for train, test in dataset.transfers or [(task, task) for task in dataset.tasks]:
            here = {"region": region, "train_task": train, "test_task": test}
            shares = float(better.sel(here)), float(worse.sel(here))
            text = (
                f"{rst(region)}, {task_pair(train, test)}: better than chance in "
                f"{percent(shares[0])} of the pairs of times, worse in {percent(shares[1])}."
            )
            lines.append((max(shares), text))
    over = family(inference, "both directions", "all pairs of times of a region and pair of tasks")
    chance = amount(float(predictions.attrs["chance"]), score.unit)
    description = (
        f"The {score.label} of predicting {rst(dataset.label_column)} by decoders trained at one "
        f"time (vertical) and tested at another (horizontal); chance {chance}; red is better. Grey "
        "lines mark the event. Solid outlines: better than chance, dotted: worse, two-sided "
        f"{significance(inference, over=over, of_times=True)}; across tasks or times, also "
        "against mirrored units."
    )
    return paragraphs(findings(lines, 2), description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    predictions = results["prediction_cross_temporal"]
    return Drawn(draw(predictions, settings.inference.alpha), caption(predictions, settings))
