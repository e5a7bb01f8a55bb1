"""Confidence intervals from bootstrap replicates."""

import numpy as np
from scipy.special import ndtri


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


def within_limits_of_trials(
    observed: np.ndarray,
    limits: tuple[np.ndarray, np.ndarray],
    n_trials: np.ndarray,
    confidence: float,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Widen intervals of accuracies of 0 and 1 to Wilson's interval of a proportion.

    If all trials are classified correctly, so are most resamples, and the bootstrap interval has a
    width of nearly 0, although few trials carry little information on rare errors. With z the
    normal quantile, Wilson's interval of n of n trials begins at

    .. math:: n / (n + z^2)

    Parameters
    ----------
    observed : array, shape (...)
        Accuracy.
    limits : tuple of array, shape (...)
        Lower and upper limit of the bootstrap interval.
    n_trials : array, shape (...)
        Number of test trials.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    low, high : array, shape (...)
        The limits, between 0 and 1.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209.

    Examples
    --------
    >>> low, high = within_limits_of_trials(np.array(1.0), (np.array(1.0), np.array(1.0)), 40, 0.95)
    >>> print(f"{low:.3f} {high:.3f}")
    0.912 1.000
    """
    low, high = np.clip(limits, 0, 1)
    z = -ndtri((1 - confidence) / 2)
    sure = n_trials / (n_trials + z**2)
    low = np.where(observed >= 1, np.minimum(low, sure), low)
    return low, np.where(observed <= 0, np.maximum(high, 1 - sure), high)
