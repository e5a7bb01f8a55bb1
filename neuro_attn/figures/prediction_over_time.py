"""Prediction of a continuous label over time in every region, within and across tasks."""

import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.scores import SCORES
from neuro_attn.escaping import rst
from neuro_attn.figures import many_regions, over_time, region_rows, style
from neuro_attn.figures.captions import (
    family,
    findings,
    only_tested,
    paragraphs,
    significance,
)
from neuro_attn.figures.courses import sample
from neuro_attn.figures.over_time import LABELS, Shown, averaged, of_trained_tasks
from neuro_attn.figures.prediction_words import amount, as_course
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.inference.significance import significant

TITLE = "Prediction over time"
OF = "dataset"
SECTION = "Decoding"
NEEDS = ("{dataset}/prediction_over_time.csv",)

ALL_REGIONS = True
"""No region is left out: more than have room for panels are rows of a heat map."""


def draw(
    predictions: pd.DataFrame, shown: Shown | None = None, *, ax: style.Target | None = None
) -> Figure:
    """Plot predictions over time, one panel a region, as `over_time.plotted`.

    With more than `many_regions.MOST` regions, each is a row of a heat map, as
    `region_rows.plotted`.

    Parameters
    ----------
    predictions : pandas.DataFrame
        The table of predictions over time; rows with session ``all`` are plotted.
    shown : Shown, optional
        What is marked and named; by default of a circular label.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    of_circular = Shown(
        score="circular error (degrees)", is_proportion=False, smaller_is_better=True
    )
    in_rows = predictions["region"].nunique() > many_regions.MOST
    plotted = (region_rows if in_rows else over_time).plotted
    return plotted(as_course(predictions), shown or of_circular, ax=ax)


def caption(predictions: pd.DataFrame, dataset: AnyDataset) -> str:
    """Describe the figure, with the best predictions across tasks.

    Parameters
    ----------
    predictions : pandas.DataFrame
        The table of predictions over time.
    dataset : AnyDataset
        Settings of the data set.
    """
    rows = as_course(of_trained_tasks(predictions[predictions["session"] == "all"]))
    kind = "across" if len(dataset.tasks) > 1 else "within"
    score, inference = SCORES[dataset.decoding.score], dataset.inference
    lines = []
    for region, of_region in rows.groupby("region", sort=False):
        means = averaged(of_region)
        course = means[means["kind"] == kind]
        strength, text = _finding(course, inference.alpha, score.unit)
        text = text.format(score=score.label, where=LABELS[kind])
        lines.append((strength, f"{rst(region)}: {text}"))
    chance = amount(float(rows["chance"].mean()), score.unit)
    better = "smaller" if score.smaller_is_better else "larger"
    over = family(inference, "times", "regions")
    in_rows = rows["region"].nunique() > many_regions.MOST
    marked = region_rows.how_to_read(in_rows, "tasks or directions", inference.confidence)
    mirrored = "; across tasks, also against mirrored units" if kind == "across" else ""
    description = (
        f"The {score.label} of predicting {rst(dataset.label_column)} on held-out trials "
        f"({dataset.decoding.decoder_label}), trained and tested at the same time, "
        f"{dataset.time.described}; {better} is better, chance {chance}. {marked}: "
        f"all have {significance(inference, over=over, of_times=True)}{mirrored}. "
        f"{only_tested(dataset)}"
    )
    return paragraphs(findings(lines), description, sample(rows))


def _finding(course: pd.DataFrame, alpha: float, unit: str) -> tuple[float, str]:
    """Return the strength of the best significant prediction of a region, and words on it."""
    is_found = significant(course["p_corrected"], alpha)
    if not is_found.any():
        return 0.0, "not significantly better than chance {where} in any bin."
    strength = (course["accuracy"] - course["chance"]).abs().where(is_found)
    best = course.loc[strength.idxmax()]
    return float(strength.max()), (
        f"{{score}} {{where}} {amount(best['accuracy'], unit)} at {best['time']:.3g} s, "
        f"significant in {is_found.sum()} of {len(course)} bins."
    )


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    predictions = results["prediction_over_time"]
    return Drawn(draw(predictions, Shown.of(settings)), caption(predictions, settings))
