"""Trials, units, sessions and regions that are left out of decoding, or nearly so."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import decoding
from neuro_attn.cautions import Caution
from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.building import POOLED
from neuro_attn.decoding.tabulation import class_names, rarest
from neuro_attn.onboarding import text
from neuro_attn.study import Study

_FEW_TRIALS = 10
"""Trials of a task and class below which accuracies are too imprecise to pass without a word."""


def lost(found: list[xr.Dataset], study: Study) -> Iterator[Caution]:
    """Yield the numbers of trials and units left out because they lack a label or region."""
    dataset = study.dataset
    total = sum(each.attrs.get("n_trials_in_file", 0) for each in found)
    lost = total_of(found, "n_trials_without_label")
    used = total - total_of(found, "n_trials_without_task")
    if lost and (dataset.label_column or 2 * lost > used):
        what = "have no value in this column" if dataset.label_column else "have no class"
        most = max(found, key=lambda each: each.attrs.get("n_trials_without_label", 0))
        yield Caution(
            study.key("label"),
            f"{lost} of {text.count(used, 'trial')} of the tasks {what} and are left out; most of "
            f"them ({most.attrs['n_trials_without_label']}) in session {most.attrs['session']}.",
        )
    without = total_of(found, "n_units_without_region")
    there = without + sum(each.sizes["unit"] for each in found)
    if 2 * without > there:
        yield Caution(
            study.key("regions.column"),
            f"{without} of {text.count(there, 'unit')} have no region and are left out.",
        )


def total_of(found: list[xr.Dataset], attribute: str) -> int:
    """Return the sum of a count over sessions; sessions without it add nothing."""
    return sum(int(each.attrs.get(attribute, 0)) for each in found)


def few_trials(found: list[xr.Dataset], study: Study) -> Iterator[Caution]:
    """Yield the number of decoded sessions with few trials of a task and class."""
    found, study = decoding.without_test_only(found, study)
    dataset = study.dataset
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
        study.key("sessions"),
        f"{len(few)} of {text.count(len(used), 'session')} with fewer than {_FEW_TRIALS} trials of "
        f"a task and class; fewest in session {poorest.session!r}: {poorest}.",
        f"{consequence} {remedy}",
    )


def left_out(
    found: list[xr.Dataset], dataset: AnyDataset, populations: pd.DataFrame | None
) -> list[str]:
    """Return the sessions and regions that are not decoded, with reasons."""
    minimum, folds = dataset.regions.min_units, dataset.decoding.folds
    scarce = decoding.sessions_left_out(found, dataset)
    asks = "sessions.min_trials asks for"
    if decoding.trials_needed(dataset) == folds:
        asks = f"{folds} folds need"
    told = [
        f"session {each.session}: {text.count(each.n_trials, 'trial')} of task {each.task}, class "
        f"{each.label}; {'a test needs' if each.task in dataset.test_only else asks} {each.needed}."
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
