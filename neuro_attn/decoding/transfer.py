"""Transfer: train on each task at each time, test on every task at every time.

Within-task and across-task accuracy come from the same decoders, so both have the same number of
training trials. The same procedure runs on the data, on permuted labels and on resampled trials
and units (`procedure`).

Permutations relabel the trials of the task that a decoder is trained on. Across tasks the tested
task keeps its labels: its own signal stays, so the null holds the overlap that a decoder without
information has with that signal by chance, which relabelling both tasks would hide.

Where both tasks have a code, their axes overlap by chance, too, and relabelling does not show by
how much: shuffled decoders point in another direction in every fold, so that their mean scatters
less than the accuracy of decoders that have found a code. Across tasks there is therefore a second
null, in which random units are mirrored in the tested task (`evaluation.evaluate_mirrored`).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn import printing
from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.evaluation import EVERYTHING, evaluate_fold
from neuro_attn.decoding.nulls import Generator, keeps_counts
from neuro_attn.decoding.populations import Part, Population, without_times
from neuro_attn.decoding.preparation import label_orders_of
from neuro_attn.decoding.procedure import OBSERVED, Procedure

logger = logging.getLogger(__name__)


def decode_region(
    members: list[Population],
    dataset: AnyDataset,
    n_units: int | None,
    seed: int,
    name: str,
    region: str,
    generator: Generator | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Decode all populations of a region, with null and bootstrap.

    Parameters
    ----------
    members : list of Population
        From `populations`: one a session, or one of pooled units.
    dataset : settings of a data set
        Its decoding and inference.
    n_units : int or None
        Units of a draw; None takes all.
    seed : int
        The configuration's seed.
    name, region : str
        Data set and region; part of the random streams.
    generator : callable, optional
        How the experiment makes labels, for ``inference.null`` pseudosession: called with session,
        task, the true classes of the task's trials in order of time and a `numpy.random.Generator`,
        it returns as many classes. It must not look at more of the true ones than the experiment
        had fixed before.
    progress : bool
        Show a progress bar on stderr, if that is a terminal.

    Returns
    -------
    xarray.Dataset
        ``accuracy`` (session, train_task, test_task, train_time, test_time, draw), ``null``
        (..., permutation), ``mirrored`` (the same; within tasks it is ``null``) and ``bootstrap``
        (session, train_task, test_task, time, replicate); ``window_accuracy``, ``window_null``,
        ``window_mirrored`` and ``window_bootstrap`` for the windows;
        ``unit_accuracy`` for several numbers of units and ``half_accuracy`` for disjoint halves
        of the units, in the windows; ``n_constant`` (session, train_task, time) and
        ``window_n_constant``, units of a draw that are constant over the training trials (mean over
        folds and draws), which the log reports, too; ``confidence``, P(true class), on trials;
        ``weights`` and ``patterns`` on units, standardised.

    Raises
    ------
    InputError
        If the null gives too few label orders, or blocks do not fill the folds.
    """
    with _procedures(
        members, dataset, n_units, seed, name, region, generator, progress
    ) as procedures:
        decoded = [_decoded(procedure) for procedure in procedures]
    for on_session, _, _ in decoded:
        _report_constant_units(on_session, f"{name}, region {region}")
    sessions, trials, units = zip(*decoded, strict=True)
    result = xr.merge(
        [
            xr.concat(sessions, "session", join="outer"),
            xr.concat(trials, "trial"),
            xr.concat(units, "unit"),
        ]
    )
    return result.assign_attrs(
        dataset=name,
        region=region,
        chance=1 / len(members[0].classes),
        classes=", ".join(members[0].classes),
        population=dataset.decoding.population,
        confidence=dataset.inference.confidence,
    )


