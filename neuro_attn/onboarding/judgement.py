"""What would stop a run, or make its results less than they seem, before anything is decoded.

There are no rules here that a run does not have: its own functions are called on the outlines of
the sessions, and every error that they raise is a problem. What a run reports in a log or leaves
empty is a caution.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import comparison, decoding, recording
from neuro_attn.behaviour.reports import reports_of
from neuro_attn.cautions import Caution, cautions
from neuro_attn.configuration import MEAN_RATE, Inference
from neuro_attn.decoding import confound_aims
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.preparation import check_replicates, surrogates_of
from neuro_attn.decoding.splits import fold_sizes
from neuro_attn.duplicates import check_distinct
from neuro_attn.errors import InputError
from neuro_attn.geometry.colors import shown_colors
from neuro_attn.geometry.contrasts import of_colors
from neuro_attn.geometry.estimates import UndefinedError
from neuro_attn.inference.region_pairs import check_compared
from neuro_attn.onboarding import text
from neuro_attn.onboarding.left_out import few_trials, left_out, lost
from neuro_attn.onboarding.silence import silence
from neuro_attn.resampled_decoding.decode import check_trials
from neuro_attn.sources.regions import check_map
from neuro_attn.study import Study


@dataclass
class Judgement:
    """Problems and cautions of a data set.

    Parameters
    ----------
    populations : pandas.DataFrame or None
        From `decoding.regions_table`; None where nothing can be decoded.
    problems : list of InputError
        What stops a run.
    cautions : list of Caution
        What a run completes with.
    left_out : list of str
        Sessions, regions and confounds that are excluded, and the reasons.
    """

    populations: pd.DataFrame | None = None
    problems: list[InputError] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Add an `InputError` of the block to the problems, once."""
        try:
            yield
        except InputError as error:
            if str(error) not in map(str, self.problems):
                self.problems.append(error)


def judge(found: list[xr.Dataset], study: Study) -> Judgement:
    """Collect the errors that functions of a run would raise, and cautions that they would not.

    Parameters
    ----------
    found : list of xarray.Dataset
        Outlines of all sessions.
    study : Study
        The data set.
    """
    name, dataset = study.name, study.dataset
    made = Judgement()
    made.cautions += _settings(study)
    made.cautions += [
        Caution(f"{each.attrs['origin']}, session {each.attrs['session']}", each.attrs["remarks"])
        for each in found
        if "remarks" in each.attrs
    ]
    made.cautions += [*silence(found, name), *lost(found, study)]
    made.cautions += cautions(found, name, dataset)
    with made.collecting():
        check_map(found, name, dataset)
        recording.check_together(found, name, dataset)
        made.populations = decoding.regions_table(found, study)
    with made.collecting():
        check_distinct(found, name)
    made.left_out += left_out(found, dataset, made.populations)
    if made.populations is None:
        return made
    with made.collecting():
        check_compared(study, made.populations["region"].unique().tolist())
    made.cautions += few_trials(found, study)
    made.cautions += _single_units(made.populations, study)
    trained, of_trained = decoding.without_test_only(found, study)
    by_region = {
        region: decoding.build_populations(trained, of_trained, region)
        for region in dict.fromkeys(made.populations["region"])
    }
    _judge_labels(made, by_region, study)
    if dataset.colors is not None:
        with made.collecting():
            made.cautions += _colors(trained, by_region, study)
    if dataset.resampled_decoding is not None:
        with made.collecting():
            check_trials(found, study, list(by_region))
    if dataset.behaviour is not None:
        with made.collecting():
            for each in found:
                reports_of(each, dataset.behaviour, study.name)
    if dataset.nuisance_variables:
        with made.collecting():
            _judge_confounds(made, trained, by_region, of_trained)
    return made


