"""Confounds: variables that covary with the label and could be decoded in its place.

Each confound is tested twice, with the decoder and in the windows of the label. First its levels
are decoded from the units. Then it replaces the units, and the label is decoded from it. Only a
confound that succeeds in both tests can explain the result.

Two controls show what is left without it. The confound is regressed out of the rates within folds
(`adjustment`), or variables are balanced in training and test (`balancing`). The label is decoded
with and without the control.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd
import xarray as xr

from neuro_attn.configuration import MEAN_RATE
from neuro_attn.decoding.balancing import balanced, joint, shuffled_within, subsampled
from neuro_attn.decoding.building import build_populations, units_per_draw
from neuro_attn.decoding.confound_targets import adjusted, as_label, in_place_of_units
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.decoding.nuisance import levels, regressors, values_by_session
from neuro_attn.decoding.population import Population, without_times
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.decoding.trial_selection import Target, decodable
from neuro_attn.errors import InputError
from neuro_attn.results import columns_of
from neuro_attn.study import Study

COLUMNS = columns_of("confounds")

logger = logging.getLogger(__name__)


class Row(NamedTuple):
    """What is decoded, from what, and with which control: columns of the table of confounds.

    Parameters
    ----------
    confound : str
        The nuisance variable, or several that are balanced together.
    decoded, decoded_from : str
        The confound or the label, from the units or from the confound.
    control : str
        "none", "regressed out", "balanced" or "subsampled".
    """

    confound: str
    decoded: str
    decoded_from: str = "units"
    control: str = "none"

    @property
    def what(self) -> str:
        """What is decoded, or with which control, in words."""
        return f"{self.decoded} decoded" if self.control == "none" else self.control

    def __str__(self) -> str:
        return f"confound {self.confound}, {self.what}"


class Aim(NamedTuple):
    """One row of every region: what to decode in which populations.

    Parameters
    ----------
    row : Row
        What is decoded.
    where : str
        Data set and row, in words.
    study : Study
        The data set, with the settings of decoding and inference for this aim.
    n_units : int or None
        Units of a draw.
    members : dict of str to list of Population
        The populations, by region.
    left_out : list of str
        Regions, tasks and sessions that take no part, and why.
    missing_cells : dict of str to str
        Classes and values of a balanced variable with too few trials, by session.
    kept_values : dict of str to str
        The values that are balanced, by session.
    only_levels : tuple of str
        Balanced variables with many values, of which only the levels are balanced.
    """

    row: Row
    where: str
    study: Study
    n_units: int | None
    members: dict[str, list[Population]]
    left_out: list[str]
    missing_cells: dict[str, str] = {}
    kept_values: dict[str, str] = {}
    only_levels: tuple[str, ...] = ()


class Decoded(NamedTuple):
    """What was decoded: a row, the results of its regions, and missing cells by session."""

    row: Row
    decodings: list[xr.Dataset]
    missing_cells: dict[str, str]


def decode_confounds(
    recordings: list[xr.Dataset], study: Study, table: pd.DataFrame
) -> list[Decoded]:
    """Decode every confound, the label from every confound, and the label under controls.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions of the data set.
    study : Study
        The data set, with its confounds, balanced variables, decoding and inference. Labels keep
        the null model of the data set; under a control, shuffles are within levels of the confound.
        Confounds are always shuffled within session and task: most, like the trial number, come
        from no process that could be repeated.
    table : pandas.DataFrame
        From `regions_table`.

    Returns
    -------
    list of Decoded
        The results of all regions where something can be decoded, from `decode_windows`. The log
        reports which regions, tasks and sessions are excluded, and why.

    Raises
    ------
    InputError
        If there is no such trial column.
    """
    recordings, study = without_test_only(recordings, study)
    found: list[Decoded] = []
    without_control: list[xr.Dataset] = []
    for aim in aims(recordings, study, table):
        for each in aim.left_out:
            logger.warning("%s", each)
        try:
            decodings = [_decoded(aim, region) for region in aim.members]
        except InputError as error:
            # A confound is a look aside: the results of the label do not depend on it.
            logger.warning("%s: left out, %s", aim.where, error.problem)
            continue
        if not decodings:
            continue
        raw = Row(aim.row.confound, "label")
        if aim.row.control != "none" and raw not in [each.row for each in found]:
            without_control = without_control or _without_control(recordings, study, table)
            found.append(Decoded(raw, _of_the_same(without_control, decodings), {}))
        found.append(Decoded(aim.row, decodings, aim.missing_cells))
    return found


def _decoded(aim: Aim, region: str) -> xr.Dataset:
    """Decode a region.

    Only the label is tested against mirrored units, and only the units of a region are a sample. A
    confound that seems to generalise deserves attention.
    """
    from_units = aim.row.decoded_from == "units"
    return decode_windows(
        aim.members[region],
        aim.study,
        region=region,
        n_units=aim.n_units,
        mirrored=from_units and aim.row.decoded == "label",
        resample_units=from_units,
    )


def _without_control(
    recordings: list[xr.Dataset], study: Study, table: pd.DataFrame
) -> list[xr.Dataset]:
    """Decode the label from the units of all regions; the values of summary.csv."""
    n_units = units_per_draw(study.dataset, table)
    return [
        decode_windows(
            build_populations(recordings, study, region), study, region=region, n_units=n_units
        )
        for region in dict.fromkeys(table["region"])
    ]


def _of_the_same(decodings: list[xr.Dataset], like: list[xr.Dataset]) -> list[xr.Dataset]:
    """Return results of the regions, sessions and tasks that others have."""
    sessions = {each.attrs["region"]: each["session"].values for each in like}
    tasks = like[0]["train_task"].values
    return [
        each.sel(session=sessions[region], train_task=tasks, test_task=tasks)
        for each in decodings
        if (region := each.attrs["region"]) in sessions
    ]


def aims(recordings: list[xr.Dataset], study: Study, table: pd.DataFrame) -> Iterator[Aim]:
    """Yield what `decode_confounds` decodes, before anything is fitted.

    The label from the units without any control is not among them.

    Parameters
    ----------
    recordings, study, table
        As in `decode_confounds`.

    Raises
    ------
    InputError
        If there is no such trial column.
    """
    recordings, study = without_test_only(recordings, study)
    dataset = study.dataset
    members = {
        region: _built(recordings, study, region) for region in dict.fromkeys(table["region"])
    }
    by_shuffle = {"null_model": "shuffle", "permute_within": []}
    inference = dataset.inference.model_copy(update=by_shuffle)
    shuffled = replace(study, dataset=dataset.model_copy(update={"inference": inference}))
    n_units = units_per_draw(dataset, table)
    folds = dataset.decoding.folds

    def aim(row: Row, targets: dict[str, Target], settings: Study, n_units: int | None) -> Aim:
        where = f"{study.name}, {row}"
        found, left_out = decodable(targets, folds=folds, where=where)
        return Aim(row, where, settings, n_units, found, left_out)

    for confound in dataset.confounds:
        values = {
            region: values_by_session(recordings, each, confound, study.key("confounds"))
            for region, each in members.items()
        }
        as_levels = levels(members, values, folds=folds)
        yield aim(
            Row(confound, "confound"),
            {r: as_label(each, as_levels[r], folds) for r, each in members.items()},
            shuffled,
            n_units,
        )
        yield aim(
            Row(confound, "label", "confound"),
            {r: in_place_of_units(each, regressors(values[r])) for r, each in members.items()},
            study,
            None,
        )
        yield aim(
            Row(confound, "label", control="regressed out"),
            {r: adjusted(each, values[r], as_levels[r], folds) for r, each in members.items()},
            study,
            n_units,
        )
    if dataset.balance:
        yield from _balanced_aims(recordings, study, members, n_units)


def _built(recordings: list[xr.Dataset], study: Study, region: str) -> list[Population]:
    """Return the populations of a region.

    All regions are held together, so we keep their rates in the windows only, which are decoded,
    unless the mean rate in time bins is a confound.
    """
    members = build_populations(recordings, study, region)
    if MEAN_RATE in study.dataset.nuisance_variables:
        return members
    return [without_times(member) for member in members]


def _balanced_aims(
    recordings: list[xr.Dataset],
    study: Study,
    members: dict[str, list[Population]],
    n_units: int | None,
) -> Iterator[Aim]:
    """Yield the label with balanced variables, and with as few trials without balance."""
    dataset, folds = study.dataset, study.dataset.decoding.folds
    name = " x ".join(dataset.balance)
    row = Row(name, "label", control="balanced")
    where = f"{study.name}, {row}"
    several = {
        variable: levels(
            members,
            {
                region: values_by_session(recordings, each, variable, study.key("balance"))
                for region, each in members.items()
            },
            folds=folds,
        )
        for variable in dataset.balance
    }
    targets, missing, kept = {}, {}, {}
    for region, each in members.items():
        combined = joint([(variable, found[region]) for variable, found in several.items()])
        targets[region], of_region, values = balanced(each, combined, folds=folds)
        missing.update(of_region)
        kept.update(values)
    found, left_out = decodable(targets, folds=folds, where=where)
    only_levels = tuple(
        variable for variable, of in several.items() if any(each.divided for each in of.values())
    )
    members = shuffled_within(found)
    yield Aim(row, where, study, n_units, members, left_out, missing, kept, only_levels)
    if not found:
        return
    few = Row(name, "label", control="subsampled")
    yield Aim(few, f"{study.name}, {few}", study, n_units, subsampled(found, folds), [])


def together(decoded: Sequence[Decoded], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of all confounds together, with the controls of a region side by side.

    Parameters
    ----------
    decoded : sequence of Decoded
        From `decode_confounds`.
    tables : sequence of pandas.DataFrame
        The accuracy of each in the windows.

    Returns
    -------
    pandas.DataFrame
        With ``COLUMNS``.
    """
    frames = [
        table.assign(**each.row._asdict(), missing_cells=_by_session(table, each.missing_cells))
        for each, table in zip(decoded, tables, strict=True)
    ]
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(frames, ignore_index=True)
    keys = ["confound", "region", "session", "train_task", "test_task", "window"]
    order = pd.DataFrame({key: pd.factorize(table[key])[0] for key in keys})
    order = order.sort_values(keys, kind="stable")
    return table.loc[order.index, COLUMNS].reset_index(drop=True)


def _by_session(table: pd.DataFrame, missing: dict[str, str]) -> list[str]:
    """Return the missing cells of each row; for all sessions, those of each session."""
    every = "; ".join(f"session {session}: {cells}" for session, cells in missing.items())
    return [missing.get(session, every if session == "all" else "") for session in table["session"]]
