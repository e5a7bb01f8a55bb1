"""Overlap between two codes of a population: of two items, tasks, classes or times.

All measures that compare two codes, x and y, in halves of the trials (`contrasts`) share these
estimates:

- value: mean over random splits into halves. Its confidence interval is from Bayesian bootstraps,
  whose weights multiply the same halves.
- ceiling: overlap between x in one half of the trials and x in the other (each halved again), and
  the same for y, averaged. We limit it to 1, which noise in few trials can exceed by far.
- floor: mean absolute value with conditions shuffled over trials. Shuffled codes have no reliable
  length, so the floor is that of the plain measure, without debiasing.

Ceiling and floor are computed only with `Resampling(references=True)`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from neuro_attn.geometry.conditions import shuffled, weighted_means
from neuro_attn.geometry.contrasts import CodePair, codes
from neuro_attn.geometry.estimates import (
    Estimate,
    Resampling,
    UndefinedError,
    bootstrap_weights,
    random_halves,
    unreliable,
)

Measures = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]
"""Maps x and y, shape (..., split, 2, contrast, unit), to measures by name, shape (...)."""
Codes = tuple[np.ndarray, np.ndarray]
"""The codes x and y."""


class _Sampled(NamedTuple):
    """Codes of a session in the data and bootstraps, for the ceiling and for the floor."""

    values: Codes
    same: tuple[Codes, Codes] | None = None
    noise: Codes | None = None


def compare(
    pairs: list[CodePair],
    measures: Measures,
    *,
    stream: tuple[object, ...],
    what: str,
    resampling: Resampling,
) -> dict[str, Estimate]:
    """Estimate the overlap of two codes by one or several measures.

    Parameters
    ----------
    pairs : list of CodePair
        The two codes of each session.
    measures : callable
        Computes the measures from x and y.
    stream : tuple
        Names of the random streams.
    what : str
        Description of the codes, for the reason of an undefined measure.
    resampling : Resampling
        Numbers of resamples, and whether to compute ceilings and floors.

    Returns
    -------
    dict of str to Estimate
        Estimates by the name of the measure.

    Raises
    ------
    UndefinedError
        If the debiased length of a code is not reliably above 0.
    """
    sampled = [_sample(pair, stream, resampling) for pair in pairs]
    estimates = {
        name: _estimate(value, what, resampling.confidence)
        for name, value in measures(*_joined([each.values for each in sampled])).items()
    }
    if not resampling.references:
        return estimates
    same = [
        measures(*_joined([each.same[code] for each in sampled if each.same])) for code in (0, 1)
    ]
    noise = measures(*_joined([each.noise for each in sampled if each.noise]))
    return {
        name: _with_references(estimate, [each[name] for each in same], noise[name], what)
        for name, estimate in estimates.items()
    }


def _joined(sessions: list[Codes]) -> Codes:
    """Concatenate the codes of all sessions over units."""
    x, y = (np.concatenate(code, axis=-1) for code in zip(*sessions, strict=True))
    return x, y


def _sample(pair: CodePair, stream: tuple[object, ...], resampling: Resampling) -> _Sampled:
    def rng(purpose: str) -> np.random.Generator:
        return resampling.rng(purpose, pair.session, *stream)

    both = np.concatenate(pair.members)
    generator = rng("split")
    halves = np.stack(
        [random_halves(pair.strata, both, generator) for _ in range(resampling.splits)]
    )
    weights = bootstrap_weights(len(pair.strata), resampling.bootstraps, rng("bootstrap"))
    sampled = _Sampled(codes(pair, halves, weights))
    if not resampling.references:
        return sampled
    quarters = np.stack([_quarters(half, pair, both, generator) for half in halves])
    equal = np.ones((1, len(pair.strata)))
    first, second = (codes(pair, side, equal) for side in quarters.swapaxes(0, 1))
    generator = rng("shuffle")
    one = shuffled(pair.members[0], resampling.shuffles, generator)
    other = one
    if pair.members[0] is not pair.members[1]:
        other = shuffled(pair.members[1], resampling.shuffles, generator)
    x, y = (
        np.repeat((contrast @ weighted_means(member, rates))[:, None, None], 2, axis=2)
        for contrast, member, rates in zip(pair.contrasts, (one, other), pair.rates, strict=True)
    )
    return sampled._replace(
        same=((first[0], second[0]), (first[1], second[1])),
        noise=(x, y),
    )


def _estimate(value: np.ndarray, what: str, confidence: float) -> Estimate:
    finite = np.isfinite(value[1:])
    if not np.isfinite(value[0]) or finite.mean() < confidence:
        raise unreliable(what, finite.mean())
    return Estimate(float(value[0]), value[1:][finite])


def _with_references(
    estimate: Estimate, same: list[np.ndarray], noise: np.ndarray, what: str
) -> Estimate:
    ceilings = np.concatenate(same)
    if not np.isfinite(ceilings).any():
        raise UndefinedError(f"half of the trials have no reliable code of {what}: no ceiling")
    if not np.isfinite(noise).any():
        raise UndefinedError(f"shuffled trials span no code of {what}: no floor")
    return estimate._replace(
        ceiling=min(float(np.nanmean(ceilings)), 1.0), floor=float(np.nanmean(np.abs(noise)))
    )


def _quarters(
    halves: np.ndarray, pair: CodePair, members: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Split both halves of the trials into halves, shape (half, 2, trial)."""
    return np.stack(
        [random_halves(np.where(half > 0, pair.strata, -1), members, rng) for half in halves]
    )
