"""The command `check`: what a run of a configuration would find, before it runs.

The sessions are read without binning their spikes (`sources.outlines`), and the code of the later
stages is asked what it would decode. So a check says what a run will do, not what it might.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import decoding, recording, sources
from neuro_attn.configuration import AnyDataset, Configuration
from neuro_attn.decoding.splits import fold_sizes
from neuro_attn.errors import InputError
from neuro_attn.onboarding import cost, text
from neuro_attn.onboarding.cost import Cost
from neuro_attn.sources.regions import check_map

_SHOWN = 20


@dataclass(frozen=True)
class DatasetReport:
    """What a run would find in a data set.

    Parameters
    ----------
    name, source : str
        The data set and its kind.
    trials : pandas.DataFrame
        ``session``, ``task``, ``label``, ``n_trials``; every combination has a row.
    units : pandas.DataFrame
        ``region``, ``n_units``, ``n_sessions``, ``most_in_a_session``, ``n_populations``.
    folds : int
        Folds that are asked for.
    left_out : list of str
        Sessions and regions that are not decoded, and why.
    problems : list of InputError
        What stops a run.
    cost : Cost or None
        Estimated time and memory, if there is anything to decode.
    """

    name: str
    source: str
    trials: pd.DataFrame
    units: pd.DataFrame
    folds: int
    left_out: list[str] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    cost: Cost | None = None


def examine(
    settings: Configuration, data_folder: str | Path, cores: int = 1
) -> list[DatasetReport]:
    """Say what a run would find in every data set that is read or simulated.

    Parameters
    ----------
    settings : Configuration
        The configuration.
    data_folder : str or Path
        What the files are relative to.
    cores : int
        Cores of the run, for its estimated time.

    Returns
    -------
    list of DatasetReport
    """
    return [
        _examine(name, dataset, data_folder, settings.seed, cores)
        for name, dataset in settings.datasets.items()
    ]


def _examine(
    name: str, dataset: AnyDataset, data_folder: str | Path, seed: int, cores: int
) -> DatasetReport:
    found: list[xr.Dataset] = []
    problems: list[InputError] = []
    try:
        for outline in sources.outlines(name, dataset, data_folder, seed):
            if isinstance(outline, InputError):
                problems.append(outline)
            else:
                found.append(outline)
    except InputError as error:
        problems.append(error)
    report = DatasetReport(
        name,
        dataset.source,
        _trials(found, dataset),
        _units(found, pd.DataFrame(columns=["region", "session"])),
        dataset.decoding.folds,
        problems=problems,
    )
    if not found:
        return report
    populations = pd.DataFrame(columns=["region", "session"])
    calls: list[Callable[[], Any]] = [
        lambda: check_map(found, name, dataset),
        lambda: recording.check_together(found, name, dataset),
        lambda: decoding.regions_table(found, name, dataset),
    ]
    for call in calls:
        try:
            populations = call()
        except InputError as error:
            problems.append(error)
            return report
    return DatasetReport(
        name,
        dataset.source,
        report.trials,
        _units(found, populations),
        dataset.decoding.folds,
        _left_out(found, dataset, populations),
        problems,
        _cost(found, name, dataset, populations, cores),
    )


def _trials(found: list[xr.Dataset], dataset: AnyDataset) -> pd.DataFrame:
    """Count trials of each session, task and label; combinations without trials count zero."""
    labels = sorted({str(label) for each in found for label in np.unique(each["label"].values)})
    rows = []
    for each in found:
        task, label = each["task"].values.astype(str), each["label"].values.astype(str)
        rows += [
            (each.attrs["session"], t, k, int(((task == t) & (label == k)).sum()))
            for t in dataset.tasks
            for k in labels
        ]
    return pd.DataFrame(rows, columns=["session", "task", "label", "n_trials"])


def _units(found: list[xr.Dataset], populations: pd.DataFrame) -> pd.DataFrame:
    counts = _units_by_session(found)
    rows = [
        (
            region,
            int(of_region["n_units"].sum()),
            len(of_region),
            int(of_region["n_units"].max()),
            int((populations["region"] == region).sum()),
        )
        for region, of_region in counts.groupby("region")
    ]
    names = ["region", "n_units", "n_sessions", "most_in_a_session", "n_populations"]
    return pd.DataFrame(rows, columns=names)


def _units_by_session(found: list[xr.Dataset]) -> pd.DataFrame:
    rows = [
        (str(region), each.attrs["session"], int(n))
        for each in found
        for region, n in zip(
            *np.unique(each["region"].values.astype(str), return_counts=True), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["region", "session", "n_units"])


def _left_out(found: list[xr.Dataset], dataset: AnyDataset, populations: pd.DataFrame) -> list[str]:
    """Say which sessions and regions will not be decoded, and why."""
    folds, minimum = dataset.decoding.folds, dataset.regions.min_units
    pooled = dataset.decoding.population == "pseudopopulation"
    trials, told = _trials(found, dataset), []
    told += [
        f"session {each.attrs['session']}: {each.attrs['remarks']}"
        for each in found
        if "remarks" in each.attrs
    ]
    scarce = set()
    for session, of_session in trials.groupby("session", sort=False):
        rarest = of_session.loc[of_session["n_trials"].idxmin()]
        if rarest["n_trials"] < folds:
            scarce.add(session)
            told.append(
                f"session {session}: {text.count(int(rarest['n_trials']), 'trial')} of task "
                f"{rarest['task']}, label {rarest['label']}; {folds} folds need {folds}."
            )
    counts = _units_by_session(found)
    counts = counts[~counts["session"].isin(scarce)]
    for region, of_region in counts.groupby("region"):
        if dataset.regions.include is not None and region not in dataset.regions.include:
            told.append(f"region {region}: not in regions.include.")
            continue
        if pooled:
            if not (populations["region"] == region).any():
                n = int(of_region["n_units"].sum())
                told.append(f"region {region}: {n} units; min_units is {minimum}.")
            continue
        small = of_region[of_region["n_units"] < minimum]
        if len(small):
            listed = ", ".join(
                f"{session} ({n})"
                for session, n in zip(small["session"], small["n_units"], strict=True)
            )
            told.append(f"region {region}: fewer than {minimum} units in {listed}.")
    return told


def _cost(
    found: list[xr.Dataset],
    name: str,
    dataset: AnyDataset,
    populations: pd.DataFrame,
    cores: int,
) -> Cost:
    n_units = decoding.units_per_draw(dataset, populations)
    wanted = dataset.decoding.pseudotrials
    by_region: dict[str, list[cost.Work]] = {}
    for region in dict.fromkeys(populations["region"]):
        for member in decoding.populations(found, name, dataset, region):
            sizes = fold_sizes(member, dataset.decoding.folds, None if wanted == "auto" else wanted)
            by_region.setdefault(region, []).append(
                cost.Work(
                    tasks=len(member.tasks),
                    classes=len(member.classes),
                    train_rows=sizes.train * len(member.classes),
                    test_rows=int(sizes.test.sum()),
                    units=min(n_units or member.n_units, member.n_units),
                    points=member.n_points,
                    times=len(member.times),
                )
            )
    rates = sum(4 * int(np.prod(list(each["rates"].shape))) for each in found)
    return cost.estimate(by_region, dataset, rates, cores)


# --- text ----------------------------------------------------------------------------------------


def render(reports: list[DatasetReport], where: str, n_networks: int = 0) -> str:
    """Return what `examine` found as text that fits a terminal of 100 columns.

    Networks (all seeds together) are only mentioned: how long one takes to train depends on its
    family.
    """
    lines: list[str] = []
    for report in reports:
        lines += [*_lines(report), ""]
    if n_networks:
        counted = text.count(n_networks, "network")
        lines += [f"Not in the estimates: training, recording and analysing {counted}.", ""]
    problems = [problem for report in reports for problem in report.problems]
    if problems:
        lines.append(f"{text.count(len(problems), 'problem')} in {where}")
        for problem, n in _alike(problems):
            more = f" ({n - 1} more like it)" if n > 1 else ""
            lines += text.wrapped(f"{problem.where}: {problem.problem}{more}")
            if problem.remedy:
                lines += text.wrapped(problem.remedy, "    remedy: ", "            ")
    else:
        lines.append(f"No problems in {where}")
    return "\n".join(lines)


def _alike(problems: list[InputError]) -> list[tuple[InputError, int]]:
    """Return the first of the problems that differ only in the file, and how many there are."""
    groups: dict[tuple[str, str, str], list[InputError]] = {}
    for problem in problems:
        after_file = problem.where.partition(", ")[2]
        key = (after_file, problem.problem, problem.remedy)
        groups.setdefault(key, []).append(problem)
    return [(group[0], len(group)) for group in groups.values()]


def _lines(report: DatasetReport) -> list[str]:
    lines = [f"Data set {text.plain(report.name)!r} ({report.source})"]
    if len(report.trials):
        lines += ["", "Trials per session, task and label", *_trial_lines(report)]
    if len(report.units):
        rows = report.units.sort_values("n_units", ascending=False, kind="stable")
        header = ["region", "units", "sessions", "most in one", "populations decoded"]
        lines += ["", "Units per region", *text.table(header, rows.to_numpy().tolist())]
    if report.left_out:
        lines += ["", "Left out"]
        for each in report.left_out[:_SHOWN]:
            lines += text.wrapped(each)
        if len(report.left_out) > _SHOWN:
            lines.append(f"  ... and {len(report.left_out) - _SHOWN} more")
    if report.cost is not None:
        lines += ["", *cost.render(report.cost)]
    return lines


def _trial_lines(report: DatasetReport) -> list[str]:
    wide = report.trials.pivot_table(
        index="session", columns=["task", "label"], values="n_trials", sort=False
    ).astype(int)
    rarest = wide.min(axis=1)
    if len(wide.columns) <= 6:
        header = [
            "session",
            *(f"{task}: {label}" for task, label in wide.columns),
            "folds possible",
        ]
        rows = [
            [session, *map(int, counts), int(rarest[session])]
            for session, counts in zip(wide.index, wide.to_numpy(), strict=True)
        ]
    else:
        header = ["session", "fewest", "of task: label", "most", "all", "folds possible"]
        rows = [
            [
                session,
                int(counts.min()),
                ": ".join(wide.columns[int(counts.argmin())]),
                int(counts.max()),
                int(counts.sum()),
                int(rarest[session]),
            ]
            for session, counts in zip(wide.index, wide.to_numpy(), strict=True)
        ]
    lines = text.table(header, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        lines.append(f"  ... and {len(rows) - _SHOWN} more")
    enough = int((rarest >= report.folds).sum())
    lines.append(
        f"  {report.folds} folds are asked for; {enough} of {text.count(len(wide), 'session')} "
        f"can give them."
    )
    return lines
