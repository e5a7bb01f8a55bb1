"""Prediction of a continuous label over time in every region, within and across tasks."""

import pandas as pd
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.scores import SCORES
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import (
    family,
    findings,
    only_tested,
    paragraphs,
    percent,
    significance,
)
from neuro_attn.figures.courses import sample
from neuro_attn.figures.over_time import LABELS, Shown, of_trained_tasks, plotted
from neuro_attn.figures.prediction_words import Predicted, amount, as_course, predicted
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Prediction over time"
OF = "dataset"
SECTION = "Decoding"
NEEDS = ("{dataset}/prediction_over_time.csv",)


def draw(
    predictions: pd.DataFrame, shown: Shown | None = None, *, ax: style.Target | None = None
) -> Figure:
    """Plot predictions over time, one panel a region, as `over_time.plotted`.

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
    rows = of_trained_tasks(predictions[predictions["session"] == "all"])
    kind = "across" if len(dataset.tasks) > 1 else "within"
    score = SCORES[dataset.decoding.score]
    lines = []
    for region, of_region in rows.groupby("region", sort=False):
        times = {
            float(time): predicted(here, dataset.inference.alpha)[kind]
            for time, here in of_region.groupby("time")
        }
        lines.append(_finding(rst(region), times, LABELS[kind], score.label))
    chance = amount(float(rows["chance"].mean()), score.unit)
    better = "smaller" if score.smaller_is_better else "larger"
    inference = dataset.inference
    over = family(inference, "times", "regions")
    mirrored = "; across tasks, also against mirrored units" if kind == "across" else ""
    description = (
        f"The {score.label} of predicting {rst(dataset.label_column)} on held-out trials "
        f"({dataset.decoding.decoder_label}), trained and tested at the same time, "
        f"{dataset.time.described}; {better} is better, chance {chance}. Thick lines: means over "
        f"tasks or directions. Bands: means of their {percent(inference.confidence)} intervals. "
        f"Bars: all have {significance(inference, over=over, of_times=True)}{mirrored}. "
        f"{only_tested(dataset)}"
    )
    return paragraphs(findings(lines), description, sample(rows))


def _finding(
    region: str, times: dict[float, Predicted], where: str, score: str
) -> tuple[float, str]:
    """Return the strength of the best significant prediction of a region, and a sentence on it."""
    found = {time: each for time, each in times.items() if each.is_found}
    if not found:
        return 0.0, f"{region}: not significantly better than chance {where} in any bin."

    def strength(time: float) -> float:
        return abs(found[time].value - found[time].chance)

    best = max(found, key=strength)
    text = (
        f"{region}: {score} {where} {found[best].text} at {best:.3g} s, significant in "
        f"{len(found)} of {len(times)} bins."
    )
    return strength(best), text


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    predictions = results["prediction_over_time"]
    return Drawn(draw(predictions, Shown.of(settings)), caption(predictions, settings))
