"""What decoders train on in a data set, what limits it, and what would lift the limit.

Every number comes from the functions that a run calls, on the outlines of its sessions; a change of
the settings is tried by calling them again with the changed settings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import xarray as xr

from neuro_attn import decoding
from neuro_attn.configuration import AnyDataset, Time
from neuro_attn.decoding.splits import fold_sizes
from neuro_attn.decoding.tabulation import Rarest, class_names, rarest
from neuro_attn.errors import InputError
from neuro_attn.recording import of_tasks
from neuro_attn.study import Study

_MOST_POPULATIONS = 5_000
"""Sessions times regions beyond which changes are not tried, since each takes seconds."""
_GAIN = 1.1
"""By how much a change must lift a limit to be worth a row."""


class Attained(NamedTuple):
    """Training data of decoders.

    Parameters
    ----------
    train : tuple of int
        Training trials of a class in a fold: fewest and most of any population.
    rarest : Rarest
        The session, task and class that limit them.
    units : tuple of int
        Units of a draw: fewest and most.
    total : tuple of int
        Units of a draw of a region, over its sessions: fewest and most. Figures state these.
    smallest : list of (str, str)
        Region and session of the populations with the fewest units.
    regions, sessions : int
        How many are decoded.
    n_units : tuple of int
        Units of the populations, in ascending order, each number once.
    n_trials : tuple of int
        Trials of the rarest task and class of each session, likewise.
    most_train : int
        Training trials of a class that the richest session would give by itself.
    """

    train: tuple[int, int]
    rarest: Rarest
    units: tuple[int, int]
    total: tuple[int, int]
    smallest: list[tuple[str, str]]
    regions: int
    sessions: int
    n_units: tuple[int, ...]
    n_trials: tuple[int, ...]
    most_train: int


class Change(NamedTuple):
    """A change of the settings and what it would attain."""

    setting: str
    attained: Attained
    note: str = ""


def without_time(found: list[xr.Dataset], study: Study) -> tuple[list[xr.Dataset], Study]:
    """Return outlines and settings with one time bin, for which counting is fast."""
    dataset = study.dataset
    time = dataset.time
    whole = (time.start, time.stop)
    one_bin = Time(start=time.start, stop=time.stop, bin=time.stop - time.start)
    windows = dict.fromkeys(dataset.windows, whole)
    return (
        [outline.isel(time=[0]) for outline in found],
        replace(study, dataset=dataset.model_copy(update={"time": one_bin, "windows": windows})),
    )


def attained(found: list[xr.Dataset], study: Study) -> Attained:
    """Return the training data of the decoders of a data set.

    Parameters
    ----------
    found : list of xarray.Dataset
        Outlines of the sessions, from `without_time`.
    study : Study
        The data set, from `without_time`.

    Raises
    ------
    InputError
        If nothing can be decoded.
    """
    found, study = decoding.without_test_only(found, study)
    dataset = study.dataset
    table = decoding.regions_table(found, study)
    wanted, folds = dataset.decoding.pseudotrials, dataset.decoding.folds
    tasks, classes = tuple(dataset.tasks), class_names(found)
    of_session = {each.attrs["session"]: rarest(each, tasks, classes) for each in found}
    trained: dict[frozenset[str], int] = {}
    alone: dict[str, int] = {}
    for region in dict.fromkeys(table["region"]):
        for member in decoding.build_populations(found, study, region):
            together = frozenset(part.session for part in member.parts)
            if together not in trained:
                sizes = fold_sizes(
                    member, folds=folds, pseudotrials=None if wanted == "auto" else wanted
                )
                trained[together] = sizes.train
                for part in member.parts:
                    by_itself = fold_sizes(
                        replace(member, parts=[part]), folds=folds, pseudotrials=None
                    )
                    alone[part.session] = by_itself.train
    taking_part = [of_session[session] for session in sorted(alone)]
    n_units = decoding.units_per_draw(dataset, table)
    drawn = table["n_units"] if n_units is None else table["n_units"].clip(upper=n_units)
    total = drawn.groupby(table["region"]).sum()
    smallest = table[table["n_units"] == table["n_units"].min()]
    return Attained(
        train=(min(trained.values()), max(trained.values())),
        rarest=min(taking_part, key=lambda each: each.n_trials),
        units=(int(drawn.min()), int(drawn.max())),
        total=(int(total.min()), int(total.max())),
        smallest=list(zip(smallest["region"], smallest["session"], strict=True)),
        regions=table["region"].nunique(),
        sessions=len(taking_part),
        n_units=tuple(sorted({int(n) for n in table["n_units"]})),
        n_trials=tuple(sorted({each.n_trials for each in taking_part})),
        most_train=max(alone.values()),
    )


def changes(found: list[xr.Dataset], study: Study, now: Attained) -> list[Change]:
    """Return changes of settings that would remove a limit, with the training data of each.

    Parameters
    ----------
    found, study
        As for `attained`.
    now : Attained
        What it returned.
    """
    if len(found) * now.regions > _MOST_POPULATIONS:
        return []
    tried = []
    found, study = decoding.without_test_only(found, study)
    for setting, changed, note in _candidates(study.dataset, now):
        outlines = of_tasks(found, changed.tasks)
        try:
            then = attained(outlines, replace(study, dataset=changed))
        except InputError:
            continue
        pairs = ((now.train, then.train), (now.units, then.units))
        # The fewest count; where units are not matched, the most may rise alone.
        if any(after[k] >= _GAIN * before[k] for before, after in pairs for k in (0, 1)):
            tried.append(Change(setting, then, note))
    return tried


def _candidates(dataset: AnyDataset, now: Attained) -> Iterator[tuple[str, AnyDataset, str]]:
    """Yield changes worth trying: what each sets, the changed settings and what it costs."""
    decoding = dataset.decoding
    pooled = decoding.population == "pseudopopulation"

    def with_decoding(**keys: object) -> AnyDataset:
        return dataset.model_copy(update={"decoding": decoding.model_copy(update=keys)})

    for n in _next(now.n_trials):
        sessions = dataset.sessions.model_copy(update={"min_trials": n})
        yield f"sessions.min_trials: {n}", dataset.model_copy(update={"sessions": sessions}), ""
    if pooled and decoding.pseudotrials == "auto":
        yield (
            f"decoding.pseudotrials: {now.most_train}",
            with_decoding(pseudotrials=now.most_train),
            "resampled trials",
        )
    if decoding.folds < 5 <= now.rarest.n_trials and decoding.pseudotrials == "auto":
        yield "decoding.folds: 5", with_decoding(folds=5), "smaller test sets"
    if decoding.units == "matched":
        for n in _next(now.n_units):
            regions = dataset.regions.model_copy(update={"min_units": n})
            yield f"regions.min_units: {n}", dataset.model_copy(update={"regions": regions}), ""
        yield (
            "decoding.units: all",
            with_decoding(units="all"),
            "regions not comparable",
        )
    if len(dataset.tasks) > 1:
        for task, settings in dataset.tasks.items():
            alone = dataset.model_copy(update={"tasks": {task: settings}})
            yield f"tasks: {task} alone", alone, "no transfer"


def _next(numbers: Sequence[int]) -> list[int]:
    """Return the second smallest of ascending numbers, and their median where that is larger."""
    return sorted(
        {*numbers[1:2], *numbers[len(numbers) // 2 : len(numbers) // 2 + 1]} - {numbers[0]}
    )
