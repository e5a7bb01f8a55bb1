"""Onsets: when a time course first rises above chance and stays there."""

import numpy as np

from neuro_attn.inference.pvalues import studentized


def threshold(observed: np.ndarray, null: np.ndarray, alpha: float) -> np.ndarray:
    """Return the accuracy, at each time, that the null exceeds anywhere with probability alpha.

    Parameters
    ----------
    observed : array, shape (time,)
        Accuracy.
    null : array, shape (time, permutation)
        Its permutation null.
    alpha : float
        Level over all times together (maximum over time).
    """
    _, scaled = studentized(observed, null)
    critical = np.quantile(scaled.max(axis=0), 1 - alpha, method="higher")
    everything = np.concatenate([null, observed[:, None]], axis=1)
    return everything.mean(axis=1) + critical * everything.std(axis=1)


def onsets(courses: np.ndarray, level: np.ndarray, times: np.ndarray, sustained: int) -> np.ndarray:
    """Return when time courses first exceed a level for several bins in a row.

    An onset lies in the first bin above, whose spikes are the evidence: it is put between the
    bin's edges in proportion to how far the threshold lies between the accuracies of the last bin
    below and of this one. It never precedes that bin, and it moves smoothly with the data.

    Parameters
    ----------
    courses : array, shape (..., time)
        Accuracies.
    level : array, shape (time,)
        The threshold.
    times : array, shape (time,)
        Bin centres, s.
    sustained : int
        Bins in a row that must exceed the threshold.

    Returns
    -------
    array, shape (...)
        Onsets, s; infinite where there is none.
    """
    if sustained > len(times):
        return np.full(courses.shape[:-1], np.inf)
    excess = courses - level
    above = excess > 0
    runs = np.lib.stride_tricks.sliding_window_view(above, sustained, axis=-1).all(axis=-1)
    first = runs.argmax(axis=-1)
    before = np.maximum(first - 1, 0)
    high = np.take_along_axis(excess, first[..., None], axis=-1)[..., 0]
    low = np.take_along_axis(excess, before[..., None], axis=-1)[..., 0]
    width = np.diff(times).mean() if len(times) > 1 else 0.0
    part_above = np.where(first > 0, high / np.where(high > low, high - low, 1), 1)
    crossing = times[first] + width * (0.5 - part_above)
    return np.where(runs.any(axis=-1), crossing, np.inf)
