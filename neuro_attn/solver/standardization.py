"""Standardisation of units, and detection of constant ones."""

import math
from typing import NamedTuple

import numpy as np

from neuro_attn.solver.numba_utils import njit_ordered

ROUNDING = 2
"""Range of a constant unit in eps of its largest value, as each value may be rounded up or down."""


LEAST_SD = math.sqrt(float(np.finfo(np.float64).tiny) / float(np.finfo(np.float64).eps))
"""SD below which squares are so small that they lose precision."""


class Units(NamedTuple):
    """Standardisation of units; all arrays have the shape (..., unit).

    Parameters
    ----------
    center : array
        Mean over rows, rounded to the precision of the data.
    remainder : array of float64
        The mean minus ``center``: its rounding error.
    scale : array
        SD over rows, or 1 where units were not scaled.
    constant : array of bool
        Whether a unit is constant.
    """

    center: np.ndarray
    remainder: np.ndarray
    scale: np.ndarray
    constant: np.ndarray


def standardize(
    X: np.ndarray,
    *,
    scale: bool,
    dtype: np.dtype | None = None,
    weight: np.ndarray | None = None,
) -> tuple[np.ndarray, Units]:
    """Centre units over rows and optionally divide them by their SD; constant units become 0.

    A unit is constant if its values are equal up to their own rounding: their range is at most
    `ROUNDING` eps of the largest, where eps is that of the precision of X. Range, mean and SD are
    computed in float64 from differences to the first row, so that an offset does not reduce their
    precision.

    Parameters
    ----------
    X : array, shape (..., row, unit)
        Training data, float32 or float64.
    scale : bool
        Whether to divide by the SD.
    dtype : numpy.dtype, optional
        Precision of the result, by default that of X.
    weight : array, shape (row,), optional
        Weights of the rows in the SD. Rows of weight 0 are ignored there and in the test for
        constancy. The mean is always that of all rows, since the solver requires it to be 0.

    Returns
    -------
    standardized : array, shape (..., row, unit)
    Units
    """
    row_weight = np.ones(X.shape[-2]) if weight is None else np.asarray(weight, np.float64)
    shape = (*X.shape[:-2], X.shape[-1])
    standardized = np.empty(X.shape, dtype or X.dtype)
    units = Units(
        np.empty(shape, X.dtype), np.empty(shape), np.empty(shape, X.dtype), np.empty(shape, bool)
    )
    stacked = [each.reshape(-1, X.shape[-1]) for each in units]
    data = np.ascontiguousarray(X).reshape(-1, *X.shape[-2:])
    _standardize(data, row_weight, scale, standardized.reshape(data.shape), *stacked)
    return standardized, units


@njit_ordered
def _standardize(
    X: np.ndarray,
    weight: np.ndarray,
    scale: bool,
    standardized: np.ndarray,
    center: np.ndarray,
    remainder: np.ndarray,
    sd: np.ndarray,
    constant: np.ndarray,
) -> None:
    n_rows, n_units = X.shape[1:]
    eps, tiny = np.finfo(X.dtype).eps, np.finfo(X.dtype).tiny
    total_weight = 0.0
    for row in range(n_rows):
        total_weight += weight[row]
    for problem in range(len(X)):
        rows = X[problem]
        first = rows[0].astype(np.float64)
        mean, weighed, squares, factor = np.zeros((4, n_units))
        for row in range(n_rows):
            for unit in range(n_units):
                mean[unit] += rows[row, unit] - first[unit]
            if weight[row] != 1:
                for unit in range(n_units):
                    weighed[unit] += (weight[row] - 1) * (rows[row, unit] - first[unit])
        for unit in range(n_units):
            weighed[unit] = (mean[unit] + weighed[unit]) / total_weight
            mean[unit] /= n_rows
            center[problem, unit] = first[unit] + mean[unit]
            remainder[problem, unit] = (first[unit] - center[problem, unit]) + mean[unit]
        for row in range(n_rows):
            for unit in range(n_units):
                centred = (rows[row, unit] - first[unit]) - weighed[unit]
                squares[unit] += weight[row] * (centred * centred)
        for unit in range(n_units):
            # The SD of a constant unit is at most half its range; few others are that small.
            spread = math.sqrt(squares[unit] / total_weight)
            limit = max(ROUNDING * eps * abs(first[unit] + weighed[unit]) + tiny, LEAST_SD)
            if not limit < spread < np.inf:
                spread = _small_or_large_sd(rows[:, unit], weight, first[unit], weighed[unit])
            constant[problem, unit] = spread == 0
            sd[problem, unit] = spread if scale and spread > 0 else 1
            if spread > 0:
                factor[unit] = 1 / spread if scale else 1
        for row in range(n_rows):
            for unit in range(n_units):
                centred = (rows[row, unit] - first[unit]) - mean[unit]
                standardized[problem, row, unit] = centred * factor[unit]


@njit_ordered
def _small_or_large_sd(values: np.ndarray, weight: np.ndarray, first: float, mean: float) -> float:
    """Return the SD of a unit whose squares may vanish or overflow; 0 if it is constant."""
    low, high = np.inf, -np.inf
    for row in range(len(values)):
        if weight[row] > 0:
            low, high = min(low, values[row]), max(high, values[row])
    extent, largest = high - low, max(abs(low), abs(high))
    if extent <= ROUNDING * np.finfo(values.dtype).eps * largest + np.finfo(values.dtype).tiny:
        return 0.0
    total = squares = 0.0
    for row in range(len(values)):
        total += weight[row]
        squares += weight[row] * (((values[row] - first) - mean) / extent) ** 2
    return extent * math.sqrt(squares / total)


def unstandardized(
    weights: np.ndarray, intercept: np.ndarray, units: Units, *, origin: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of the units as given, and intercepts for data minus an origin.

    With an origin near the data, scores are not small differences of large numbers.

    Parameters
    ----------
    weights : array, shape (problem, unit, label set, output)
        Weights of standardised units.
    intercept : array, shape (problem, label set, output)
        Intercepts of standardised units.
    units : Units
        From `standardize`, of shape (problem, unit).
    origin : array, shape (problem or 1, unit), optional
        Subtracted from the data before they are multiplied by the weights; by default
        ``units.center``.
    """
    weights = weights / units.scale[:, :, None, None]
    shift = units.remainder if origin is None else (units.center - origin) + units.remainder
    return weights, intercept - dot_one_row(shift.astype(weights.dtype), weights)


def dot_one_row(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the scores (problem, label set, output) of one row of each problem (problem, unit)."""
    product = data[:, None] @ weights.reshape(*weights.shape[:2], -1)
    return product.reshape(len(weights), *weights.shape[2:])


def constant_units(rates: np.ndarray) -> np.ndarray:
    """Return whether units are constant over rows, by the criterion of `standardize`.

    Parameters
    ----------
    rates : array of float, shape (row, ...)

    Returns
    -------
    array of bool, shape (...)
    """
    low, high = rates.min(axis=0).astype(float), rates.max(axis=0).astype(float)
    limits = np.finfo(rates.dtype)
    largest = np.maximum(np.abs(low), np.abs(high))
    return high - low <= ROUNDING * limits.eps * largest + limits.tiny
