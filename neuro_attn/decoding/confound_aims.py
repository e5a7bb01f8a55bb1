"""What is decoded to test confounds: rows of the table, and the populations of each region.

Regions are compared, so they share the levels of variables and the tasks of a row. `shared_by`
finds these, a region at a time. `aims_of` then needs the recordings of one region alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import xarray as xr

from neuro_attn.configuration import MEAN_RATE
from neuro_attn.decoding.balancing import balanced, joint, shuffled_within, subsampled
from neuro_attn.decoding.building import build_populations
from neuro_attn.decoding.confound_targets import adjusted, as_label, in_place_of_units
from neuro_attn.decoding.nuisance import (
    Levels,
    Naming,
    in_levels,
    naming,
    over_bins,
    regressors,
    values_by_session,
)
from neuro_attn.decoding.population import Population, without_times
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.decoding.trial_selection import Target, decodable_in
from neuro_attn.recording import without_rates
from neuro_attn.study import Study


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
    """One row of one or several regions: what to decode in which populations.

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


class Shared(NamedTuple):
    """What all regions share.

    Parameters
    ----------
    levels : dict of str to Naming
        The levels of each confound and balanced variable.
    tasks : dict of Row to dict of str to list of str
        For each row, the tasks in which each region can be decoded.
    """

    levels: dict[str, Naming]
    tasks: dict[Row, dict[str, list[str]]]

    def as_json(self) -> dict:
        """Return the same as lists and texts, for a file."""
        return {
            "levels": [[variable, *each] for variable, each in self.levels.items()],
            "tasks": [[list(row), by_region] for row, by_region in self.tasks.items()],
        }

    @classmethod
    def from_json(cls, found: dict) -> "Shared":
        """Return what `as_json` turned into lists and texts."""
        return cls(
            {variable: Naming(tuple(names), n) for variable, names, n in found["levels"]},
            {Row(*row): by_region for row, by_region in found["tasks"]},
        )


class _Candidate(NamedTuple):
    """The populations of a region for a row, before tasks and sessions are left out."""

    row: Row
    target: Target
    study: Study
    all_units: bool = False
    missing_cells: dict[str, str] = {}
    kept_values: dict[str, str] = {}


def shared_by(recordings: list[xr.Dataset], study: Study, regions: Sequence[str]) -> Shared:
    """Return what all regions share.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions of the data set.
    study : Study
        The data set, with its confounds and balanced variables.
    regions : sequence of str
        Its regions.

    Raises
    ------
    InputError
        If there is no such trial column.
    """
    recordings, study = without_test_only(recordings, study)
    if MEAN_RATE not in study.dataset.nuisance_variables:
        recordings = [without_rates(each) for each in recordings]
    variables = dict.fromkeys([*study.dataset.confounds, *study.dataset.balance])
    values: dict[str, dict] = {variable: {} for variable in variables}
    members: dict[str, list[Population]] = {}
    for region in regions:
        found = _built(recordings, study, region)
        for variable in variables:
            values[variable][region] = over_bins(found, _values(recordings, found, variable, study))
        members[region] = [_without_rates(member) for member in found]
    folds = study.dataset.decoding.folds
    levels = {name: naming(members, each, folds=folds) for name, each in values.items()}
    tasks: dict[Row, dict[str, list[str]]] = {}
    for region in regions:
        for each in _candidates(recordings, study, _built(recordings, study, region), levels):
            tasks.setdefault(each.row, {})[region] = each.target.tasks
    return Shared(levels, tasks)


