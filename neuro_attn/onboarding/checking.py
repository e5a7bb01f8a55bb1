"""The command `check`: what a run of a configuration would decode, and what would stop it.

The sessions are read without binning their spikes (`sources.outlines`), and the code of the later
stages determines what it would decode. A check therefore agrees with a run.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import xarray as xr

from neuro_attn import sources
from neuro_attn.budget import BudgetError
from neuro_attn.cautions import Caution, of_time
from neuro_attn.configuration import (
    AnyDataset,
    Configuration,
    ImportedNetwork,
    NetworkDataset,
)
from neuro_attn.decoding.tabulation import class_names
from neuro_attn.errors import InputError
from neuro_attn.onboarding import cost, limits
from neuro_attn.onboarding.cost import Cost
from neuro_attn.onboarding.judgement import Judgement, judge, judge_comparison
from neuro_attn.onboarding.left_out import total_of, units_by_session
from neuro_attn.onboarding.limits import Attained, Change
from neuro_attn.study import Study

COUNTS = (
    "n_trials_in_file",
    "n_trials_without_task",
    "n_trials_without_label",
    "n_units_without_region",
)
"""Counts in recordings of trials and units that they exclude."""


@dataclass(frozen=True)
class DatasetReport:
    """What a run would decode in a data set, and what would stop it.

    Parameters
    ----------
    name, source : str
        The data set and its source.
    trials : pandas.DataFrame
        ``session``, ``task``, ``label``, ``n_trials``; every combination has a row.
    units : pandas.DataFrame
        ``region``, ``n_units``, ``n_sessions``, ``fewest`` and ``most`` in a session, and
        ``n_populations``.
    counts : dict of str to int
        ``COUNTS``, over all sessions.
    folds : int
        Requested number of folds.
    left_out : list of str
        What is left out, and why.
    problems : list of InputError
        Errors that stop a run.
    cautions : list of Caution
        Cautions that do not stop a run.
    attained : Attained or None
        Training data of the decoders, if there is anything to decode.
    changes : list of Change
        Changes of settings that would remove a limit.
    cost : Cost or None
        Estimated time and memory, if there is anything to decode.
    """

    name: str
    source: str
    trials: pd.DataFrame
    units: pd.DataFrame
    counts: dict[str, int]
    folds: int
    left_out: list[str] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)
    attained: Attained | None = None
    changes: list[Change] = field(default_factory=list)
    cost: Cost | None = None


def examine(
    settings: Configuration,
    data_folder: str | Path,
    cores: int = 1,
    known: Mapping[str, list[xr.Dataset]] | None = None,
) -> list[DatasetReport]:
    """Return a report on each data set, including those of networks.

    Parameters
    ----------
    settings : Configuration
        The configuration.
    data_folder : str or Path
        What the files are relative to.
    cores : int
        Cores of the run, for its estimated time.
    known : mapping of lists of xarray.Dataset, optional
        Outlines of data sets whose files have been read.

    Returns
    -------
    list of DatasetReport
        Networks have one only if there are cautions or problems.
    """
    outlines: dict[str, list[xr.Dataset]] = {}
    judgements: dict[str, Judgement] = {}
    reports: list[DatasetReport] = []
    # An untrained network has the trials and units of the trained one.
    for name, dataset in _trained(settings).items():
        study = Study(name, dataset, settings.seed)
        if known and name in known:
            found, unread = known[name], list[InputError]()
        else:
            found, unread = _read(_outlines(name, dataset, settings, data_folder))
        outlines[name] = found
        left_out = []
        if found and dataset.sessions.on_error == "leave_out":
            left_out, unread = [f"a session cannot be read: {each}" for each in unread], []
        if unread:
            # What needs no data may explain why a session cannot be used.
            judgements[name] = Judgement(problems=unread, cautions=[*of_time(name, dataset)])
        elif found:
            judgements[name] = judge(found, study)
            judgements[name].left_out[:0] = left_out
        report = _report(found, study, judgements[name], cores)
        if dataset.source != "network" or report.problems or report.cautions:
            reports.append(report)
    if settings.comparison is not None:
        compared = {
            name: Study(name, dataset, settings.seed)
            for name, dataset in _trained(settings).items()
            if dataset.source == "network" or name == settings.comparison.dataset
        }
        problems = judge_comparison(outlines, judgements, compared)
        (of_brain,) = (each for each in reports if each.name == settings.comparison.dataset)
        of_brain.problems.extend(problems)
    return reports


def _trained(settings: Configuration) -> dict[str, AnyDataset]:
    return {
        name: dataset
        for name, dataset in settings.all_datasets().items()
        if not isinstance(dataset, NetworkDataset) or dataset.trained
    }


def _outlines(
    name: str, dataset: AnyDataset, settings: Configuration, data_folder: str | Path
) -> Iterator[xr.Dataset | InputError]:
    """Yield the outline of each session, or the error that stops a run."""
    if not isinstance(dataset, NetworkDataset):
        # A run asks for these first.
        sources.parts(name, dataset, data_folder)
        yield from sources.outlines(name, dataset, data_folder, settings.seed)
        return
    # JAX, which few configurations need, takes a second to import and may not be installed.
    from neuro_attn import networks

    network = settings.networks[dataset.network]
    if isinstance(network, ImportedNetwork):
        files = settings.activation_files()[name]
        paths = [part.paths for part in sources.parts(name, files, data_folder)]
        study = Study(name, dataset, settings.seed)
        yield from (each.activations for each in networks.import_replicates(paths, network, study))
        return
    for replicate in range(network.seeds):
        session = f"seed{replicate}"
        yield networks.outline(network, dataset, name, session, settings.seed)


def _read(
    outlines: Iterable[xr.Dataset | InputError],
) -> tuple[list[xr.Dataset], list[InputError]]:
    """Return the outlines, and the errors of sessions that cannot be read."""
    found: list[xr.Dataset] = []
    problems: list[InputError] = []
    try:
        for outline in outlines:
            if isinstance(outline, InputError):
                problems.append(outline)
            else:
                found.append(outline)
    except InputError as error:
        problems.append(error)
    return found, problems


def _report(
    found: list[xr.Dataset], study: Study, judgement: Judgement, cores: int
) -> DatasetReport:
    name, dataset = study.name, study.dataset
    attained, changes, estimate = None, [], None
    problems = list(judgement.problems)
    if judgement.populations is not None:
        outlines, fast = limits.without_time(found, study)
        attained = limits.attained(outlines, fast)
        changes = limits.changes(outlines, fast, attained)
        estimate = cost.cost_of(found, study, judgement.populations, cores)
        try:
            cost.check_memory(estimate, name)
        except BudgetError as error:
            problems.append(error)
    return DatasetReport(
        name=name,
        source=dataset.source,
        trials=_trials(found, dataset),
        units=_units(found, judgement.populations),
        counts={key: total_of(found, key) for key in COUNTS},
        folds=dataset.decoding.folds,
        left_out=judgement.left_out,
        problems=problems,
        cautions=judgement.cautions,
        attained=attained,
        changes=changes,
        cost=estimate,
    )


def _trials(found: list[xr.Dataset], dataset: AnyDataset) -> pd.DataFrame:
    """Count trials of each session, task and label; combinations without trials count zero."""
    rows: list[tuple] = []
    labels = class_names(found)
    for each in found:
        task, label = each["task"].values.astype(str), each["label"].values.astype(str)
        rows += [
            (each.attrs["session"], t, k, int(((task == t) & (label == k)).sum()))
            for t in dataset.tested_tasks
            for k in labels
        ]
    return pd.DataFrame(rows, columns=["session", "task", "label", "n_trials"])


def _units(found: list[xr.Dataset], populations: pd.DataFrame | None) -> pd.DataFrame:
    """Count the units of each region; those that limit come first, those left out last."""
    names = ["region", "n_units", "n_sessions", "fewest", "most", "n_populations"]
    rows = [
        (
            region,
            int(of_region["n_units"].sum()),
            len(of_region),
            int(of_region["n_units"].min()),
            int(of_region["n_units"].max()),
            0 if populations is None else int((populations["region"] == region).sum()),
        )
        for region, of_region in units_by_session(found).groupby("region")
    ]
    table = pd.DataFrame(rows, columns=names)
    smallest = {} if populations is None else populations.groupby("region")["n_units"].min()
    order = table["region"].map(smallest).astype(float)
    return table.loc[order.sort_values(kind="stable", na_position="last").index]
