"""Verdicts on a region, and differences between two, whose sessions are drawn from a world.

They are those of a run; benchmarks.shared_code counts them.
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.configuration import Inference
from neuro_attn.inference import sign_flips
from neuro_attn.shared_code import sessions as over_sessions
from neuro_attn.shared_code.discriminants import sensitivity
from neuro_attn.shared_code.verdicts import Evidence, verdict_of
from tests.worlds import REGION_WORLDS, RegionWorld, region_data_set

SETTINGS = Inference()
WORLDS = {
    **REGION_WORLDS,
    "cosine 1, d' 0.6": RegionWorld(cosine=1.0, strength=0.6),
    "cosine 1": RegionWorld(cosine=1.0),
}
VERDICTS = (
    "shared",
    "partly shared",
    "reversed",
    "task-specific",
    "inconclusive",
    "not decodable",
)


PAIRS = {
    "cosines 0.5 and 0.5, d' 1.6 and 0.6": (
        RegionWorld(cosine=0.5, strength=1.6),
        RegionWorld(cosine=0.5, strength=0.6),
    ),
    "axes in 3 of 24 dimensions": (RegionWorld(within=3), RegionWorld(within=3)),
    "cosines 1 and 0": (RegionWorld(cosine=1.0), RegionWorld(cosine=0.0)),
}


class DPrime(NamedTuple):
    """d' within each task, and its sum over both directions across them, shape (session,)."""

    first: np.ndarray
    second: np.ndarray
    across: np.ndarray


def drawn(world: RegionWorld, rng: np.random.Generator) -> DPrime:
    """Return d' of every session of a region."""
    found = [
        sensitivity(first, second, folds=5, rng=rng)
        for first, second in region_data_set(world, rng)
    ]
    rows = [
        (each.first[0], each.second[0], each.first_on_second[0] + each.second_on_first[0])
        for each in found
    ]
    return DPrime(*np.transpose(rows))


def difference_experiment(
    one: RegionWorld, other: RegionWorld, rng: np.random.Generator
) -> dict[str, float]:
    """Return whether two regions of the same sessions differ, and whether the interval covers.

    Empty if the overlap of either is not defined.
    """
    overlaps = []
    for world in (one, other):
        found = drawn(world, rng)
        overlaps.append(over_sessions.overlap_of_sessions(found.across, found.first + found.second))
    value, low, high, p = over_sessions.difference(*overlaps, 0.95)
    if not np.isfinite(value):
        return {}
    planted = (one.cosine or 0.0) - (other.cosine or 0.0)
    return {
        "significant": p <= SETTINGS.alpha,
        "covered": low <= planted <= high,
        "overlap": value,
        "width": high - low,
    }


def experiment(world: RegionWorld, rng: np.random.Generator) -> dict[str, float]:
    """Return the verdict on a region, and whether its overlap is significant."""
    first, second, across = drawn(world, rng)
    signs = sign_flips.sign_patterns(world.sessions, rng)
    p = float(sign_flips.sign_flip_test(across[:, None], signs).p_corrected[0])
    overlap = over_sessions.overlap_of_sessions(across, first + second)
    verdict = verdict_of(
        Evidence(
            overlap.value,
            *overlap.interval(1 - SETTINGS.alpha),
            *overlap.interval(1 - 2 * SETTINGS.alpha),
            p,
            *(sign_flips.positive_p_value(each, signs) for each in (first, second)),
        ),
        alpha=SETTINGS.alpha,
        bound=SETTINGS.overlap_bound,
    )
    return {"significant": p <= SETTINGS.alpha, **{each: verdict == each for each in VERDICTS}}
