"""The estimates to compute for a data set: measures, tasks, windows and times."""

import itertools
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from neuro_attn.configuration import AnyDataset, Decoding
from neuro_attn.decoding.population import Population
from neuro_attn.geometry.colors import Colors
from neuro_attn.geometry.estimates import Estimate, Resampling, UndefinedError
from neuro_attn.geometry.specification import MEASURES, Measure, Of


class Place(NamedTuple):
    """Tasks and times at which a measure is estimated.

    Parameters
    ----------
    tasks : tuple of int
        Index of one task, or of both tasks of a pair.
    times : tuple of int or slice
        Index of a bin or window (windows follow the bins), or bins to average. Two if they are
        compared.
    """

    tasks: tuple[int, ...]
    times: tuple[int | slice, ...]


class Context(NamedTuple):
    """Colours, decoder settings and resampling that measures may need."""

    colors: Colors | None
    decoding: Decoding
    resampling: Resampling


class Request(NamedTuple):
    """Measures of one module to estimate for given tasks and times.

    Parameters
    ----------
    task : str
        A task, or 'A vs B' for a pair.
    window : str or float
        A window, 'V vs W' for a pair of windows, or a time, s.
    names : tuple of str
        The measures.
    measure : Measure
        Specification of their module.
    place : Place
        Indices of the tasks and times.
    lacking : str
        Reason why they cannot be estimated; empty if they can.
    """

    task: str
    window: str | float
    names: tuple[str, ...]
    measure: Measure
    place: Place
    lacking: str = ""

    def estimate(self, population: Population, context: Context) -> dict[str, Estimate]:
        """Return the estimates by the name of the measure.

        Raises
        ------
        UndefinedError
            If the measures are not defined in the population.
        """
        if self.lacking:
            raise UndefinedError(self.lacking)
        module = import_module(f"neuro_attn.geometry.measures.{self.measure.name}")
        found: dict[str, Estimate] = module.estimate(population, self.place, context)
        return found


def in_windows(population: Population, dataset: AnyDataset, has_colors: bool) -> Iterator[Request]:
    """Yield the estimates in named windows, between their halves and between windows."""
    first = len(population.times)
    for number, window in enumerate(population.windows):
        time_bin = (first + number,)
        yield from _of_pairs(population, window, time_bin)
        yield from _of_tasks(population, window, time_bin, has_colors)
        yield from _of_halves(population, window, dataset.time.bins_in(dataset.windows[window]))
    for (i, one), (j, other) in itertools.combinations(enumerate(population.windows), 2):
        for task, label in enumerate(population.tasks):
            place = Place((task,), (first + i, first + j))
            for measure in _of("times"):
                yield Request(label, f"{one} vs {other}", tuple(measure.meanings), measure, place)


def over_time(population: Population, has_colors: bool) -> Iterator[Request]:
    """Yield the estimates in every time bin."""
    for time_bin, time in enumerate(population.times.tolist()):
        for pair in _pairs(population):
            for measure in _of("pair"):
                if names := tuple(measure.over_time):
                    label = _vs(population, pair)
                    yield Request(label, time, names, measure, Place(pair, (time_bin,)))
        for task, label in enumerate(population.tasks):
            for measure in _of("task"):
                names = tuple(measure.over_time)
                if names and (has_colors or not measure.needs_colors):
                    yield Request(label, time, names, measure, Place((task,), (time_bin,)))


def _of_pairs(population: Population, window: str, times: tuple[int]) -> Iterator[Request]:
    lacking = "" if len(population.tasks) > 1 else "there is one task, and it compares two"
    for pair in _pairs(population) if not lacking else [(0,)]:
        label = _vs(population, pair)
        for measure in _of("pair"):
            names = tuple(measure.meanings)
            yield Request(label, window, names, measure, Place(pair, times), lacking)


def _of_tasks(
    population: Population, window: str, times: tuple[int], has_colors: bool
) -> Iterator[Request]:
    for task, label in enumerate(population.tasks):
        for measure in _of("task"):
            lacks = measure.needs_colors and not has_colors
            lacking = "the data set has no colors" if lacks else ""
            names = tuple(measure.meanings)
            yield Request(label, window, names, measure, Place((task,), times), lacking)


def _of_halves(population: Population, window: str, bins: slice) -> Iterator[Request]:
    """Yield the estimates that compare the first and second half of a window."""
    n = (bins.stop - bins.start) // 2
    lacking = "" if n else "the window has one bin, and two times are compared"
    halves = (slice(bins.start, bins.start + n), slice(bins.stop - n, bins.stop))
    for task, label in enumerate(population.tasks):
        for measure in _of("times"):
            names = tuple(measure.meanings)
            yield Request(label, window, names, measure, Place((task,), halves), lacking)


def _of(what: Of) -> list[Measure]:
    return [measure for measure in MEASURES if measure.of == what]


def _pairs(population: Population) -> Iterator[tuple[int, ...]]:
    return itertools.combinations(range(len(population.tasks)), 2)


def _vs(population: Population, tasks: tuple[int, ...]) -> str:
    return " vs ".join(population.tasks[task] for task in tasks)
