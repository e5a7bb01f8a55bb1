"""The measures of a region's geometry, with their intervals, ceilings and floors."""

import itertools
import logging
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import AnyDataset, ColorColumns
from neuro_attn.decoding.populations import Part, Population, populations
from neuro_attn.errors import InputError
from neuro_attn.geometry.axes import coding_axes, cosine, inner_products
from neuro_attn.geometry.conditions import (
    bootstrapped,
    membership,
    shuffled,
    split_halves,
    weighted_means,
)
from neuro_attn.geometry.planes import SPACE, plane_angle_cosine
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.randomness import stream

COLUMNS = [
    "region",
    "task",
    "epoch",
    "measure",
    "value",
    "ci_low",
    "ci_high",
    "ceiling",
    "floor",
]
"""Columns of `geometry.csv`."""

logger = logging.getLogger(__name__)


class Estimate(NamedTuple):
    """A measure of one population, its bootstrap replicates (replicate,), ceiling and floor."""

    value: float
    replicates: np.ndarray
    ceiling: float
    floor: float


class UndefinedError(Exception):
    """A measure has no value in a population; says why."""


class _Resampling(NamedTuple):
    """How often everything is resampled, and the streams it comes from."""

    bootstraps: int
    splits: int
    shuffles: int
    confidence: float
    seed: int
    name: str

    def rng(self, purpose: str, session: str, *names: object) -> np.random.Generator:
        """Return a stream that regions and epochs share, so that they stay comparable."""
        return stream(self.seed, "geometry", self.name, purpose, session, *names)


def measure(
    recordings: list[xr.Dataset], dataset: AnyDataset, region: str, rng_seed: int, name: str
) -> pd.DataFrame:
    """Measure the geometry of a region's codes in every named window.

    Two measures. ``axis_cosine``, for every pair of tasks ('A vs B'): the debiased cosine of their
    coding axes (`axes`). ``plane_angle_cos``, for every task of a data set with `colors`: the
    absolute cosine of the angle between the upper and the lower item's colour planes (`planes`);
    trials without an item at a location take no part in that location's bins, and the other
    item's colour is averaged over. It has no sign, so noise keeps it above 0: planes are
    orthogonal where it is no higher than its floor, not where its interval holds 0.

    Populations are those that are decoded: the units of all sessions together for
    pseudopopulations, else each session's, with the measures then averaged over sessions.

    - Intervals: Bayesian bootstrap over trials within session, task and condition; the units and
      sessions are those recorded.
    - Ceiling: the measure between two halves of the trials of one condition set, which share a
      code for sure: halves of one task (median over splits and both tasks), or of one location's
      plane (mean over splits and locations).
    - Floor: mean absolute value with labels or colours shuffled over trials. Shuffled axes have no
      reliable length, so their floor is the plain cosine.

    A measure that is undefined is left out, and the reason is logged: an axis cosine where the
    split-half reliability of a task's axes is not above 0 with the confidence of the intervals; a
    plane where a colour bin has fewer than two trials in every session.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions.
    dataset : settings of a data set
        Its tasks, windows, colours and inference.
    region : str
        The region.
    rng_seed : int
        The configuration's seed.
    name : str
        Name of the data set.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``; `task` is a task's name, or 'A vs B' for a pair.

    Raises
    ------
    InputError
        If the region has too few units or trials, or a colour column is missing or no number.
    """
    resampling = _Resampling(
        dataset.inference.bootstraps,
        dataset.decoding.draws,
        dataset.inference.permutations,
        dataset.inference.confidence,
        rng_seed,
        name,
    )
    members = populations(recordings, name, dataset, region)
    colors = None
    if dataset.colors is not None:
        colors = {
            recording.attrs["session"]: _color_bins(recording, dataset.colors, name)
            for recording in recordings
        }
    rows = []
    for window, epoch in enumerate(dataset.windows):
        point = len(members[0].times) + window
        for pair in itertools.combinations(range(len(dataset.tasks)), 2):
            tasks = " vs ".join(members[0].tasks[task] for task in pair)
            axis = partial(_axis_cosine, point=point, pair=pair, resampling=resampling)
            labels = (region, tasks, epoch, "axis_cosine")
            rows += _rows(axis, members, labels, resampling.confidence, (-np.inf, np.inf))
        if colors is None:
            continue
        for number, task in enumerate(dataset.tasks):
            plane = partial(
                _plane_angle, point=point, task=number, colors=colors, resampling=resampling
            )
            labels = (region, task, epoch, "plane_angle_cos")
            rows += _rows(plane, members, labels, resampling.confidence, (0.0, 1.0))
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(
    estimate: Callable[[Population], Estimate],
    members: list[Population],
    labels: tuple[str, str, str, str],
    confidence: float,
    limits: tuple[float, float],
) -> list[tuple]:
    """Return the row of a measure, averaged over populations; no row where it is undefined."""
    estimates = []
    for population in members:
        try:
            estimates.append(estimate(population))
        except UndefinedError as reason:
            where = ", ".join(labels)
            logger.warning("%s, session %s: left out, %s", where, population.session, reason)
    if not estimates:
        return []
    # Sessions are independent, so any pairing of their replicates is as good as another.
    n = min(len(one.replicates) for one in estimates)
    replicates = np.mean([one.replicates[:n] for one in estimates], axis=0)
    value = float(np.mean([one.value for one in estimates]))
    # Replicates carry the trials' noise twice, from the data and from resampling, so what noise
    # pushes one way, as it does angles, lies off in them; only their spread is used.
    low, high = np.clip(interval(centred(np.array(value), replicates), confidence), *limits)
    ceiling = float(np.mean([one.ceiling for one in estimates]))
    floor = float(np.mean([one.floor for one in estimates]))
    return [(*labels, value, float(low), float(high), ceiling, floor)]