def decode_windows(
    members: list[Population],
    dataset: AnyDataset,
    n_units: int | None,
    seed: int,
    name: str,
    region: str,
    mirrored: bool = True,
    progress: bool = True,
) -> xr.Dataset:
    """Decode all populations of a region in the windows alone, with null and bootstrap.

    Parameters
    ----------
    members, dataset, n_units, seed, name, region, progress
        As in `decode_region`.
    mirrored : bool
        Whether to mirror units, too; that says nothing of a single unit.

    Returns
    -------
    xarray.Dataset
        What `decode_region` says of the windows, but with the mean over draws.
    """
    timeless = [without_times(member) for member in members]
    with _procedures(timeless, dataset, n_units, seed, name, region, None, progress) as procedures:
        decoded = [_decoded_in_windows(procedure, mirrored) for procedure in procedures]
    chance = 1 / len(members[0].classes)
    return xr.concat(decoded, "session").assign_attrs(dataset=name, region=region, chance=chance)


def _report_constant_units(on_session: xr.Dataset, where: str) -> None:
    """Log how many units of a population are constant in windows, if any are."""
    found = on_session["window_n_constant"].squeeze("session")
    for task in found["train_task"].values:
        numbers = found.sel(train_task=task).to_series()
        numbers = numbers[numbers > 0]
        if len(numbers):
            logger.warning(
                "%s, session %s, task %s: of %d units, %s (mean over folds and draws) are constant "
                "over the training trials and have no weight.",
                where,
                on_session["session"].item(),
                task,
                on_session["units_per_draw"].item(),
                ", ".join(f"{number:.3g} in window {window}" for window, number in numbers.items()),
            )


@contextmanager
def _procedures(
    members: list[Population],
    dataset: AnyDataset,
    n_units: int | None,
    seed: int,
    name: str,
    region: str,
    generator: Generator | None,
    progress: bool,
) -> Iterator[list[Procedure]]:
    """Prepare to decode populations, and show how far it has got until the context is left."""
    inference = dataset.inference
    orders = label_orders_of(members, dataset, seed, name, generator)
    kept = keeps_counts(inference, generator)
    steps = 1 + inference.permutations + inference.bootstraps
    with printing.bar(
        total=steps * dataset.decoding.draws * len(members),
        desc=f"decoding {region}",
        disable=None if progress else True,
        leave=False,
    ) as bar:
        yield [
            Procedure(member, dataset, n_units, order, kept, seed, name, region, bar)
            for member, order in zip(members, orders, strict=True)
        ]


def _decoded(procedure: Procedure) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """Return what stands on sessions, on trials and on units."""
    observed = _observed(procedure)
    accuracy, n_constant = observed.accuracy, observed.n_constant
    null = procedure.replicated(procedure.replicates("permutation"))
    mirrored = procedure.mirrored(null)
    boot = procedure.replicated(procedure.replicates("bootstrap"))
    counts, by_count = _unit_counts(procedure)
    n_times = len(procedure.population.times)
    at_times = slice(n_times)
    pair = ("train_task", "test_task")
    cross = (*pair, "train_time", "test_time")

    def diagonal(values: np.ndarray) -> np.ndarray:
        return np.diagonal(values, axis1=-2, axis2=-1)

    def last(values: np.ndarray) -> np.ndarray:
        return np.moveaxis(values, 0, -1)

    on_session = xr.Dataset(
        {
            "accuracy": ((*cross, "draw"), last(accuracy[..., at_times, at_times])),
            "null": ((*cross, "permutation"), last(null[..., at_times, at_times])),
            "mirrored": ((*cross, "permutation"), last(mirrored[..., at_times, at_times])),
            "bootstrap": (
                (*pair, "time", "replicate"),
                last(diagonal(boot)[..., at_times]),
            ),
            "window_accuracy": (
                (*pair, "window", "draw"),
                last(diagonal(accuracy)[..., procedure.windows]),
            ),
            "window_null": (
                (*pair, "window", "permutation"),
                last(diagonal(null)[..., procedure.windows]),
            ),
            "window_mirrored": (
                (*pair, "window", "permutation"),
                last(diagonal(mirrored)[..., procedure.windows]),
            ),
            "window_bootstrap": (
                (*pair, "window", "replicate"),
                last(diagonal(boot)[..., procedure.windows]),
            ),
            "unit_accuracy": ((*pair, "window", "n_units", "draw"), by_count),
            "half_accuracy": ((*pair, "window", "half", "draw"), halves(procedure)),
            **procedure.counts(),
            "n_constant": (("train_task", "time"), n_constant[:, at_times]),
            "window_n_constant": (("train_task", "window"), n_constant[:, procedure.windows]),
            "unconverged": ((), observed.unconverged),
        },
        coords={
            "train_task": list(procedure.population.tasks),
            "test_task": list(procedure.population.tasks),
            "train_time": procedure.population.times,
            "test_time": procedure.population.times,
            "time": procedure.population.times,
            "window": list(procedure.population.windows),
            "n_units": counts,
        },
    ).expand_dims(session=[procedure.population.session])
    return on_session, observed.on_trials, observed.on_units


