"""Mean attention weight of a network as a function of time and of the attended input."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuro_attn.configuration import Network, NetworkTask, Timing
from neuro_attn.escaping import rst
from neuro_attn.figures import style
from neuro_attn.figures.attended import mean_over_attentions, use_in_tasks, verdict
from neuro_attn.figures.captions import paragraphs
from neuro_attn.figures.protocol import Drawn, Results
from neuro_attn.recording import unlearned

TITLE = "Attention"
OF = "network"
SECTION = "Networks"
NEEDS = ("networks/{network}/seed{n}/attention.nc",)
WHEN = "attended"

SHOWN = {"stimuli": "items", "cue": "cue"}
"""Epochs to mark, with their labels."""


@style.drawing
def draw(
    attention: xr.Dataset, timing: Timing | NetworkTask, *, ax: style.Target | None = None
) -> Figure:
    """Plot the mean attention weights, one panel per task.

    Parameters
    ----------
    attention : xarray.Dataset
        A Recording of attention weights: ``rates`` (trial, unit, time), the unit coordinates
        ``unit_time_s`` (time of the attended input, s; NaN if sources are not inputs) and
        ``unit_source``, and the trial coordinate ``task``. Time is in s from the start of the
        trial. Several attentions (regions) are averaged.
    timing : Timing or NetworkTask
        Durations of the epochs, which are marked according to their means.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    tasks = sorted(set(map(str, attention["task"].values)))
    weights = mean_over_attentions(attention)
    means = [weights.values[attention["task"].values == task].mean(axis=0) for task in tasks]
    sources = weights["source"].values
    of_inputs = attention.attrs.get("attended", "step") == "step"
    times = weights["time"].values
    end = float(times[-1] + (times[1] - times[0]) / 2)
    columns = min(len(tasks), 3)
    rows = -(-len(tasks) // columns)
    canvas = style.Canvas.of(ax, style.width_for(columns), rows * 52 + 4)
    grid = canvas.panels(rows, columns)
    # Early steps have few sources and thus large weights; they must not set the colour scale.
    highest = float(np.quantile(means, 0.99))
    for index, (task, mean) in enumerate(zip(tasks, means, strict=True)):
        axes = grid.flat[index]
        mesh = _draw_weights(axes, times, sources, mean, highest)
        axes.locator_params(nbins=5)
        if of_inputs:
            axes.set_aspect("equal")
        else:
            axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        _mark_epochs(axes, task, timing, end, of_inputs)
        n_trials = int(np.sum(attention["task"].values == task))
        style.panel_title(axes, task, f"n = {style.count([n_trials], 'trial')}")
        axes.set_xlabel("time from trial start (s)")
        if index % columns == 0:
            axes.set_ylabel(
                "time of attended input (s)"
                if of_inputs
                else f"attended {attention.attrs['attended']}"
            )
    for unused in grid.flat[len(tasks) :]:
        unused.remove()
    _add_color_bar(canvas, mesh, list(grid.flat[: len(tasks)]))
    return canvas.figure


def _draw_weights(
    axes: Axes, times: np.ndarray, sources: np.ndarray, weights: np.ndarray, highest: float
) -> QuadMesh:
    return axes.pcolormesh(
        times,
        sources,
        weights,
        cmap=style.SEQUENTIAL,
        vmin=0,
        vmax=highest,
        shading="nearest",
        rasterized=True,
    )


def _add_color_bar(canvas: style.Canvas, mesh: QuadMesh, panels: list[Axes]) -> None:
    bar = canvas.color_bar(mesh, panels, shrink=0.7, aspect=18, pad=0.01, extend="max")
    bar.outline.set_linewidth(0.4)
    bar.locator = MaxNLocator(5)
    bar.set_label("mean attention weight")


def caption(attention: xr.Dataset, use: Mapping[str, pd.Series] | None = None) -> str:
    """Describe the figure, with the source of the peak attention weight at the last step.

    Parameters
    ----------
    attention : xarray.Dataset
        As for `draw`.
    use : mapping of str to pandas.Series, optional
        Use of attention in each task, from `attended.use_in_tasks`; None if it was not measured.
    """
    attended = attention.attrs.get("attended", "step")
    weights = mean_over_attentions(attention)
    lines = []
    for task in np.unique(attention["task"].values):
        is_task = attention["task"].values == task
        last = weights.isel(trial=is_task, time=-1).mean("trial")
        peak = last.isel(source=int(last.argmax("source")))
        source = float(peak["source"])
        where = f"the input at {source:.2f} s" if attended == "step" else f"{attended} {source:.0f}"
        lines.append(
            f"{rst(task)}: at the last step the largest weight is on {where}, {float(peak):.2f}; "
            f"n = {int(is_task.sum())} trials."
        )
    lines += [
        f"{rst(task)}: the network {verdict(found['needs_weights'], found['needs_context'])} "
        f"(error {found['report_error']:.0f} degrees, {found['error_uniform']:.0f} with uniform "
        "weights)."
        for task, found in (use or {}).items()
    ]
    what = "each step of the trial" if attended == "step" else f"each {attended}"
    description = (
        f"Attention weights over the trial. Mean weight on {what} (vertical) as if the trial ended "
        "at each time (horizontal), so that later inputs have zero weight. Trials of replicate "
        "networks that learned are pooled."
    )
    return paragraphs(" ".join(lines), description)


def drawn(results: Results, settings: object) -> Drawn:
    """Return the figure of a network and its caption."""
    seeds: list[xr.Dataset] = results["attention"]
    left_out = unlearned(seeds)
    seeds = [each for each in seeds if each.attrs["session"] not in left_out]
    attention = xr.concat(seeds, "trial", data_vars="all", coords="minimal", compat="override")
    network = Network.model_validate_json(seeds[0].attrs["network_settings"])
    timing = network.task or network.timing
    return Drawn(draw(attention, timing), caption(attention, use_in_tasks(seeds)))


def _epochs(task: str, timing: Timing | NetworkTask) -> list[tuple[str, float]]:
    """Return what each epoch of a task before the report shows, and its mean duration, s."""
    if isinstance(timing, NetworkTask):
        if task not in timing.trials:
            return []
        epochs = {
            epoch.name: (_label(epoch.show), epoch.duration) for epoch in timing.trials[task].epochs
        }
    elif (of_task := getattr(timing, task, None)) is not None:
        epochs = {
            name: (SHOWN.get(name, ""), getattr(of_task, name))
            for name in type(of_task).model_fields
        }
    else:
        return []
    return [(label, sum(each) / 2) for name, (label, each) in epochs.items() if name != "report"]


def _label(show: tuple[str, ...]) -> str:
    """Return the label of an epoch of a user's task: items before the cue."""
    return "" if not show else "cue" if set(show) == {"cue"} else "items"


def _mark_epochs(
    axes: Axes, task: str, timing: Timing | NetworkTask, end: float, of_inputs: bool
) -> None:
    """Mark the epochs of items and cue of a known task.

    Epochs are marked on both axes if the attended sources are inputs.
    """
    epochs = _epochs(task, timing)
    # All trials end at the same time with the report, which is not shown.
    start = round(end - sum(duration for _, duration in epochs), 9)
    for label, duration in epochs:
        if label:
            for line in (axes.axvline, axes.axhline) if of_inputs else (axes.axvline,):
                for edge in (start, start + duration):
                    line(edge, color=style.GREY, linewidth=0.5, linestyle=(0, (2, 2)))
            middle = start + duration / 2
            axes.annotate(
                label,
                (middle, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, -2),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=style.size(style.SMALL),
                color=style.GREY,
            )
            if of_inputs:
                axes.annotate(
                    label,
                    (1, middle),
                    xycoords=("axes fraction", "data"),
                    xytext=(2, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=style.size(style.SMALL),
                    color=style.GREY,
                )
        start += duration
