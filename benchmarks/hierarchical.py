"""Intervals of a region by the jackknife, by bootstraps and by fixed effects, on the same data.

`shared_code.intervals` counts how often they contain the truth. The hierarchical bootstrap draws
sessions with replacement and, in each, trials of every class and task (Saravanan, Berman & Sober
2020). Discriminants stay as they are, because a trial that is drawn twice must not be in training
and test. With fixed effects, a session has the weight of its precision, the inverse variance of
its d' over trials.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from neuro_attn.shared_code.discriminants import outputs_of
from neuro_attn.shared_code.sessions import overlap_of_sessions
from tests.worlds import REGION_WORLDS, RegionWorld, Session, region_data_set

WORLDS = {
    "cosine 0.5, CV 0.5": RegionWorld(cosine=0.5),
    "cosine 1, CV 1": RegionWorld(cosine=1.0, spread=1.0),
    "axes in 3 of 24 dimensions, d' 4": RegionWorld(within=3, strength=4.0),
    "sessions of 300 and 16 trials": REGION_WORLDS["sessions of 300 and 16 trials"],
}
RESAMPLES = 300
CONFIDENCE = 0.95
Ends = tuple[float, float]


class Resampled(NamedTuple):
    """d' across and within tasks, sums of both directions.

    `across` and `within` have shape (session,), `across_of` and `within_of` (session, resample).
    """

    across: np.ndarray
    within: np.ndarray
    across_of: np.ndarray
    within_of: np.ndarray


def experiment(world: RegionWorld, rng: np.random.Generator) -> dict[str, dict[str, Ends]]:
    """Draw one data set; return its intervals of the overlap and of the mean d' across tasks.

    Returns
    -------
    dict of dict
        For ``overlap`` and ``mean d'``, the ends of each kind of interval, and ``value`` (twice).
    """
    found = [_session(each, rng) for each in region_data_set(world, rng)]
    data = Resampled(*map(np.array, zip(*found, strict=True)))
    n = len(data.across)
    drawn = rng.integers(n, size=(RESAMPLES, n))
    copies = rng.integers(RESAMPLES, size=(RESAMPLES, n))
    overlap = overlap_of_sessions(data.across, data.within)
    # Trials in sessions, and sessions alone.
    both = data.across_of[drawn, copies], data.within_of[drawn, copies]
    alone = data.across[drawn], data.within[drawn]
    means = data.across / 2
    half = stats.sem(means) * stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)
    variance = (data.across_of / 2).var(axis=1)
    weights = 1 / variance / (1 / variance).sum()
    fixed, error = weights @ means, np.sqrt(1 / (1 / variance).sum()) * stats.norm.ppf(0.975)
    return {
        "overlap": {
            "value": (overlap.value, overlap.value),
            "jackknife": overlap.interval(CONFIDENCE),
            "hierarchical": _percentiles(both[0].sum(axis=1) / both[1].sum(axis=1)),
            "sessions": _percentiles(alone[0].sum(axis=1) / alone[1].sum(axis=1)),
        },
        "mean d'": {
            "value": (float(means.mean()), float(means.mean())),
            "t": (means.mean() - half, means.mean() + half),
            "hierarchical": _percentiles(both[0].mean(axis=1) / 2),
            "sessions": _percentiles(alone[0].mean(axis=1) / 2),
            "fixed effects": (fixed - error, fixed + error),
        },
    }


def _percentiles(values: np.ndarray) -> Ends:
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _session(
    tasks: Session, rng: np.random.Generator
) -> tuple[float, float, np.ndarray, np.ndarray]:
    weights = [_weights(label, rng) for _, label in tasks]
    across, within = np.zeros(RESAMPLES + 1), np.zeros(RESAMPLES + 1)
    for one, other in ((0, 1), (1, 0)):
        (rates, label), (elsewhere, other_label) = tasks[one], tasks[other]
        held_out, on_other = outputs_of(rates, label, elsewhere, folds=5, rng=rng)
        within += _d_prime(held_out[:, :, 0], label, weights[one]).mean(axis=1)
        across += _d_prime(on_other[:, 0, :, 0], other_label, weights[other]).mean(axis=1)
    return across[0], within[0], across[1:], within[1:]


def _weights(label: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how often each trial counts, (1 + resample, trial): once, then as drawn in classes."""
    weights = np.ones((RESAMPLES + 1, len(label)))
    for each in (0, 1):
        members = np.flatnonzero(label == each)
        equal = np.full(len(members), 1 / len(members))
        weights[1:, members] = rng.multinomial(len(members), equal, size=RESAMPLES)
    return weights


def _d_prime(outputs: np.ndarray, label: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return d' (1 + resample, row) of outputs (row, trial)."""
    means, squares = [], 0.0
    for each in (0, 1):
        of_class, weight = outputs[:, label == each].T, weights[:, label == each]
        n = weight.sum(axis=1, keepdims=True)
        mean = weight @ of_class / n
        squares = squares + weight @ of_class**2 - n * mean**2
        means.append(mean)
    return (means[1] - means[0]) / np.sqrt(squares / (len(label) - 2))
