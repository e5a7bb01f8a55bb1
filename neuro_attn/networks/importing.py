"""Import of the activations of networks that were trained elsewhere."""

import ast
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import experiment
from neuro_attn.configuration import ImportedNetwork, NetworkDataset
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.networks.activation_files import read
from neuro_attn.networks.populations import Activations, as_recording
from neuro_attn.study import Study

ALL_TRIALS = "all"
"""Task in tables of reports, if the trials have no column ``trial_type``."""


class Imported(NamedTuple):
    """An imported replicate network."""

    activations: xr.Dataset
    """A Recording of all populations."""
    report_error: pd.DataFrame
    """One row per trial, as from `record_replicate`; errors are NaN if the file has no reports."""


def import_replicates(
    files: Sequence[Sequence[str]], settings: ImportedNetwork, study: Study
) -> list[Imported]:
    """Read the files of all replicates of a network as Recordings.

    Parameters
    ----------
    files : sequence of sequence of str
        For each replicate its file of activations and, if there is one, its table of trials.
    settings : ImportedNetwork
        Noise to add to the activations.
    study : Study
        The data set of the network, and the seed.

    Raises
    ------
    InputError
        If a file is unreadable or malformed, if trials lack a column that the analysis uses, or if
        replicates differ in their populations.
    """
    dataset = study.dataset
    assert isinstance(dataset, NetworkDataset)
    found = [read(*each) for each in files]
    paths = [each[0] for each in files]
    for path, each in zip(paths, found, strict=True):
        _check_columns(each.trials, dataset, path)
    _check_together(paths, found)
    made = []
    for number, (path, activations) in enumerate(zip(paths, found, strict=True)):
        recorded = as_recording(
            activations,
            settings.activation_noise,
            name=study.name,
            session=f"seed{number}",
            dataset=dataset,
            seed=study.seed,
            provenance={"origin": path, "file": Path(path).name, "sha256": sha256(path)},
        )
        made.append(Imported(recorded, _reports(activations)))
    return made


def _reports(activations: Activations) -> pd.DataFrame:
    """Return the report of each trial, from the columns of the file that concern reports.

    An error is that of the column ``report_error`` (degrees), or else the difference between the
    columns ``report`` and ``target_color`` (rad).
    """
    trials = activations.trials
    columns = {
        "trial_id": np.arange(len(trials)),  # trials of other programs may have names
        "trial_type": trials.get("trial_type", ALL_TRIALS),
        "target_color": trials.get("target_color", np.nan),
        "report": trials.get("report", np.nan),
    }
    table = pd.DataFrame(columns, index=trials.index)
    if "report_error" in trials:
        error = trials["report_error"]
    else:
        colors = table[["report", "target_color"]].to_numpy(float).T
        error = np.rad2deg(experiment.circular_difference(*colors))
    return table.assign(report_error=error)


def _check_together(paths: Sequence[str], found: Sequence[Activations]) -> None:
    first = list(found[0].populations)
    for path, each in zip(paths, found, strict=True):
        if list(each.populations) != first:
            raise InputError(
                path,
                f"has the populations {', '.join(each.populations)}; {paths[0]} has "
                f"{', '.join(first)}.",
                "Replicates of a network have the same populations.",
            )


def _check_columns(trials: pd.DataFrame, dataset: NetworkDataset, path: str) -> None:
    """Raise `InputError` if trials lack columns of tasks, events, label, colours or behaviour."""
    tasks = {dataset.key_of(name): task for name, task in dataset.tested_tasks.items()}
    expressions = {f"{key}.trials": task.trials for key, task in tasks.items()}
    expressions |= {f"label.{name}": text for name, text in dataset.label_expressions.items()}
    expressions |= {f"columns.{name}": text for name, text in dataset.columns.items()}
    needed = [(key, name) for key, text in expressions.items() for name in _names_in(text)]
    needed += [(f"{key}.align", task.align) for key, task in tasks.items() if task.align]
    if dataset.label_column:
        needed.append(("label", dataset.label_column))
    if dataset.colors is not None:
        needed += [(f"colors.items.{key}", name) for key, name in dataset.colors.items.items()]
    if dataset.behaviour is not None:
        columns = dataset.behaviour
        needed += [("behaviour.report", columns.report), ("behaviour.target", columns.target)]
        needed += [("behaviour.non_targets", name) for name in columns.non_targets]
    missing: dict[str, list[str]] = {}
    for key, name in needed:
        if name not in trials and name not in dataset.columns:
            missing.setdefault(name, []).append(key)
    if missing:
        listed = ", ".join(f"{name} ({', '.join(keys)})" for name, keys in missing.items())
        raise InputError(
            path,
            f"the trials lack columns that network_analysis uses: {listed}.",
            f"Columns: {', '.join(map(str, trials.columns))}.",
        )


def _names_in(expression: str) -> list[str]:
    """Return the columns that an expression names; none if it is invalid, which is found later."""
    with suppress(SyntaxError, ValueError):
        nodes = list(ast.walk(ast.parse(expression, mode="eval")))
        functions = [each.func for each in nodes if isinstance(each, ast.Call)]
        names = [each for each in nodes if isinstance(each, ast.Name) and each not in functions]
        return list(dict.fromkeys(each.id for each in names))
    return []
