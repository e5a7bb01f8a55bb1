"""Nuisance variables: their values on trials, as levels and as regressors.

Neither form supposes that rates or labels depend on a variable linearly or monotonically. Text and
numbers with few values keep their values. Other numbers are divided at quantiles into levels, and
expanded in cubic splines as regressors.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import MEAN_RATE, TRIAL_NUMBER
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.recording import trial_column
from neuro_attn.solver import constant_units

MOST_VALUES = 4
"""Numbers with more values are divided at quantiles, into this many levels at most."""
DEGREE, MOST_FREEDOM = 3, 6
"""Degree of the splines, and their degrees of freedom: with 6, knots lie at the quartiles."""
TRIALS_A_DEGREE = 10
"""Training trials that a regression of rates on splines needs for each degree of freedom."""


class Levels(NamedTuple):
    """A nuisance variable as a few levels.

    Parameters
    ----------
    names : tuple of str
        The levels.
    of_session : dict of str to array of int, shape (trial,)
        Number of the level of every trial of a session, -1 where it has no value.
    divided : bool
        Whether a level has trials of different values.
    """

    names: tuple[str, ...]
    of_session: dict[str, np.ndarray]
    divided: bool = False


def values_by_session(
    recordings: Sequence[xr.Dataset], members: Sequence[Population], variable: str, where: str
) -> dict[str, np.ndarray]:
    """Return a nuisance variable on the trials of each session; NaN or "" where it is missing.

    Parameters
    ----------
    recordings : sequence of xarray.Dataset
        All sessions.
    members : sequence of Population
        Of a region.
    variable : str
        A trial column, ``trial_number`` or ``mean_rate``.
    where : str
        The key that names it, for messages.

    Returns
    -------
    dict of str to array
        Shape (trial,), or (trial, bin) for the mean rate over units in every bin and window.

    Raises
    ------
    InputError
        If there is no such trial column.
    """
    parts = [part for member in members for part in member.parts]
    if variable == TRIAL_NUMBER:
        return {part.session: np.argsort(part.in_time).astype(float) for part in parts}
    if variable == MEAN_RATE:
        return {part.session: part.rates.mean(axis=1) for part in parts}
    sessions = {part.session for part in parts}
    found = {
        recording.attrs["session"]: trial_column(recording, variable, where)
        for recording in recordings
        if recording.attrs["session"] in sessions
    }
    kinds = {each.dtype.kind for each in found.values()}
    if len(kinds) > 1 and kinds <= set("iuf"):
        # Missing numbers turn a session's whole numbers into floating-point numbers: 1 is 1.0.
        return {session: each.astype(float) for session, each in found.items()}
    return found


class Naming(NamedTuple):
    """The levels of a variable, which all regions share because they are compared.

    Parameters
    ----------
    names : tuple of str
        The levels.
    n_quantiles : int
        How many quantiles they are, or 0 if they are the values.
    """

    names: tuple[str, ...]
    n_quantiles: int


def levels(
    members: Mapping[str, Sequence[Population]],
    values: Mapping[str, Mapping[str, np.ndarray]],
    *,
    folds: int,
) -> dict[str, Levels]:
    """Return a nuisance variable as levels: its values or, for numbers with many, quantiles.

    All regions have the same levels, because they are compared. Quantiles are those of each session
    and task, so all levels have about as many trials. There are four, or fewer if more sessions
    then have enough trials of each for the folds.

    Parameters
    ----------
    members : mapping of str to sequence of Population
        By region.
    values : mapping of str to mapping of str to array, shape (trial,) or (trial, bin)
        By region, from `values_by_session`; the mean over time bins counts.
    folds : int
        Trials that a session needs of every level.

    Returns
    -------
    dict of str to Levels
        By region.
    """
    flat = {region: over_bins(members[region], found) for region, found in values.items()}
    shared = naming(members, flat, folds=folds)
    return {region: in_levels(members[region], flat[region], shared) for region in members}


def over_bins(
    members: Sequence[Population], values: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return one value for each trial: the mean over time bins, where a variable has several."""
    n_times = len(members[0].times)
    return {
        session: each if each.ndim == 1 else each[:, :n_times].mean(1)
        for session, each in values.items()
    }


def naming(
    members: Mapping[str, Sequence[Population]],
    values: Mapping[str, Mapping[str, np.ndarray]],
    *,
    folds: int,
) -> Naming:
    """Return the levels that all regions share; arguments as in `levels`, values `over_bins`.

    Populations need no rates.
    """
    names = distinct_values([each for of_region in values.values() for each in of_region.values()])
    if names is not None:
        return Naming(names, 0)

    def suitability(n_levels: int) -> tuple[int, int]:
        complete = 0
        for region, found in members.items():
            numbers = _quantiles(found, values[region], n_levels)
            complete += sum(
                _fewest(numbers[part.session], part, n_levels) >= folds
                for member in found
                for part in member.parts
            )
        return complete, n_levels if complete else -n_levels

    n_levels = max(range(2, MOST_VALUES + 1), key=suitability)
    names = tuple(f"quantile {number + 1} of {n_levels}" for number in range(n_levels))
    return Naming(names, n_levels)


def in_levels(
    members: Sequence[Population], values: Mapping[str, np.ndarray], shared: Naming
) -> Levels:
    """Return the levels of the trials of a region, from its values `over_bins`."""
    if shared.n_quantiles:
        found = _quantiles(members, values, shared.n_quantiles)
        return Levels(shared.names, found, divided=True)
    return Levels(shared.names, {s: _numbered(each, shared.names) for s, each in values.items()})


