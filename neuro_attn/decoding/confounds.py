"""Confounds: what varies with the label, and could be decoded in its place.

Each is looked at from both sides, by the procedure that decodes the label and in the same windows.
Do the units tell the confound (a numeric one split at its median)? And does the confound, put into
the decoder instead of the units, tell the label? Only if both do can it stand behind the result.
"""

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.populations import (
    MEAN_RATE,
    TRIAL_NUMBER,
    Part,
    Population,
    populations,
    trial_column,
    units_per_draw,
)
from neuro_attn.decoding.transfer import decode_windows

COLUMNS = [
    *("region", "session", "confound", "decoded", "train_task", "test_task", "window"),
    *("accuracy", "chance", "ci_low", "ci_high", "p_value", "p_corrected"),
    *("n_units", "n_train", "n_test", "n_sessions"),
]
"""Columns of the table of confounds."""

logger = logging.getLogger(__name__)


def decode_confounds(
    recordings: list[xr.Dataset], dataset: AnyDataset, table: pd.DataFrame, seed: int, name: str
) -> dict[tuple[str, str], list[xr.Dataset]]:
    """Decode every confound from the units, and the label from every confound.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions of the data set.
    dataset : settings of a data set
        Its confounds, decoding and inference. Labels keep the null of the data set. Confounds are
        always shuffled within session and task: most, like the trial number, come from no process
        that could be run again.
    table : pandas.DataFrame
        From `populations.regions_table`.
    seed : int
        The configuration's seed.
    name : str
        Data set; part of the random streams.

    Returns
    -------
    dict of (str, str) to list of xarray.Dataset
        From confound and what is decoded ("confound" or "label") to the results of all regions
        where that can be done, as of `transfer.decode_windows`. The log says what cannot.

    Raises
    ------
    InputError
        If there is no such trial column.
    """
    n_units = units_per_draw(dataset, table)
    regions = list(dict.fromkeys(table["region"]))
    members = {region: populations(recordings, name, dataset, region) for region in regions}
    by_shuffle = {"null": "shuffle", "within": []}
    shuffling = dataset.model_copy(
        update={"inference": dataset.inference.model_copy(update=by_shuffle)}
    )
    decoded: dict[tuple[str, str], list[xr.Dataset]] = {}
    for confound in dataset.confounds:
        columns = _columns(recordings, confound, name)
        for region in regions:
            by_session = _by_session(members[region], columns, confound)
            asked = {
                "confound": _telling_confound(members[region], by_session, dataset.decoding.folds),
                "label": _telling_label(members[region], by_session),
            }
            for what, told in asked.items():
                others = decoded.setdefault((confound, what), [])
                # Regions that are tested together must have the same tasks.
                if not told or (others and list(told[0].tasks) != _tasks(others[0])):
                    where = f"{name}, confound {confound}, region {region}"
                    logger.warning(
                        "%s: the %s cannot be decoded, too few trials differ", where, what
                    )
                else:
                    # Labels alone are tested: a confound that seems to transfer is worth a look,
                    # and in place of units it has but one to mirror.
                    asked_of = (shuffling, n_units) if what == "confound" else (dataset, None)
                    others.append(
                        decode_windows(told, *asked_of, seed, name, region, mirrored=False)
                    )
    return {key: found for key, found in decoded.items() if found}


def _tasks(decoded: xr.Dataset) -> list[str]:
    return decoded["train_task"].values.tolist()


def _columns(
    recordings: list[xr.Dataset], confound: str, name: str
) -> dict[str, np.ndarray] | None:
    """Return the values of a trial column by session; None if the confound is no column."""
    if confound in (TRIAL_NUMBER, MEAN_RATE):
        return None
    where = f"datasets.{name}.confounds"
    return {r.attrs["session"]: trial_column(r, confound, where) for r in recordings}


def _by_session(
    members: list[Population], columns: dict[str, np.ndarray] | None, confound: str
) -> dict[str, np.ndarray]:
    """Return a confound on the trials of each session; NaN or empty text where it is missing."""
    parts = [(member, part) for member in members for part in member.parts]
    if columns is not None:
        return {part.session: columns[part.session] for _, part in parts}
    if confound == TRIAL_NUMBER:
        return {part.session: np.argsort(part.in_time).astype(float) for _, part in parts}
    # Shape (trial, time): a mean over units at every time, and in every window.
    return {part.session: part.rates.mean(axis=1) for _, part in parts}


