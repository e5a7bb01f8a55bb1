r"""Onsets: when a time course rises above chance for several consecutive bins.

*Whether* there is an onset is a test: accuracy must be significant, corrected by the maximum over
time, in several consecutive bins. *When* it occurred is an estimate, since weaker signals become
significant later. We model the rise to the first of these bins as the accuracy of a decoder of a
signal s that starts at t0 and rises with the time constant tau,

.. math:: s(t) = 1 - e^{-(t - t_0) / \tau}, \qquad
    d(s) \propto \frac{s^2}{\sqrt{s^2 + \kappa}}, \qquad
    a(s) - chance \propto \Phi(d(s)) - \tfrac12,

with s averaged over each bin, as rates are. Estimated weights are noisy, so a decoder's d' falls
with the square of a weak signal; kappa is the signal strength at which this begins (for a linear
discriminant, units / training trials divided by the squared d' of the full signal). At s = 1, d is
that of the highest accuracy. tau and kappa are unknown: the onset is the median over their values,
weighted by the likelihood. Each resample is fitted with one shape, drawn in proportion to its
likelihood, so that the interval contains the noise and the uncertainty of the shape, each once.
"""

import numpy as np
from scipy.special import ndtr, ndtri

RISE_TIMES = (0.01, 0.02, 0.04, 0.08, 0.16)
"""Time constants of the rise that are tried, s."""
WEAKNESSES = (0.1, 0.3, 1.0)
"""Values of kappa that are tried."""
STEP = 0.002
"""Steps in which onsets are tried, s."""


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
) -> tuple[float, np.ndarray]:
    """Return when accuracy began to rise towards a bin that is above chance.

    The onset is never after that bin. It is at most one bin before the unbroken run of bins above
    the mean of the null that leads to it, since the data carry no information on earlier signals.

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
        accuracy.
    rng : numpy.random.Generator
        Assigns the shapes to the resamples. Regions need streams of their own, since their
        resamples are paired but their shapes are independent.

    Returns
    -------
    onset : float
        In s.
    resampled : array, shape (replicate,)
        Onsets of the resamples, s.
    """
    n_replicates = resampled.shape[1]
    if len(times) == 1:
        return float(times[0]), np.full(n_replicates, times[0])
    explained, starts = _explained(observed, resampled, null, times, first, first + n_bins)
    likelihood = np.exp(explained[0] - explained[0].max())
    cumulative = likelihood.sum(axis=0).cumsum() / likelihood.sum()
    shape = np.searchsorted(cumulative, (rng.permutation(n_replicates) + 0.5) / n_replicates)
    of_shape = explained[1 + np.arange(n_replicates), :, shape]
    of_shape = np.exp(of_shape - of_shape.max(axis=1, keepdims=True))
    found = _medians(likelihood.sum(axis=1)[None], starts)
    return float(found[0]), _medians(of_shape, starts)


def _explained(
    observed: np.ndarray,
    resampled: np.ndarray,
    null: np.ndarray,
    times: np.ndarray,
    first: int,
    stop: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log likelihoods (1 + replicate, start, shape) of the rises, and their starts.

    The first row is that of the observed accuracy; see `onset`.
    """
    width = np.diff(times).mean()
    edges = times[0] + width * (np.arange(stop + 1) - 0.5)
    level, variance = null.mean(axis=1), null[:stop].var(axis=1).mean()
    highest = np.max((observed - level)[first:] / (1 - level[first:]))
    rise = np.concatenate([observed[None], resampled.T])[:, :stop] - level[:stop]
    leading = (rise[:, :first] > 0)[:, ::-1].cumprod(axis=1).sum(axis=1)
    earliest = edges[np.maximum(first - leading - 1, 0)]
    n_starts = round((edges[first + 1] - earliest.min()) / STEP)
    starts = earliest.min() + STEP * (np.arange(n_starts) + 0.5)

    shapes = _rises(edges, starts, ndtri(np.clip((1 + highest) / 2, 0.51, 0.999)))
    squared = (rise @ shapes.T).clip(min=0) ** 2 / (shapes**2).sum(axis=1).clip(min=1e-12)
    explained = (squared / (2 * max(variance, 1e-9))).reshape(len(rise), n_starts, -1)
    explained[starts < earliest[:, None]] = -np.inf
    return explained, starts


def _rises(edges: np.ndarray, starts: np.ndarray, highest: float) -> np.ndarray:
    """Return the shapes, (start x time constant x kappa, time), of accuracy that rises."""
    tau = np.array(RISE_TIMES)[:, None]
    since = (edges - starts[:, None, None]).clip(min=0)
    signal = np.diff(since + tau * np.expm1(-since / tau)) / np.diff(edges)
    kappa = np.array(WEAKNESSES)[:, None]
    signal = signal[:, :, None]
    d = highest * signal**2 * np.sqrt((1 + kappa) / (signal**2 + kappa))
    return (ndtr(d) - 0.5).reshape(-1, len(edges) - 1)


def _medians(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the weighted medians (row,) of evenly spaced values, weights being (row, value)."""
    below = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    at = (below < 0.5).sum(axis=1)[:, None]
    high = np.take_along_axis(below, at, axis=1)
    low = np.where(at > 0, np.take_along_axis(below, np.maximum(at - 1, 0), axis=1), 0)
    return (values[at] + STEP * ((0.5 - low) / (high - low) - 0.5))[:, 0]
