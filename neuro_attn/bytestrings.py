"""Conversion of values that other programs store as bytes, padded text or durations."""

from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.guard import guarded

MANY = 50
"""Number of converted columns from which a table is copied, so that pandas stores it compactly."""


def as_text(values: Any, where: str) -> np.ndarray:
    """Return an array with bytes decoded as UTF-8 and text stripped of blanks at its ends.

    Fixed-length text is padded with blanks or zero bytes, and a blank after a name in a table is
    invisible: "left " would be another class than "left". Other values are unchanged.

    Parameters
    ----------
    values : array_like
        Text or bytes, alone (``U`` and ``S`` types) or among other objects.
    where : str
        File and column, named in errors.

    Raises
    ------
    InputError
        If bytes are not UTF-8.
    """
    array = np.asarray(values)
    if array.dtype.kind == "U":
        return np.strings.strip(array)
    if array.dtype.kind not in "SO":
        return array
    # infer_dtype classifies millions of values faster than a Python loop.
    kind = pd.api.types.infer_dtype(np.ravel(array), skipna=True)
    if kind not in ("bytes", "string", "mixed", "mixed-integer"):
        return array
    if kind == "string":
        # Millions of spikes have the names of few units and sessions.
        codes, names = pd.factorize(np.ravel(array))
        stripped = [each.strip() for each in names]
        if stripped == names.tolist():
            return array
        # Missing values have the code -1.
        return np.array([*stripped, None], dtype=object)[codes].reshape(array.shape)
    decoded = np.empty(array.shape, dtype=object)
    for place, value in enumerate(np.ravel(array).tolist()):
        text = _decoded(value, place, where) if isinstance(value, bytes) else value
        decoded.flat[place] = text.strip() if isinstance(text, str) else text
    return decoded


def _decoded(value: bytes, place: int, where: str) -> str:
    try:
        return value.decode("utf-8").rstrip("\0 ")
    except UnicodeDecodeError:
        raise InputError(
            where,
            f"value {place + 1}, {value[:40]!r}, is not text in UTF-8.",
            "Rewrite the file with its text in UTF-8.",
        ) from None


def text_columns(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return a table with every column converted to the form shared by all sources.

    Bytes and text are converted by `as_text`, and durations to seconds. Boolean columns with
    missing values get pandas' type "boolean", so that a class has the same name in all sessions.
    """
    made = table.copy(deep=False)
    converted = [
        name
        for name, dtype in table.dtypes.items()
        if not isinstance(dtype, np.dtype) or dtype.kind in "Omc"
    ]
    for name in converted:
        with guarded(f"{where}, {name}", "column"):
            made[name] = _plain(table[name], f"{where}, {name}")
    # pandas warns when columns are added to a table that was built column by column.
    return made.copy() if len(converted) > MANY else made


def _plain(column: pd.Series, where: str) -> pd.Series:
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return column / pd.Timedelta(seconds=1)
    if isinstance(column.dtype, pd.StringDtype):
        return column.str.strip()
    if column.dtype.kind == "c":
        # No code expects complex numbers. As text they are complete and not taken for numbers.
        return column.map(str).astype(object)
    if column.dtype != object:
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "boolean":
        return column.astype("boolean") if column.isna().any() else column.astype(bool)
    if kind == "timedelta":
        return pd.to_timedelta(column) / pd.Timedelta(seconds=1)
    # With a type, pandas does not guess one.
    return pd.Series(as_text(column.to_numpy(), where), column.index, dtype=object)