# --- axes of tasks -----------------------------------------------------------------------------


def _axis_cosine(
    population: Population, point: int, pair: tuple[int, int], resampling: _Resampling
) -> Estimate:
    # Each half needs two trials of a class to know its own noise.
    parts = [part for part in population.parts if _fewest(part, pair, population.classes) >= 4]
    if not parts:
        raise UndefinedError("no session has four trials of every class in both tasks")
    per_part = [
        _axis_products(part, point, pair, len(population.classes), resampling) for part in parts
    ]
    value, replicates, ceilings, floors = (
        cosine(np.sum(products, axis=0)) for products in zip(*per_part, strict=True)
    )
    reliable = np.isfinite(replicates).mean()
    if not np.isfinite(value) or reliable < resampling.confidence:
        raise UndefinedError(
            "the split-half reliability of a task's coding axes is not above 0 "
            f"(above 0 in {reliable:.0%} of bootstrap replicates)"
        )
    if not np.isfinite(ceilings).any():
        raise UndefinedError(
            "half of the trials have no reliable coding axes, so there is no ceiling"
        )
    return Estimate(
        float(value),
        replicates[np.isfinite(replicates)],
        float(np.nanmedian(ceilings)),
        float(np.mean(np.abs(floors))),
    )


def _fewest(part: Part, pair: tuple[int, int], classes: tuple[str, ...]) -> int:
    return min(
        int(((part.task == task) & (part.label == k)).sum())
        for task in pair
        for k in range(len(classes))
    )


def _axis_products(
    part: Part, point: int, pair: tuple[int, int], n_classes: int, resampling: _Resampling
) -> tuple[np.ndarray, ...]:
    """Return the inner products of a session: data (3,), bootstraps, splits, shuffles (3, ...)."""
    rates = _in_noise_units(part.rates[:, :, point], part.task * n_classes + part.label)
    members = [membership(np.where(part.task == t, part.label, -1), n_classes) for t in pair]
    axes = [coding_axes(rates, member) for member in members]

    def rng(purpose: str, task: int) -> np.random.Generator:
        return resampling.rng(purpose, part.session, task)

    resampled = [
        coding_axes(rates, bootstrapped(member, resampling.bootstraps, rng("bootstrap", task)))
        for member, task in zip(members, pair, strict=True)
    ]
    splits = []
    for member, task in zip(members, pair, strict=True):
        generator = rng("split", task)
        for _ in range(resampling.splits):
            halves = split_halves(member, generator)
            splits.append(inner_products(*(coding_axes(rates, half) for half in halves)))
    noise = [
        coding_axes(rates, shuffled(member, resampling.shuffles, rng("shuffle", task)))._replace(
            noise=np.zeros(resampling.shuffles)
        )
        for member, task in zip(members, pair, strict=True)
    ]
    return (
        inner_products(*axes),
        inner_products(*resampled),
        np.stack(splits, axis=-1),
        inner_products(*noise),
    )


