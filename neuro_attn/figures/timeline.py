"""Timeline of the experiment: screen content and duration of each epoch in each task."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle, Wedge

from neuro_attn.configuration import Timing
from neuro_attn.configuration.experiment import EITHER, EpochDuration, extremes
from neuro_attn.configuration.sources.simulation import SimulationDataset
from neuro_attn.experiment import TASKS, epochs
from neuro_attn.figures import style
from neuro_attn.figures.captions import paragraphs
from neuro_attn.figures.protocol import Drawn, Results

TITLE = "Trial timeline"
OF = "dataset"
SECTION = "Time"
NEEDS = ()
WHEN = "simulation"

LEFT, RIGHT = 21.0, 4.0
"""Margins left and right of the time bars, mm."""

ROW, BAR, SCREEN = 27.0, 2.6, 11.0
"""Heights of a task's row, of its time bar and of a screen, mm."""

MEANINGS = {"pro": "cue, then items", "retro": "items, then cue"}
UPPER, LOWER = np.deg2rad(20.0), np.deg2rad(215.0)
"""Colours of the two items, as angles on the circle of colours."""


@style.drawing
def draw(timing: Timing, *, ax: style.Target | None = None) -> Figure:
    """Plot a time bar to scale for each task, with the screen in each epoch above it.

    Epochs have their longest duration. If durations vary, the part between the shortest and the
    longest is hatched.

    Parameters
    ----------
    timing : Timing
        Shortest and longest duration of every epoch, s.
    ax : Axes, SubFigure or Figure, optional
        Where to draw, with your matplotlib settings; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    height = ROW * len(TASKS) + 5
    canvas = style.Canvas.of(ax, style.DOUBLE, height, layout=None)
    axes = canvas.whole()
    axes.set(xlim=(0, style.DOUBLE), ylim=(0, height))  # data coordinates are mm
    totals = {
        task: sum(extremes(getattr(getattr(timing, task), epoch))[1] for epoch in epochs(task))
        for task in TASKS
    }
    scale = (style.DOUBLE - LEFT - RIGHT) / max(totals.values())
    for row, task in enumerate(TASKS):
        _draw_task(axes, task, timing, scale, bottom=height - ROW * (row + 1) + 6)
    _draw_scale(axes, scale, timing)
    return canvas.figure


def caption() -> str:
    """Return the caption."""
    return paragraphs(
        "Timeline of the simulated trials. In pro trials the cue precedes the items, and in retro "
        "trials it follows them. The duration of hatched parts varies between trials. Timings "
        "follow the task code of Panichello & Buschman (2021), whose comments state that its "
        "retro timings are inaccurate. They can be changed in the configuration."
    )


def drawn(results: Results, settings: SimulationDataset) -> Drawn:
    """Return the figure of a simulated data set and its caption."""
    return Drawn(draw(settings.simulation.timing), caption())


def _draw_bar(axes: Axes, corner: tuple[float, float], width: float, **looks: Any) -> None:
    axes.add_patch(Rectangle(corner, width, BAR, linewidth=0.6, **looks))


def _draw_task(axes: Axes, task: str, timing: Timing, scale: float, bottom: float) -> None:
    color = style.task_colors(TASKS)[task]
    axes.text(
        2, bottom + BAR + SCREEN / 2 + 3, task, fontsize=style.size(style.TEXT + 1),
        fontweight="bold", color=color, va="bottom",
    )  # fmt: skip
    axes.text(
        2,
        bottom + BAR + SCREEN / 2 + 2,
        MEANINGS[task],
        fontsize=style.size(style.NOTE),
        color=style.GREY,
        va="top",
    )
    names = epochs(task)
    drawn_from = [getattr(getattr(timing, task), name) for name in names]
    durations = list(map(extremes, drawn_from))
    edges = LEFT + scale * np.concatenate([[0.0], np.cumsum([longest for _, longest in durations])])
    centres = (edges[:-1] + edges[1:]) / 2
    screens = style.spread(centres, SCREEN + 1, high=style.DOUBLE - 1 - SCREEN / 2)
    cue_seen = items_seen = False
    for name, lasting, (shortest, longest), start, end, centre, screen in zip(
        names, drawn_from, durations, edges[:-1], edges[1:], centres, screens, strict=True
    ):
        cue_seen |= name == "cue"
        items_seen |= name == "stimuli"
        is_event = name in ("cue", "stimuli", "report")
        _draw_bar(
            axes,
            (start, bottom),
            end - start,
            edgecolor=color,
            facecolor=color if is_event else "white",
            alpha=0.85 if is_event else 1,
        )
        if longest > shortest:
            _draw_bar(
                axes,
                (start + scale * shortest, bottom),
                scale * (longest - shortest),
                edgecolor=color,
                facecolor="none",
                hatch="//////",
            )
        _draw_screen(axes, screen, bottom + BAR + 2.2, name)
        axes.plot(
            [centre, screen], [bottom + BAR, bottom + BAR + 2.2], color=style.PALE, linewidth=0.5
        )
        axes.text(
            screen, bottom + BAR + SCREEN + 3, name.replace("_", " "), ha="center", va="bottom",
            fontsize=style.size(style.NOTE),
        )  # fmt: skip
        axes.text(
            centre, bottom - 0.8, _duration(lasting), ha="center", va="top",
            fontsize=style.size(style.NOTE), color=style.GREY,
        )  # fmt: skip


def _duration(duration: EpochDuration) -> str:
    """Return a duration, a range of durations, or several durations, in ms as text."""
    if isinstance(duration, dict):
        times, between = duration[EITHER], " or "
    else:
        times, between = list(duration), style.DASH
    return between.join(f"{1000 * time:.0f}" for time in sorted(set(times)))


def _draw_scale(axes: Axes, scale: float, timing: Timing) -> None:
    varies = any(
        shortest < longest
        for task in TASKS
        for shortest, longest in map(extremes, getattr(timing, task).model_dump().values())
    )
    right = style.DOUBLE - RIGHT
    axes.plot([right - 0.5 * scale, right], [2.5, 2.5], color=style.ink(), linewidth=1)
    axes.text(
        right - 0.5 * scale - 1,
        2.5,
        "500 ms",
        ha="right",
        va="center",
        fontsize=style.size(style.NOTE),
    )
    axes.text(
        LEFT,
        2.5,
        "durations in ms" + "; hatched: varies from trial to trial" * varies,
        va="center",
        fontsize=style.size(style.NOTE),
        color=style.GREY,
    )


# --- screens -------------------------------------------------------------------------------------


def _draw_screen(axes: Axes, centre: float, bottom: float, epoch: str) -> None:
    """Draw the screen in an epoch, `SCREEN` mm high."""
    axes.add_patch(
        Rectangle((centre - SCREEN / 2, bottom), SCREEN, SCREEN, facecolor="#3A3A3A", linewidth=0)
    )
    middle = bottom + SCREEN / 2
    content: dict[str, Callable[[Axes, float, float], None]] = {
        "cue": _draw_cue,
        "stimuli": _draw_items,
        "report": _draw_wheel,
    }
    content.get(epoch, _draw_fixation)(axes, centre, middle)


def _draw_fixation(axes: Axes, x: float, y: float) -> None:
    axes.plot([x - 0.6, x + 0.6], [y, y], color="white", linewidth=0.7)
    axes.plot([x, x], [y - 0.6, y + 0.6], color="white", linewidth=0.7)


def _draw_cue(axes: Axes, x: float, y: float) -> None:
    axes.plot([x - 1.1, x + 1.1], [y - 1.1, y + 1.1], color="white", linewidth=1.4)


def _draw_items(axes: Axes, x: float, y: float) -> None:
    _draw_fixation(axes, x, y)
    for angle, side in ((UPPER, 1), (LOWER, -1)):
        axes.add_patch(
            Rectangle((x - 1.1, y + 3 * side - 1.1), 2.2, 2.2, facecolor=item_color(angle))
        )


def _draw_wheel(axes: Axes, x: float, y: float) -> None:
    for start in range(0, 360, 10):
        axes.add_patch(
            Wedge(
                (x, y),
                4.2,
                start,
                start + 10.5,
                width=1.3,
                facecolor=item_color(np.deg2rad(start + 5)),
                linewidth=0,
            )
        )
    target = (x + 3.55 * np.cos(UPPER), y + 3.55 * np.sin(UPPER))
    axes.add_patch(Circle(target, 0.9, facecolor="none", edgecolor="white", linewidth=0.7))


def item_color(angle: float) -> tuple[float, float, float]:
    """Convert an angle on the items' colour circle in CIELAB to sRGB.

    The circle has L 60, radius 57 and centre a 6, b 14 (Panichello & Buschman 2021, task code). The
    conversion follows CIE 15 and IEC 61966-2-1 with white point D65, clipped to [0, 1].

    Parameters
    ----------
    angle : float
        Angle on the circle, rad.

    Returns
    -------
    tuple of float
        Red, green and blue in [0, 1].
    """
    lightness, a, b = 60.0, 6.0 + 57.0 * np.cos(angle), 14.0 + 57.0 * np.sin(angle)
    fy = (lightness + 16) / 116
    f = np.array([fy + a / 500, fy, fy - b / 200])
    xyz = np.array([0.95047, 1.0, 1.08883]) * np.where(
        f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)
    )
    to_rgb = np.array(
        [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    )
    linear = np.clip(to_rgb @ xyz, 0, 1)
    red, green, blue = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return float(red), float(green), float(blue)
