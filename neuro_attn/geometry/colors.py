"""Colours of the items in each trial, their bins and the cued item."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.configuration import ColorColumns
from neuro_attn.geometry.conditions import membership
from neuro_attn.recording import angles as recording_angles


class Shown(NamedTuple):
    """Colours of the items in the trials of a session.

    Parameters
    ----------
    items : tuple of str
        Names of the items. If the classes have the same names, the class is the cued item.
    bins : array, shape (item, bin, trial)
        1.0 if the colour of the item is in the bin, 0.0 otherwise.
    angles : array, shape (item, trial)
        Colours, rad; NaN if the trial lacks the item.
    """

    items: tuple[str, ...]
    bins: np.ndarray
    angles: np.ndarray


Colors = dict[str, Shown]
"""Colours of the items, by session."""


def shown_colors(recording: xr.Dataset, columns: ColorColumns, name: str) -> Shown:
    """Return the colours of the items in the trials of a recording.

    Parameters
    ----------
    recording : xarray.Dataset
        A Recording.
    columns : ColorColumns
        Trial column of each item's colour, and the number of bins.
    name : str
        Name of the data set, for messages.

    Raises
    ------
    InputError
        If a colour column is missing or not numeric.
    """
    bins, angles = [], []
    for item, column in columns.items.items():
        color = recording_angles(recording, column, f"datasets.{name}.colors.items.{item}")
        absent = np.isnan(color)
        turns = np.where(absent, 0.0, color) / (2 * np.pi) % 1.0
        # The remainder of a tiny negative angle is rounded to a full turn.
        number = np.minimum(np.floor(turns * columns.bins), columns.bins - 1)
        bins.append(membership(np.where(absent, -1, number), columns.bins))
        angles.append(color)
    return Shown(tuple(columns.items), np.stack(bins), np.stack(angles))


def explained(angles: np.ndarray) -> np.ndarray:
    """Return regressors: constant, cosines and sines of the colours, shape (trial, 1 + 2 item).

    Parameters
    ----------
    angles : array, shape (item, trial)
        Colours, rad; regressors are 0 where the colour is NaN.
    """
    waves = [np.nan_to_num(wave(angles)) for wave in (np.cos, np.sin)]
    return np.concatenate([np.ones((1, angles.shape[1])), *waves]).T


def no_noise(condition: np.ndarray, angles: np.ndarray | None) -> np.ndarray:
    """Return regressors of the signal: the condition and, within each condition, the colours.

    Parameters
    ----------
    condition : array of int, shape (trial,)
        Condition of each trial.
    angles : array, shape (item, trial), optional
        Colours, rad, if the data set has them.

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
    """Return whether the classes are the items, so that the class of a trial is its cued item."""
    return set(classes) == set(items)


def cued(label: np.ndarray, classes: tuple[str, ...], items: tuple[str, ...]) -> np.ndarray:
    """Return the trials whose colours are used for each item, bool, shape (item, 1, trial).

    If the classes are the items, these are the trials in which the item is cued; otherwise all.

    Parameters
    ----------
    label : array of int, shape (trial,)
        Class of each trial.
    classes, items : tuple of str
        Names of the classes and of the items.
    """
    if not say_what_is_cued(classes, items):
        return np.ones((len(items), 1, len(label)), dtype=bool)
    return np.stack([label == classes.index(item) for item in items])[:, None]
