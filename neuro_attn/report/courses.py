"""Accuracy over time as a chart of the answer page, which shows its values under the pointer.

The chart is a drawing with all curves, so it reads without scripts. With scripts (`page.js`),
regions can be chosen, and the values at a time appear beside it, by pointer or by keyboard.
"""

import json
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from neuro_attn.escaping import printable
from neuro_attn.figures import style
from neuro_attn.figures.captions import interval
from neuro_attn.figures.over_time import LABELS, Shown, averaged, of_trained_tasks

WIDTH, HEIGHT = 720, 270
"""Size of the drawing, in its own units."""
LEFT, RIGHT, TOP, BOTTOM = 78, 650, 30, 226
"""Edges of the frame of the curves; labels have room on phones, where they are larger."""
MOST = 6
"""Regions whose curves are drawn at first; the others can be chosen."""
DASHES = {"across": "", "within": "4 3"}


def chart(transfer: pd.DataFrame, shown: Shown) -> Markup:
    """Return accuracy over time within and across tasks, as an element of HTML.

    Parameters
    ----------
    transfer : pandas.DataFrame
        The table of accuracy over time.
    shown : Shown
        What is marked and named.
    """
    rows = of_trained_tasks(style.across_sessions(transfer, "transfer"))
    regions = style.ordered(rows["region"])
    means = {region: averaged(rows[rows["region"] == region]) for region in regions}
    times = np.unique(rows["time"])
    every = pd.concat(means.values())
    across = Scale(times, (LEFT + 8, RIGHT - 8))
    up = Scale(every[["accuracy", "chance"]].to_numpy(), (BOTTOM - 6, TOP + 6))
    kinds = [kind for kind in ("across", "within") if (every["kind"] == kind).any()]
    of_kind = every[every["kind"] == kinds[0]].reset_index()
    peak = of_kind.loc[best_of(of_kind["accuracy"], shown)]
    chance = float(every["chance"].mean())
    drawing = Markup("").join(
        [
            *_frame(across, up, chance, shown),
            *_curves(means, across, up),
            _windows(shown.windows, across),
        ]
    )
    values = {
        "left": [round(float(x), 2) for x in across(times)],
        "width": WIDTH,
        "times": [f"{time:.3g} s".replace("-", style.MINUS) for time in times],
        "regions": [
            {kind: _texts(means[region], kind, times, digits_of(shown)) for kind in kinds}
            for region in regions
        ],
    }
    return Markup(
        '<div class="chart" data-values="{values}">'
        '<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{drawing}</svg>'
        '<p class="choices" role="group" aria-label="Regions of the chart">{choices}</p>'
        '<div class="values" hidden><label>Time from {event} '
        '<input type="range" min="0" max="{last}" value="{first}" step="1"></label>'
        "<table><caption></caption><thead><tr><th scope=col>region</th>{heads}</tr></thead>"
        "<tbody>{cells}</tbody></table></div></div>"
    ).format(
        values=json.dumps(values, ensure_ascii=False),
        width=WIDTH,
        height=HEIGHT,
        label=printable(_in_words(means, kinds[0], shown)),
        drawing=drawing,
        choices=_choices(regions),
        event=printable(shown.event),
        last=len(times) - 1,
        first=int(np.searchsorted(times, peak["time"])),
        heads=Markup("").join(
            Markup('<th scope="col" class="number">{}</th>').format(LABELS[kind]) for kind in kinds
        ),
        cells=Markup("").join(
            Markup('<tr><th scope="row">{}</th>{}</tr>').format(
                printable(region),
                Markup("").join(Markup('<td class="number" data-kind="{}"></td>').format(kind)
                                for kind in kinds),
            )
            for region in regions
        ),
    )  # fmt: skip


def best_of(values: pd.Series, shown: Shown) -> int:
    """Return the index of the best value: the highest accuracy, or the smallest error."""
    return int(values.idxmin() if shown.smaller_is_better else values.idxmax())


def digits_of(shown: Shown) -> int:
    """Return how many decimals values have: errors are in degrees."""
    return 1 if shown.smaller_is_better else 2


class Scale:
    """A linear scale from values to positions in the drawing."""

    def __init__(self, values: np.ndarray, ends: tuple[float, float]) -> None:
        self.low, self.high = float(np.nanmin(values)), float(np.nanmax(values))
        self.ends = ends

    def __call__(self, values: ArrayLike) -> np.ndarray:
        """Return the positions of values; a single value is in the middle."""
        span = self.high - self.low
        share = (
            (np.asarray(values, float) - self.low) / span
            if span
            else np.full(np.shape(values), 0.5)
        )
        return self.ends[0] + share * (self.ends[1] - self.ends[0])

    def ticks(self, most: int) -> list[tuple[str, float]]:
        """Return labels and positions of round values within the scale."""
        found = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        inside = [t for t in found if self.low - 1e-9 <= t <= self.high + 1e-9]
        return [(f"{t:.3g}".replace("-", style.MINUS), float(self(t))) for t in inside]


