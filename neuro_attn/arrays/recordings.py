"""Arrays become Recordings, which are checked like those that are read from files."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from neuro_attn.errors import InputError

CALL = "cross_task"
"""The function, named in errors."""
_ROUNDED = 9
"""Decimals of bin edges, s: the centres that a user computes have rounding errors."""
_EVEN = 1e-6
"""Tolerated difference between the widths of bins, s."""


class Bins(NamedTuple):
    """Time bins of equal width, s."""

    start: float
    stop: float
    width: float


class OneSession(NamedTuple):
    """The arrays of a session, as the user gave them."""

    name: str
    rates: ArrayLike
    label: Sequence[Any]
    task: Sequence[Any]
    region: str | Sequence[Any]
    subject: str | None
    trials: pd.DataFrame | None

    @property
    def where(self) -> str:
        """Where these arrays come from, for messages."""
        return f"{CALL}, session {self.name!r}"


def sessions_of(
    rates: Any, given: Mapping[str, Any], *, session: Any, subject: Any, trials: Any
) -> list[OneSession]:
    """Return the arrays of each session.

    Parameters
    ----------
    rates : array or sequence of array
        Rates of one session, or of several.
    given : mapping
        ``label``, ``task`` and ``region`` of that session, or a sequence with those of each.
    session, subject, trials
        The same for names, subjects and tables of trials; None if they are not given.

    Raises
    ------
    InputError
        If the number of entries of an argument is not that of the sessions.
    """
    if not _is_several(rates):
        alone = {**given, "region": "all units" if given["region"] is None else given["region"]}
        name = "session01" if session is None else str(session)
        return [OneSession(name, rates, **alone, subject=_text(subject), trials=trials)]
    n_sessions = len(rates)
    region = given["region"] if given["region"] is not None else "all units"
    columns = {
        "session": [f"session{n:02d}" for n in range(1, n_sessions + 1)]
        if session is None
        else [str(each) for each in session],
        "label": given["label"],
        "task": given["task"],
        "region": [region] * n_sessions if isinstance(region, str) else region,
        "subject": [_text(subject)] * n_sessions
        if subject is None or isinstance(subject, str)
        else [_text(each) for each in subject],
        "trials": [None] * n_sessions if trials is None else trials,
    }
    for name, values in columns.items():
        if len(values) != n_sessions:
            raise InputError(
                f"{CALL}, {name}",
                f"{_n(len(values), 'entry', 'entries')} for {n_sessions} sessions.",
                "Give a list with one entry for each array in rates.",
            )
    return [
        OneSession(name, each, label, task, area, animal, table)
        for each, name, label, task, area, animal, table in zip(
            rates, *columns.values(), strict=True
        )
    ]


def _is_several(rates: Any) -> bool:
    """Return whether rates are a list of arrays, each of trials, units and possibly times."""
    return isinstance(rates, (list, tuple)) and all(getattr(each, "ndim", 0) > 1 for each in rates)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def bins_of(times: ArrayLike | None, n_dimensions: int) -> Bins:
    """Return the bins with these centres; one bin from 0 to 1 s for rates without time.

    Raises
    ------
    InputError
        If there are times and no axis of time or the reverse, or if bins differ in width.
    """
    where = f"{CALL}, times"
    if n_dimensions < 3:
        if times is not None:
            raise InputError(
                where,
                "rates have no axis of time.",
                "Give rates of shape (trial, unit, time), or no times.",
            )
        return Bins(0.0, 1.0, 1.0)
    if times is None:
        raise InputError(
            where,
            "rates have an axis of time, but the times are missing.",
            "Give the centre of each bin in s, or rates of shape (trial, unit).",
        )
    centres = np.asarray(times, float)
    if centres.ndim != 1 or len(centres) < 2 or not np.isfinite(centres).all():
        raise InputError(
            where,
            f"{centres.size} times of shape {centres.shape}.",
            "Give the centres of two or more bins, in s.",
        )
    widths = np.diff(centres)
    width = float(widths.mean())
    if width <= 0 or np.ptp(widths) > _EVEN:
        raise InputError(
            where,
            f"bins of {widths.min():g} to {widths.max():g} s.",
            "Bins must have one width and be in order.",
        )
    width = round(width, _ROUNDED)
    start = round(float(centres[0]) - width / 2, _ROUNDED)
    return Bins(start, round(start + width * len(centres), _ROUNDED), width)


def recording_of(session: OneSession, bins: Bins, units: str) -> xr.Dataset:
    """Return a session as a Recording, to which the settings are not yet applied.

    Parameters
    ----------
    session : OneSession
        Its arrays.
    bins : Bins
        The bins of all sessions.
    units : str
        Unit of the rates.

    Raises
    ------
    InputError
        If arrays have other shapes than the rates.
    """
    rates = np.asarray(session.rates)
    if rates.ndim == 2:
        rates = rates[:, :, None]
    n_bins = round((bins.stop - bins.start) / bins.width)
    if rates.ndim != 3 or rates.shape[2] != n_bins or 0 in rates.shape:
        raise InputError(
            f"{session.where}, rates",
            f"shape {np.shape(session.rates)}.",
            f"Rates have the shape (trial, unit{', time' if n_bins > 1 else ''}), with one or "
            f"more trials and units{f' and {n_bins} times' if n_bins > 1 else ''}.",
        )
    if rates.dtype.kind not in "iufb":
        raise InputError(f"{session.where}, rates", f"{rates.dtype}, not numbers.")
    n_trials, n_units = rates.shape[:2]
    table = _trial_table(session, n_trials)
    region = session.region
    named = [region] * n_units if isinstance(region, str) else [str(each) for each in region]
    _check_length(session, "region", len(named), n_units, "unit")
    recording = xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates, {"units": units})},
        coords={
            "unit_id": ("unit", [str(number) for number in range(n_units)]),
            "region": ("unit", np.array(named, object)),
            "session": ("unit", np.full(n_units, session.name, object)),
            "time": (
                "time",
                bins.start + bins.width * (np.arange(n_bins) + 0.5),
                {"bin_width": bins.width},
            ),
            **{str(name): ("trial", values.to_numpy()) for name, values in table.items()},
        },
        attrs={"session": session.name},
    )
    if session.subject is not None:
        recording.attrs["subject"] = session.subject
    return recording


def _trial_table(session: OneSession, n_trials: int) -> pd.DataFrame:
    """Return the trials with their number, task, label and further columns."""
    # A list becomes a series: an array would make text of NaN among names.
    columns = {"task": list(session.task), "label": list(session.label)}
    for name, values in columns.items():
        _check_length(session, name, len(values), n_trials, "trial")
    own = pd.DataFrame(
        {"trial_id": np.arange(n_trials), **{k: pd.Series(v) for k, v in columns.items()}}
    )
    own["task"] = ["" if pd.isna(each) else str(each) for each in own["task"]]
    if session.trials is None:
        return own
    more = session.trials.reset_index(drop=True)
    _check_length(session, "trials", len(more), n_trials, "trial")
    return own.join(more.drop(columns=[column for column in own if column in more]))


def _check_length(session: OneSession, name: str, n: int, n_wanted: int, what: str) -> None:
    if n != n_wanted:
        raise InputError(
            f"{session.where}, {name}",
            f"{_n(n, 'value', 'values')} for {_n(n_wanted, what, f'{what}s')}.",
            f"Give one for each {what}.",
        )


def _n(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
