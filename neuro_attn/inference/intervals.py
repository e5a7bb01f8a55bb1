"""Confidence intervals from bootstrap replicates."""

import numpy as np


def centred(observed: np.ndarray, replicates: np.ndarray) -> np.ndarray:
    """Return the bootstrap distribution, shifted so that its mean equals the observed value.

    A resample contains fewer distinct trials and units than the data, so decoders trained on it
    perform worse. The spread of the bootstrap distribution is informative, its shift is an
    artefact.

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

    The k-th smallest of n replicates estimates the quantile k / (n + 1) (Weibull's plotting
    position; Hyndman & Fan 1996, definition 6). A further replicate then lies inside the interval
    with the stated probability. With fewer than 2 / (1 - confidence) - 1 replicates the interval
    is their range, and this probability is (n - 1) / (n + 1).
    """
    tail = (1 - confidence) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail], axis=-1, method="weibull")
    return low, high
