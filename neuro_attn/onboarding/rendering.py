"""Reports of `checking.examine` as text for a terminal."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from neuro_attn.cautions import Caution
from neuro_attn.decoding import POOLED
from neuro_attn.errors import InputError
from neuro_attn.onboarding import cost_in_words, text
from neuro_attn.onboarding.checking import DatasetReport
from neuro_attn.onboarding.limits import Attained

_SHOWN = 20


def render(reports: Sequence[DatasetReport], where: str, n_networks: int = 0) -> str:
    """Return reports as text that fits a terminal of 100 columns.

    The time of networks (all seeds together) is not estimated: it depends on their family.
    """
    lines: list[str] = []
    for report in reports:
        lines += [*_lines(report), ""]
    if n_networks:
        counted = text.count(n_networks, "network")
        lines += [f"Not in the estimates: training, recording and analysing {counted}.", ""]
    cautions = [caution for report in reports for caution in report.cautions]
    if cautions:
        counted = text.count(len(cautions), "caution")
        does = "does" if len(cautions) == 1 else "do"
        lines += [f"{counted}, which {does} not stop a run", *_said(cautions), ""]
    problems = [problem for report in reports for problem in report.problems]
    if problems:
        counted = text.count(len(problems), "problem")
        lines += [f"{counted} in {where}", *_said(problems)]
    else:
        lines.append(f"No problems in {where}")
    return "\n".join(lines)


def _said(findings: Sequence[InputError] | Sequence[Caution]) -> list[str]:
    """Return findings with their remedies; those that differ only in the file are merged."""
    groups: dict[tuple[str, str, str], list[InputError | Caution]] = {}
    for each in findings:
        after_file = each.where.partition(", ")[2]
        groups.setdefault((after_file, each.problem, each.remedy), []).append(each)
    lines: list[str] = []
    for first, *others in groups.values():
        more = f" ({len(others)} more like it)" if others else ""
        lines += text.wrapped(f"{first.where}: {first.problem}{more}")
        if first.remedy:
            lines += text.wrapped(first.remedy, "    remedy: ", "            ")
    return lines


def _lines(report: DatasetReport) -> list[str]:
    lines = [f"Data set '{text.plain(report.name)}' ({report.source})"]
    if report.attained is not None:
        lines += ["", "What decoders train on", *_limit_lines(report, report.attained)]
    if len(report.trials):
        lines += ["", "Trials per session, task and label", *_trial_lines(report)]
    if len(report.units):
        header = ["region", "units", "sessions", "fewest in one", "most in one", "decoded"]
        rows = report.units.to_numpy().tolist()
        lines += [
            "",
            "Units per region and populations decoded",
            *text.table(header, rows[:_SHOWN]),
        ]
        lines += _more(len(rows))
    if report.left_out:
        lines += ["", "Left out"]
        for each in report.left_out[:_SHOWN]:
            lines += text.wrapped(each)
        lines += _more(len(report.left_out))
    if report.cost is not None:
        lines += ["", *cost_in_words.render(report.cost)]
    return lines


def _more(n: int) -> list[str]:
    return [f"  ... and {n - _SHOWN} more"] if n > _SHOWN else []


def _limit_lines(report: DatasetReport, now: Attained) -> list[str]:
    poorest = now.rarest
    alike = now.sessions > 1 and len(now.n_trials) == 1
    fewest = "all sessions alike" if alike else f"fewest in session {poorest.session}"
    # All values of a continuous label are one class, which needs no name.
    has_classes = len(set(report.trials["label"])) > 1
    of_class, named_class = (" of a class", f", class {poorest.label}") if has_classes else ("", "")
    lines = text.wrapped(
        f"{_range(now.train)} training trials{of_class} in a fold; {fewest}: "
        f"{text.count(poorest.n_trials, 'trial')} of task {poorest.task}{named_class}",
    )
    named = [
        region if session == POOLED else f"{region} in {session}"
        for region, session in now.smallest
    ]
    units = "unit" if now.units == (1, 1) else "units"
    drawn = f"{_range(now.units)} {units} in a draw"
    if now.total != now.units:
        drawn += f" of a region in a session, {_range(now.total)} in all its sessions together (n "
        drawn += "in figures)"
    smallest = f"the smallest population, {text.listed(named)}, has"
    if len(now.n_units) == 1 and len(named) > 1:
        smallest = "all populations alike have"
    lines += text.wrapped(f"{drawn}; {smallest} {now.n_units[0]}")
    if report.changes:
        header = ["change", "training trials", "units", "regions", "sessions", "at the cost of"]
        rows: list[list[object]] = [
            [change.setting, *_numbers(change.attained), change.note] for change in report.changes
        ]
        rows.insert(0, ["none", *_numbers(now), ""])
        lines += ["", *text.table(header, rows)]
    return lines


def _numbers(attained: Attained) -> list[object]:
    return [_range(attained.train), _range(attained.units), attained.regions, attained.sessions]


def _range(numbers: tuple[int, int]) -> str:
    return str(numbers[0]) if numbers[0] == numbers[1] else f"{numbers[0]} to {numbers[1]}"


def _trial_lines(report: DatasetReport) -> list[str]:
    """Return the sessions with their trials, in ascending order of the fewest in a class."""
    wide = report.trials.pivot_table(
        index="session", columns=["task", "label"], values="n_trials", sort=False
    ).astype(int)
    rarest = wide.min(axis=1)
    wide = wide.loc[rarest.sort_values(kind="stable").index]
    names = [f"{task}: {label}" for task, label in wide.columns]
    if len(names) <= 6:
        header = ["session", *names, "fewest"]
        rows: list[list[object]] = [
            [s, *map(int, counts), int(counts.min())] for s, counts in _rows(wide)
        ]
    else:
        header = ["session", "fewest", "of task: label", "most", "all"]
        rows = [
            [s, int(n.min()), names[int(n.argmin())], int(n.max()), int(n.sum())]
            for s, n in _rows(wide)
        ]
    lines = [*text.table(header, _together(rows)[:_SHOWN]), *_more(len(_together(rows)))]
    enough = int((rarest >= report.folds).sum())
    lines += text.wrapped(
        f"{report.folds} folds are requested; {enough} of {text.count(len(wide), 'session')} "
        "can give them.",
        "  ",
        "  ",
    )
    return lines + _lost_lines(report)


def _together(rows: list[list[object]]) -> list[list[object]]:
    """Return one row for all sessions if they are alike."""
    if len(rows) > 1 and all(row[1:] == rows[0][1:] for row in rows):
        return [[f"all {len(rows)} alike", *rows[0][1:]]]
    return rows


def _rows(wide: pd.DataFrame) -> Iterable[tuple[str, np.ndarray]]:
    return zip(wide.index, wide.to_numpy(), strict=True)


def _lost_lines(report: DatasetReport) -> list[str]:
    """Return the numbers of trials and units that a run excludes, where the source counts them."""
    counts = report.counts
    if not counts["n_trials_in_file"]:
        return []
    said = (
        f"{text.count(counts['n_trials_in_file'], 'trial')} in the files: "
        f"{counts['n_trials_without_task']:,} in no task, "
        f"{counts['n_trials_without_label']:,} of a task without a class; "
        f"{text.count(counts['n_units_without_region'], 'unit')} without a region."
    )
    return text.wrapped(said, "  ", "  ")
