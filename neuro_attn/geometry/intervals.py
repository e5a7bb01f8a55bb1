"""Bootstrap intervals of measures that noise pushes one way."""

import numpy as np


def recentred_interval(
    value: float, replicates: np.ndarray, confidence: float
) -> tuple[float, float]:
    r"""Return a bootstrap interval around `value` with the spread of its replicates.

    .. math:: [v + q_{\alpha/2} - q_{1/2},\; v + q_{1-\alpha/2} - q_{1/2}]

    with q the quantiles of the replicates. Replicates carry the trials' noise twice, once from the
    data and once from resampling. A measure that noise pushes one way (an angle, a distance) is
    therefore pushed further in them than in the data, and the percentile interval can miss the
    value itself. Only their spread is used.

    Parameters
    ----------
    value : float
        The measure on the data.
    replicates : array, shape (replicate,)
        The measure on each bootstrap replicate.
    confidence : float
        Coverage, e.g. 0.95.

    Returns
    -------
    low, high : float
    """
    tail = (1 - confidence) / 2
    low, middle, high = np.quantile(replicates, [tail, 0.5, 1 - tail])
    return float(value + low - middle), float(value + high - middle)
