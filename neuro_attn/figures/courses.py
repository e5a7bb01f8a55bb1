"""What figures of accuracy over time have in common: marks of significance, keys, sample sizes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from neuro_attn.figures import style
from neuro_attn.inference.significance import significant

BAND = 0.17
"""Opacity of the bands of intervals."""


def draw_significance(
    axes: Axes, course: pd.DataFrame, color: str, *, level: float, alpha: float
) -> None:
    """Draw a bar at a height over the time bins in which corrected p < alpha.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    course : pandas.DataFrame
        ``time`` (centre of a bin, s) and ``p_corrected``.
    color : str
        Colour of the bar.
    level : float
        Height of the bar.
    alpha : float
        Level of the tests.
    """
    times = course["time"].to_numpy()
    width = float(np.median(np.diff(times))) if len(times) > 1 else 0.01
    marked = times[significant(course["p_corrected"].to_numpy(), alpha)]
    spans = [(time - width / 2, width) for time in marked]
    axes.broken_barh(
        spans, (level, 0), facecolor=color, edgecolor=color, linewidth=1.5, gid="significant"
    )


def reference_handles(chance: float, alpha: float, confidence: float) -> list[Line2D | Patch]:
    """Return the entries of a legend for intervals, chance and significance."""
    return [
        Patch(color=style.ink(), alpha=BAND, linewidth=0, label=f"{confidence:.0%} interval"),
        Line2D(
            [],
            [],
            color=style.GREY,
            linewidth=0.7,
            linestyle=(0, (1, 1.5)),
            label=f"chance ({style.proportion(chance) if abs(chance) < 1 else f'{chance:g}'})",
        ),
        Line2D(
            [],
            [],
            color=style.ink(),
            linewidth=1.5,
            label=f"corrected p < {style.proportion(alpha)}",
        ),
    ]


def sample_note(rows: pd.DataFrame) -> str:
    """Return the numbers of trials and sessions for a note above a figure."""
    return (
        f"n: {style.count(rows['n_train'], 'training trial')}, "
        f"{style.count(rows['n_test'], 'test trial')}, "
        f"{style.count(rows['n_sessions'], 'session')}"
    )


def sample(rows: pd.DataFrame) -> str:
    """Return the numbers of units, trials and sessions for a caption; ranges where they differ."""
    counts = {
        name: sorted({int(rows[name].min()), int(rows[name].max())})
        for name in ("n_units", "n_train", "n_test", "n_sessions")
    }
    units, train, test, sessions = (" to ".join(map(str, each)) for each in counts.values())
    over = f" over {sessions} sessions" if counts["n_sessions"][-1] > 1 else ""
    return f"n = {units} units, {train} training and {test} test trials{over}."
