"""Build the populations of a data set from its recordings."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import MEAN_RATE, NUISANCE_KEYS, TRIAL_NUMBER, AnyDataset
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.tabulation import (
    Rarest,
    Tabulated,
    event_time,
    numbers_of,
    rarest_of,
    tabulated,
    trained_trials,
    trials_needed,
)
from neuro_attn.errors import InputError
from neuro_attn.files import meeting, shown_apart
from neuro_attn.recording import LABEL_VALUE, of_tasks, trial_column
from neuro_attn.study import Study

POOLED = "all"
"""Name of the session that stands for all sessions together."""
COUNT_TOLERANCE = 1e-3
"""Largest distance of a rate times the width of its bin from a spike count: its rounding."""
READ_BYTES = 50_000_000
"""Size of the rates that are read at once."""


def fewest_units(dataset: AnyDataset) -> int:
    """Return how many units of a region a session needs to be decoded."""
    pooled = dataset.decoding.population == "pseudopopulation"
    return 1 if pooled else dataset.regions.min_units


def build_populations(
    recordings: list[xr.Dataset], study: Study, region: str, trials: Tabulated | None = None
) -> list[Population]:
    """Return a region's populations: one per session, or one of all sessions if pooled.

    Sessions with fewer trials of a task and class than folds or ``sessions.min_trials``, and
    (unless pooled) with fewer units than ``regions.min_units``, are excluded. Of the other
    sessions, only the rates of the region are read.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions. Those without units of the region may be missing, unless the null model
        exchanges sessions.
    study : Study
        The data set.
    region : str
        The region.
    trials : Tabulated, optional
        From `tabulated`, if it is known.

    Raises
    ------
    InputError
        If no session has enough trials or units, or a trial column that settings name is missing.
    """
    dataset = study.dataset
    trials = trials or tabulated(recordings, dataset)
    pooled = dataset.decoding.population == "pseudopopulation"
    parts, sizes = [], [0]
    test_only: dict[str, SessionTrials] = {}
    for recording in recordings:
        session = recording.attrs["session"]
        units = np.flatnonzero(recording["region"].values == region)
        if session in trials.scarce:
            continue
        sizes.append(len(units))
        if len(units) >= fewest_units(dataset):
            trained = trained_trials([recording], dataset)[0]
            parts.append(_session_trials(trained, study, units, *trials.numbers[session]))
            if dataset.test_only:
                test_only[session] = _test_only(recording, study, units, trials.classes)
    if len(trials.scarce) == len(recordings):
        raise _no_session(list(trials.scarce.values()), study)
    n_units = sum(sizes) if pooled else max(sizes)
    if not parts or n_units < dataset.regions.min_units:
        raise InputError(
            study.key("regions.min_units"),
            f"region {region!r} has {n_units} units; allowed: {dataset.regions.min_units} and "
            "more.",
        )
    _check_sessions(len(trials.labels), study)
    groups = [(POOLED, parts)] if pooled else [(part.session, [part]) for part in parts]
    times = recordings[0]["time"].values
    tasks, windows = tuple(dataset.tasks), tuple(dataset.windows)
    populations = [
        Population(
            session,
            members,
            tasks,
            trials.classes,
            windows,
            times,
            trials.labels,
            label_kind=dataset.label_kind,
            widths=_widths(dataset),
        )
        for session, members in groups
    ]
    if not test_only:
        return populations
    return [
        replace(
            each,
            test_only=replace(
                each,
                parts=[test_only[part.session] for part in each.parts],
                tasks=tuple(dataset.test_only),
                session_labels={},
            ),
        )
        for each in populations
    ]


def _test_only(
    recording: xr.Dataset, study: Study, units: np.ndarray, classes: Sequence[str]
) -> SessionTrials:
    """Return the trials of a session on which decoders are only tested."""
    tasks = tuple(study.dataset.test_only)
    (own,) = of_tasks([recording], tasks)
    task, label = numbers_of(own, "task", tasks), numbers_of(own, "label", classes)
    return _session_trials(own, study, units, task, label)


def _check_sessions(n_sessions: int, study: Study) -> None:
    """Raise `InputError` if the null model needs more sessions."""
    null = NULL_MODELS[study.dataset.inference.null_model]
    if n_sessions < null.min_sessions:
        allowed = [each.name for each in NULL_MODELS.values() if n_sessions >= each.min_sessions]
        raise InputError(
            study.key("inference.null_model"),
            f"{null.name} needs {null.min_sessions} or more sessions with enough trials; there is "
            f"{n_sessions}.",
            f"Allowed here: {', '.join(allowed)}.",
        )


def _no_session(scarce: list[Rarest], study: Study) -> InputError:
    """Return why no session has enough trials."""
    dataset = study.dataset
    folds, needed = dataset.decoding.folds, trials_needed(dataset)
    most = max(scarce, key=lambda each: (each.task in dataset.test_only, each.n_trials))
    if most.task in dataset.test_only:
        return InputError(
            study.key(f"test_only.{most.task}"),
            f"no session that can be decoded has trials of every class; session {most.session!r} "
            f"has {most}.",
            "Remove the task, or give it more trials.",
        )
    key, asks = "decoding.folds", f"{folds} folds need {needed}"
    if needed > folds:
        key, asks = "sessions.min_trials", f"requires {needed}"
    remedy = "Give fewer folds, or tasks and classes with more trials."
    if most.n_trials == 0:
        remedy = "Leave out classes that few sessions have: give label an expression for each."
    elif most.n_trials >= folds:
        remedy = f"At most {most.n_trials} keeps a session."
    others = "; other sessions have no more" if len(scarce) > 1 else ""
    return InputError(
        study.key(key),
        f"{asks} trials of every task and class; session {most.session!r} has {most}{others}.",
        remedy,
    )


def _session_trials(
    recording: xr.Dataset, study: Study, units: np.ndarray, task: np.ndarray, label: np.ndarray
) -> SessionTrials:
    """Return what units of a session contribute to a population."""
    dataset = study.dataset
    for key in sorted(NUISANCE_KEYS):
        for column in set(getattr(dataset, key)) - {TRIAL_NUMBER, MEAN_RATE}:
            trial_column(recording, column, study.key(key))
    part = SessionTrials(
        session=recording.attrs["session"],
        rates=_with_windows(recording["rates"], units, dataset),
        task=task,
        label=label,
        unit_ids=recording["unit_id"].values[units].astype(str).astype(object),
        trial_ids=recording["trial_id"].values,
        event_time=event_time(recording),
        condition=_condition(recording, study),
        value=None if dataset.has_classes else recording[LABEL_VALUE].values.astype(float),
        block=None
        if (block := dataset.decoding.block) is None
        else trial_column(recording, block, study.key("decoding.block")),
    )
    _check_counts(part, study)
    return part


def _with_windows(rates: xr.DataArray, units: np.ndarray, dataset: AnyDataset) -> np.ndarray:
    """Return the rates of units in bins and windows, read in parts: memory holds them once."""
    n_trials, _, n_times = rates.shape
    bins = [dataset.time.bins_in(window) for window in dataset.windows.values()]
    found = np.empty((n_trials, len(units), n_times + len(bins)), np.float32)
    at_once = max(1, READ_BYTES // max(found[:, :1].nbytes, 1))
    for start in range(0, len(units), at_once):
        part = slice(start, start + at_once)
        read = rates.isel(unit=units[part]).values
        found[:, part, :n_times] = read
        for number, of_window in enumerate(bins, n_times):
            found[:, part, number] = read[..., of_window].mean(-1)
    return found


def _widths(dataset: AnyDataset) -> np.ndarray:
    """Return the widths of bins and windows, s."""
    windows = [dataset.time.bins_in(window) for window in dataset.windows.values()]
    n_bins = [1] * dataset.time.n_bins + [each.stop - each.start for each in windows]
    return dataset.time.bin * np.array(n_bins, float)


def _check_counts(part: SessionTrials, study: Study) -> None:
    """Raise `InputError` if a decoder needs spike counts and the rates in bins are not counts."""
    time, name = study.dataset.time, study.dataset.decoding.decoder
    if not DECODERS[name].needs_counts:
        return
    for unit, unit_id in enumerate(part.unit_ids):
        counts = part.rates[:, unit, : time.n_bins].astype(float) * time.bin
        wrong = (counts < 0) | (np.abs(counts - np.round(counts)) > COUNT_TOLERANCE)
        if wrong.any():
            raise InputError(
                study.key("decoding.decoder"),
                f"{name} needs spike counts; a rate of unit {unit_id!r} in session "
                f"{part.session!r} is {counts[wrong][0]:.4g} spikes in a bin of {time.bin:g} s.",
                "Give spikes or rates in bins of this width, without smoothing, or choose another "
                "decoder.",
            )


def _condition(recording: xr.Dataset, study: Study) -> np.ndarray | None:
    """Return the combination of values, numbered, that restricts the permutation of each trial."""
    columns = study.dataset.inference.permute_within
    if not columns:
        return None
    where = study.key("inference.permute_within")
    table = pd.DataFrame({c: trial_column(recording, c, where) for c in columns})
    return table.groupby(columns, dropna=False).ngroup().to_numpy()


def regions_table(recordings: list[xr.Dataset], study: Study) -> pd.DataFrame:
    """List the populations that will be decoded.

    Returns
    -------
    pandas.DataFrame
        One row a population: region, session, n_units, n_trials (of the rarest task and class in
        any of its sessions), and limiting_session, limiting_task and limiting_class, which have
        so few trials.

    Raises
    ------
    InputError
        If no region can be decoded, or one that the configuration names cannot.
    """
    dataset = study.dataset
    found = {str(region) for r in recordings for region in np.unique(r["region"].values)}
    if dataset.regions.include is not None:
        found &= set(dataset.regions.include)
    rows: list[dict] = []
    problems: list[InputError] = []
    trials = tabulated(recordings, dataset)
    for region in sorted(found):
        try:
            members = build_populations(recordings, study, region, trials)
        except InputError as error:
            if region in (dataset.regions.include or []):
                raise
            problems.append(error)
            continue
        rows += [_described(population, region) for population in members]
    if not rows:
        raise problems[0]
    if found_twice := meeting(row["region"] for row in rows):
        raise InputError(
            study.key("regions"),
            f"the regions {shown_apart(*found_twice)} would be one file where file names ignore "
            "case and the encoding of accents, as on macOS and Windows.",
            f"If they are one region, group them under regions.map: {found_twice[0]}: "
            f"[{', '.join(found_twice)}]. Otherwise, give one another name there, or exclude it.",
        )
    return pd.DataFrame(rows)


def _described(population: Population, region: str) -> dict[str, object]:
    """Return the row of a population in the table of regions."""
    fewest = min(
        (
            rarest_of(
                part.session,
                part.task,
                part.label,
                tasks=population.tasks,
                classes=population.classes,
            )
            for part in population.parts
        ),
        key=lambda each: each.n_trials,
    )
    return {
        "region": region,
        "session": population.session,
        "n_units": population.n_units,
        "n_trials": fewest.n_trials,
        "limiting_session": fewest.session,
        "limiting_task": fewest.task,
        "limiting_class": fewest.label,
    }


def units_per_draw(dataset: AnyDataset, table: pd.DataFrame) -> int | None:
    """Return how many units a draw takes from each population; None means all of them."""
    match dataset.decoding.units:
        case "all":
            return None
        case "matched":
            return int(table["n_units"].min())
        case number:
            return int(number)
