"""Decoding accuracy over time, for every region and pair of training and test task."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import (
    family,
    findings,
    interval,
    only_tested,
    p_value,
    paragraphs,
    percent,
    significance,
    task_pair,
)
from neuro_attn.figures.courses import (
    BAND,
    draw_significance,
    reference_handles,
    sample,
    sample_note,
)
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.inference.significance import significant

TITLE = "Decoding over time, by direction"
OF = "dataset"
SECTION = "Decoding"
NEEDS = ("{dataset}/transfer.csv", "{dataset}/onsets.csv")
WHEN = "transfers"


@style.drawing
def draw(
    transfer: pd.DataFrame,
    onsets: pd.DataFrame | None = None,
    alpha: float = 0.05,
    confidence: float = 0.95,
    score: str = "balanced accuracy",
    *,
    ax: style.Target | None = None,
) -> Figure:
    """Plot accuracy over time, one column of panels per region and one row per training task.

    The colour of a curve is the test task. Curves are solid within tasks and dashed across tasks.
    Bars below the curves mark corrected p < alpha, and triangles above them mark onsets.

    Parameters
    ----------
    transfer : pandas.DataFrame
        The table of accuracy over time; rows with session ``all`` are plotted.
    onsets : pandas.DataFrame, optional
        The table of onsets; rows that compare regions are ignored.
    alpha, confidence : float
        Level of the tests, and coverage of the intervals.
    score : str
        Name of the score, on the axes.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.
    """
    rows = style.across_sessions(transfer, "transfer")
    regions = style.ordered(rows["region"])
    tasks = list(dict.fromkeys(rows["train_task"]))
    colors = style.task_colors(rows["test_task"])
    canvas, panels = style.region_panels(
        ax, len(regions), len(tasks), panel_height=29, extra_height=26, share=True
    )
    limits = accuracy_limits(rows)
    for column, region in enumerate(regions):
        for row, train_task in enumerate(tasks):
            axes = panels[column][row]
            here = rows[(rows["region"] == region) & (rows["train_task"] == train_task)]
            draw_panel(axes, here, onsets, colors=colors, limits=limits, alpha=alpha)
            leftmost = style.is_leftmost(column, len(regions))
            style.outer_labels(axes, left=leftmost, bottom=row == len(tasks) - 1)
            if row == 0:
                style.panel_title(axes, region, style.count(here["n_units"], "unit"))
            if leftmost:
                axes.set_ylabel(f"trained on {train_task}\n{score}")
    canvas.x_label("time from the task's event (s)")
    _draw_key(canvas, rows, colors, onsets is not None, alpha, confidence)
    return canvas.figure


def accuracy_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the lowest and highest accuracy of some rows, with their intervals and chance."""
    low = min(rows["ci_low"].min(), rows["accuracy"].min(), rows["chance"].min())
    return low, max(rows["ci_high"].max(), rows["accuracy"].max())


def draw_panel(
    axes: Axes,
    rows: pd.DataFrame,
    onsets: pd.DataFrame | None,
    *,
    colors: Mapping[str, str],
    limits: tuple[float, float],
    alpha: float,
) -> None:
    """Plot accuracy over time in a region for one training task.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    rows : pandas.DataFrame
        Rows of the table of accuracy over time, of one region and training task.
    onsets : pandas.DataFrame or None
        The table of onsets.
    colors : mapping of str to str
        Colour of each test task.
    limits : tuple of float
        Lowest and highest accuracy.
    alpha : float
        Level of the tests.
    """
    low, high = limits
    lane = 0.055 * (high - low)
    region, train_task = rows["region"].iloc[0], rows["train_task"].iloc[0]
    style.chance_line(axes, rows["chance"].mean())
    axes.axvline(0, color=style.PALE, linewidth=0.7, zorder=0)
    for level, (test_task, color) in enumerate(colors.items()):
        curve = rows[rows["test_task"] == test_task].sort_values("time")
        if curve.empty:
            continue
        _draw_curve(axes, curve, color, train_task == test_task)
        draw_significance(axes, curve, color, level=low - lane * (level + 1), alpha=alpha)
        if onsets is not None:
            found = _onsets_of(onsets, region, train_task, test_task)
            _draw_onsets(axes, found, color, high + lane * (level + 1))
    axes.set_ylim(low - lane * (len(colors) + 1), high + lane * (len(colors) + 1))
    style.proportion_ticks(axes)


def _onsets_of(onsets: pd.DataFrame, region: str, train_task: str, test_task: str) -> pd.DataFrame:
    """Return the rows with the onset in a region, without those that compare regions."""
    return onsets[
        (onsets["region"] == region)
        & (onsets["compared_with"] == "")
        & (onsets["train_task"] == train_task)
        & (onsets["test_task"] == test_task)
    ]


