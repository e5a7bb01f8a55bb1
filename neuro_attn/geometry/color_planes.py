"""The colour planes of a population: their angle as the authors take it, and their coordinates."""

import numpy as np
import pandas as pd

from neuro_attn.decoding.populations import Part, Population
from neuro_attn.geometry.colors import Colors
from neuro_attn.geometry.conditions import bootstrapped, shuffled, split_halves, weighted_means
from neuro_attn.geometry.estimates import Estimate, Resampling, UndefinedError, part_rates
from neuro_attn.geometry.planes import SPACE, components, plane_angle_cosine

COORDINATES = ["location", "bin", "color", *(f"pc{number + 1}" for number in range(SPACE))]
"""Columns of the coordinates: the item, its colour bin, the bin's centre (rad), components."""


def plane_angle(
    population: Population,
    point: int,
    task: int,
    colors: Colors,
    resampling: Resampling,
) -> Estimate:
    """Return the absolute cosine between the items' colour planes, as the authors do it."""
    per_part = []
    for part in population.parts:
        members = colors[part.session].bins * (part.task == task)
        if members.sum(axis=-1).min() >= 2:
            per_part.append(_plane_conditions(part, point, task, members, resampling))
    if not per_part:
        raise UndefinedError("no session has two trials in every colour bin of both items")
    value, replicates, ceilings, floors = (
        np.concatenate(means, axis=-1) for means in zip(*per_part, strict=True)
    )
    if value.shape[-1] < SPACE:
        raise UndefinedError(f"{value.shape[-1]} units hold no two planes; {SPACE} or more do")
    results = [plane_angle_cosine(means) for means in (value, replicates, ceilings, floors)]
    if not all(np.isfinite(result).all() for result in results):
        raise UndefinedError("the condition means of an item span no plane")
    return Estimate(
        float(results[0]), results[1], float(results[2].mean()), float(results[3].mean())
    )


def _plane_conditions(
    part: Part, point: int, task: int, members: np.ndarray, resampling: Resampling
) -> tuple[np.ndarray, ...]:
    """Return condition means of a session: data, bootstraps, splits, shuffles (..., 2 bin, unit).

    Rates are not scaled, as in the authors' code.
    """
    rates = part_rates(part, point).astype(float)
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


def coordinates(population: Population, point: int, task: int, colors: Colors) -> pd.DataFrame:
    """Return the condition means on the principal components of all of them.

    Returns
    -------
    pandas.DataFrame
        Columns ``COORDINATES``, in spikes/s; a row a condition.

    Raises
    ------
    UndefinedError
        If no session has a trial in every colour bin, or there are too few units.
    """
    means = [
        weighted_means(member, part_rates(part, point).astype(float))
        for part in population.parts
        if (member := np.concatenate(colors[part.session].bins * (part.task == task))).any(-1).all()
    ]
    if not means:
        raise UndefinedError("no session has a trial in every colour bin of both items")
    conditions = np.concatenate(means, axis=-1)
    if conditions.shape[-1] < SPACE:
        raise UndefinedError(f"{conditions.shape[-1]} units have no {SPACE} components")
    scores, axes, _ = components(conditions)
    # The sign of a component is arbitrary; the largest weight is made positive.
    largest = np.take_along_axis(axes, abs(axes).argmax(axis=1)[:, None], axis=1)[:, 0]
    scores = (scores * np.sign(largest))[:, :SPACE]
    items = colors[population.parts[0].session].items
    n_bins = len(conditions) // len(items)
    number = np.tile(np.arange(n_bins), len(items))
    table = pd.DataFrame(
        {
            "location": np.repeat(items, n_bins),
            "bin": number,
            "color": 2 * np.pi * (number + 0.5) / n_bins,
        }
    )
    table[COORDINATES[3:]] = scores
    return table
