"""The colours of the items: which trials are in which bin, and which item is cued."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.configuration import ColorColumns
from neuro_attn.errors import InputError
from neuro_attn.geometry.conditions import membership


class Shown(NamedTuple):
    """What is seen in the trials of a session.

    Parameters
    ----------
    items : tuple of str
        Names of the items; where the classes have these names, they say what is cued.
    bins : array, shape (item, bin, trial)
        Which trials are in which colour bin: 1.0 or 0.0.
    angles : array, shape (item, trial)
        The colours, rad; NaN where there is no item.
    """

    items: tuple[str, ...]
    bins: np.ndarray
    angles: np.ndarray


Colors = dict[str, Shown]
"""What is seen, by session."""


def shown_colors(recording: xr.Dataset, columns: ColorColumns, name: str) -> Shown:
    """Return the colours of a recording's trials.

    Raises
    ------
    InputError
        If a colour column is missing or holds no numbers.
    """
    bins, angles = [], []
    for item, column in columns.items.items():
        where = f"datasets.{name}.colors.items.{item}"
        if column not in recording.coords or recording[column].dims != ("trial",):
            found = ", ".join(str(c) for c in recording.coords if recording[c].dims == ("trial",))
            raise InputError(where, f"no trial column {column!r}.", f"Columns: {found}.")
        try:
            color = recording[column].values.astype(float)
        except ValueError:
            raise InputError(where, f"column {column!r} holds no colours in rad.") from None
        absent = np.isnan(color)
        turns = np.where(absent, 0.0, color) / (2 * np.pi) % 1.0
        # The remainder of a tiny negative angle rounds to a whole turn.
        number = np.minimum(np.floor(turns * columns.bins), columns.bins - 1)
        bins.append(membership(np.where(absent, -1, number), columns.bins))
        angles.append(color)
    return Shown(tuple(columns.items), np.stack(bins), np.stack(angles))


def explained(angles: np.ndarray) -> np.ndarray:
    """Return regressors for the mean and the colours, shape (trial, 1 + 2 item)."""
    waves = [np.nan_to_num(wave(angles)) for wave in (np.cos, np.sin)]
    return np.concatenate([np.ones((1, angles.shape[1])), *waves]).T


def no_noise(condition: np.ndarray, angles: np.ndarray | None) -> np.ndarray:
    """Return regressors for what is no noise: the condition and, within it, the colours.

    Parameters
    ----------
    condition : array of int, shape (trial,)
        Condition of each trial.
    angles : array, shape (item, trial), optional
        The colours, where they are known.

    Returns
    -------
    numpy.ndarray, shape (trial, regressor)
    """
    of_condition = membership(condition, int(condition.max()) + 1).T
    if angles is None:
        return of_condition
    regressors = of_condition[:, :, None] * explained(angles)[:, None]
    return regressors.reshape(len(condition), -1)


def say_what_is_cued(classes: Collection[str], items: Collection[str]) -> bool:
    """Return whether the classes have the names of the items."""
    return set(classes) == set(items)


def cued(label: np.ndarray, classes: tuple[str, ...], items: tuple[str, ...]) -> np.ndarray:
    """Return on which trials each item counts, bool, (item, 1, trial).

    Where the classes have the names of the items, on trials that cue it; else on all trials.
    """
    if not say_what_is_cued(classes, items):
        return np.ones((len(items), 1, len(label)), dtype=bool)
    return np.stack([label == classes.index(item) for item in items])[:, None]
