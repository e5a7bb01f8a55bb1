"""Event times, to which trials are aligned: numbers in s, on the clock of the spikes."""

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError, did_you_mean

_ENOUGH_TRIALS = 5
"""Minimum number of trials to judge the order of events."""
_GROWING = 0.9
"""Fraction of events that are later than that of the preceding row, in a list of events."""
_PACKED = 2.0
"""Ratio of the total length of all windows to the time that the events span. Above it, they are too
dense for a session."""
_MOST_NAMED = 8
"""Number of columns that a message names."""


def no_column(column: str, trials: pd.DataFrame, where: str) -> InputError:
    """Return the error for a trial column that does not exist."""
    columns = list(map(str, trials))
    remedy = f"{did_you_mean(column, columns)} Columns: {', '.join(columns)}.".strip()
    return InputError(where, f"no trial column {column!r}.", remedy)


def event_times(trials: pd.DataFrame, column: str, where: str) -> np.ndarray:
    """Return the times of an event on each trial, s; NaN if it is missing.

    Parameters
    ----------
    trials : pandas.DataFrame
        One row per trial.
    column : str
        The column of the event.
    where : str
        File and key, named in errors.

    Raises
    ------
    InputError
        If the column does not exist or does not contain numbers.
    """
    if column not in trials.columns:
        raise no_column(column, trials, where)
    values = trials[column]
    try:
        # Conversion would turn dates into numbers in another unit.
        if pd.api.types.infer_dtype(values, skipna=True) not in ("datetime64", "datetime", "date"):
            return values.to_numpy(dtype=float)
    except (TypeError, ValueError):
        pass
    given = next((repr(str(each)) for each in values if not pd.isna(each)), "nothing")
    raise InputError(
        where,
        f"column {column!r} contains no times in s but, for example, {given}.",
        f"{_candidates(trials)}Write numbers with a decimal point, in s on the clock of the "
        "spikes.",
    )


def check_on_clock(trials: pd.DataFrame, column: str, length: float, where: str) -> None:
    """Raise `InputError` if a column seems to contain durations or times from each trial's start.

    Events on the clock of a recording increase from trial to trial, and a session is longer than
    all its trials together. Values for which neither holds are an error. Reaction times, for
    example, lie within a second or two, in any order.

    Parameters
    ----------
    trials : pandas.DataFrame
        The trials that are aligned to the column, in the order of the file.
    column : str
        The column of the event.
    length : float
        Length of a trial's window, s.
    where : str
        File and key, named in errors.
    """
    events = trials[column].to_numpy(dtype=float)
    events = events[np.isfinite(events)]
    if not looks_relative(events, length):
        return
    low, high = float(events.min()), float(events.max())
    values = f"{low:g} to {high:g}, in no order" if high > low else f"{low:g} on every trial"
    raise InputError(
        where,
        f"column {column!r} contains no times on the clock of the recording: its values ({values}) "
        "look like durations, or like times from the start of each trial.",
        f"{_candidates(trials)}If {column!r} counts from the start of the trial, add the start of "
        "each trial to it in the file.",
    )


def looks_relative(events: np.ndarray, length: float) -> bool:
    """Return whether events neither increase nor leave room for windows of a length.

    Parameters
    ----------
    events : array, shape (trial,)
        Finite times in the order of the file, s.
    length : float
        Length of a trial's window, s.
    """
    if len(events) < _ENOUGH_TRIALS or (np.diff(events) > 0).mean() >= _GROWING:
        return False
    return bool(len(events) * length > _PACKED * (np.ptp(events) + length))


def event_columns(trials: pd.DataFrame) -> list[str]:
    """Return the columns whose numbers increase from trial to trial, as event times do."""
    found = []
    for name, values in trials.items():
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            continue
        steps = np.diff(values.dropna().to_numpy(dtype=float))
        # Trial numbers also increase, but in equal steps.
        if len(steps) and (steps > 0).mean() >= _GROWING and not (steps == 1).all():
            found.append(str(name))
    return found


def _candidates(trials: pd.DataFrame) -> str:
    """Return a sentence that names columns that may contain event times."""
    named = [each for each in event_columns(trials) if each != "trial_id"][:_MOST_NAMED]
    return f"Columns that may be events: {', '.join(named)}. " if named else ""
