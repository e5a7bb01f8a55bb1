"""Which measures a data set has: of which tasks, in which windows, and what estimates them."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.populations import Population
from neuro_attn.geometry.abstraction import abstraction
from neuro_attn.geometry.color_planes import plane_angle
from neuro_attn.geometry.colors import Colors
from neuro_attn.geometry.estimates import Estimate, Resampling, UndefinedError
from neuro_attn.geometry.overlap import class_overlap, color_overlap, parallelism, stability
from neuro_attn.geometry.task_axes import axis_cosine

CLASS_OVERLAPS = (
    "squared_cosine_1",
    "squared_cosine_2",
    "alignment",
    "alignment_second_in_first",
    "alignment_first_in_second",
)
COLOR_OVERLAPS = ("plane_cosine", *CLASS_OVERLAPS)
ABSTRACTIONS = ("ccgp_label", "ccgp_task", "shattering")
COMPARED = {
    "axis_cosine": ("axis_cosine",),
    "class_overlap": CLASS_OVERLAPS,
    "parallelism": ("parallelism_task",),
    "abstraction": ABSTRACTIONS,
}
"""Measures of pairs of tasks."""


class Family(NamedTuple):
    """Measures that are estimated together.

    Parameters
    ----------
    task : str
        A task, or 'A vs B'.
    window : str or float
        A window, 'V vs W', or a time (s).
    names : tuple of str
        The measures.
    estimate : callable
        From a population to their estimates, by name; raises `UndefinedError`.
    """

    task: str
    window: str | float
    names: tuple[str, ...]
    estimate: Callable[[Population], dict[str, Estimate]]


def in_windows(
    population: Population, dataset: AnyDataset, colors: Colors | None, resampling: Resampling
) -> Iterator[Family]:
    """Yield what is measured in the named windows, and between them."""
    first = len(population.times)
    for number, window in enumerate(population.windows):
        point, bins = first + number, dataset.time.bins_in(dataset.windows[window])
        yield from _of_pairs(population, window, point, dataset, colors, resampling)
        yield from _of_colors(population, window, point, colors, resampling)
        for task, label in enumerate(population.tasks):
            estimate = partial(_within, bins=bins, task=task, resampling=resampling)
            yield Family(label, window, ("axis_stability",), estimate)
    for (i, one), (j, other) in itertools.combinations(enumerate(population.windows), 2):
        for task, label in enumerate(population.tasks):
            times = (first + i, first + j)
            estimate = partial(stability, times=times, task=task, resampling=resampling)
            yield Family(label, f"{one} vs {other}", ("axis_stability",), estimate)


def over_time(
    population: Population, colors: Colors | None, resampling: Resampling
) -> Iterator[Family]:
    """Yield what is measured at every time."""
    for point, time in enumerate(population.times.tolist()):
        for pair in itertools.combinations(range(len(population.tasks)), 2):
            estimate = partial(_axes, point=point, pair=pair, resampling=resampling, colors=colors)
            yield Family(_vs(population, pair), time, COMPARED["axis_cosine"], estimate)
        if colors is None:
            continue
        for task, label in enumerate(population.tasks):
            estimate = partial(
                color_overlap, point=point, task=task, colors=colors, resampling=resampling
            )
            yield Family(label, time, ("plane_cosine", "alignment"), estimate)


def _of_pairs(
    population: Population,
    window: str,
    point: int,
    dataset: AnyDataset,
    colors: Colors | None,
    resampling: Resampling,
) -> Iterator[Family]:
    if len(population.tasks) < 2:
        missing = _missing("there is one task, and it compares two")
        for names in COMPARED.values():
            yield Family(population.tasks[0], window, names, missing)
    for pair in itertools.combinations(range(len(population.tasks)), 2):
        shared: dict[str, Any] = {"point": point, "pair": pair, "resampling": resampling}
        estimates = {
            "axis_cosine": partial(_axes, colors=colors, **shared),
            "class_overlap": partial(class_overlap, **shared),
            "parallelism": partial(parallelism, **shared),
            "abstraction": partial(abstraction, settings=dataset.decoding, **shared),
        }
        for name, estimate in estimates.items():
            yield Family(_vs(population, pair), window, COMPARED[name], estimate)


def _of_colors(
    population: Population, window: str, point: int, colors: Colors | None, resampling: Resampling
) -> Iterator[Family]:
    for task, label in enumerate(population.tasks):
        if colors is None:
            missing = _missing("the data set has no colors")
            yield Family(label, window, ("plane_angle_cos", *COLOR_OVERLAPS), missing)
            continue
        keys: dict[str, Any] = {
            "point": point,
            "task": task,
            "colors": colors,
            "resampling": resampling,
        }
        yield Family(label, window, ("plane_angle_cos",), partial(_planes, **keys))
        yield Family(label, window, COLOR_OVERLAPS, partial(color_overlap, **keys))


def _axes(population: Population, **keys: Any) -> dict[str, Estimate]:
    return {"axis_cosine": axis_cosine(population, **keys)}


def _planes(population: Population, **keys: Any) -> dict[str, Estimate]:
    return {"plane_angle_cos": plane_angle(population, **keys)}


def _within(
    population: Population, bins: slice, task: int, resampling: Resampling
) -> dict[str, Estimate]:
    """Return the stability between the first and the last bins of a window."""
    n = (bins.stop - bins.start) // 2
    if not n:
        raise UndefinedError("the window has one bin, and two times are compared")
    times = (slice(bins.start, bins.start + n), slice(bins.stop - n, bins.stop))
    return stability(population, times, task, resampling)


def _missing(reason: str) -> Callable[[Population], dict[str, Estimate]]:
    def estimate(population: Population) -> dict[str, Estimate]:
        raise UndefinedError(reason)

    return estimate


def _vs(population: Population, pair: tuple[int, ...]) -> str:
    return " vs ".join(population.tasks[task] for task in pair)
