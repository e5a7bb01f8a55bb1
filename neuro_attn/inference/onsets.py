r"""Onsets: when a time course rises above chance for several consecutive bins.

*Whether* there is an onset is a test: accuracy must be significant, corrected by the maximum over
time, in several consecutive bins. *When* it occurred is an estimate, since weaker signals become
significant later. We fit rises of several shapes (`rises`) up to these bins. The shape, its
duration and kappa are unknown: the onset is the median over their values, weighted by the
likelihood. Each resample is fitted with one rise, drawn in proportion to its likelihood, so that
the interval contains the noise and the uncertainty of the shape, each once.
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.inference.pvalues import fraction
from neuro_attn.inference.rises import LONGEST, NAMES, SHAPES, rises

STEP = 0.002
"""Steps in which onsets are tried, s."""


class Onset(NamedTuple):
    """When accuracy began to rise.

    Parameters
    ----------
    time : float
        The onset, s.
    resampled : array, shape (replicate,)
        Onsets of the resamples, s.
    shape : str
        The most likely shape of the rise, of `rises.SHAPES`.
    fit_p_value : float
        Fraction of permutations that depart from the null's mean as far as accuracy departs from
        the rise that fits best. A small one means that no shape fits.
    """

    time: float
    resampled: np.ndarray
    shape: str
    fit_p_value: float


def first_lasting_bin(significant: np.ndarray, n_bins: int) -> int | None:
    """Return the first of `n_bins` consecutive significant bins; None without any."""
    if n_bins > len(significant):
        return None
    lasting = np.lib.stride_tricks.sliding_window_view(significant, n_bins).all(axis=1)
    return int(lasting.argmax()) if lasting.any() else None


def onset(
    observed: np.ndarray,
    resampled: np.ndarray,
    null: np.ndarray,
    *,
    times: np.ndarray,
    first: int,
    n_bins: int,
    rng: np.random.Generator,
) -> Onset:
    """Return when accuracy began to rise towards a bin that is above chance.

    The onset is never after that bin. It is at most the longest duration of a rise before it, and
    not before the first bin.

    Parameters
    ----------
    observed : array, shape (time,)
        Accuracy.
    resampled : array, shape (time, replicate)
        Accuracy of bootstrap resamples, centred.
    null : array, shape (time, permutation)
        The permutation null; its mean is the level before the onset, its SD the noise.
    times : array, shape (time,)
        Bin centres, s.
    first : int
        The bin, from `first_lasting_bin`.
    n_bins : int
        Number of bins from `first` on that are fitted. Later bins contribute only the highest
        accuracy, which no rise exceeds.
    rng : numpy.random.Generator
        Assigns the rises to the resamples. Regions need streams of their own, since their
        resamples are paired but their shapes are independent.
    """
    n_replicates = resampled.shape[1]
    if len(times) == 1:
        start = float(times[0])
        return Onset(start, np.full(n_replicates, start), "", np.nan)
    stop = first + n_bins
    edges = times[0] + np.diff(times).mean() * (np.arange(stop + 1) - 0.5)
    starts = _starts(edges, first)
    level = null.mean(axis=1)
    noise = null[:stop] - level[:stop, None]
    variance = max(noise.var(axis=1).mean(), 1e-9)
    highest = np.max((observed - level)[first:] / (1 - level[first:]))
    shapes = highest * (1 - level[:stop]) * rises(edges, starts, highest)
    above = (observed - level)[:stop]

    explained = _explained(above[None], shapes, variance)[0]
    likelihood = np.exp(explained - explained.max())
    of_rise = likelihood.sum(axis=0)
    cumulative = of_rise.cumsum() / of_rise.sum()
    drawn = np.searchsorted(cumulative, (rng.permutation(n_replicates) + 0.5) / n_replicates)
    found = np.empty(n_replicates)
    for rise in np.unique(drawn):
        rows = drawn == rise
        again = (resampled[:stop, rows] - level[:stop, None]).T
        of_start = _explained(again, shapes[:, [rise]], variance)[..., 0]
        found[rows] = _medians(np.exp(of_start - of_start.max(axis=1, keepdims=True)), starts)
    misfit = (above**2).sum() - 2 * variance * explained.max()
    return Onset(
        float(_medians(likelihood.sum(axis=1)[None], starts)[0]),
        found,
        max(SHAPES, key=lambda name: of_rise[name == NAMES].sum()),
        float(fraction((noise**2).sum(axis=0) >= misfit)),
    )


def _starts(edges: np.ndarray, first: int) -> np.ndarray:
    """Return the onsets that are tried for a rise towards a bin."""
    earliest = max(edges[0], min(edges[max(first - 1, 0)], edges[first] - LONGEST))
    n_starts = round((edges[first + 1] - earliest) / STEP)
    return earliest + STEP * (np.arange(n_starts) + 0.5)


def _explained(above: np.ndarray, shapes: np.ndarray, variance: float) -> np.ndarray:
    """Return log likelihoods (course, start, rise) of rises of at most their full height.

    `above` is (course, bin), `shapes` is (start, rise, bin).
    """
    flat = shapes.reshape(-1, shapes.shape[-1])
    squared = (flat**2).sum(axis=1).clip(min=1e-12)
    product = above @ flat.T
    height = (product / squared).clip(0, 1)
    explained = height * (2 * product - height * squared) / (2 * variance)
    return explained.reshape(len(above), *shapes.shape[:2])


def _medians(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the weighted medians (row,) of evenly spaced values, weights being (row, value)."""
    below = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    at = (below < 0.5).sum(axis=1)[:, None]
    high = np.take_along_axis(below, at, axis=1)
    low = np.where(at > 0, np.take_along_axis(below, np.maximum(at - 1, 0), axis=1), 0)
    return (values[at] + STEP * ((0.5 - low) / (high - low) - 0.5))[:, 0]
