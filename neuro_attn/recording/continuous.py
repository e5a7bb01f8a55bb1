"""Values of a continuous label: numbers, and angles of one turn in rad."""

import numpy as np
import pandas as pd

from neuro_attn.configuration import AnyDataset
from neuro_attn.errors import InputError

LABEL_VALUE = "label_value"
"""Coordinate of a Recording with the value of a continuous label on every trial."""
TURN = 2 * np.pi
_ROUNDING = 1e-6
"""Tolerated excess of angles over one turn, as a fraction; float32 needs some."""
_DEGREES = np.pi / 180


def label_values(
    trials: pd.DataFrame, used: np.ndarray, dataset: AnyDataset, where: str
) -> np.ndarray:
    """Return the value of a continuous label on every trial, (trial,); NaN where there is none.

    Parameters
    ----------
    trials : pandas.DataFrame
        The trials of a session.
    used : array of bool, shape (trial,)
        Trials of a task, whose values are checked.
    dataset : settings of a data set
        Its label.
    where : str
        File and key, named in errors.

    Raises
    ------
    InputError
        If values are no numbers, are infinite or all the same, or angles exceed one turn.
    """
    column, kind = dataset.label_column, dataset.label_kind
    given = trials[column].infer_objects()  # numbers among missing ones may have no type
    is_truth = pd.api.types.is_bool_dtype(given)
    if is_truth or not pd.api.types.is_numeric_dtype(given):
        shown = "true and false" if is_truth else "text or other values"
        raise InputError(
            where,
            f"column {column!r} contains {shown}; kind: {kind} needs a number on each trial.",
            f"To decode its values as classes, write label: {column}.",
        )
    values = given.to_numpy(float, na_value=np.nan)
    present = values[used & ~np.isnan(values)]
    if np.isinf(present).any():
        raise InputError(
            where, f"column {column!r} contains infinite values.", "Leave such trials out of tasks."
        )
    if not len(present):
        return values
    low, high = present.min(), present.max()
    # A session of one or two trials is left out for other reasons.
    if low == high and len(present) > 2:
        raise InputError(
            where,
            f"column {column!r} is {low:g} on every trial of the tasks, so there is nothing to "
            "decode.",
        )
    if kind == "circular" and high - low > TURN * (1 + _ROUNDING):
        remedy = f'{column} % {TURN:.10g}"}}, which wraps angles of several turns'
        if high - low > 2 * TURN:
            remedy = f'{column} * {_DEGREES:.10g}"}}, which converts degrees'
        raise InputError(
            where,
            f"column {column!r} reaches from {low:g} to {high:g}, more than one turn; angles are "
            "in rad, such as 0 to 6.283.",
            f'Compute a column: columns: {{{column}_rad: "{remedy}. Then write label: {{column: '
            f"{column}_rad, kind: circular}}.",
        )
    return values
