"""Confounds: variables that covary with the label and could be decoded in its place.

Each confound is tested twice, with the decoder and in the windows of the label. First it is decoded
from the units; a numeric confound is split at its median. Then it replaces the units, and the label
is decoded from it. Only a confound that succeeds in both tests can explain the result.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.decoding.building import (
    MEAN_RATE,
    TRIAL_NUMBER,
    build_populations,
    trial_column,
    units_per_draw,
)
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.decoding.population import Population, SessionTrials, fewest_trials
from neuro_attn.errors import InputError
from neuro_attn.results import columns_of
from neuro_attn.solver import constant_units
from neuro_attn.study import Study

COLUMNS = columns_of("confounds")

logger = logging.getLogger(__name__)


def decode_confounds(
    recordings: list[xr.Dataset], study: Study, table: pd.DataFrame
) -> dict[tuple[str, str], list[xr.Dataset]]:
    """Decode every confound from the units, and the label from every confound.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions of the data set.
    study : Study
        The data set, with its confounds, decoding and inference. Labels keep the null model of the
        data set. Confounds are always shuffled within session and task: most, like the trial
        number, come from no process that could be repeated.
    table : pandas.DataFrame
        From `regions_table`.

    Returns
    -------
    dict of (str, str) to list of xarray.Dataset
        From confound and what is decoded ("confound" or "label") to the results of all regions
        where it can be decoded, from `decode_windows`. The log reports which regions,
        tasks and sessions are excluded, and why.

    Raises
    ------
    InputError
        If there is no such trial column.
    """
    results: dict[tuple[str, str], list[xr.Dataset]] = {}
    for aim in aims(recordings, study, table):
        for each in aim.left_out:
            logger.warning("%s", each)
        try:
            decoded = [
                decode_windows(
                    members, aim.study, region=region, n_units=aim.n_units, mirrored=False
                )
                for region, members in aim.members.items()
            ]
        except InputError as error:
            # A confound is a look aside: the results of the label do not depend on it.
            logger.warning("%s: left out, %s", aim.where, error.problem)
            continue
        if decoded:
            results[aim.confound, aim.decoded] = decoded
    return results


class Aim(NamedTuple):
    """One of the two tests of a confound: decoded from the units, or as the units.

    Parameters
    ----------
    where : str
        Data set, confound and what is decoded, in words.
    confound, decoded : str
        ``decoded`` is "confound" or "label".
    study : Study
        The data set, with the settings of decoding and inference for this aim.
    n_units : int or None
        Units of a draw.
    members : dict of str to list of Population
        The populations, by region.
    left_out : list of str
        Regions, tasks and sessions that take no part, and why.
    """

    where: str
    confound: str
    decoded: str
    study: Study
    n_units: int | None
    members: dict[str, list[Population]]
    left_out: list[str]


def aims(recordings: list[xr.Dataset], study: Study, table: pd.DataFrame) -> Iterator[Aim]:
    """Yield what `decode_confounds` decodes, before anything is fitted.

    Parameters
    ----------
    recordings, study, table
        As in `decode_confounds`.

    Raises
    ------
    InputError
        If there is no such trial column.
    """
    dataset = study.dataset
    n_units = units_per_draw(dataset, table)
    regions = list(dict.fromkeys(table["region"]))
    members = {region: build_populations(recordings, study, region) for region in regions}
    by_shuffle = {"null_model": "shuffle", "permute_within": []}
    shuffled = dataset.model_copy(
        update={"inference": dataset.inference.model_copy(update=by_shuffle)}
    )
    folds = dataset.decoding.folds
    for confound in dataset.confounds:
        columns = _columns(recordings, confound, study)
        values = {region: _by_session(members[region], columns, confound) for region in regions}
        # Only the label is tested against mirrored units: a confound that seems to generalise
        # deserves attention, and in place of the units it has only one to mirror.
        of_confound = {r: _as_label(members[r], values[r], folds) for r in regions}
        of_label = {r: _in_place_of_units(members[r], values[r]) for r in regions}
        for decoded, settings, units, targets in (
            ("confound", replace(study, dataset=shuffled), n_units, of_confound),
            ("label", study, None, of_label),
        ):
            where = f"{study.name}, confound {confound}, {decoded} decoded"
            decodable, left_out = _decodable(targets, folds, where)
            yield Aim(where, confound, decoded, settings, units, decodable, left_out)


class _Target(NamedTuple):
    """The populations of a region, and the tasks in which they cannot be decoded, with reasons."""

    members: list[Population]
    lacking: dict[str, str]


def _decodable(
    targets: dict[str, _Target], folds: int, where: str
) -> tuple[dict[str, list[Population]], list[str]]:
    """Return populations by region, in the tasks that all share, and what is excluded, and why.

    Regions are corrected together and therefore have the same tasks. Regions without any task are
    excluded.
    """
    tasks = {
        region: [task for task in target.members[0].tasks if task not in target.lacking]
        for region, target in targets.items()
    }
    some = [region for region in targets if tasks[region]]
    decodable: dict[str, list[Population]] = {}
    left_out: list[str] = []
    for region, target in targets.items():
        kept = [task for task in tasks[region] if all(task in tasks[other] for other in some)]
        for task in target.members[0].tasks:
            others = ", ".join(other for other in some if task not in tasks[other])
            if task not in kept:
                reason = target.lacking.get(
                    task, f"left out because it cannot be decoded in {others}"
                )
                left_out.append(f"{where}, region {region}, task {task}: {reason}")
        members, scarce = _in_tasks(
            target.members, kept, folds=folds, where=f"{where}, region {region}"
        )
        left_out += scarce
        if members:
            decodable[region] = members
    return decodable, left_out


def _in_tasks(
    members: list[Population], names: list[str], *, folds: int, where: str
) -> tuple[list[Population], list[str]]:
    """Return populations of the tasks and of the trials that have a class, and what is excluded.

    Sessions with fewer trials of a task and class than folds are excluded, as for the label.
    """
    restricted: list[Population] = []
    left_out: list[str] = []
    if not names:
        return restricted, left_out
    for member in members:
        tasks = np.flatnonzero(np.isin(member.tasks, names))
        parts = []
        for part in member.parts:
            own = _restricted(part, (part.label >= 0) & np.isin(part.task, tasks), tasks)
            if (
                fewest_trials(
                    own.task, own.label, n_tasks=len(tasks), n_classes=len(member.classes)
                )
                >= folds
            ):
                parts.append(own)
            else:
                few = f"fewer than {folds} trials of a class of the confound"
                left_out.append(f"{where}, session {part.session}: left out, {few}")
        labels = {
            session: tuple(labels[task] for task in tasks)
            for session, labels in member.session_labels.items()
        }
        if parts:
            restricted.append(
                replace(member, parts=parts, tasks=tuple(names), session_labels=labels)
            )
    return restricted, left_out


def _columns(
    recordings: list[xr.Dataset], confound: str, study: Study
) -> dict[str, np.ndarray] | None:
    """Return the values of a trial column by session; None if the confound is no column."""
    if confound in (TRIAL_NUMBER, MEAN_RATE):
        return None
    where = study.key("confounds")
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


def _as_label(members: list[Population], by_session: dict[str, np.ndarray], folds: int) -> _Target:
    """Return populations whose classes are those of the confound; trials without one have -1."""
    n_times = len(members[0].times)
    values = {
        session: each[:, :n_times].mean(axis=1) if each.ndim == 2 else each
        for session, each in by_session.items()
    }
    classes, split = _classes(list(values.values()))

    def labelled(part: SessionTrials) -> SessionTrials:
        own = values[part.session]
        return replace(
            part, label=_median_split(own, part.task) if split else _numbered(own, classes)
        )

    made = [
        replace(member, parts=[labelled(part) for part in member.parts], classes=classes)
        for member in members
    ]
    if len(classes) < 2:
        return _Target(made, dict.fromkeys(members[0].tasks, "the confound does not vary"))
    parts = [part for member in made for part in member.parts]
    lacking = {
        task: f"no session has {folds} trials of every class of the confound"
        for number, task in enumerate(members[0].tasks)
        if not any(
            np.bincount(
                part.label[(part.task == number) & (part.label >= 0)], None, len(classes)
            ).min()
            >= folds
            for part in parts
        )
    }
    return _Target(made, lacking)


def _numbered(values: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Return the class numbers of values, -1 of those that are none."""
    return pd.Index(classes).get_indexer(values.astype(str))