def _frame(across: Scale, up: Scale, chance: float, shown: Shown) -> Iterable[Markup]:
    """Yield axes with their labels, and lines at chance and at the event."""
    line = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>')
    text = Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>')
    yield line.format(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")
    yield line.format(LEFT, TOP, LEFT, BOTTOM, "axis")
    yield line.format(LEFT, y := float(up(chance)), RIGHT, y, "reference")
    yield text.format(RIGHT + 5, y + 4, "start", "chance")
    if across.low <= 0 <= across.high:
        yield line.format(x := float(across(0.0)), TOP, x, BOTTOM, "reference")
    for label, x in across.ticks(8):
        yield line.format(x, BOTTOM, x, BOTTOM + 4, "axis")
        yield text.format(x, BOTTOM + 17, "middle", label)
    for label, y in up.ticks(5):
        yield line.format(LEFT - 4, y, LEFT, y, "axis")
        yield text.format(LEFT - 7, y + 4, "end", label)
    middle = (LEFT + RIGHT) / 2
    yield text.format(middle, HEIGHT - 8, "middle", f"time from {printable(shown.event)} (s)")
    yield Markup(
        '<text x="16" y="{0}" transform="rotate(-90 16 {0})" class="middle">{1}</text>'
    ).format((TOP + BOTTOM) / 2, shown.score)
    yield line.format(LEFT, TOP, LEFT, BOTTOM, "cursor")


def _windows(windows: Mapping[str, tuple[float, float]], across: Scale) -> Markup:
    """Return the windows of the analysis above the curves."""
    bar = Markup(
        '<line x1="{:.1f}" y1="{y}" x2="{:.1f}" y2="{y}" class="window"/>'
        '<text x="{:.1f}" y="{over}" class="middle">{}</text>'
    )
    parts = []
    for number, (name, span) in enumerate(windows.items()):
        start, stop = np.clip(across(np.array(span)), LEFT, RIGHT)
        y = 22 if number % 2 == 0 else 26
        parts.append(bar.format(start, stop, (start + stop) / 2, printable(name), y=y, over=y - 5))
    return Markup("").join(parts)


def _curves(means: Mapping[str, pd.DataFrame], across: Scale, up: Scale) -> Iterable[Markup]:
    """Yield the curves of each region, across tasks solid and within tasks dashed."""
    looks = style.region_looks(list(means))
    for number, (region, mean) in enumerate(means.items()):
        lines = []
        for kind, dashes in DASHES.items():
            course = mean[mean["kind"] == kind].sort_values("time")
            places = zip(across(course["time"]), up(course["accuracy"]), strict=True)
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            lines.append(
                Markup('<polyline points="{}" stroke-dasharray="{}"/>').format(points, dashes)
            )
        yield Markup('<g class="curve" stroke="{}"{}>{}</g>').format(
            looks[region][0], _hidden(number), Markup("").join(lines)
        )


def _choices(regions: list[str]) -> Markup:
    """Return the key of the curves, which chooses regions where scripts run."""
    looks = style.region_looks(regions)
    key = Markup(
        '<svg class="key" viewBox="0 0 24 8" stroke="{}" aria-hidden="true">'
        '<line x1="0" y1="4" x2="24" y2="4"/></svg>'
    )
    label = Markup('<label{}><input type="checkbox" hidden{}>{}{}</label>')
    return Markup(" ").join(
        label.format(
            _hidden(number),
            Markup(" checked") if number < MOST else "",
            key.format(looks[region][0]),
            printable(region),
        )
        for number, region in enumerate(regions)
    ) + Markup('<span class="kinds">solid: across tasks; dashed: within a task</span>')


def _hidden(number: int) -> Markup:
    return Markup(' data-more=""') if number >= MOST else Markup("")


def _texts(mean: pd.DataFrame, kind: str, times: np.ndarray, digits: int) -> list[str]:
    """Return the accuracy at each time with its interval, as in captions."""
    course = mean[mean["kind"] == kind].set_index("time").reindex(times)
    return [
        interval(row.accuracy, row.ci_low, row.ci_high, digits)
        if np.isfinite(row.accuracy)
        else style.DASH
        for row in course.itertuples()
    ]


def _in_words(means: Mapping[str, pd.DataFrame], kind: str, shown: Shown) -> str:
    """Return the highest accuracy of each region, for readers who do not see the chart."""
    peaks = []
    for region, mean in list(means.items())[:MOST]:
        course = mean[mean["kind"] == kind]
        peak = course.loc[best_of(course["accuracy"], shown)]
        peaks.append(f"{region} {peak['accuracy']:.{digits_of(shown)}f} at {peak['time']:.3g} s")
    extreme = "lowest" if shown.smaller_is_better else "highest"
    return f"{shown.score} over time {LABELS[kind]}; {extreme} values: {', '.join(peaks)}."
