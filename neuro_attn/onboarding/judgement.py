"""What would stop a run, or make its results less than they seem, before anything is decoded.

There are no rules here that a run does not have: its own functions are called on the outlines of
the sessions, and every error that they raise is a problem. What a run reports in a log or leaves
empty is a caution.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import comparison, decoding, recording
from neuro_attn.cautions import Caution, cautions
from neuro_attn.configuration import AnyDataset, Inference
from neuro_attn.decoding import confounds
from neuro_attn.decoding.populations import (
    MEAN_RATE,
    POOLED,
    Population,
    class_names,
    rarest,
)
from neuro_attn.decoding.preparation import check_replicates, label_orders_of
from neuro_attn.duplicates import check_distinct
from neuro_attn.errors import InputError
from neuro_attn.geometry.codes import color_designs
from neuro_attn.geometry.colors import shown_colors
from neuro_attn.geometry.estimates import UndefinedError
from neuro_attn.onboarding import text
from neuro_attn.sources.regions import check_map

_FEW_TRIALS = 10
"""Trials of a task and class below which accuracies are too imprecise to pass without a word."""


@dataclass
class Judgement:
    """What is wrong with a data set.

    Parameters
    ----------
    populations : pandas.DataFrame or None
        From `decoding.regions_table`; None where nothing can be decoded.
    problems : list of InputError
        What stops a run.
    cautions : list of Caution
        What a run completes with.
    left_out : list of str
        Sessions, regions and confounds that take no part, and why.
    """

    populations: pd.DataFrame | None = None
    problems: list[InputError] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Make an `InputError` of the block a problem, once."""
        try:
            yield
        except InputError as error:
            if str(error) not in map(str, self.problems):
                self.problems.append(error)


def judge(found: list[xr.Dataset], name: str, dataset: AnyDataset, seed: int) -> Judgement:
    """Ask the functions of a run what they would raise, and look for what they would pass over.

    Parameters
    ----------
    found : list of xarray.Dataset
        Outlines of all sessions.
    name : str
        The data set.
    dataset : settings of a data set
        Its settings.
    seed : int
        The configuration's seed.
    """
    made = Judgement()
    made.cautions += _settings(name, dataset)
    made.cautions += [
        Caution(f"{each.attrs['origin']}, session {each.attrs['session']}", each.attrs["remarks"])
        for each in found
        if "remarks" in each.attrs
    ]
    made.cautions += [*_silence(found, name), *_lost(found, name, dataset)]
    made.cautions += cautions(found, name, dataset)
    with made.collecting():
        check_map(found, name, dataset)
        recording.check_together(found, name, dataset)
        made.populations = decoding.regions_table(found, name, dataset)
    with made.collecting():
        check_distinct(found, name)
    made.left_out += _left_out(found, dataset, made.populations)
    if made.populations is None:
        return made
    made.cautions += _few_trials(found, name, dataset)
    by_region = {
        region: decoding.populations(found, name, dataset, region)
        for region in dict.fromkeys(made.populations["region"])
    }
    _judge_labels(made, by_region, name, dataset, seed)
    if dataset.colors is not None:
        with made.collecting():
            made.cautions += _colors(found, by_region, name, dataset)
    if dataset.confounds:
        with made.collecting():
            _judge_confounds(made, found, name, dataset, seed)
    return made


def judge_comparison(
    outlines: Mapping[str, list[xr.Dataset]],
    judgements: Mapping[str, Judgement],
    settings: Mapping[str, AnyDataset],
) -> list[InputError]:
    """Return what stops the comparison of networks with a brain.

    Parameters
    ----------
    outlines, judgements, settings : mapping
        Of the brain's data set and those of the networks, by name.
    """
    made = Judgement()
    tables = {name: each.populations for name, each in judgements.items()}
    complete = {name: table for name, table in tables.items() if table is not None}
    if len(complete) < len(settings):
        return []
    regions = {name: list(dict.fromkeys(table["region"])) for name, table in complete.items()}
    with made.collecting():
        comparison.equal_sizes(settings, complete)
    with made.collecting():
        comparison.check_comparable(comparison.answers(outlines, regions, settings))
    return made.problems


