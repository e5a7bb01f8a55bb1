"""Arguments of any array library become arrays, or one message says why they cannot."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import as_text
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded


def column_of(values: Any, where: str, n_wanted: int, what: str) -> list[Any]:
    """Return the values of a trial or unit column; missing and masked ones are None.

    Parameters
    ----------
    values : iterable
        A list, an array, or a column of pandas or xarray. Bytes are decoded as UTF-8.
    where : str
        The argument, named in errors.
    n_wanted : int
        Number of values.
    what : str
        What each value belongs to, such as ``trial``.

    Raises
    ------
    InputError
        If the values are not one for each trial or unit.
    """
    remedy = f"Give one value for each {what}."
    if _not_a_list(values):
        raise InputError(where, f"{type(values).__name__}, not a list or array.", remedy)
    with guarded(where, "list or array", remedy):
        own = getattr(values, "values", values) if hasattr(values, "dims") else values
        if not hasattr(own, "dtype"):
            # Numpy would make text of a list of numbers, names and missing values.
            own = np.fromiter(own, dtype=object)
        shape = np.shape(own)
        if len(shape) != 1:
            raise InputError(where, f"shape {shape}.", remedy)
        if shape[0] != n_wanted:
            given = f"{shape[0]} value{'' if shape[0] == 1 else 's'}"
            wanted = f"{n_wanted} {what}{'' if n_wanted == 1 else 's'}"
            raise InputError(where, f"{given} for {wanted}.", f"Give one for each {what}.")
        masked = np.ma.getmaskarray(own) if np.ma.isMaskedArray(own) else np.zeros(shape, bool)
        plain = as_text(np.asarray(own), where)
        found = [
            None if mask else _one(each, where) for each, mask in zip(plain, masked, strict=True)
        ]
        return [None if pd.isna(each) else each for each in found]


def _one(value: Any, where: str) -> Any:
    """Return a value; of arrays without dimensions, such as those of xarray, the content."""
    if isinstance(value, (list, tuple, Mapping, Set)) or getattr(value, "ndim", 0) > 0:
        raise InputError(
            where,
            f"several values in one place, such as {repr(value)[:60]}.",
            "Give one value in each place.",
        )
    return value.item() if hasattr(value, "dims") else value


def entries_of(values: Any, where: str, n_sessions: int) -> list[Any]:
    """Return the entries of an argument, one for each session.

    Parameters
    ----------
    values : iterable
        The argument.
    where : str
        Its name in errors.
    n_sessions : int
        Number of sessions.

    Raises
    ------
    InputError
        If there is no entry for each session.
    """
    remedy = "Give a list with one entry for each array in rates."
    if _not_a_list(values):
        raise InputError(where, f"{type(values).__name__} for {n_sessions} sessions.", remedy)
    listed = list(values)
    if len(listed) != n_sessions:
        given = f"{len(listed)} {'entry' if len(listed) == 1 else 'entries'}"
        sessions = f"{n_sessions} session{'' if n_sessions == 1 else 's'}"
        raise InputError(where, f"{given} for {sessions}.", remedy)
    return listed


def _not_a_list(values: Any) -> bool:
    """Return whether iteration gives no values, or not those of rows in order."""
    if isinstance(values, (str, bytes, Mapping, Set, pd.DataFrame)):
        return True
    # An array of no dimensions has the method, but cannot be iterated.
    return not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0


def numbers_of(values: Any, where: str) -> np.ndarray:
    """Return an array of real numbers; those that pandas marks as missing are NaN.

    Parameters
    ----------
    values : array_like
        Numbers or truth values, of numpy, pandas, xarray or lists.
    where : str
        The argument, named in errors.

    Raises
    ------
    InputError
        If they are not numbers, of different lengths, or masked.
    """
    if hasattr(values, "toarray"):
        raise InputError(where, "a sparse array.", "Give a dense one: rates.toarray().")
    with guarded(where, "array of numbers", "Give lists of equal lengths, or a numpy array."):
        if isinstance(values, pd.DataFrame) and _nullable(values):
            array = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            array = np.asarray(values)
    if np.ma.is_masked(values):
        n_masked = int(np.ma.getmaskarray(values).sum())
        raise InputError(
            where,
            f"{n_masked} of {array.size} values are masked.",
            "Leave them out.",
        )
    if array.dtype.kind == "b":
        return array.astype(np.int8)
    if array.dtype.kind not in "iuf":
        raise InputError(
            where,
            f"{array.dtype}, not numbers.",
            "Give real numbers, as from the method astype(float).",
        )
    return array


def _nullable(table: pd.DataFrame) -> bool:
    """Return whether columns have types with which pandas marks missing numbers."""
    return all(
        pd.api.types.is_numeric_dtype(each) and each.kind in "biuf" for each in table.dtypes
    ) and any(not isinstance(each, np.dtype) for each in table.dtypes)
