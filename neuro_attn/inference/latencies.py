"""Latency: when accuracy has risen to a fraction of its maximum.

The latency does not depend on a model of the rise, and it is measured where accuracy rises most
steeply, so it is more exact than an onset. It is no onset: of two rises that begin together, the
slower one has the longer latency. Its intervals come from resamples of trials and units; a
jackknife (Miller, Patterson & Ulrich 1998; Ulrich & Miller 2001) needs several subjects.
"""

import numpy as np
from scipy.optimize import isotonic_regression

FRACTION = 0.5
"""Fraction of the maximum above chance."""
PLATEAU = 5
"""The maximum is that of the mean over so many bins, which noise raises less than a single bin."""


def latencies(above: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return when accuracy has risen to half of its maximum.

    Up to the bins with the maximum, accuracy is replaced by the closest course that never falls
    (isotonic regression), so that noise does not decide which crossing counts. The crossing is
    interpolated between bin centres.

    Parameters
    ----------
    above : array, shape (replicate, time)
        Accuracy above chance.
    times : array, shape (time,)
        Bin centres, s.

    Returns
    -------
    array, shape (replicate,)
        In s; the first bin where accuracy is above half of the maximum from there on.
    """
    return np.array([_latency(course, times) for course in above])


def _latency(above: np.ndarray, times: np.ndarray) -> float:
    width = min(PLATEAU, len(above))
    means = np.convolve(above, np.ones(width) / width, "valid")
    # Equal maxima differ by rounding; the first one counts whatever the scale.
    rounding = 1e-12 * np.abs(above).max()
    maximum = means.max()
    rising = isotonic_regression(above[: (means >= maximum - rounding).argmax() + width]).x
    half = FRACTION * maximum
    # The last value is at least the mean of the last bins.
    at = int((rising >= half - rounding).argmax())
    if at == 0:
        return float(times[0])
    part = (half - rising[at - 1]) / (rising[at] - rising[at - 1])
    return float(times[at - 1] + (times[at] - times[at - 1]) * part)
