"""Checks that a data set keeps the contract of a Recording."""

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.errors import InputError
from neuro_attn.files import as_filename
from neuro_attn.guard import guarded

_DIMENSIONS = {
    "trial_id": "trial",
    "task": "trial",
    "label": "trial",
    "unit_id": "unit",
    "region": "unit",
    "session": "unit",
    "time": "time",
}
"""Required coordinates, and the dimension of each."""


def check(recording: xr.Dataset, origin: str) -> None:
    """Raise `InputError` if a data set breaks the contract of a Recording.

    Parameters
    ----------
    recording : xarray.Dataset
        The data set.
    origin : str
        The file or data set, named in errors.
    """
    _check_dimensions(recording, origin)
    for name in ("trial_id", "unit_id"):
        with guarded(f"{origin}, {name}", "column"):
            values = pd.Index(recording[name].values)
            if values.has_duplicates:
                repeated = values[values.duplicated()].tolist()[0]
                raise InputError(origin, f"{name} {repeated!r} is used more than once.")
    _check_text(recording, origin)
    for name in ("region", "session"):
        with guarded(f"{origin}, {name}", "column"):
            for value in dict.fromkeys(recording[name].values.tolist()):
                as_filename(str(value), f"{origin}, {name}")
    _check_rates(recording, origin)


def _check_dimensions(recording: xr.Dataset, origin: str) -> None:
    if "rates" not in recording or recording["rates"].dims != ("trial", "unit", "time"):
        found = ", ".join(f"{k}{v.dims}" for k, v in recording.data_vars.items()) or "none"
        raise InputError(
            origin, "no variable rates with dimensions trial, unit, time.", f"Variables: {found}."
        )
    if recording["rates"].dtype.kind not in "iuf":
        raise InputError(f"{origin}, rates", f"{recording['rates'].dtype}, not numbers.")
    for name, dimension in _DIMENSIONS.items():
        if name not in recording.coords or recording[name].dims != (dimension,):
            raise InputError(origin, f"no coordinate {name} on {dimension}.")


def _check_text(recording: xr.Dataset, origin: str) -> None:
    for key, coordinate in recording.coords.items():
        if coordinate.dtype != object:
            continue
        for value in coordinate.values.tolist():
            if isinstance(value, str) and "\0" in value:
                raise InputError(
                    f"{origin}, {key}",
                    f"{value!r} contains a NUL character, which NetCDF files cannot store.",
                    "Remove the character from the file.",
                )


def _check_rates(recording: xr.Dataset, origin: str) -> None:
    rates = recording["rates"].values
    if not (finite := np.isfinite(rates)).all():
        trial, unit, time = (int(where[0]) for where in np.nonzero(~finite))
        raise InputError(
            f"{origin}, rates",
            f"{rates[trial, unit, time]} at "
            f"trial {recording['trial_id'].values.tolist()[trial]!r}, "
            f"unit {recording['unit_id'].values.tolist()[unit]!r}, "
            f"time {recording['time'].values[time]:g} s.",
            "Rates must be finite.",
        )
    if str(recording["rates"].attrs.get("units")) == "spikes/s" and (rates < 0).any():
        raise InputError(
            f"{origin}, rates",
            "negative firing rates.",
            "If these are z-scores or another signal, set units: a.u. in NetCDF, or values: other "
            "in other sources.",
        )