def _decoded_in_windows(procedure: Procedure, mirrored: bool) -> xr.Dataset:
    """Return what is decoded in the windows of a population without times."""
    null = procedure.replicated(procedure.replicates("permutation"))
    accuracies = {
        "window_accuracy": ("draw", procedure.replicated([OBSERVED])),
        "window_null": ("permutation", null),
        "window_bootstrap": (
            "replicate",
            procedure.replicated(procedure.replicates("bootstrap")),
        ),
    }
    if mirrored:
        accuracies["window_mirrored"] = ("permutation", procedure.mirrored(null))
    values = {
        name: ((dim, "train_task", "test_task", "window"), np.diagonal(each, axis1=-2, axis2=-1))
        for name, (dim, each) in accuracies.items()
    }
    coordinates = {
        "train_task": list(procedure.population.tasks),
        "test_task": list(procedure.population.tasks),
        "window": list(procedure.population.windows),
    }
    decoded = xr.Dataset({**values, **procedure.counts()}, coords=coordinates)
    return decoded.expand_dims(session=[procedure.population.session])


class _Observed(NamedTuple):
    """What the data themselves give.

    ``accuracy`` (draw, train_task, test_task, point, point); what stands on trials and on units;
    ``n_constant`` (train_task, point) constant units of a draw, mean over folds and draws;
    ``unconverged`` fraction of fits.
    """

    accuracy: np.ndarray
    on_trials: xr.Dataset
    on_units: xr.Dataset
    n_constant: np.ndarray
    unconverged: float


