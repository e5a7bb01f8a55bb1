"""Angle between colour planes, computed as in the original study (`planes`)."""

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.geometry.conditions import bootstrapped, shuffled, split_halves, weighted_means
from neuro_attn.geometry.estimates import Estimate, Resampling, UndefinedError, session_rates
from neuro_attn.geometry.places import Context, Place
from neuro_attn.geometry.planes import SPACE, plane_angle_cosine

OF = "task"
ORDER = 50
NEEDS_COLORS = True
BOUNDS = (0.0, 1.0)
MEASURES = {
    "plane_angle_cos": "absolute cosine of the angle between the colour planes, as in the "
    "original study; biased by noise",
}
LABELS = {"plane_angle_cos": "|cos| of the angle of colour planes"}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Estimate the absolute cosine of the angle between the colour planes of two items.

    Raises
    ------
    UndefinedError
        If there are too few trials of a colour or units, or if an item's means span no plane.
    """
    assert context.colors is not None
    (task,), (time_bin,) = place.tasks, place.times
    per_part = []
    for part in population.parts:
        members = context.colors[part.session].bins * (part.task == task)
        if members.sum(axis=-1).min() >= 2:
            per_part.append(_plane_conditions(part, time_bin, task, members, context.resampling))
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
    value, replicates, ceilings, floors = results
    return {
        "plane_angle_cos": Estimate(
            float(value), replicates, float(ceilings.mean()), float(floors.mean())
        )
    }


def _plane_conditions(
    part: SessionTrials,
    time_bin: int | slice,
    task: int,
    members: np.ndarray,
    resampling: Resampling,
) -> tuple[np.ndarray, ...]:
    """Return the condition means of a session in the data, bootstraps, splits and shuffles.

    Each array has the shape (..., 2 * bin, unit). Rates are not z-scored, as in the authors' code.
    """
    rates = session_rates(part, time_bin).astype(float)
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