def caption(transfer: pd.DataFrame, onsets: pd.DataFrame, dataset: AnyDataset) -> str:
    """Describe the figure, with the largest effects across tasks and their onsets.

    Parameters
    ----------
    transfer, onsets : pandas.DataFrame
        As for `draw`.
    dataset : AnyDataset
        Settings of the data set.
    """
    rows = transfer[transfer["session"] == "all"]
    plain = onsets[onsets["compared_with"] == ""].set_index(["region", "train_task", "test_task"])
    across = rows[rows["train_task"] != rows["test_task"]]
    lines = []
    for (region, train, test), course in (across if len(across) else rows).groupby(
        ["region", "train_task", "test_task"], sort=False
    ):
        effects = course["accuracy"] - course["chance"]
        row = course.loc[effects.abs().idxmax()]
        onset = "no onset"
        if (region, train, test) in plain.index:
            found = plain.loc[(region, train, test)]
            onset = f"onset {interval(found['onset_s'], found['ci_low'], found['ci_high'], 2)} s"
            if significant(found["fit_p_value"], dataset.inference.alpha):
                onset += " (caution: no shape fits the rise)"
        text = (
            f"{rst(region)}, {task_pair(train, test)}: accuracy "
            f"{interval(row['accuracy'], row['ci_low'], row['ci_high'], 2)} at "
            f"{row['time']:.3g} s (corrected p = {p_value(row['p_corrected'])}), {onset}."
        )
        lines.append((row["accuracy"] - row["chance"], text))
    return paragraphs(findings(lines, 2), _description(dataset), sample(rows))


def _description(dataset: AnyDataset) -> str:
    decoding, inference = dataset.decoding, dataset.inference
    return (
        f"{decoding.score_label.capitalize()} of decoders ({decoding.decoder_label}) trained and "
        f"tested at the same time, {dataset.time.described}: mean over "
        f"{decoding.folds} folds and {decoding.draws} draws. Bands: "
        f"{percent(inference.confidence)} intervals ({inference.bootstraps} resamples). "
        "Bars: "
        f"{significance(inference, over=family(inference, 'times', 'regions'), of_times=True)}; "
        "across tasks, also against randomly mirrored units. Triangles: onsets of "
        f"{inference.min_consecutive_bins} consecutive significant bins. {only_tested(dataset)}"
    )


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    transfer, onsets, inference = results["transfer"], results["onsets"], settings.inference
    score = settings.decoding.score_label
    figure = draw(transfer, onsets, inference.alpha, inference.confidence, score)
    return Drawn(figure, caption(transfer, onsets, settings))


def _draw_curve(axes: Axes, curve: pd.DataFrame, color: str, within: bool) -> None:
    time = curve["time"]
    axes.fill_between(
        time, curve["ci_low"], curve["ci_high"], color=color, alpha=BAND, linewidth=0, zorder=2
    )
    axes.plot(
        time,
        curve["accuracy"],
        color=color,
        linestyle="-" if within else (0, (3, 1)),
        marker="o" if len(curve) == 1 else None,
        markersize=3,
        zorder=3,
    )


def _draw_onsets(axes: Axes, found: pd.DataFrame, color: str, level: float) -> None:
    for onset in found.itertuples():
        axes.plot([onset.ci_low, onset.ci_high], [level, level], color=color, linewidth=0.8)
        axes.plot(onset.onset_s, level, marker="v", markersize=3.2, color=color, linestyle="")


def _draw_key(
    canvas: style.Canvas,
    rows: pd.DataFrame,
    colors: dict[str, str],
    with_onsets: bool,
    alpha: float,
    confidence: float,
) -> None:
    tested = [
        Line2D([], [], color=color, label=f"tested on {task}") for task, color in colors.items()
    ]
    kinds: list[Line2D | Patch] = [
        Line2D([], [], color=style.ink(), label="within task"),
        Line2D([], [], color=style.ink(), linestyle=(0, (3, 1)), label="across tasks"),
        *reference_handles(rows["chance"].mean(), alpha, confidence),
    ]
    if with_onsets:
        kinds.append(
            Line2D(
                [],
                [],
                color=style.ink(),
                linewidth=0.8,
                marker="v",
                markersize=3.2,
                label=f"onset, {confidence:.0%} interval",
            )
        )
    columns = max(1, round(canvas.width / 45))
    canvas.legend([*tested, *kinds], columns, sample_note(rows))
