"""Reports, targets and other items of the trials of a recording."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.behaviour.circular import circular_error
from neuro_attn.configuration import BehaviourColumns
from neuro_attn.recording import angles


class Reports(NamedTuple):
    """The trials of a session, or of one of its tasks, that have a report and a target.

    Parameters
    ----------
    task : array of str, shape (trial,)
        Task of each trial.
    report, target : array, shape (trial,)
        Angles, rad.
    others : array, shape (trial, item)
        Angles of the other items, rad; NaN where a trial has none.
    """

    task: np.ndarray
    report: np.ndarray
    target: np.ndarray
    others: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """Signed error of each report, degrees in [-180, 180)."""
        return circular_error(self.report, self.target)

    def of(self, task: str) -> "Reports":
        """Return the trials of a task."""
        mine = self.task == task
        return Reports(self.task[mine], self.report[mine], self.target[mine], self.others[mine])


def reports_of(recording: xr.Dataset, columns: BehaviourColumns, name: str) -> Reports:
    """Return the reports of a session.

    Parameters
    ----------
    recording : xarray.Dataset
        A Recording, or its outline.
    columns : BehaviourColumns
        The trial columns.
    name : str
        Name of the data set, for messages.

    Raises
    ------
    InputError
        If a column is missing or contains no angles.
    """
    where = f"datasets.{name}.behaviour"
    report = angles(recording, columns.report, f"{where}.report")
    target = angles(recording, columns.target, f"{where}.target")
    others = np.empty((len(report), len(columns.non_targets)))
    for number, column in enumerate(columns.non_targets):
        others[:, number] = angles(recording, column, f"{where}.non_targets")
    known = np.isfinite(report) & np.isfinite(target)
    task = recording["task"].values.astype(str)
    return Reports(task[known], report[known], target[known], others[known])
