"""Units of all sources: selection, numbers and spike times."""

import re

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.expressions import evaluate

MOST_WHOLE = 2**53
"""Largest number up to which a float names each whole number."""


def kept_units(units: pd.DataFrame, expression: str | None, *, where: str, what: str) -> np.ndarray:
    """Return the rows of units for which an expression is true, or all rows without one.

    Parameters
    ----------
    units : pandas.DataFrame
        The columns that the expression may use, one row a unit.
    expression : str or None
        A restricted expression.
    where : str
        File and key, named in errors.
    what : str
        Word for a row in the format.

    Returns
    -------
    numpy.ndarray of int
        Rows, in order.

    Raises
    ------
    InputError
        If the expression cannot be evaluated, or is true on no row.
    """
    if expression is None:
        return np.arange(len(units))
    try:
        rows = np.flatnonzero(evaluate(expression, units, where))
    except InputError as error:
        # Errors of expressions refer to trials, which we replace by units.
        problem = error.problem.replace("no trial column", f"no column of the {what}s")
        problem = problem.replace("on every trial", f"on every {what}")
        raise InputError(error.where, problem, error.remedy) from None
    if not len(rows):
        named = [name for name in units if re.search(rf"\b{re.escape(str(name))}\b", expression)]
        there = [f"{name}: {_common(units[name])}" for name in named]
        raise InputError(
            where,
            f"{expression!r} is true on no {what}.",
            f"Values of {'; '.join(there)}." if there else "",
        )
    return rows


def _common(values: pd.Series) -> str:
    """Return the range of numbers, or the commonest values with their counts."""
    if values.dtype.kind == "f" and values.nunique() > 8:
        return f"{values.min():g} to {values.max():g}"
    counts = values.value_counts(dropna=False)
    shown = [f"{value!r} ({n})" for value, n in zip(counts.index.tolist(), counts, strict=True)]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")


def whole_numbers(values: np.ndarray, where: str) -> np.ndarray:
    """Return whole numbers of a file as int64, shape (value,).

    Parameters
    ----------
    values : array
        As the file has them; floats of whole numbers are common in files from MATLAB.
    where : str
        File and column, named in errors.

    Raises
    ------
    InputError
        If a value is not a number or not whole, or is larger than `MOST_WHOLE`.
    """
    flat = np.ravel(values)
    if flat.dtype.kind not in "biuf":
        raise InputError(where, f"contains {_typed(flat)}.", "Values must be whole numbers.")
    with np.errstate(invalid="ignore"):
        right = (flat == np.floor(flat)) & (np.abs(flat.astype(float)) <= MOST_WHOLE)
    if not right.all():
        place = int((~right).argmax())
        raise InputError(
            where, f"value {place + 1} is {flat[place]}.", "Values must be whole numbers."
        )
    return flat.astype(np.int64)


def _typed(values: np.ndarray) -> str:
    """Return the type of an array that should contain numbers."""
    return "text" if values.dtype.kind in "SU" else f"values of type {values.dtype}"


def finite_spike_times(times: np.ndarray, where: str) -> np.ndarray:
    """Return a unit's spike times in the order of the file, which `clock` checks.

    Parameters
    ----------
    times : array, shape (spike,)
        Spike times, s, in any order.
    where : str
        File and unit, named in errors.

    Returns
    -------
    numpy.ndarray of float64, shape (spike,)

    Raises
    ------
    InputError
        If a spike time is NaN or infinite.
    """
    times = np.ravel(times)
    if times.size and times.dtype.kind not in "biuf":
        raise InputError(
            where, f"the times are {_typed(times)}.", "Spike times are finite numbers, s."
        )
    times = times.astype(np.float64)
    if not (finite := np.isfinite(times)).all():
        spike = int(np.flatnonzero(~finite)[0])
        raise InputError(
            where, f"spike {spike} has the time {times[spike]}.", "Spike times are finite, s."
        )
    return times
