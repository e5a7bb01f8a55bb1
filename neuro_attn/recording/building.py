"""Recordings are built from arrays and tables."""

import json

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import __version__, budget
from neuro_attn.configuration import AnyDataset, Time
from neuro_attn.errors import InputError
from neuro_attn.recording.contract import check

_OWN_NAMES = frozenset({"time", "session", "region", "unit_id", "rates"})
"""Coordinates of a Recording that are not on the trial dimension."""
_LARGEST = 1e30
"""Largest rate, of which many can be summed in single precision."""
_LEVELS = 16
"""Number of levels between the smallest and largest rate below which rounding is measured."""
_LOST = 0.1
"""Tolerated mean rounding error, as a fraction of the mean deviation of the rates."""


def build(
    rates: np.ndarray,
    trials: pd.DataFrame,
    units: pd.DataFrame,
    name: str,
    session: str,
    dataset: AnyDataset,
    provenance: dict,
    units_of_rates: str = "spikes/s",
) -> xr.Dataset:
    """Build a Recording from arrays and tables, and check it.

    Parameters
    ----------
    rates : array, shape (trial, unit, time)
        Firing rates in the bins of ``dataset.time``.
    trials, units : pandas.DataFrame
        Rows as in `rates`; `trials` from `assign_tasks`.
    name, session : str
        Names of data set and session.
    dataset : settings of a data set
        Stored as an attribute, with `provenance`.
    provenance : dict
        Origin of the data.
    units_of_rates : str
        "spikes/s", or "a.u." for networks.

    Returns
    -------
    xarray.Dataset
    """
    origin = str(provenance.get("origin", session))
    stored = _in_single_precision(rates, units, origin)
    recording = xr.Dataset(
        {"rates": (("trial", "unit", "time"), stored)},
        coords=_coordinates(trials, units, session, dataset.time, origin),
        attrs={
            "dataset": name,
            "session": session,
            "software": f"neuro-attn {__version__}",
            "settings": json.dumps(dataset.model_dump(mode="json"), sort_keys=True),
            # NetCDF cannot store the NUL characters that descriptions of files may contain.
            **{
                k: v if isinstance(v, int) else str(v).replace("\0", "")
                for k, v in provenance.items()
            },
        },
    )
    recording["rates"].attrs.update(units=units_of_rates, long_name="firing rate")
    check(recording, origin)
    return recording


def _coordinates(
    trials: pd.DataFrame, units: pd.DataFrame, session: str, time: Time, origin: str
) -> dict:
    """Return the bins, and all columns of the trials and units, as coordinates."""
    coordinates: dict = {
        "time": (
            "time",
            time.centres,
            {"units": "s", "long_name": "time from event", "bin_width": time.bin},
        ),
        "session": ("unit", np.full(len(units), session, dtype=object)),
    }
    for column in trials.columns:
        coordinates[stored_name(str(column))] = ("trial", _storable(trials[column], origin))
    for column in units.columns:
        key = str(column) if column in ("unit_id", "region") else f"unit_{column}"
        coordinates[key] = ("unit", _storable(units[column], origin))
    return coordinates


def stored_name(column: str) -> str:
    """Return the name of a trial column in a Recording.

    A column whose name another part of a Recording uses, such as ``session``, gets the prefix
    ``trial_``.
    """
    return f"trial_{column}" if column in _OWN_NAMES else column


def _in_single_precision(rates: np.ndarray, units: pd.DataFrame, origin: str) -> np.ndarray:
    """Return rates as float32; a unit whose rates are too large or too similar is an error."""
    if not rates.size:
        return np.asarray(rates, np.float32)
    low, high = rates.min(axis=(0, 2)), rates.max(axis=(0, 2))
    for unit, (least, most) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        if remedy := _remedy(rates[:, unit], least, most):
            raise InputError(
                f"{origin}, unit {units['unit_id'].tolist()[unit]}",
                f"its rates lie between {least!r} and {most!r}, and single precision, in which we "
                "compute, cannot resolve them.",
                remedy,
            )
    return np.asarray(rates, np.float32)


def _remedy(rates: np.ndarray, least: float, most: float) -> str:
    """Return how to make the rates of a unit fit for single precision; empty if they are."""
    largest = max(abs(least), abs(most))
    if largest > _LARGEST:
        return "Divide the rates of all units by a constant."
    if 0 < most - least <= np.finfo(np.float32).tiny:
        return "Multiply the rates of all units by a constant."
    # Most units need no further look, which would take time.
    if most > least and np.spacing(np.float32(largest)) * _LEVELS > most - least:
        errors = np.abs(np.asarray(rates, np.float32) - rates.astype(float)).mean()
        if errors > _LOST * np.abs(rates - rates.mean()).mean():
            return "Subtract the offset from the rates."
    return ""


def _storable(column: pd.Series, origin: str) -> np.ndarray:
    """Return a column as numbers or text that NetCDF can store."""
    if pd.api.types.is_bool_dtype(column):
        if column.hasnans:
            return column.to_numpy(dtype=np.float32, na_value=np.nan)
        return column.to_numpy(dtype=np.int8)
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy()
    # NetCDF cannot mark missing text, which becomes empty text.
    made = np.empty(len(column), dtype=object)
    # Rows may share a text, but pandas and xarray copy it for each row.
    made[:] = ["" if pd.isna(value) else str(value) for value in column]
    length = sum(map(len, made))
    budget.need(3 * length, f"{origin}, {column.name}", f"text of {length:,} characters")
    return made
