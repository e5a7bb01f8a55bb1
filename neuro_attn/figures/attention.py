"""Where a network attends: mean attention weight by time of the attended input and time."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuro_attn.configuration import Timing
from neuro_attn.figures import style

SHOWN = {"stimuli": "items", "cue": "cue"}
"""Epochs that are marked, and what they are called."""


@style.journal_style()
def draw(attention: xr.Dataset, timing: Timing) -> Figure:
    """Draw a panel for each task, averaged over its trials.

    Parameters
    ----------
    attention : xarray.Dataset
        A Recording of attention weights: ``rates`` (trial, unit, time), the unit coordinate
        ``unit_time_s`` (time of the attended input, s), the trial coordinate ``task``, time in s
        from the start of the trial.
    timing : Timing
        The trials' timing; epochs are marked by their mean durations.

    Returns
    -------
    matplotlib.figure.Figure
    """
    tasks = sorted(set(map(str, attention["task"].values)))
    weights = attention["rates"].transpose("trial", "unit", "time").sortby("unit_time_s")
    means = [weights.values[attention["task"].values == task].mean(axis=0) for task in tasks]
    sources = weights["unit_time_s"].values
    times = weights["time"].values
    columns = min(len(tasks), 3)
    rows = -(-len(tasks) // columns)
    figure = style.new_figure(style.width_for(columns), rows * 52 + 4)
    grid = figure.subplots(rows, columns, squeeze=False)
    # The first steps have nothing else to attend to; their weights would pale all others.
    highest = float(np.quantile(means, 0.99))
    for index, (task, mean) in enumerate(zip(tasks, means, strict=True)):
        axes = grid.flat[index]
        mesh = axes.pcolormesh(
            times,
            sources,
            mean,
            cmap=style.SEQUENTIAL,
            vmin=0,
            vmax=highest,
            shading="nearest",
            rasterized=True,
        )
        axes.set_aspect("equal")
        axes.locator_params(nbins=5)
        _mark_epochs(axes, task, timing)
        n_trials = int(np.sum(attention["task"].values == task))
        style.panel_title(axes, task, f"n = {style.count([n_trials], 'trial')}")
        axes.set_xlabel("time from trial start (s)")
        if index % columns == 0:
            axes.set_ylabel("time of attended input (s)")
    for unused in grid.flat[len(tasks) :]:
        unused.remove()
    bar = figure.colorbar(
        mesh, ax=list(grid.flat[: len(tasks)]), shrink=0.7, aspect=18, pad=0.01, extend="max"
    )
    bar.outline.set_linewidth(0.4)
    bar.locator = MaxNLocator(5)
    bar.set_label("mean attention weight")
    return figure


def _mark_epochs(axes: Axes, task: str, timing: Timing) -> None:
    """Mark items and cue along both axes, where the task is one of the experiment's."""
    epochs = getattr(timing, task, None)
    if epochs is None:
        return
    start = 0.0
    for epoch in type(epochs).model_fields:
        duration = sum(getattr(epochs, epoch)) / 2
        if epoch in SHOWN:
            for line in (axes.axvline, axes.axhline):
                for edge in (start, start + duration):
                    line(edge, color=style.GREY, linewidth=0.5, linestyle=(0, (2, 2)))
            middle = start + duration / 2
            axes.annotate(
                SHOWN[epoch],
                (middle, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, -2),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=style.SMALL,
                color=style.GREY,
            )
            axes.annotate(
                SHOWN[epoch],
                (1, middle),
                xycoords=("axes fraction", "data"),
                xytext=(2, 0),
                textcoords="offset points",
                va="center",
                fontsize=style.SMALL,
                color=style.GREY,
            )
        start += duration
