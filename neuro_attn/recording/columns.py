"""Trial columns of a Recording that a configuration names."""

import numpy as np
import xarray as xr

from neuro_attn.errors import InputError
from neuro_attn.recording.building import stored_name


def trial_column(recording: xr.Dataset, column: str, where: str) -> np.ndarray:
    """Return the values of a trial column.

    Parameters
    ----------
    recording : xarray.Dataset
        A Recording.
    column : str
        Its name in the source.
    where : str
        The key that names it, for messages.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    columns = [str(c) for c in recording.coords if recording[c].dims == ("trial",)]
    stored = stored_name(column)
    if stored not in columns:
        raise InputError(where, f"no trial column {column!r}.", f"Columns: {', '.join(columns)}.")
    return recording[stored].values


def angles(recording: xr.Dataset, column: str, where: str) -> np.ndarray:
    """Return a trial column of angles, rad; NaN where there is none.

    Parameters
    ----------
    recording, column, where
        As in `trial_column`.

    Raises
    ------
    InputError
        If the column is missing, is not numeric or contains infinite numbers.
    """
    values = trial_column(recording, column, where)
    try:
        numbers = values.astype(float)
    except ValueError:
        raise InputError(where, f"column {column!r} must contain numbers (rad).") from None
    if np.isinf(numbers).any():
        raise InputError(where, f"column {column!r} contains infinite numbers, which are no angle.")
    return numbers


def subject_of(recording: xr.Dataset) -> str:
    """Return the subject of a Recording: its attribute, or the only value of a trial column.

    The text is empty if neither states one subject.
    """
    if "subject" in recording.attrs:
        return str(recording.attrs["subject"])
    if "subject" in recording.coords and recording["subject"].dims == ("trial",):
        names = {str(name) for name in recording["subject"].values.tolist()}
        if len(names) == 1:
            return names.pop()
    return ""
