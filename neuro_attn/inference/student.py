"""Student's t distribution; importing `scipy.stats` would take a second in every job."""

from scipy.special import stdtr, stdtrit


def upper_tail(statistic: float, freedom: float) -> float:
    """Return the probability that t exceeds a statistic.

    Examples
    --------
    >>> round(upper_tail(2.0, 10), 4)
    0.0367
    """
    return float(stdtr(freedom, -statistic))


def critical(confidence: float, freedom: float) -> float:
    """Return the value that the absolute value of t exceeds with probability 1 - confidence.

    Examples
    --------
    >>> round(critical(0.95, 10), 3)
    2.228
    """
    return float(-stdtrit(freedom, (1 - confidence) / 2))