def _telling_confound(
    members: list[Population], by_session: dict[str, np.ndarray], folds: int
) -> list[Population]:
    """Return populations whose classes are those of the confound, in the tasks that have them all.

    Sessions with fewer trials of a task and class than folds take no part, as everywhere.
    """
    n_times, n_tasks = len(members[0].times), len(members[0].tasks)
    values = {
        session: each[:, :n_times].mean(axis=1) if each.ndim == 2 else each
        for session, each in by_session.items()
    }
    classes, split = _classes(list(values.values()))
    label: dict[str, np.ndarray] = {}
    enough: dict[str, np.ndarray] = {}
    for part in (part for member in members for part in member.parts):
        own = values[part.session]
        number = _median_split(own, part.task) if split else _numbered(own, classes)
        cells = np.bincount(
            (part.task * len(classes) + number)[number >= 0], minlength=n_tasks * len(classes)
        )
        label[part.session] = number
        enough[part.session] = cells.reshape(n_tasks, -1).min(axis=1) >= folds
    tasks = np.flatnonzero(np.stack(list(enough.values())).any(axis=0))
    if len(classes) < 2 or not len(tasks):
        return []
    names = tuple(members[0].tasks[task] for task in tasks)
    told = []
    for member in members:
        parts = [
            _restricted(
                replace(part, label=label[part.session]),
                (label[part.session] >= 0) & np.isin(part.task, tasks),
                tasks,
            )
            for part in member.parts
            if enough[part.session][tasks].all()
        ]
        if parts:
            told.append(replace(member, parts=parts, tasks=names, classes=classes))
    return told


def _numbered(values: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Return the class numbers of values, -1 of those that are none."""
    return pd.Index(classes).get_indexer(values.astype(str))


def _classes(values: list[np.ndarray]) -> tuple[tuple[str, ...], bool]:
    """Return the classes of a confound, and whether they are the sides of a median."""
    together = np.concatenate(values)
    if together.dtype.kind in "biuf":
        together = together[np.isfinite(together.astype(float))]
        if len(np.unique(together)) > 2:
            return ("low", "high"), True
    found = np.unique(together.astype(str))
    return tuple(found[found != ""].tolist()), False


def _median_split(values: np.ndarray, task: np.ndarray) -> np.ndarray:
    """Return 1 above the median of the session's task, 0 up to it, -1 where there is no value."""
    side = np.full(len(values), -1)
    for number in np.unique(task):
        member = (task == number) & np.isfinite(values)
        if member.any():
            side[member] = values[member] > np.median(values[member])
    return side


def _restricted(part: Part, keep: np.ndarray, tasks: np.ndarray) -> Part:
    """Return the trials to keep, which are of the tasks, numbered anew."""

    def kept(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[keep]

    return replace(
        part,
        rates=part.rates[keep],
        task=np.searchsorted(tasks, part.task[keep]),
        label=part.label[keep],
        trial_ids=part.trial_ids[keep],
        event_time=kept(part.event_time),
        condition=kept(part.condition),
        block=kept(part.block),
    )


def _telling_label(
    members: list[Population], by_session: dict[str, np.ndarray]
) -> list[Population]:
    """Return populations whose units are the confound's value, one a session.

    Text has a unit for each value. Where a value is missing it tells nothing: the median, or 0.
    Tasks in which the confound is the same on all trials are left out: there it tells nothing.
    """
    texts = [each.astype(str) for each in by_session.values() if each.dtype.kind not in "biuf"]
    shown = np.setdiff1d(np.concatenate(texts), [""]) if texts else np.empty(0, str)
    units = {session: _as_units(values, shown) for session, values in by_session.items()}
    varies = [
        any(
            np.ptp(units[part.session][part.task == task], axis=0).any()
            for member in members
            for part in member.parts
        )
        for task in range(len(members[0].tasks))
    ]
    tasks = np.flatnonzero(varies)
    if not len(tasks):
        return []
    told = []
    for member in members:
        parts = []
        for part in member.parts:
            own = units[part.session]
            rates = np.broadcast_to(own, (*own.shape[:2], member.n_points)).astype(np.float32)
            unit_ids = np.array([f"confound{i}" for i in range(own.shape[1])], object)
            alone = replace(part, rates=rates, unit_ids=unit_ids)
            parts.append(_restricted(alone, np.isin(part.task, tasks), tasks))
        told.append(
            replace(
                member,
                parts=parts,
                tasks=tuple(member.tasks[task] for task in tasks),
                session_labels={
                    session: tuple(labels[task] for task in tasks)
                    for session, labels in member.session_labels.items()
                },
            )
        )
    return told


def _as_units(values: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return a confound as rates, shape (trial, unit, 1 or point)."""
    if values.dtype.kind not in "biuf":
        return (values.astype(str)[:, None] == shown).astype(float)[..., None]
    values = values.astype(float)
    known = values[np.isfinite(values)]
    values = np.where(np.isfinite(values), values, np.median(known) if len(known) else 0.0)
    return values.reshape(len(values), 1, -1)


def together(tables: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of all confounds together.

    Parameters
    ----------
    tables : dict of (str, str) to pandas.DataFrame
        From confound and what is decoded to a table of accuracy in the windows.

    Returns
    -------
    pandas.DataFrame
        With ``COLUMNS``.
    """
    frames = [
        table.assign(confound=confound, decoded=decoded)[COLUMNS]
        for (confound, decoded), table in tables.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
