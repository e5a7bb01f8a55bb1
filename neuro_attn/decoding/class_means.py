"""Mean rates of classes, for many label sets at once."""

import numpy as np

from neuro_attn.solver.batched_fit import one_blas_thread


def class_means(rates: np.ndarray, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the means of each class, (problem, label set, unit, class).

    Parameters
    ----------
    rates : array of float64, shape (problem, row, unit)
        Rates.
    labels : array of int, shape (row, label set)
        Class numbers from 0; all classes are equally frequent.
    n_classes : int
        Number of classes.
    """
    indicators = labels[:, :, None] == np.arange(n_classes)
    with one_blas_thread():
        sums = np.swapaxes(rates, 1, 2) @ indicators.reshape(len(labels), -1).astype(float)
    of_set = sums.reshape(*sums.shape[:2], *indicators.shape[1:])
    return np.moveaxis(of_set, 1, 2) * (n_classes / len(labels))