def judge_comparison(
    outlines: Mapping[str, list[xr.Dataset]],
    judgements: Mapping[str, Judgement],
    studies: Mapping[str, Study],
) -> list[InputError]:
    """Return the error that stops the comparison of networks with a brain, if any.

    Parameters
    ----------
    outlines, judgements, studies : mapping
        Of the brain's data set and those of the networks, by name.
    """
    made = Judgement()
    tables = {name: each.populations for name, each in judgements.items()}
    complete = {name: table for name, table in tables.items() if table is not None}
    if len(complete) < len(studies):
        return []
    regions = {name: list(dict.fromkeys(table["region"])) for name, table in complete.items()}
    with made.collecting():
        settings = {name: study.dataset for name, study in studies.items()}
        comparison.equal_sizes(settings, complete)
    with made.collecting():
        comparison.check_comparable(comparison.answers(outlines, regions, studies))
    return made.problems


def _judge_labels(
    made: Judgement,
    by_region: Mapping[str, list[Population]],
    study: Study,
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
            surrogates = surrogates_of(members, study)
            new = [
                (member, of_member)
                for member, of_member in zip(members, surrogates, strict=True)
                if not {part.session for part in member.parts} <= drawn
            ]
            drawn.update(part.session for member, _ in new for part in member.parts)
            check_replicates([m for m, _ in new], [s for _, s in new], study)


def _judge_confounds(
    made: Judgement,
    found: list[xr.Dataset],
    by_region: Mapping[str, list[Population]],
    study: Study,
) -> None:
    """Check which confounds can be decoded, except the mean rate, which outlines lack."""
    columns = [confound for confound in study.dataset.confounds if confound != MEAN_RATE]
    known = replace(study, dataset=study.dataset.model_copy(update={"confounds": columns}))
    assert made.populations is not None
    lacking: dict[tuple[str, str, str], list[str]] = {}
    regions = list(dict.fromkeys(made.populations["region"]))
    n_units = decoding.units_per_draw(known.dataset, made.populations)
    for aim in confound_aims.aims(found, known, regions, n_units=n_units):
        key = "balance" if aim.row.control in ("balanced", "subsampled") else "confounds"
        reasons = [each.removeprefix(f"{aim.where}, ") for each in aim.left_out]
        reasons += [
            f"session {session}: too few trials of {cells}; balanced over "
            f"{aim.kept_values.get(session) or 'nothing'}"
            for session, cells in aim.missing_cells.items()
        ]
        for members in aim.members.values():
            try:
                check_replicates(members, surrogates_of(members, aim.study), aim.study)
            except InputError as error:
                reasons = [error.problem.rstrip(".")]
                aim.members.clear()
                break
        if not aim.members:
            reason = "; ".join(dict.fromkeys(each.rpartition(": ")[2] for each in reasons))
            lacking.setdefault((key, aim.row.confound, reason), []).append(aim.row.what)
        else:
            made.left_out += [f"{key} {aim.row.confound!r} ({aim.row.what}), {r}." for r in reasons]
        if aim.row.control == "balanced":
            made.cautions += _few_balanced(aim, by_region, study)
            made.cautions += [
                Caution(
                    study.key("balance"),
                    f"{variable!r} has many values and is balanced only to its quantiles, within "
                    "which the label can still follow it.",
                    "List it under confounds, where it is regressed out.",
                )
                for variable in aim.only_levels
            ]
    for (key, confound, reason), rows in lacking.items():
        made.cautions.append(
            Caution(
                study.key(key),
                f"{confound!r} ({', '.join(rows)}) is left out of confounds.csv: {reason}.",
            )
        )


def _few_balanced(
    aim: confound_aims.Aim, by_region: Mapping[str, list[Population]], study: Study
) -> Iterator[Caution]:
    """Yield a caution if balance leaves less than half of the training trials of a session."""
    folds = study.dataset.decoding.folds
    trained: dict[str, list[int]] = {}
    for populations in (by_region, aim.members):
        for region in aim.members:
            for member in populations[region]:
                n = fold_sizes(member, folds=folds, pseudotrials=None).train * len(member.classes)
                trained.setdefault(member.session, []).append(n)
    shares = {session: (each[-1], each[0]) for session, each in trained.items() if len(each) > 1}
    worst = min(shares, key=lambda session: shares[session][0] / shares[session][1], default=None)
    if worst is not None and shares[worst][0] < shares[worst][1] / 2:
        balanced, raw = shares[worst]
        yield Caution(
            study.key("balance"),
            f"balanced decoding trains on {balanced} instead of {raw} trials of a task (session "
            f"{worst!r}), as many as the rarest class and value allows.",
            "Rows with control = subsampled show what so few trials cost without balance.",
        )


def _settings(study: Study) -> Iterator[Caution]:
    """Yield cautions that need no data."""
    dataset, inference = study.dataset, study.dataset.inference
    if len(dataset.tasks) == 1:
        missing = "overlaps, verdicts and all geometry that compares tasks"
        if not dataset.has_classes:
            missing = "predictions across tasks"
        yield Caution(
            study.key("tasks"),
            f"there is one task, {next(iter(dataset.tasks))!r}: {missing} will be missing.",
            "Add a second task to test for a shared code.",
        )
    smallest = 1 / (inference.permutations + 1)
    if smallest >= inference.alpha:
        needed = max(int(np.floor(1 / inference.alpha)), _default("permutations"))
        yield Caution(
            study.key("inference.permutations"),
            f"{inference.permutations} permutations give p-values of {smallest:.2g} and more, so "
            f"nothing can be significant at alpha = {inference.alpha:g}.",
            f"Give {needed} permutations or more.",
        )
    # An interval of n replicates is at most their range.
    n = inference.bootstraps
    if (covers := (n - 1) / (n + 1)) < inference.confidence:
        needed = max(int(np.ceil(2 / (1 - inference.confidence) - 1)), _default("bootstraps"))
        yield Caution(
            study.key("inference.bootstraps"),
            f"{n} bootstraps give intervals with a coverage of {covers:.0%} at most; confidence "
            f"is {inference.confidence:g}.",
            f"Give {needed} bootstraps or more.",
        )


def _single_units(populations: pd.DataFrame, study: Study) -> Iterator[Caution]:
    """Yield a caution if each unit is decoded alone because it is a separate session."""
    sessions = populations["session"].nunique()
    if sessions > 1 and (populations["n_units"] == 1).all():
        yield Caution(
            study.key("decoding.population"),
            f"each of {len(populations)} populations has a single unit: units of different "
            "sessions are decoded one by one.",
            "To decode them together, set decoding: {population: pseudopopulation}.",
        )


def _default(key: str) -> int:
    """Return the default of a key of ``inference``, which documentation recommends."""
    return int(Inference.model_fields[key].default)


def _colors(
    found: list[xr.Dataset],
    by_region: Mapping[str, list[Population]],
    study: Study,
) -> Iterator[Caution]:
    """Yield the tasks whose colour planes no session can support.

    Raises
    ------
    InputError
        If a colour column is missing or holds no numbers.
    """
    shown = study.dataset.colors
    assert shown is not None
    colors = {each.attrs["session"]: shown_colors(each, shown, study.name) for each in found}
    lacking: dict[tuple[str, str], list[str]] = {}
    for region, members in by_region.items():
        for number, task in enumerate(study.dataset.tasks):
            reasons = [_why_not(of_colors, member, 0, number, colors) for member in members]
            if all(reasons):
                lacking.setdefault((task, str(reasons[0])), []).append(region)
    for (task, reason), regions in lacking.items():
        named = "all regions" if len(regions) == len(by_region) else text.listed(regions)
        yield Caution(
            study.key("colors"),
            f"colour planes of task {task!r} are left out in {named}: {reason}.",
        )


def _why_not(estimate: Callable[..., object], *arguments: object) -> str:
    try:
        estimate(*arguments)
    except UndefinedError as reason:
        return str(reason)
    return ""
