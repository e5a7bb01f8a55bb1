r"""Behaviour of each task and session, and the distribution of its errors.

Sessions are the sample. Measures are estimated in each session. Tasks, and differences between
tasks, have the mean over sessions with its t interval. Differences, and the
clustering of reports, are tested by flipping the signs of whole sessions.

Reports cluster if they favour some angles. In a session we measure it by

.. math:: H(\text{targets}) - H(\text{reports}),

the difference of the entropies (bits) of both angles in bins of 15 degrees. Both have as many
trials, so their bias is the same (Panichello & Buschman 2021 compare the same entropies).
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import i0e

from neuro_attn.behaviour.circular import circular_error
from neuro_attn.behaviour.mixture import Mixture, fit_mixture
from neuro_attn.behaviour.reports import Reports, reports_of
from neuro_attn.configuration import BehaviourColumns
from neuro_attn.decoding.building import POOLED
from neuro_attn.inference.sign_flips import mean_with_interval, sign_flip_test, sign_patterns
from neuro_attn.results import columns_of
from neuro_attn.study import Study

TARGET, OTHER = "target", "other item"
"""Items from which errors are measured."""
FEWEST = 20
"""Trials of a task and session below which the mixture is not fitted."""
ANGLE_BINS = 24
"""Bins of angles for their entropy."""
ERROR_BINS = 36
"""Bins of errors, of 10 degrees."""
_TESTED = ("clustering",)
"""Measures that are tested against 0 in each task, not only between tasks."""
_BOUNDS = {"mean_error": (0, 180), "sd": (0, np.inf)} | dict.fromkeys(
    ("target", "swap", "guess"), (0, 1)
)
"""Ranges of measures, to which their intervals are limited."""
_FINE = 5
"""Points in a bin at which the density of the fit is evaluated."""


class Behaviour(NamedTuple):
    """The tables of a data set; each is written to a file."""

    behaviour_measures: pd.DataFrame
    behaviour_errors: pd.DataFrame


class _Measured(NamedTuple):
    """A task in a session."""

    reports: Reports
    fit: Mixture | None
    """The mixture; None if there are too few trials."""

    def measures(self) -> dict[str, float]:
        values = {"mean_error": float(np.abs(self.reports.error).mean())}
        if self.fit is not None:
            values["sd"] = self.fit.sd if np.isfinite(self.fit.sd) else np.nan
            values["target"] = self.fit.target
            if np.isfinite(self.reports.others).any():
                values["swap"] = self.fit.swap
            values["guess"] = self.fit.guess
        values["clustering"] = entropy(self.reports.target) - entropy(self.reports.report)
        return values


def tables_of(recordings: Sequence[xr.Dataset], study: Study) -> Behaviour:
    """Measure the behaviour of a data set.

    Parameters
    ----------
    recordings : sequence of xarray.Dataset
        Recordings of all sessions, or their outlines.
    study : Study
        The data set, with its columns `behaviour`.

    Raises
    ------
    InputError
        If a column is missing or contains no angles.
    """
    columns = study.dataset.behaviour
    assert columns is not None
    measured: dict[str, dict[str, _Measured]] = {task: {} for task in study.dataset.tested_tasks}
    for recording in recordings:
        for task, found in _measured(recording, columns, study).items():
            measured[task][recording.attrs["session"]] = found
    rows = [row for task, found in measured.items() for row in _of_task(task, found, study)]
    for pair in combinations(measured, 2):
        rows += _of_pair(pair, [measured[task] for task in pair], study)
    errors = [row for task, found in measured.items() for row in _errors(task, found)]
    return Behaviour(
        pd.DataFrame(rows, columns=columns_of("behaviour_measures")),
        pd.DataFrame(errors, columns=columns_of("behaviour_errors")),
    )


def entropy(angle: np.ndarray) -> float:
    """Return the entropy of angles (rad) in 24 bins, bits.

    Examples
    --------
    >>> entropy(np.array([0.1, 0.1, 3.2, 3.2]))
    1.0
    """
    turns = angle / (2 * np.pi) % 1
    # The remainder of a tiny negative angle is rounded to a full turn.
    number = np.minimum((turns * ANGLE_BINS).astype(int), ANGLE_BINS - 1)
    share = np.bincount(number) / len(angle)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def _measured(
    recording: xr.Dataset, columns: BehaviourColumns, study: Study
) -> dict[str, _Measured]:
    """Return the tasks of a session that have a report."""
    reports = reports_of(recording, columns, study.name)
    made = {}
    for task in study.dataset.tested_tasks:
        mine = reports.of(task)
        n = len(mine.report)
        if n:
            fit = fit_mixture(mine.report, mine.target, mine.others) if n >= FEWEST else None
            made[task] = _Measured(mine, fit)
    return made


def _of_task(task: str, found: dict[str, _Measured], study: Study) -> Iterator[dict]:
    """Yield the rows of a task, all sessions together first."""
    values = {session: each.measures() for session, each in found.items()}
    table = pd.DataFrame.from_dict(values, orient="index")
    trials = pd.Series({session: len(each.reports.report) for session, each in found.items()})
    for measure in table:
        yield _over_sessions(task, str(measure), table[measure], trials, study)
    for session, row in table.iterrows():
        for measure, value in row.dropna().items():
            yield {
                "task": task,
                "session": session,
                "measure": measure,
                "value": value,
                "n_trials": trials[session],
                "n_sessions": 1,
            }


def _of_pair(
    pair: tuple[str, str], found: list[dict[str, _Measured]], study: Study
) -> Iterator[dict]:
    """Yield the differences of two tasks, the first minus the second, over sessions with both."""
    both = [session for session in found[0] if session in found[1]]
    if not both:
        return
    first, second = (
        pd.DataFrame.from_dict({each: of[each].measures() for each in both}, orient="index")
        for of in found
    )
    trials = pd.Series({each: sum(len(of[each].reports.report) for of in found) for each in both})
    difference = first - second
    for measure in first.columns.intersection(second.columns):
        yield _over_sessions(
            " vs ".join(pair), str(measure), difference[measure], trials, study, tested=True
        )


def _over_sessions(
    task: str,
    measure: str,
    values: pd.Series,
    trials: pd.Series,
    study: Study,
    tested: bool = False,
) -> dict:
    """Return the row of a measure over all sessions in which it is defined."""
    known = values.dropna().to_numpy()
    mean, low, high = mean_with_interval(known, study.dataset.inference.confidence)
    if not tested:
        low, high = np.clip((low, high), *_BOUNDS.get(measure, (-np.inf, np.inf)))
    p_value = np.nan
    if (tested or measure in _TESTED) and len(known):
        signs = sign_patterns(len(known), study.rng("behaviour", task, measure))
        p_value = float(sign_flip_test(known[:, None], signs).p_value[0])
    return {
        "task": task,
        "session": POOLED,
        "measure": measure,
        "value": mean,
        "ci_low": low,
        "ci_high": high,
        "p_value": p_value,
        "n_trials": int(trials[values.notna()].sum()),
        "n_sessions": len(known),
    }


def _errors(task: str, found: dict[str, _Measured]) -> Iterator[dict]:
    """Yield the distribution of errors of a task, mean over sessions, and that of the fits."""
    edges = np.linspace(-180, 180, ERROR_BINS + 1)
    fitted = [each for each in found.values() if each.fit is not None]
    expected = np.mean([_expected(each, edges) for each in fitted], axis=0) if fitted else None
    for item in (TARGET, OTHER):
        shares = []
        for each in found.values():
            if item == TARGET:
                error = each.reports.error
            else:
                error = circular_error(each.reports.report[:, None], each.reports.others).ravel()
            error = error[np.isfinite(error)]
            if len(error):
                shares.append(np.histogram(error, edges)[0] / len(error))
        if not shares:
            continue
        for number, share in enumerate(np.mean(shares, axis=0)):
            yield {
                "task": task,
                "relative_to": item,
                "error": (edges[number] + edges[number + 1]) / 2,
                "share": share,
                "fitted": np.nan if item == OTHER or expected is None else expected[number],
            }


def _expected(measured: _Measured, edges: np.ndarray) -> np.ndarray:
    """Return the share of errors that a session's fit expects in each bin."""
    fit, reports = measured.fit, measured.reports
    assert fit is not None
    width = np.diff(edges)[:, None]
    error = np.deg2rad(edges[:-1, None] + width * (np.arange(_FINE) + 0.5) / _FINE)

    def density(away: np.ndarray) -> np.ndarray:
        return np.exp(fit.kappa * (np.cos(away) - 1)) / (2 * np.pi * i0e(fit.kappa))

    others = reports.others - reports.target[:, None]
    has_others = np.isfinite(others).any(axis=1)
    target = fit.target + fit.swap * (1 - has_others.mean())
    made = target * density(error) + fit.guess / (2 * np.pi)
    for place in others[has_others]:
        known = place[np.isfinite(place)]
        swapped = density(error[..., None] - known).mean(axis=-1)
        made += fit.swap / len(has_others) * swapped
    return made.mean(axis=1) * np.deg2rad(width[:, 0])