def aims_of(
    recordings: list[xr.Dataset],
    study: Study,
    region: str,
    *,
    shared: Shared,
    n_units: int | None,
) -> Iterator[Aim]:
    """Yield what is decoded in a region, before anything is fitted.

    The label from the units without any control is not among them.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        The sessions with units of the region; others are allowed.
    study : Study
        The data set, with its confounds and balanced variables.
    region : str
        The region.
    shared : Shared
        From `shared_by`.
    n_units : int or None
        Units of a draw; None takes all.

    Returns
    -------
    iterator of Aim
        The same rows for all regions. Members are empty if the region has too few trials.
    """
    recordings, study = without_test_only(recordings, study)
    folds = study.dataset.decoding.folds
    members = _built(recordings, study, region)
    for each in _candidates(recordings, study, members, shared.levels):
        row, where = each.row, f"{study.name}, {each.row}"
        made, left_out = decodable_in(
            region, each.target, shared.tasks[row], folds=folds, where=where
        )
        found = {region: made} if made else {}
        units = None if each.all_units else n_units
        aim = Aim(row, where, each.study, units, found, left_out)
        if row.control != "balanced":
            yield aim
            continue
        yield aim._replace(
            members=shuffled_within(found),
            missing_cells=each.missing_cells,
            kept_values=each.kept_values,
            only_levels=tuple(
                name for name in study.dataset.balance if shared.levels[name].n_quantiles
            ),
        )
        few = row._replace(control="subsampled")
        yield Aim(few, f"{study.name}, {few}", study, units, subsampled(found, folds), [])


def aims(
    recordings: list[xr.Dataset],
    study: Study,
    regions: Sequence[str],
    *,
    n_units: int | None,
) -> Iterator[Aim]:
    """Yield what is decoded in all regions; arguments as in `shared_by` and `aims_of`."""
    shared = shared_by(recordings, study, regions)
    of_regions = [
        aims_of(recordings, study, region, shared=shared, n_units=n_units) for region in regions
    ]
    for of_row in zip(*of_regions, strict=True):
        together = of_row[0]
        for each in of_row[1:]:
            together = together._replace(
                members=together.members | each.members,
                left_out=together.left_out + each.left_out,
                missing_cells=together.missing_cells | each.missing_cells,
                kept_values=together.kept_values | each.kept_values,
            )
        if together.members or together.row.control != "subsampled":
            yield together


def _built(recordings: list[xr.Dataset], study: Study, region: str) -> list[Population]:
    """Return the populations of a region, in the windows unless the mean rate in bins is needed."""
    members = build_populations(recordings, study, region)
    if MEAN_RATE in study.dataset.nuisance_variables:
        return members
    return [without_times(member) for member in members]


def _without_rates(member: Population) -> Population:
    """Return a population with its trials, but with no units."""
    parts = [replace(part, rates=part.rates[:, :0].copy()) for part in member.parts]
    return replace(member, parts=parts)


def _values(
    recordings: list[xr.Dataset], members: list[Population], variable: str, study: Study
) -> dict:
    key = "confounds" if variable in study.dataset.confounds else "balance"
    return values_by_session(recordings, members, variable, study.key(key))


def _candidates(
    recordings: list[xr.Dataset], study: Study, members: list[Population], shared: dict[str, Naming]
) -> Iterator[_Candidate]:
    """Yield the populations of a region for each row, apart from subsampled ones."""
    dataset, folds = study.dataset, study.dataset.decoding.folds
    by_shuffle = {"null_model": "shuffle", "permute_within": []}
    inference = dataset.inference.model_copy(update=by_shuffle)
    shuffled = replace(study, dataset=dataset.model_copy(update={"inference": inference}))

    def levels(variable: str) -> Levels:
        values = _values(recordings, members, variable, study)
        return in_levels(members, over_bins(members, values), shared[variable])

    for confound in dataset.confounds:
        values = _values(recordings, members, confound, study)
        as_levels = levels(confound)
        yield _Candidate(Row(confound, "confound"), as_label(members, as_levels, folds), shuffled)
        in_place = in_place_of_units(members, regressors(values))
        yield _Candidate(Row(confound, "label", "confound"), in_place, study, all_units=True)
        yield _Candidate(
            Row(confound, "label", control="regressed out"),
            adjusted(members, values, as_levels, folds),
            study,
        )
    if dataset.balance:
        combined = joint([(variable, levels(variable)) for variable in dataset.balance])
        target, missing, kept = balanced(members, combined, folds=folds)
        row = Row(" x ".join(dataset.balance), "label", control="balanced")
        yield _Candidate(row, target, study, missing_cells=missing, kept_values=kept)
