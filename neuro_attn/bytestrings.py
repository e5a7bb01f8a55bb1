"""Text that other programs store as bytes: NetCDF, HDF5, NumPy and Parquet all can."""

from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError


def as_text(values: Any, where: str) -> np.ndarray:
    """Return an array in which bytes are decoded as UTF-8; anything else stays as it is.

    Padding at the end (blanks, zero bytes) is removed: fixed-length text is filled up with it.

    Parameters
    ----------
    values : array_like
        Bytes, alone (``S`` types) or among other objects.
    where : str
        File and column, named in errors.

    Raises
    ------
    InputError
        If bytes are not UTF-8.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "SO":
        return array
    # infer_dtype looks at millions of values faster than Python does.
    kind = pd.api.types.infer_dtype(np.ravel(array), skipna=True)
    if kind not in ("bytes", "mixed", "mixed-integer"):
        return array
    decoded = np.empty(array.shape, dtype=object)
    for place, value in enumerate(np.ravel(array).tolist()):
        decoded.flat[place] = _decoded(value, place, where) if isinstance(value, bytes) else value
    return decoded


def _decoded(value: bytes, place: int, where: str) -> str:
    try:
        return value.decode("utf-8").rstrip("\0 ")
    except UnicodeDecodeError:
        raise InputError(
            where,
            f"value {place + 1}, {value[:40]!r}, is not text in UTF-8.",
            "Write the file again with its text in UTF-8.",
        ) from None


def text_columns(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return a table whose columns of bytes are text; see `as_text`."""
    made = table.copy(deep=False)
    objects = [name for name, kind in table.dtypes.items() if kind == np.dtype(object)]
    for name in objects:
        made[name] = as_text(table[name].to_numpy(), f"{where}, {name}")
    return made
