"""Confounds: variables that covary with the label and could be decoded in its place.

Each confound is tested twice, with the decoder and in the windows of the label. First its levels
are decoded from the units. Then it replaces the units, and the label is decoded from it. Only a
confound that succeeds in both tests can explain the result.

Two controls show what is left without it. The confound is regressed out of the rates within folds
(`adjustment`), or variables are balanced in training and test (`balancing`). The label is decoded
with and without the control.
"""

import json
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd
import xarray as xr

from neuro_attn.decoding.building import build_populations, units_per_draw
from neuro_attn.decoding.confound_aims import Aim, Row, Shared, aims_of, shared_by
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.errors import InputError
from neuro_attn.recording import packed, unpacked
from neuro_attn.results import columns_of
from neuro_attn.study import Study

COLUMNS = columns_of("confounds")
Kept = Callable[[xr.Dataset], xr.Dataset]
"""Returns what is kept of the result of `decode_windows`."""

logger = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What was decoded in a region for a row of the table.

    Parameters
    ----------
    row : Row
        What is decoded, from what, and with which control.
    decoding : xarray.Dataset or None
        The result, unless nothing can be decoded.
    without_control : xarray.Dataset or None
        With a control, that of the label without it, in the same sessions and tasks.
    problem : str
        Why decoding failed; empty if it did not.
    missing_cells : dict of str to str
        See `Aim`.
    """

    row: Row
    decoding: xr.Dataset | None
    without_control: xr.Dataset | None
    problem: str
    missing_cells: dict[str, str]


class Decoded(NamedTuple):
    """What was decoded: a row, the results of its regions, and missing cells by session."""

    row: Row
    decodings: list[xr.Dataset]
    missing_cells: dict[str, str]


def decode_confounds(
    recordings: list[xr.Dataset],
    study: Study,
    table: pd.DataFrame,
    kept: Kept = lambda decoding: decoding,
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
    kept : callable, optional
        Returns what is kept of each result; by default everything.

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
    regions = list(dict.fromkeys(table["region"]))
    shared = shared_by(recordings, study, regions)
    n_units = units_per_draw(study.dataset, table)
    return combined(
        [
            decode_region(recordings, study, region, shared=shared, n_units=n_units, kept=kept)
            for region in regions
        ],
        study.name,
    )


def decode_region(
    recordings: list[xr.Dataset],
    study: Study,
    region: str,
    *,
    shared: Shared,
    n_units: int | None,
    kept: Kept,
) -> list[Outcome]:
    """Decode the rows of one region.

    Parameters
    ----------
    recordings, study, region, shared, n_units
        As in `aims_of`.
    kept : callable
        Returns what is kept of each result.
    """
    recordings, study = without_test_only(recordings, study)
    outcomes = []
    plain: xr.Dataset | None = None
    for aim in aims_of(recordings, study, region, shared=shared, n_units=n_units):
        for each in aim.left_out:
            logger.warning("%s", each)
        outcome = Outcome(aim.row, None, None, "", aim.missing_cells)
        if aim.members:
            try:
                decoding = _decoded(aim, region)
            except InputError as error:
                outcomes.append(outcome._replace(problem=error.problem))
                continue
            outcome = outcome._replace(decoding=kept(decoding))
            if aim.row.control != "none":
                if plain is None:
                    members = build_populations(recordings, study, region)
                    plain = decode_windows(members, study, region=region, n_units=n_units)
                outcome = outcome._replace(without_control=kept(_of_the_same(plain, decoding)))
        outcomes.append(outcome)
    return outcomes


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


def _of_the_same(decoding: xr.Dataset, like: xr.Dataset) -> xr.Dataset:
    """Return results of the sessions and tasks that others have."""
    tasks = like["train_task"].values
    return decoding.sel(session=like["session"].values, train_task=tasks, test_task=tasks)


def combined(regions: Sequence[Sequence[Outcome]], name: str) -> list[Decoded]:
    """Combine the outcomes of all regions of a data set, which have the same rows.

    Before the first control of a confound, there is a row without any.

    Parameters
    ----------
    regions : sequence of sequence of Outcome
        From `decode_region`.
    name : str
        Name of the data set, for messages.
    """
    found: list[Decoded] = []
    for of_row in zip(*regions, strict=True):
        row = of_row[0].row
        if problems := [each.problem for each in of_row if each.problem]:
            # A confound is a look aside: the results of the label do not depend on it.
            logger.warning("%s, %s: left out, %s", name, row, problems[0])
            continue
        decodings = [each.decoding for each in of_row if each.decoding is not None]
        if not decodings:
            continue
        raw = Row(row.confound, "label")
        if row.control != "none" and raw not in [each.row for each in found]:
            plain = [each.without_control for each in of_row if each.without_control is not None]
            found.append(Decoded(raw, plain, {}))
        missing: dict[str, str] = {}
        for each in of_row:
            missing |= each.missing_cells
        found.append(Decoded(row, decodings, missing))
    return found


def stored(outcomes: Sequence[Outcome]) -> xr.Dataset:
    """Return the outcomes of a region as one data set, for writing."""
    results = {
        f"{number} {name}": result
        for number, each in enumerate(outcomes)
        for name in ("decoding", "without_control")
        if (result := getattr(each, name)) is not None
    }
    rows = [[list(each.row), each.problem, each.missing_cells] for each in outcomes]
    return packed(results).assign_attrs(rows=json.dumps(rows))


def restored(found: xr.Dataset) -> list[Outcome]:
    """Return the outcomes of a region from what `stored` returned."""
    results = unpacked(found)
    return [
        Outcome(
            Row(*row),
            results.get(f"{number} decoding"),
            results.get(f"{number} without_control"),
            problem,
            missing,
        )
        for number, (row, problem, missing) in enumerate(json.loads(found.attrs["rows"]))
    ]


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