def _judge_labels(
    made: Judgement,
    by_region: Mapping[str, list[Population]],
    name: str,
    dataset: AnyDataset,
    seed: int,
) -> None:
    """Draw the surrogate labels and folds; regions with the same sessions share them."""
    varied: set[tuple[str, ...]] = set()
    drawn: set[str] = set()
    for members in by_region.values():
        sessions = tuple(part.session for member in members for part in member.parts)
        if sessions in varied:
            continue
        varied.add(sessions)
        with made.collecting():
            orders = label_orders_of(members, dataset, seed, name)
            new = [
                (member, order)
                for member, order in zip(members, orders, strict=True)
                if not {part.session for part in member.parts} <= drawn
            ]
            drawn.update(part.session for member, _ in new for part in member.parts)
            check_replicates([m for m, _ in new], [o for _, o in new], dataset, seed, name)


def _judge_confounds(
    made: Judgement, found: list[xr.Dataset], name: str, dataset: AnyDataset, seed: int
) -> None:
    """Look which confounds can be decoded, but for the mean rate, which outlines do not have."""
    columns = [confound for confound in dataset.confounds if confound != MEAN_RATE]
    known = dataset.model_copy(update={"confounds": columns})
    assert made.populations is not None
    for aim in confounds.aims(found, known, made.populations, name):
        what = f"{aim.confound!r} ({aim.decoded} decoded)"
        reasons = [each.removeprefix(f"{aim.where}, ") for each in aim.left_out]
        for members in aim.members.values():
            try:
                orders = label_orders_of(members, aim.dataset, seed, name)
                check_replicates(members, orders, aim.dataset, seed, name)
            except InputError as error:
                reasons = [error.problem.rstrip(".")]
                aim.members.clear()
                break
        if not aim.members:
            reason = dict.fromkeys(each.rpartition(": ")[2] for each in reasons)
            made.cautions.append(
                Caution(
                    f"datasets.{name}.confounds",
                    f"{what} is left out of confounds.csv: {'; '.join(reason)}.",
                )
            )
        else:
            made.left_out += [f"confound {what}, {each}." for each in reasons]


def _settings(name: str, dataset: AnyDataset) -> Iterator[Caution]:
    """Yield cautions that need no data."""
    key, inference = f"datasets.{name}", dataset.inference
    if len(dataset.tasks) == 1:
        yield Caution(
            f"{key}.tasks",
            f"there is one task, {next(iter(dataset.tasks))!r}: transfer ratios and all geometry "
            "that compares tasks will be missing.",
            "Add a second task to test for a shared code.",
        )
    smallest = 1 / (inference.permutations + 1)
    if smallest >= inference.alpha:
        needed = max(int(np.floor(1 / inference.alpha)), _default("permutations"))
        yield Caution(
            f"{key}.inference.permutations",
            f"{inference.permutations} permutations give p-values of {smallest:.2g} and more, so "
            f"nothing can be significant at alpha = {inference.alpha:g}.",
            f"Give {needed} permutations or more.",
        )
    # An interval of n replicates is at most their range.
    n = inference.bootstraps
    if (covers := (n - 1) / (n + 1)) < inference.confidence:
        needed = max(int(np.ceil(2 / (1 - inference.confidence) - 1)), _default("bootstraps"))
        yield Caution(
            f"{key}.inference.bootstraps",
            f"{n} bootstraps give intervals with a coverage of {covers:.0%} at most; confidence "
            f"is {inference.confidence:g}.",
            f"Give {needed} bootstraps or more.",
        )


def _default(key: str) -> int:
    """Return the default of a key of ``inference``, which documentation recommends."""
    return int(Inference.model_fields[key].default)