def _observed(procedure: Procedure) -> _Observed:
    """Decode the data."""
    population, settings = procedure.population, procedure.settings
    n_tasks, n_classes = procedure.sizes.test.shape
    n_times, n_outputs = len(population.times), 1 if n_classes == 2 else n_classes
    accuracies, n_constant, unconverged = [], [], []
    trial_starts = np.cumsum([0] + [len(part.task) for part in population.parts])
    seen = np.zeros((2, n_tasks, trial_starts[-1], n_times))
    tuning = np.zeros((2, n_tasks, population.n_units, n_times, n_outputs))
    used = np.zeros(population.n_units)
    for draw in range(settings.draws):
        units = procedure.units(draw, OBSERVED)[: procedure.n_units]
        tested = []
        for fold in procedure.folds(draw, OBSERVED):
            each = evaluate_fold(population, [fold], units[None], settings, EVERYTHING)
            tested.append(each.accuracy[0])
            n_constant.append(each.n_constant[0])
            unconverged.append(each.unconverged)
            used[units] += 1
            for kind, values in enumerate((each.weights, each.patterns)):
                tuning[kind][:, units] += values[0, :, :n_times].transpose(0, 2, 1, 3)
            for train_task, test_task in np.ndindex(n_tasks, n_tasks):
                rows = fold.test[test_task] + trial_starts[:-1, None]
                probability = each.true_class[train_task][test_task][0, :n_times].T
                for part in rows:
                    np.add.at(seen[0, train_task], part, probability)
                    np.add.at(seen[1, train_task], part, 1)
        accuracies.append(np.mean(tested, axis=0))
        procedure.progress.update()
    tasks = list(population.tasks)
    parts = population.parts
    was_tested = seen[1, 0, :, 0] > 0
    confidence = seen[0][:, was_tested] / seen[1][:, was_tested]
    on_trials = xr.Dataset(
        {"confidence": (("train_task", "trial", "time"), confidence.astype(np.float32))},
        coords={
            "train_task": tasks,
            "time": population.times,
            "trial_session": ("trial", _names(parts, "task")[was_tested]),
            "trial_id": ("trial", np.concatenate([p.trial_ids for p in parts])[was_tested]),
            "trial_task": (
                "trial",
                np.array(tasks, object)[np.concatenate([p.task for p in parts])][was_tested],
            ),
            "trial_label": (
                "trial",
                np.array(population.classes, object)[np.concatenate([p.label for p in parts])][
                    was_tested
                ],
            ),
        },
    )
    was_used = used > 0
    tuning = tuning[:, :, was_used] / used[was_used, None, None]
    outputs = [population.classes[1]] if n_outputs == 1 else list(population.classes)
    dims = ("train_task", "unit", "time", "toward_class")
    on_units = xr.Dataset(
        {
            "weights": (dims, tuning[0].astype(np.float32)),
            "patterns": (dims, tuning[1].astype(np.float32)),
        },
        coords={
            "train_task": tasks,
            "time": population.times,
            "toward_class": outputs,
            "unit_session": ("unit", _names(parts, "unit_ids")[was_used]),
            "unit_id": ("unit", np.concatenate([p.unit_ids for p in parts])[was_used]),
        },
    )
    return _Observed(
        np.stack(accuracies),
        on_trials,
        on_units,
        np.mean(n_constant, axis=0),
        float(np.mean(unconverged)),
    )


def in_windows(procedure: Procedure, units: np.ndarray, draw: int) -> np.ndarray:
    """Return accuracies in the windows (train_task, test_task, window) with other units."""
    tested = [
        evaluate_fold(
            procedure.population, [fold], units[None], procedure.settings, procedure.windows
        ).accuracy[0]
        for fold in procedure.folds(draw, OBSERVED)
    ]
    return np.diagonal(np.mean(tested, axis=0), axis1=-2, axis2=-1)


def _unit_counts(procedure: Procedure) -> tuple[list[int], np.ndarray]:
    """Return numbers of units and the accuracies with them, nested within a draw."""
    n = procedure.population.n_units
    counts = [count for count in sorted(set(procedure.settings.unit_counts)) if count < n] + [n]
    accuracy = [
        [in_windows(procedure, procedure.units(draw, OBSERVED)[:count], draw) for count in counts]
        for draw in range(procedure.settings.draws)
    ]
    return counts, np.moveaxis(np.array(accuracy), (0, 1), (-1, -2))


def halves(procedure: Procedure) -> np.ndarray:
    """Return accuracies (train, test, window, half, draw) of disjoint halves of a draw's units.

    Both halves of a single unit are that unit.
    """
    size = procedure.n_units // 2

    def of_draw(draw: int) -> list[np.ndarray]:
        units = procedure.units(draw, OBSERVED)[: procedure.n_units]
        if size == 0:
            return [in_windows(procedure, units, draw)] * 2
        return [in_windows(procedure, units[half * size :][:size], draw) for half in range(2)]

    accuracy = [of_draw(draw) for draw in range(procedure.settings.draws)]
    return np.moveaxis(np.array(accuracy), (0, 1), (-1, -2))


def _names(parts: list[Part], field: str) -> np.ndarray:
    """Return the session of every trial or unit of the parts."""
    return np.repeat(
        np.array([part.session for part in parts], dtype=object),
        [len(getattr(part, field)) for part in parts],
    )
