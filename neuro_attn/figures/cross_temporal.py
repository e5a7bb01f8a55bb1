"""Cross-temporal generalisation: accuracy of decoders trained at one time and tested at another."""

import xarray as xr
from matplotlib.figure import Figure

from neuro_attn.configuration import AnyDataset, Inference
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
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.figures.time_matrices import plotted
from neuro_attn.inference.significance import significant

TITLE = "Cross-temporal decoding"
OF = "dataset"
SECTION = "Time"
NEEDS = ("{dataset}/cross_temporal.nc",)
WHEN = "has_classes"


def draw(
    cross_temporal: xr.Dataset,
    alpha: float = 0.05,
    score: str = "balanced accuracy",
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot one panel per region, with one block per pair of tasks, as `time_matrices.plotted`.

    Parameters
    ----------
    cross_temporal : xarray.Dataset
        ``accuracy``, ``p_corrected`` and ``p_corrected_below`` (region, train_task, test_task,
        train_time, test_time), with times in s and the attribute ``chance``. The coordinate
        ``n_units`` (region) is optional.
    alpha : float
        Level of the tests.
    score : str
        What accuracy is.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    return plotted(cross_temporal, alpha, score, ax=ax)


def caption(
    cross_temporal: xr.Dataset, inference: Inference, score: str = "balanced accuracy"
) -> str:
    """Describe the figure, with the regions that generalise at most pairs of times.

    Parameters
    ----------
    cross_temporal : xarray.Dataset
        As for `draw`.
    inference : Inference
        Settings of the tests.
    score : str
        What accuracy is.
    """
    fractions = {
        direction: significant(cross_temporal[name], inference.alpha).mean(
            ["train_time", "test_time"]
        )
        for direction, name in (("above", "p_corrected"), ("below", "p_corrected_below"))
    }
    pairs = [
        (train, test)
        for train in cross_temporal["train_task"].values
        for test in cross_temporal["test_task"].values
    ]
    across = [(train, test) for train, test in pairs if train != test]
    lines = []
    for region in cross_temporal["region"].values:
        for train, test in across or pairs:
            here = {"region": region, "train_task": train, "test_task": test}
            above, below = (float(each.sel(here)) for each in fractions.values())
            text = (
                f"{rst(region)}, {task_pair(train, test)}: above chance in {percent(above)} of "
                f"the pairs of times, below in {percent(below)}."
            )
            lines.append((max(above, below), text))
    over = family(inference, "both directions", "all pairs of times of a region and pair of tasks")
    description = (
        f"{score.capitalize()} of decoders trained at one time (vertical) and tested at another "
        "(horizontal); grey lines mark the event. Solid outlines mark accuracy above chance, "
        "dotted outlines accuracy below chance (a reversed code): two-sided "
        f"{significance(inference, over=over, of_times=True)}; "
        "across tasks or times, also against randomly mirrored units. Squares are stable codes, "
        "stripes along the diagonal changing ones."
    )
    return paragraphs(findings(lines, 2), description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    cross_temporal, inference = results["cross_temporal"], settings.inference
    score = settings.decoding.score_label
    figure = draw(cross_temporal, inference.alpha, score)
    return Drawn(figure, caption(cross_temporal, inference, score))