def _classes(values: list[np.ndarray]) -> tuple[tuple[str, ...], bool]:
    """Return the classes of a confound, and whether they are the sides of a median."""
    together = np.concatenate(values)
    if together.dtype.kind in "biuf":
        together = together[np.isfinite(together.astype(float))]
        if len(together) and constant_units(together.astype(float)):
            return (str(together[0]),), False
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


def _restricted(part: SessionTrials, keep: np.ndarray, tasks: np.ndarray) -> SessionTrials:
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


def _in_place_of_units(members: list[Population], by_session: dict[str, np.ndarray]) -> _Target:
    """Return populations whose only unit is the confound.

    Text has one unit for each value. A missing value is replaced by the median, or by 0 for text,
    so that it is uninformative. A confound that is constant over the trials of a task cannot
    predict the label.
    """
    texts = [each.astype(str) for each in by_session.values() if each.dtype.kind not in "biuf"]
    shown = np.setdiff1d(np.concatenate(texts), [""]) if texts else np.empty(0, str)
    units = {session: _as_units(values, shown) for session, values in by_session.items()}

    def replaced(part: SessionTrials, n_bins: int) -> SessionTrials:
        own = units[part.session]
        # float32 does not resolve the variation of large numbers, such as times in s since 1970.
        rates = np.broadcast_to(own - np.median(own, axis=0), (*own.shape[:2], n_bins))
        rates = rates.astype(np.float32)
        unit_ids = np.array([f"confound{i}" for i in range(own.shape[1])], object)
        return replace(part, rates=rates, unit_ids=unit_ids)

    made = [
        replace(member, parts=[replaced(part, member.n_bins) for part in member.parts])
        for member in members
    ]
    lacking = {
        task: "the confound does not vary"
        for number, task in enumerate(members[0].tasks)
        if not any(
            not constant_units(units[part.session][part.task == number]).all()
            for member in made
            for part in member.parts
        )
    }
    return _Target(made, lacking)


def _as_units(values: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return a confound as rates, shape (trial, unit, 1 or bin)."""
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
