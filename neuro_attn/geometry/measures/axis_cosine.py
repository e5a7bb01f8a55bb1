"""Debiased cosine between the coding axes of two tasks, with interval, ceiling and floor."""

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.geometry.coding_axes import coding_axes, cosine, inner_products
from neuro_attn.geometry.colors import Colors, no_noise
from neuro_attn.geometry.conditions import bootstrapped, membership, shuffled, split_halves
from neuro_attn.geometry.estimates import (
    Estimate,
    Resampling,
    UndefinedError,
    in_noise_units,
    session_rates,
    unreliable,
)
from neuro_attn.geometry.places import Context, Place

OF = "pair"
ORDER = 10
MEASURES = {
    "axis_cosine": "cosine of the tasks' coding axes: 1 for a shared code, 0 if orthogonal, -1 if "
    "reversed",
}
LABELS = {"axis_cosine": "cosine of the tasks' coding axes"}
MAIN = ("axis_cosine",)
OVER_TIME = {"axis_cosine": "cosine of\ncoding axes"}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Estimate the debiased cosine between the coding axes of two tasks (`coding_axes`).

    Raises
    ------
    UndefinedError
        If there are too few trials, or the axes of a task are not reliable.
    """
    pair, (time_bin,), resampling = place.tasks, place.times, context.resampling
    # The noise in each half can be estimated only from at least two trials per class.
    parts = [part for part in population.parts if _fewest(part, pair, population.classes) >= 4]
    if not parts:
        raise UndefinedError("no session has four trials of every class in both tasks")
    per_part = [
        _axis_products(part, time_bin, pair, len(population.classes), resampling, context.colors)
        for part in parts
    ]
    data, resampled, *references = zip(*per_part, strict=True)
    value, replicates = (cosine(np.sum(products, axis=0)) for products in (data, resampled))
    reliable = np.isfinite(replicates).mean()
    if not np.isfinite(value) or reliable < resampling.confidence:
        raise unreliable("a task's coding axes", float(reliable))
    found = Estimate(float(value), replicates[np.isfinite(replicates)])
    if not resampling.references:
        return {"axis_cosine": found}
    ceilings, floors = (cosine(np.sum(products, axis=0)) for products in references)
    if not np.isfinite(ceilings).any():
        raise UndefinedError(
            "half of the trials have no reliable coding axes, so there is no ceiling"
        )
    found = found._replace(
        ceiling=float(np.nanmedian(ceilings)), floor=float(np.mean(np.abs(floors)))
    )
    return {"axis_cosine": found}


def _fewest(part: SessionTrials, pair: tuple[int, ...], classes: tuple[str, ...]) -> int:
    return min(
        int(((part.task == task) & (part.label == k)).sum())
        for task in pair
        for k in range(len(classes))
    )


def _axis_products(
    part: SessionTrials,
    time_bin: int | slice,
    pair: tuple[int, ...],
    n_classes: int,
    resampling: Resampling,
    colors: Colors | None,
) -> tuple[np.ndarray, ...]:
    """Return the inner products of the coding axes of a session; see `inner_products`.

    Returns
    -------
    data : array, shape (3,)
    bootstraps : array, shape (3, replicate)
    splits : array, shape (3, split)
        Inner products between halves of the trials, if references are requested.
    shuffles : array, shape (3, shuffle)
        Inner products with shuffled classes, if references are requested.
    """
    angles = None if colors is None else colors[part.session].angles
    regressors = no_noise(part.task * n_classes + part.label, angles)
    rates = in_noise_units(session_rates(part, time_bin), regressors)
    members = [membership(np.where(part.task == t, part.label, -1), n_classes) for t in pair]
    axes = [coding_axes(rates, member) for member in members]

    def rng(purpose: str, task: int) -> np.random.Generator:
        return resampling.rng(purpose, part.session, task)

    resampled = [
        coding_axes(rates, bootstrapped(member, resampling.bootstraps, rng("bootstrap", task)))
        for member, task in zip(members, pair, strict=True)
    ]
    if not resampling.references:
        return inner_products(*axes), inner_products(*resampled)
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
