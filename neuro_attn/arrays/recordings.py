"""Arrays become Recordings, which are checked like those that are read from files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from neuro_attn.arrays.values import column_of, entries_of, numbers_of
from neuro_attn.errors import InputError
from neuro_attn.expressions import one_each
from neuro_attn.recording import class_name, stored_name

CALL = "cross_task"
"""The function, named in errors; see `called`."""
_ROUNDED = 9
"""Decimals of bin edges, s: the centres that a user computes have rounding errors."""
_EVEN = 1e-6
"""Tolerated difference between the widths of bins, s."""


@contextmanager
def called(function: str) -> Iterator[None]:
    """Name a function instead of `cross_task` in errors of the arguments that both have."""
    try:
        yield
    except InputError as error:
        if not error.where.startswith(CALL):
            raise
        raise error.at(function + error.where.removeprefix(CALL)) from None


class Bins(NamedTuple):
    """Time bins of equal width, s."""

    start: float
    stop: float
    width: float


class OneSession(NamedTuple):
    """The arrays of a session; except rates and names, as the user gave them."""

    name: str
    rates: np.ndarray
    label: Any
    task: Any
    region: Any
    subject: str | None
    trials: Any

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
        If the number of entries of an argument is not that of the sessions, or rates are not
        numbers.
    """
    if _is_several(rates) and not len(rates):
        raise InputError(f"{CALL}, rates", "an empty list.", "Give one array for each session.")
    found = _sessions(rates, given, session, subject, trials)
    return [each._replace(rates=numbers_of(each.rates, f"{each.where}, rates")) for each in found]


def _sessions(
    rates: Any, given: Mapping[str, Any], session: Any, subject: Any, trials: Any
) -> list[OneSession]:
    """Return the arguments of each session."""
    if not _is_several(rates):
        alone = {**given, "region": "all units" if given["region"] is None else given["region"]}
        name, animal, table = (
            entries_of(each, f"{CALL}, {key}", 1)[0] if isinstance(each, (list, tuple)) else each
            for key, each in (("session", session), ("subject", subject), ("trials", trials))
        )
        name = "session01" if name is None else str(name)
        return [OneSession(name, rates, **alone, subject=_text(animal), trials=table)]
    n_sessions = len(rates)
    region = given["region"] if given["region"] is not None else "all units"
    numbered = [f"session{n:02d}" for n in range(1, n_sessions + 1)]
    columns = {
        "session": numbered if session is None else session,
        "label": given["label"],
        "task": given["task"],
        "region": [region] * n_sessions if isinstance(region, str) else region,
        "subject": [subject] * n_sessions if _is_one(subject) else subject,
        "trials": [None] * n_sessions if trials is None else trials,
    }
    _check_flat_regions(rates, region)
    listed = {
        name: entries_of(values, f"{CALL}, {name}", n_sessions) for name, values in columns.items()
    }
    return [
        OneSession(str(name), each, label, task, area, _text(animal), table)
        for each, name, label, task, area, animal, table in zip(
            rates, *listed.values(), strict=True
        )
    ]


def _is_several(rates: Any) -> bool:
    """Return whether rates are a list of arrays, each of trials, units and possibly times."""
    listed = isinstance(rates, (list, tuple)) or (
        # Numpy makes an array of objects of sessions with different numbers of trials.
        isinstance(rates, np.ndarray) and rates.dtype == object and rates.ndim == 1
    )
    return listed and all(getattr(each, "ndim", 0) > 1 for each in rates)


def _check_flat_regions(rates: Any, region: Any) -> None:
    """Raise `InputError` if names could be the regions of units as well as of sessions."""
    named = isinstance(region, (list, tuple, np.ndarray, pd.Series)) and all(
        isinstance(each, str) for each in region
    )
    if named and len(set(region)) > 1 and {each.shape[1] for each in rates} == {len(rates)}:
        raise InputError(
            f"{CALL}, region",
            f"{len(region)} names for {len(rates)} sessions of {len(rates)} units each.",
            "Give a list with the regions of the units for each session.",
        )


def _is_one(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _text(value: Any) -> str | None:
    """Return a name; None if it is missing, as NaN in a table is."""
    return class_name(value) or None


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
    centres = numbers_of(times, where).astype(float)
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
    rates = session.rates
    given = rates.shape
    if rates.ndim == 2:
        rates = rates[:, :, None]
    n_bins = round((bins.stop - bins.start) / bins.width)
    if rates.ndim != 3 or rates.shape[2] != n_bins or 0 in rates.shape:
        raise InputError(
            f"{session.where}, rates",
            f"shape {given}.",
            f"Rates have the shape (trial, unit{', time' if n_bins > 1 else ''}), with one or "
            f"more trials and units{f' and {n_bins} times' if n_bins > 1 else ''}.",
        )
    n_trials, n_units = rates.shape[:2]
    table = _trial_table(session, n_trials)
    region = session.region
    if not isinstance(region, str):
        region = column_of(region, f"{session.where}, region", n_units, "unit")
    named = [region] * n_units if isinstance(region, str) else list(map(class_name, region))
    if not any(map(str.strip, named)):
        raise InputError(
            f"{session.where}, region",
            f"{_n(n_units, 'unit', 'units')} without a region.",
            "Give names, or leave the session out.",
        )
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
            **{
                stored_name(str(name)): ("trial", values.to_numpy())
                for name, values in table.items()
            },
        },
        attrs={"session": session.name},
    )
    if session.subject is not None:
        recording.attrs["subject"] = session.subject
    return recording


def _trial_table(session: OneSession, n_trials: int) -> pd.DataFrame:
    """Return the trials with their number, task, label and further columns."""
    columns = {
        name: column_of(values, f"{session.where}, {name}", n_trials, "trial")
        for name, values in (("task", session.task), ("label", session.label))
    }
    own = pd.DataFrame(
        {
            "trial_id": np.arange(n_trials),
            "task": pd.Series(list(map(class_name, columns["task"])), dtype=object),
            # With a type, pandas does not make floats of whole numbers among missing ones.
            "label": pd.Series(columns["label"], dtype=object),
        }
    )
    if session.trials is None:
        return own
    return own.join(_further(session.trials, own, f"{session.where}, trials"))


def _further(trials: Any, own: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the user's columns of the trials, without those of `own`."""
    if not isinstance(trials, pd.DataFrame):
        raise InputError(
            where, f"{type(trials).__name__}, not a table.", "Give a pandas.DataFrame."
        )
    if len(trials) != len(own):
        raise InputError(
            where,
            f"{_n(len(trials), 'row', 'rows')} for {_n(len(own), 'trial', 'trials')}.",
            "Give one row for each trial.",
        )
    more = trials.reset_index(drop=True)
    names = [str(each) for each in more.columns]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise InputError(where, f"two columns are named {repeated[0]!r}.", "Rename one of them.")
    for name, values in more.items():
        if values.dtype == object:
            one_each(values, f"{where}, {name}")
    more.columns = pd.Index(names, dtype=object)
    return more.drop(columns=[column for column in own if column in more])


def _n(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