def _in_noise_units(rates: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """Return rates (trial, unit) z-scored by each unit's SD within task and class.

    The SD over all trials holds the signal, too: the units that carry one task's axis would
    shrink, and orthogonal axes would come out oblique. Units that never vary within a condition
    are left out.
    """
    rates = rates.astype(float) - rates.mean(axis=0)
    conditions, number = np.unique(condition, return_inverse=True)
    residual = rates - weighted_means(membership(number, len(conditions)), rates)[number]
    sd = residual.std(axis=0)
    # Rounding leaves the residuals of constant units an SD of the order of eps.
    varies = sd > 1e-6 * np.abs(rates).max(axis=0, initial=0)
    return rates[:, varies] / sd[varies]


# --- planes of colours -------------------------------------------------------------------------


def _color_bins(recording: xr.Dataset, columns: ColorColumns, name: str) -> np.ndarray:
    """Return which trials are in the upper's and the lower's colour bins, (2, bin, trial)."""
    bins = []
    for location, column in (("upper", columns.upper), ("lower", columns.lower)):
        where = f"datasets.{name}.colors.{location}"
        if column not in recording.coords or recording[column].dims != ("trial",):
            found = ", ".join(str(c) for c in recording.coords if recording[c].dims == ("trial",))
            raise InputError(where, f"no trial column {column!r}.", f"Columns: {found}.")
        try:
            color = recording[column].values.astype(float)
        except ValueError:
            raise InputError(where, f"column {column!r} holds no colours in rad.") from None
        absent = np.isnan(color)
        turns = np.where(absent, 0.0, color) / (2 * np.pi) % 1.0
        # The remainder of a tiny negative angle rounds to a whole turn.
        number = np.minimum(np.floor(turns * columns.bins), columns.bins - 1)
        bins.append(membership(np.where(absent, -1, number), columns.bins))
    return np.stack(bins)


def _plane_angle(
    population: Population,
    point: int,
    task: int,
    colors: dict[str, np.ndarray],
    resampling: _Resampling,
) -> Estimate:
    per_part = []
    for part in population.parts:
        members = colors[part.session] * (part.task == task)
        if members.sum(axis=-1).min() >= 2:
            per_part.append(_plane_conditions(part, point, task, members, resampling))
    if not per_part:
        raise UndefinedError("no session has two trials in every colour bin of both locations")
    value, replicates, ceilings, floors = (
        np.concatenate(means, axis=-1) for means in zip(*per_part, strict=True)
    )
    if value.shape[-1] < SPACE:
        raise UndefinedError(f"{value.shape[-1]} units hold no two planes; {SPACE} or more do")
    results = [plane_angle_cosine(means) for means in (value, replicates, ceilings, floors)]
    if not all(np.isfinite(result).all() for result in results):
        raise UndefinedError("the condition means of a location span no plane")
    return Estimate(
        float(results[0]), results[1], float(results[2].mean()), float(results[3].mean())
    )


def _plane_conditions(
    part: Part, point: int, task: int, members: np.ndarray, resampling: _Resampling
) -> tuple[np.ndarray, ...]:
    """Return condition means of a session: data, bootstraps, splits, shuffles (..., 2 bin, unit).

    Rates are not scaled, as in the authors' code.
    """
    rates = part.rates[:, :, point].astype(float)
    both = np.concatenate(members)

    def rng(purpose: str) -> np.random.Generator:
        return resampling.rng(f"plane {purpose}", part.session, task)

    generator = rng("split")
    splits = [
        np.concatenate(split_halves(member, generator))
        for member in members
        for _ in range(resampling.splits)
    ]
    generator = rng("shuffle")
    shuffles = np.concatenate(
        [shuffled(member, resampling.shuffles, generator) for member in members], axis=1
    )
    return (
        weighted_means(both, rates),
        weighted_means(bootstrapped(both, resampling.bootstraps, rng("bootstrap")), rates),
        weighted_means(np.stack(splits), rates),
        weighted_means(shuffles, rates),
    )
