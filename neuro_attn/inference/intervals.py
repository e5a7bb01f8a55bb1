"""Intervals from bootstrap replicates."""

import numpy as np


def centred(observed: np.ndarray, replicates: np.ndarray) -> np.ndarray:
    """Return bootstrap replicates moved so that their mean is the observed value.

    A resample holds fewer different trials and units than the data, so decoders trained on it do
    worse; the spread is what the bootstrap tells, its shift is an artefact.

    Parameters
    ----------
    observed : array, shape (...)
        Accuracy.
    replicates : array, shape (..., replicate)
        Accuracies of resamples.
    """
    shift = observed - replicates.mean(axis=-1)
    return replicates + shift[..., None]


def interval(replicates: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval over the last axis: (low, high), each of shape (...).

    Of n replicates the k-th smallest stands for the probability k / (n + 1) (Weibull's plotting
    position; Hyndman & Fan 1996, definition 6): one more replicate would lie inside with the
    stated probability. Of fewer than 2 / (1 - confidence) - 1 replicates the interval is the
    range, inside which it lies with probability (n - 1) / (n + 1).
    """
    tail = (1 - confidence) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail], axis=-1, method="weibull")
    return low, high
