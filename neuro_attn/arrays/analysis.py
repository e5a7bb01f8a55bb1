"""Cross-task decoding of arrays: the function that the package offers to notebooks."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from neuro_attn import recording
from neuro_attn.arrays.recordings import CALL, Bins, bins_of, recording_of, sessions_of
from neuro_attn.arrays.tables import CrossTask
from neuro_attn.configuration import parse
from neuro_attn.configuration.sources.netcdf import NetcdfDataset
from neuro_attn.decoding import build_populations, decode_region, regions_table, units_per_draw
from neuro_attn.errors import InputError, did_you_mean
from neuro_attn.inference import tables
from neuro_attn.inference.accuracy_differences import difference_table
from neuro_attn.inference.confusion import confusion_table, information_table
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.sources.netcdf.reading import with_settings
from neuro_attn.sources.reading import check_sessions
from neuro_attn.study import Study

WINDOW = "all"
"""Name of the window if the user names none: all bins."""


def cross_task(
    rates: ArrayLike | Sequence[ArrayLike],
    label: Sequence[Any],
    task: Sequence[Any],
    *,
    tasks: Sequence[str] | None = None,
    test_only: Sequence[str] | None = None,
    reference_tasks: Sequence[str] | None = None,
    region: str | Sequence[Any] | None = None,
    session: str | Sequence[str] | None = None,
    subject: str | Sequence[str] | None = None,
    times: ArrayLike | None = None,
    windows: Mapping[str, tuple[float, float]] | None = None,
    trials: pd.DataFrame | Sequence[pd.DataFrame] | None = None,
    permutations: int = 1000,
    seed: int = 0,
    decoding: Mapping[str, Any] | None = None,
    inference: Mapping[str, Any] | None = None,
    units: str = "a.u.",
    name: str = "arrays",
    progress: Callable[[str], object] | None = None,
) -> CrossTask:
    """Test whether a population uses the same code for a label in two or more tasks.

    Runs the analysis of the workflow without files, and returns the same numbers: decoders trained
    on each task and tested on all of them, with permutation tests and bootstrap intervals, and the
    overlap of the codes of each pair of tasks with one verdict a region.

    Parameters
    ----------
    rates : array, shape (trial, unit) or (trial, unit, time), or list of such arrays
        Activity of simultaneously recorded units, in any unit; a list with one array a session.
    label, task : array, shape (trial,), or list of such arrays
        Decoded variable and task of each trial. Trials for which one of them is missing are left
        out.
    tasks : list of str
        Tasks to compare, in this order; by default all others, in the order in which they occur.
    test_only : list of str
        Tasks on which decoders are tested and never trained, such as errors; by default none.
    reference_tasks : list of str
        Two of three or more tasks, to whose overlap that of all other pairs is related.
    region : str or array, shape (unit,), or list of those
        Region of each unit, or one for all units; by default ``all units``. Units for which it is
        missing are left out.
    session, subject : str or list of str
        Names of the sessions and of their subjects. Verdicts about a region, rather than about
        these units, need six or more sessions.
    times : array, shape (time,)
        Centres of the bins, s. Required for rates with an axis of time.
    windows : mapping of str to (start, stop)
        Windows over which rates are averaged, s; by default one of all bins, named ``all``.
    trials : pandas.DataFrame, one row a trial, or list of those
        Further columns of the trials, which `decoding` and `inference` may name.
    permutations : int
        Number of label sets of the null.
    seed : int
        Seed of all random numbers.
    decoding, inference : mapping
        Other settings, with the keys of the configuration, such as ``{"folds": 5}``.
    units : str
        Unit of the rates; ``spikes/s`` may not be negative.
    name : str
        Name of the data set. Random numbers depend on it.
    progress : callable, optional
        Receives a line about each step, such as `print`.

    Returns
    -------
    CrossTask
        The tables, which can be drawn.

    Raises
    ------
    InputError
        If arrays do not fit together, a setting is not allowed, or data are too few.

    Examples
    --------
    Two tasks with one code, in 20 units:

    >>> import numpy as np
    >>> import neuro_attn
    >>> rng = np.random.default_rng(1)
    >>> label, task = np.tile(["left", "right"], 80), np.repeat(["remember", "attend"], 80)
    >>> rates = rng.normal(size=(160, 20))
    >>> rates[label == "left", :10] += 1
    >>> neuro_attn.cross_task(rates, label, task, permutations=100)
    all units, remember and attend, all: shared in these 20 units (1 session)
    """
    recordings, study = prepared(
        rates,
        {"label": label, "task": task, "region": region},
        label="label",
        tasks=tasks,
        test_only=test_only,
        reference_tasks=reference_tasks,
        session=session,
        subject=subject,
        times=times,
        windows=windows,
        trials=trials,
        permutations=permutations,
        seed=seed,
        decoding=decoding,
        inference=inference,
        units=units,
        name=name,
        progress=progress,
    )
    return _analysed(recordings, study, progress or (lambda line: None))


def prepared(
    rates: Any,
    given: Mapping[str, Any],
    *,
    label: str | dict[str, str],
    tasks: Sequence[str] | None,
    test_only: Sequence[str] | None,
    reference_tasks: Sequence[str] | None,
    session: Any,
    subject: Any,
    times: ArrayLike | None,
    windows: Mapping[str, tuple[float, float]] | None,
    trials: Any,
    permutations: int,
    seed: int,
    decoding: Mapping[str, Any] | None,
    inference: Mapping[str, Any] | None,
    units: str,
    name: str,
    progress: Callable[[str], object] | None,
) -> tuple[list[xr.Dataset], Study]:
    """Return the Recordings of all sessions, and the study, from the arguments of `cross_task`.

    Parameters
    ----------
    rates, tasks, test_only, reference_tasks, session, subject, times, windows, trials,
    permutations, seed, decoding, inference, units, name, progress
        As in `cross_task`.
    given : mapping
        ``label``, ``task`` and ``region``, likewise.
    label : str or dict
        The key ``label``.
    """
    _check_kinds(windows=windows, decoding=decoding, inference=inference)
    if progress is not None and not callable(progress):
        raise InputError(f"{CALL}, progress", f"{progress!r}, not a function.", "Give print.")
    sessions = sessions_of(rates, given, session=session, subject=subject, trials=trials)
    bins = bins_of(times, sessions[0].rates.ndim)
    found = [recording_of(each, bins, units) for each in sessions]
    dataset = _dataset(
        found,
        str(name),
        seed,
        label=label,
        tasks=tasks,
        test_only=test_only,
        reference_tasks=reference_tasks,
        time=bins,
        windows=windows,
        decoding=decoding,
        inference={"permutations": permutations, **(inference or {})},
    )
    recordings = [
        with_settings(
            kept,
            origin=each.where,
            session=each.name,
            name=str(name),
            dataset=dataset,
            provenance={},
        )
        for each, kept in zip(sessions, found, strict=True)
    ]
    return recordings, Study(str(name), dataset, seed)


def _dataset(
    found: list[xr.Dataset],
    name: str,
    seed: int,
    *,
    label: str | dict[str, str],
    tasks: Sequence[str] | None,
    test_only: Sequence[str] | None,
    reference_tasks: Sequence[str] | None,
    time: Bins,
    windows: Mapping[str, tuple[float, float]] | None,
    decoding: Mapping[str, Any] | None,
    inference: Mapping[str, Any],
) -> NetcdfDataset:
    """Return the settings of a data set, as if the sessions had been saved as NetCDF files."""
    present = [each for kept in found for each in kept["task"].values.tolist()]
    names, only_tested = _tasks(present, tasks, test_only)
    every = {WINDOW: (time.start, time.stop)}
    keys = {
        "source": "netcdf",
        "files": [f"{kept.attrs['session']}.nc" for kept in found],
        "label": label,
        "tasks": {each: {"trials": f"task == {each!r}"} for each in names},
        "test_only": {each: {"trials": f"task == {each!r}"} for each in only_tested},
        "time": {"start": time.start, "stop": time.stop, "bin": time.width},
        "windows": {k: _bounds(v) for k, v in (windows or every).items()},
        "decoding": dict(decoding or {}),
        "inference": dict(inference),
        "reference_tasks": _names(reference_tasks),
    }
    dataset = parse({"seed": seed, "datasets": {name: keys}}, CALL).datasets[name]
    assert isinstance(dataset, NetcdfDataset)
    return dataset


def _check_kinds(**settings: Any) -> None:
    """Raise `InputError` if an argument that has names is not a mapping of names."""
    for argument, value in settings.items():
        where = f"{CALL}, {argument}"
        if value is None:
            continue
        if not isinstance(value, Mapping):
            raise InputError(where, f"{value!r}, not a dictionary.", "Give {'name': value}.")
        if other := [name for name in value if not isinstance(name, str)]:
            raise InputError(where, f"the name {other[0]!r} is not text.", "Quote names.")


def _bounds(window: Any) -> Any:
    """Return the two times of a window as a list; the configuration names what is anything else."""
    return list(window) if isinstance(window, (tuple, np.ndarray)) else window


def _names(tasks: Any) -> Any:
    """Return names as a list of text; the configuration names what is anything else."""
    if isinstance(tasks, str) or not isinstance(tasks, Iterable):
        return tasks
    return [recording.class_name(each) for each in tasks]


def _tasks(
    found: Sequence[str], wanted: Sequence[str] | None, test_only: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """Return the tasks to compare, and those that are only tested.

    Trials without a task have an empty name.
    """
    present = dict.fromkeys(filter(None, found))
    only_tested = [] if test_only is None else _among(present, test_only, "test_only")
    if wanted is None:
        names = [name for name in present if name not in only_tested]
    else:
        names = _among(present, wanted, "tasks")
    if len(names) < 2:
        listed = ", ".join(names) or "none"
        raise InputError(
            f"{CALL}, task", f"trials of one task: {listed}.", "Give trials of two or more tasks."
        )
    return names, only_tested


def _among(present: Mapping[str, None], wanted: Sequence[str], argument: str) -> list[str]:
    """Return tasks that a user names; `InputError` unless trials have them."""
    listed = ", ".join(present) or "none"
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        raise InputError(f"{CALL}, {argument}", f"{wanted!r}, not a list.", f"Tasks: {listed}.")
    names = list(dict.fromkeys(map(recording.class_name, wanted)))
    if missing := [name for name in names if name not in present]:
        raise InputError(
            f"{CALL}, {argument}",
            f"no trial has the task {missing[0]!r}.",
            f"{did_you_mean(missing[0], present)} Tasks: {listed}.".strip(),
        )
    return names


class Decoded(NamedTuple):
    """Results of decoding all regions, and their units and trials."""

    regions: pd.DataFrame
    decodings: list[xr.Dataset]


def decoded(recordings: list[xr.Dataset], study: Study, tell: Callable[[str], object]) -> Decoded:
    """Decode all regions."""
    began = time.monotonic()
    check_sessions(recordings, study.name, study.dataset, timed=study.dataset.time.n_bins > 1)
    regions = regions_table(recordings, study)
    n_units = units_per_draw(study.dataset, regions)
    names = list(dict.fromkeys(regions["region"]))
    decodings = []
    for number, region in enumerate(names, 1):
        members = build_populations(recordings, study, region)
        decodings.append(decode_region(members, study, region=region, n_units=n_units))
        elapsed = time.monotonic() - began
        tell(f"decoded {region}, {number} of {len(names)} regions, {elapsed:.0f} s")
    return Decoded(regions, decodings)


def _analysed(
    recordings: list[xr.Dataset], study: Study, tell: Callable[[str], object]
) -> CrossTask:
    """Decode all regions, test and compare; the jobs of the workflow in one process."""
    began, inference = time.monotonic(), study.dataset.inference
    regions, decodings = decoded(recordings, study, tell)
    shared = tables_of(recordings, study, list(dict.fromkeys(regions["region"])))
    tell(f"compared the codes of the tasks, {time.monotonic() - began:.0f} s")
    summary = tables.summary_table(decodings, inference)
    return CrossTask(
        **shared._asdict(),
        summary=summary,
        over_time=tables.transfer_table(decodings, inference),
        accuracy_differences=difference_table(summary, study),
        onsets=onset_table(decodings, inference, study.seed),
        unit_counts=tables.unit_count_table(decodings),
        trial_counts=tables.trial_count_table(decodings),
        confusion=confusion_table(decodings),
        information=information_table(decodings),
        regions=regions,
        cross_temporal=cross_temporal(decodings, inference),
        settings=study.dataset,
    )