def _silence(found: list[xr.Dataset], name: str) -> Iterator[Caution]:
    """Yield which units and bins have no spike on any trial."""
    counted = [each for each in found if "spikes_per_unit" in each.coords and each.sizes["trial"]]
    silent: dict[str, int] = {}
    for each in counted:
        of_unit = each["spikes_per_unit"].values == 0
        for region in each["region"].values[of_unit].astype(str):
            silent[region] = silent.get(region, 0) + 1
    if n := sum(silent.values()):
        total = sum(each.sizes["unit"] for each in counted)
        most = sorted(silent, key=lambda region: -silent[region])
        listed = text.listed([f"{region} ({silent[region]})" for region in most])
        yield Caution(
            f"datasets.{name}",
            f"{n} of {text.count(total, 'unit')} fire no spike in any trial: {listed}.",
            "They carry no information but count as units. Leave them out of the files, or select "
            "units by their quality where the source can.",
        )
    bins: dict[tuple[int, ...], list[xr.Dataset]] = {}
    for each in counted:
        empty = np.flatnonzero(each["spikes_per_bin"].values == 0)
        if len(empty) and each.sizes["unit"]:
            bins.setdefault(tuple(empty.tolist()), []).append(each)
    for empty_bins, sessions in bins.items():
        time = sessions[0]["time"]
        half = float(time.attrs.get("bin_width", 0)) / 2
        edges = [
            f"{time.values[run[0]] - half:g} to {time.values[run[-1]] + half:g} s"
            for run in _runs(empty_bins)
        ]
        named = text.listed([each.attrs["session"] for each in sessions])
        yield Caution(
            f"datasets.{name}.time",
            f"no unit fires on any trial from {text.listed(edges)} in session {named}.",
            "The files may be cut around the event: shorten time, or accuracy there is at chance.",
        )


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return ascending whole numbers in runs without gaps."""
    breaks = np.flatnonzero(np.diff(numbers) > 1) + 1
    return [run.tolist() for run in np.split(np.array(numbers), breaks)]


def _lost(found: list[xr.Dataset], name: str, dataset: AnyDataset) -> Iterator[Caution]:
    """Yield how many trials and units are left out because a label or region is missing."""
    total = sum(each.attrs.get("n_trials_in_file", 0) for each in found)
    lost = total_of(found, "n_trials_without_label")
    used = total - total_of(found, "n_trials_without_task")
    if lost and (isinstance(dataset.label, str) or 2 * lost > used):
        what = "have no value in this column" if isinstance(dataset.label, str) else "have no class"
        most = max(found, key=lambda each: each.attrs.get("n_trials_without_label", 0))
        yield Caution(
            f"datasets.{name}.label",
            f"{lost} of {text.count(used, 'trial')} of the tasks {what} and are left out; most of "
            f"them ({most.attrs['n_trials_without_label']}) in session {most.attrs['session']}.",
        )
    without = total_of(found, "n_units_without_region")
    there = without + sum(each.sizes["unit"] for each in found)
    if 2 * without > there:
        yield Caution(
            f"datasets.{name}.regions.column",
            f"{without} of {text.count(there, 'unit')} have no region and are left out.",
        )


def total_of(found: list[xr.Dataset], attribute: str) -> int:
    """Return the sum of a count over sessions; sources that do not count it add nothing."""
    return sum(int(each.attrs.get(attribute, 0)) for each in found)


def _colors(
    found: list[xr.Dataset],
    by_region: Mapping[str, list[Population]],
    name: str,
    dataset: AnyDataset,
) -> Iterator[Caution]:
    """Yield the tasks whose colour planes no session can support.

    Raises
    ------
    InputError
        If a colour column is missing or holds no numbers.
    """
    assert dataset.colors is not None
    colors = {each.attrs["session"]: shown_colors(each, dataset.colors, name) for each in found}
    lacking: dict[tuple[str, str], list[str]] = {}
    for region, members in by_region.items():
        for number, task in enumerate(dataset.tasks):
            reasons = [_why_not(color_designs, member, 0, number, colors) for member in members]
            if all(reasons):
                lacking.setdefault((task, str(reasons[0])), []).append(region)
    for (task, reason), regions in lacking.items():
        named = "all regions" if len(regions) == len(by_region) else text.listed(regions)
        yield Caution(
            f"datasets.{name}.colors",
            f"colour planes of task {task!r} are left out in {named}: {reason}.",
        )


def _why_not(estimate: Callable[..., object], *arguments: object) -> str:
    try:
        estimate(*arguments)
    except UndefinedError as reason:
        return str(reason)
    return ""


def _few_trials(found: list[xr.Dataset], name: str, dataset: AnyDataset) -> Iterator[Caution]:
    """Yield how many of the sessions that take part have few trials of a task and class."""
    tasks, classes = tuple(dataset.tasks), class_names(found)
    of_session = [rarest(each, tasks, classes) for each in found]
    used = [each for each in of_session if each.n_trials >= decoding.trials_needed(dataset)]
    few = [each for each in used if each.n_trials < _FEW_TRIALS]
    if not few:
        return
    poorest = min(few, key=lambda each: each.n_trials)
    consequence = (
        "The poorest session limits the trials of a pseudopopulation."
        if dataset.decoding.population == "pseudopopulation"
        else "Accuracies of such sessions are imprecise but weigh as much as others in the mean."
    )
    remedy = "Fewer tasks or classes leave more trials of each."
    if len(few) < len(used):
        remedy = f"sessions.min_trials: {_FEW_TRIALS} leaves such sessions out."
    yield Caution(
        f"datasets.{name}.sessions",
        f"{len(few)} of {text.count(len(used), 'session')} with fewer than {_FEW_TRIALS} trials of "
        f"a task and class; fewest in session {poorest.session!r}: {poorest}.",
        f"{consequence} {remedy}",
    )


def _left_out(
    found: list[xr.Dataset], dataset: AnyDataset, populations: pd.DataFrame | None
) -> list[str]:
    """Say which sessions and regions are not decoded, and why."""
    needed, minimum = decoding.trials_needed(dataset), dataset.regions.min_units
    scarce = decoding.sessions_left_out(found, dataset)
    folds = dataset.decoding.folds
    asks = "sessions.min_trials asks for" if needed > folds else f"{folds} folds need"
    told = [
        f"session {each.session}: {text.count(each.n_trials, 'trial')} of task {each.task}, class "
        f"{each.label}; {asks} {needed}."
        for each in sorted(scarce, key=lambda each: each.n_trials)
    ]
    if populations is None:
        return told
    decoded = set(zip(populations["region"], populations["session"], strict=True))
    counts = units_by_session(found)
    counts = counts[~counts["session"].isin([each.session for each in scarce])]
    for region, of_region in counts.groupby("region"):
        if dataset.regions.include is not None and region not in dataset.regions.include:
            told.append(f"region {region}: not in regions.include.")
        elif dataset.decoding.population == "pseudopopulation":
            if (region, POOLED) not in decoded:
                n = int(of_region["n_units"].sum())
                told.append(f"region {region}: {text.count(n, 'unit')}; min_units is {minimum}.")
        else:
            small = [
                f"{session} ({n})"
                for session, n in zip(of_region["session"], of_region["n_units"], strict=True)
                if (region, session) not in decoded
            ]
            if small:
                told.append(f"region {region}: fewer than {minimum} units in {', '.join(small)}.")
    return told


def units_by_session(found: list[xr.Dataset]) -> pd.DataFrame:
    """Return the units of each region in each session: region, session, n_units."""
    rows = [
        (str(region), each.attrs["session"], int(n))
        for each in found
        for region, n in zip(
            *np.unique(each["region"].values.astype(str), return_counts=True), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["region", "session", "n_units"])
