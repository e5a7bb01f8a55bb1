"""The trials of all sessions: their tasks and classes, and the sessions that have too few."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.population import trial_counts, trials_by_task
from neuro_attn.recording import of_tasks
from neuro_attn.study import Study


class Rarest(NamedTuple):
    """The combination of task and class with the fewest trials in a session.

    Parameters
    ----------
    session : str
        The session.
    n_trials : int
        Trials of the task and class.
    task, label : str
        The task and the class.
    needed : int
        Trials that the session needs of every task and class to be decoded.
    """

    session: str
    n_trials: int
    task: str
    label: str
    needed: int = 1

    def __str__(self) -> str:
        return f"{self.n_trials} of task {self.task!r}, class {self.label!r}"


class Tabulated(NamedTuple):
    """The trials of all sessions, which are the same for the populations of all regions.

    Parameters
    ----------
    classes : tuple of str
        The classes, in the order of their numbers.
    numbers : dict of str to (array, array)
        Numbers of task and class of the trials of each session.
    scarce : dict of str to Rarest
        Sessions that have too few trials to be decoded.
    labels : dict of str to tuple of array
        `Population.session_labels`: classes of the trials of the other sessions, by task.
    """

    classes: tuple[str, ...]
    numbers: dict[str, tuple[np.ndarray, np.ndarray]]
    scarce: dict[str, Rarest]
    labels: dict[str, tuple[np.ndarray, ...]]


def tabulated(recordings: list[xr.Dataset], dataset: AnyDataset) -> Tabulated:
    """Tabulate the trials of all sessions; numbers and labels are those of trained tasks."""
    tasks, trained = tuple(dataset.tasks), trained_trials(recordings, dataset)
    classes = class_names(trained)
    numbers, scarce, labels = {}, {}, {}
    for recording, everything in zip(trained, recordings, strict=True):
        session = recording.attrs["session"]
        task = numbers_of(recording, "task", tasks)
        label = numbers_of(recording, "label", classes)
        numbers[session] = task, label
        if not classes:
            continue
        fewest = rarest_of(session, task, label, tasks=tasks, classes=classes)
        if fewest.n_trials < trials_needed(dataset):
            scarce[session] = fewest._replace(needed=trials_needed(dataset))
            continue
        if dataset.test_only:
            tested = rarest(everything, tuple(dataset.tested_tasks), classes)
            if tested.n_trials == 0:
                scarce[session] = tested
                continue
        by_task = trials_by_task(task, event_time(recording))
        labels[session] = tuple(label[each] for each in by_task)
    return Tabulated(classes, numbers, scarce, labels)


def trained_trials(recordings: list[xr.Dataset], dataset: AnyDataset) -> list[xr.Dataset]:
    """Return recordings without the trials on which decoders are only tested."""
    return of_tasks(recordings, dataset.tasks) if dataset.test_only else recordings


def class_names(recordings: list[xr.Dataset]) -> tuple[str, ...]:
    """Return the classes of a data set, in the order of the numbers used for them."""
    return tuple(sorted({str(label) for r in recordings for label in r["label"].values.tolist()}))


def trials_needed(dataset: AnyDataset) -> int:
    """Return how many trials of every task and class a session needs to be decoded."""
    return max(dataset.decoding.folds, dataset.sessions.min_trials)


def rarest(recording: xr.Dataset, tasks: Sequence[str], classes: Sequence[str]) -> Rarest:
    """Return the task and class of which a session has the fewest trials."""
    numbers = numbers_of(recording, "task", tasks), numbers_of(recording, "label", classes)
    return rarest_of(recording.attrs["session"], *numbers, tasks=tasks, classes=classes)


def rarest_of(
    session: str,
    task: np.ndarray,
    label: np.ndarray,
    *,
    tasks: Sequence[str],
    classes: Sequence[str],
) -> Rarest:
    """Return the rarest of the numbers of tasks and classes of a session's trials."""
    counts = trial_counts(task, label, (len(tasks), len(classes)))
    of_task, of_class = map(int, np.unravel_index(counts.argmin(), counts.shape))
    return Rarest(session, int(counts.min()), tasks[of_task], classes[of_class])


def sessions_left_out(recordings: list[xr.Dataset], dataset: AnyDataset) -> list[Rarest]:
    """Return the sessions that have too few trials of a task and class to be decoded."""
    return list(tabulated(recordings, dataset).scarce.values())


def without_test_only(recordings: list[xr.Dataset], study: Study) -> tuple[list[xr.Dataset], Study]:
    """Return what is analysed without the tasks on which decoders are only tested.

    The sessions are those that are decoded, so that all analyses have the same.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions.
    study : Study
        The data set.

    Returns
    -------
    list of xarray.Dataset, Study
        Recordings without these trials, and settings without these tasks; what was given if there
        are none.
    """
    dataset = study.dataset
    if not dataset.test_only:
        return recordings, study
    lacking = [
        session
        for session, rarest in tabulated(recordings, dataset).scarce.items()
        if rarest.task in dataset.test_only
    ]
    kept = [each for each in recordings if each.attrs["session"] not in lacking]
    trained = dataset.model_copy(update={"test_only": {}})
    return of_tasks(kept, dataset.tasks), replace(study, dataset=trained)


def numbers_of(recording: xr.Dataset, coordinate: str, names: Sequence[str]) -> np.ndarray:
    """Return the place in `names` of a coordinate's value on every trial."""
    place = {name: number for number, name in enumerate(names)}
    # Many times faster than an index of pandas; this runs for every region of every session.
    return np.array([place[str(value)] for value in recording[coordinate].values.tolist()], int)


def event_time(recording: xr.Dataset) -> np.ndarray | None:
    """Return the event times, unless one is missing."""
    if "event_time" not in recording.coords:
        return None
    times = recording["event_time"].values
    return times if np.isfinite(times).all() else None
