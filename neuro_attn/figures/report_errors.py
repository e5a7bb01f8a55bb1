"""Distribution of report errors in each task, with the fitted mixture."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.captions import interval, p_value, paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Report errors"
OF = "dataset"
SECTION = "Behaviour"
NEEDS = ("{dataset}/behaviour_measures.csv", "{dataset}/behaviour_errors.csv")
WHEN = "behaviour"

PANEL_HEIGHT, EXTRA_HEIGHT = 34.0, 16.0
"""Height of a panel with its labels, and of the legend, mm."""
FRACTIONS = ("target", "swap", "guess")
_EVEN = 1 / 36
"""Share of a bin of 10 degrees if reports are random."""


@style.drawing
def draw(
    measures: pd.DataFrame, behaviour_errors: pd.DataFrame, *, ax: style.Target | None = None
) -> Figure:
    """Plot a panel for each task: shares of errors in bins, observed and expected from the fits.

    Parameters
    ----------
    measures, behaviour_errors : pandas.DataFrame
        The tables of behaviour.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    tasks = list(behaviour_errors["task"].unique())
    if not tasks:
        return style.blank("no trial has a report and a target", ax)
    colors = style.task_colors(tasks)
    canvas, panels = style.region_panels(
        ax, len(tasks), 1, panel_height=PANEL_HEIGHT, extra_height=EXTRA_HEIGHT, share=True
    )
    for number, (task, (axes,)) in enumerate(zip(tasks, panels, strict=True)):
        rows = behaviour_errors[behaviour_errors["task"] == task]
        mine = rows[rows["relative_to"] == "target"]
        others = rows[rows["relative_to"] != "target"]
        axes.bar(mine["error"], mine["share"], width=10, color=colors[task], alpha=0.45)
        axes.plot(mine["error"], mine["fitted"], color=style.ink())
        if len(others):
            axes.step(others["error"], others["share"], where="mid", color=style.ACCENT, lw=0.7)
        axes.axhline(_EVEN, color=style.GREY, linewidth=0.6, linestyle=(0, (1, 1.5)), zorder=0)
        axes.set_xlim(-180, 180)
        axes.set_xticks([-180, 0, 180])
        axes.set_ylim(bottom=0)
        style.panel_title(axes, task, _note(measures, task))
        if style.is_leftmost(number, len(tasks)):
            axes.set_ylabel("share of trials")
        if style.is_lowest(number, len(tasks)):
            axes.set_xlabel("error (degrees)")
        style.outer_labels(
            axes, style.is_leftmost(number, len(tasks)), style.is_lowest(number, len(tasks))
        )
    handles = [
        Patch(color=style.GREY, alpha=0.45, label="from the target"),
        Line2D([], [], color=style.ink(), label="fit"),
        Line2D([], [], color=style.GREY, linestyle=(0, (1, 1.5)), label="random reports"),
    ]
    if (behaviour_errors["relative_to"] != "target").any():
        handles.insert(1, Line2D([], [], color=style.ACCENT, lw=0.7, label="from another item"))
    canvas.legend(handles, 4 if len(tasks) > 1 else 2, "")
    return canvas.figure


def caption(measures: pd.DataFrame) -> str:
    """Describe the figure, with the errors and fractions of each task.

    Parameters
    ----------
    measures : pandas.DataFrame
        As for `draw`.
    """
    together = measures[measures["session"] == "all"]
    lines = []
    for task, rows in together.groupby("task", sort=False):
        found = rows.set_index("measure")
        error = found.loc["mean_error"]
        stated = interval(error["value"], error["ci_low"], error["ci_high"], 1)
        if pd.notna(error["p_value"]):
            lines.append(
                f"{rst(task)}: difference of the mean absolute error {stated} degrees "
                f"(p = {p_value(error['p_value'])})."
            )
            continue
        fractions = [
            f"{name} {found.loc[name, 'value']:.2f}"
            for name in FRACTIONS
            if name in found.index and pd.notna(found.loc[name, "value"])
        ]
        sessions = style.count([error["n_sessions"]], "session")
        lines.append(
            f"{rst(task)}: mean absolute error {stated} degrees"
            + (f", {', '.join(fractions)}" if fractions else "")
            + f" ({sessions})."
        )
    description = (
        "Bars: errors relative to the target. Red: relative to other items, where a peak at 0 "
        "shows swaps. Black: the mixture of reports of the target, swaps and guesses, fitted to "
        "each session. Shares are means over sessions, with t intervals; p-values are from sign "
        "flips of sessions."
    )
    return paragraphs(" ".join(lines[:4]), description)


def drawn(results: Results, settings: AnyDataset) -> Drawn:
    """Return the figure of a data set and its caption."""
    measures, errors = results["behaviour_measures"], results["behaviour_errors"]
    return Drawn(draw(measures, errors), caption(measures))


def _note(measures: pd.DataFrame, task: str) -> str:
    """Return the mean absolute error of a task, for its panel."""
    rows = measures[(measures["task"] == task) & (measures["session"] == "all")]
    (value,) = rows.loc[rows["measure"] == "mean_error", "value"]
    return f"{value:.0f} degrees"