def _quantiles(
    members: Sequence[Population], values: Mapping[str, np.ndarray], n_levels: int
) -> dict[str, np.ndarray]:
    """Return the quantile of every trial of each session."""
    return {
        part.session: _by_quantiles(values[part.session], part.task, n_levels)
        for member in members
        for part in member.parts
    }


def distinct_values(values: Sequence[np.ndarray]) -> tuple[str, ...] | None:
    """Return the values of a variable as text, or None for numbers with more than a few."""
    together = np.concatenate(values)
    if together.dtype.kind in "biuf":
        together = together[np.isfinite(together.astype(float))]
        # One value that is rounded differently in different trials does not vary.
        if len(together) and constant_units(together.astype(float)):
            return (str(together[0]),)
        if len(np.unique(together)) > MOST_VALUES:
            return None
    found = np.unique(together.astype(str))
    return tuple(found[found != ""].tolist())


def _by_quantiles(values: np.ndarray, task: np.ndarray, n_levels: int) -> np.ndarray:
    """Return the level of every trial among those of its task, -1 where there is no value."""
    level = np.full(len(values), -1)
    for number in np.unique(task):
        member = (task == number) & np.isfinite(values)
        if member.any():
            edges = np.quantile(values[member], np.arange(1, n_levels) / n_levels)
            level[member] = np.searchsorted(edges, values[member])
    return level


def _fewest(level: np.ndarray, part: SessionTrials, n_levels: int) -> int:
    """Return the number of trials of the rarest task and level."""
    cell = (part.task * n_levels + level)[level >= 0]
    return int(np.bincount(cell, minlength=(part.task.max() + 1) * n_levels).min())


def regressors(
    values: Mapping[str, np.ndarray],
    *,
    missing: bool = False,
    n_train: Mapping[str, int] | None = None,
) -> dict[str, np.ndarray]:
    """Return a nuisance variable as regressors.

    Text and numbers with few values have an indicator of each value. Other numbers are expanded in
    splines. A trial without a value has the mean of the regressors, so it is uninformative.

    Parameters
    ----------
    values : mapping of str to array, shape (trial,) or (trial, bin)
        From `values_by_session`.
    missing : bool
        Whether sessions with missing values get an indicator of them, too.
    n_train : mapping of str to int, optional
        Training trials of a task in each session. Few trials are described by fewer splines, or by
        a polynomial, because every regressor that is fitted to rates adds noise to them.

    Returns
    -------
    dict of str to array of float, shape (trial, regressor, 1 or bin)
    """
    names = distinct_values([each.ravel() for each in values.values()])
    expanded: dict[str, np.ndarray] = {}
    for session, each in values.items():
        has_value = np.asarray(_has_value(each).reshape(len(each), -1).all(axis=1))
        known = each[has_value].reshape(has_value.sum(), -1)
        if not len(known):
            columns = np.zeros((0, 1, 1))
        elif names is None:
            freedom = MOST_FREEDOM
            if n_train is not None:
                freedom = min(max(n_train[session] // TRIALS_A_DEGREE, 1), MOST_FREEDOM)
            columns = _splines(known - np.median(known), freedom)
        else:
            columns = _indicators(known, names)
        complete = np.empty((len(each), *columns.shape[1:]))
        complete[has_value] = columns
        complete[~has_value] = columns.mean(axis=0) if len(known) else 0.0
        if missing and not has_value.all():
            lacking = np.broadcast_to(~has_value[:, None, None], (len(each), 1, columns.shape[2]))
            complete = np.concatenate([complete, lacking], axis=1)
        expanded[session] = complete
    return expanded


def _has_value(values: np.ndarray) -> np.ndarray:
    """Return whether a value is not missing."""
    if values.dtype.kind in "biuf":
        return np.asarray(np.isfinite(values))
    return np.asarray(values.astype(str) != "")


def _numbered(values: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the number of each value among the distinct ones, -1 where it is missing."""
    if len(names) == 1:
        # Perhaps rounded in several ways.
        return np.where(_has_value(values), 0, -1)
    numbers = pd.Index(names).get_indexer(values.astype(str).ravel())
    return numbers.reshape(values.shape)


def _indicators(values: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return 1 where a trial has a value, else 0, (trial, value, bin)."""
    numbers = _numbered(values, names)
    return (numbers[:, None] == np.arange(len(names))[:, None]).astype(float)


def _splines(values: np.ndarray, freedom: int) -> np.ndarray:
    """Return splines of values (trial, bin), (trial, spline, bin).

    With an intercept, they have so many degrees of freedom beside it. Knots lie at quantiles, or at
    equal distances if quantiles coincide.
    """
    # Most jobs need no splines, and importing scikit-learn takes half a second.
    from sklearn.preprocessing import SplineTransformer

    degree = min(DEGREE, freedom)
    n_knots = freedom - degree + 2
    knots = np.quantile(values, np.linspace(0, 1, n_knots), axis=0)
    even = np.linspace(knots[0], np.where(knots[-1] > knots[0], knots[-1], knots[0] + 1), n_knots)
    knots = np.where((np.diff(knots, axis=0) > 0).all(axis=0), knots, even)
    splines = SplineTransformer(n_knots, degree, knots=knots).fit_transform(values)
    return np.moveaxis(splines.reshape(*values.shape, -1), 1, 2)
