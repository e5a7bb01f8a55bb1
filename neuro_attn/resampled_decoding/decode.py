r"""Decoding across tasks from trials that are drawn with replacement for each unit by itself.

This is the classifier of Panichello & Buschman (2021). In each iteration we draw n trials of every
task and class for each unit, and row k of the data consists of the k-th trial of each unit. The
units of all sessions become one pseudopopulation in this way, without correlations of their noise.
Decoders are trained on all rows of one task and tested on all rows of another, in both directions,

.. math:: a_i = \tfrac12 (a_{i, A \to B} + a_{i, B \to A}) ,

at the same time. Tasks have no trial in common, so no trial is on both sides, but the rows with
which a decoder is tested in one direction train it in the other.

The draws vary the trials of these units. They vary neither units nor sessions, so their spread is
not that of other units or sessions (`tables`).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn import printing
from neuro_attn.configuration import Decoding
from neuro_attn.decoding.building import build_populations
from neuro_attn.decoding.confusion import counted
from neuro_attn.decoding.evaluation import EVERYTHING, UNRELIABLE
from neuro_attn.decoding.population import Population, SessionTrials, cells_of, trial_counts
from neuro_attn.decoding.population_decoder import BATCH_BYTES
from neuro_attn.decoding.readouts import fit_readouts
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.errors import InputError
from neuro_attn.study import Study

STREAM = "resampled decoding"


def decode(
    recordings: list[xr.Dataset], study: Study, region: str, *, progress: bool = True
) -> xr.Dataset:
    """Count the correct decisions of every iteration in a region.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        The sessions with units of the region.
    study : Study
        The data set, with the key `resampled_decoding`.
    region : str
        The region.
    progress : bool
        Whether to show the progress.

    Returns
    -------
    xarray.Dataset
        ``correct`` (iteration, pair, time) and ``window_correct`` (iteration, pair, window), counts
        over both directions; ``first_task`` and ``second_task`` of each pair. Attributes are the
        region, the numbers of units, sessions, classes and tests, and the fraction of fits that did
        not converge. Without a session that has enough trials, there are no units, and counts
        are 0.
    """
    settings = study.dataset.resampled_decoding
    assert settings is not None
    population = _pooled(recordings, study, region)
    parts = [part for part in population.parts if _fewest(part, population) >= settings.trials]
    apart = replace(population, parts=units_apart(parts))
    pairs = study.dataset.task_pairs
    correct = np.zeros((settings.iterations, len(pairs), population.n_bins), np.int32)
    unconverged: list[float] = []
    n_rows = settings.trials * len(population.classes)
    at_once = max(1, BATCH_BYTES // (4 * n_rows * apart.n_bins * max(n_rows, apart.n_units)))
    with printing.bar(
        total=settings.iterations,
        desc=f"resampling {region}",
        disable=None if progress else True,
        leave=False,
    ) as bar:
        for first in range(0, settings.iterations if parts else 0, at_once):
            batch = range(first, min(first + at_once, settings.iterations))
            trials = np.stack([draws(parts, study, region, number) for number in batch])
            decisions, failed = decide(apart, trials, study.dataset.decoding)
            correct[batch.start : batch.stop] = count(decisions, apart)
            unconverged.append(failed)
            bar.update(len(batch))
    n_times = len(population.times)
    return xr.Dataset(
        {
            "correct": (("iteration", "pair", "time"), correct[..., :n_times]),
            "window_correct": (("iteration", "pair", "window"), correct[..., n_times:]),
        },
        coords={
            "first_task": ("pair", [first for first, _ in pairs]),
            "second_task": ("pair", [second for _, second in pairs]),
            "time": population.times,
            "window": list(population.windows),
        },
        attrs={
            "region": region,
            "n_units": apart.n_units,
            "n_sessions": len(parts),
            "n_classes": len(population.classes),
            "n_tests": 2 * n_rows,
            "unconverged": float(np.mean(unconverged)) if unconverged else 0.0,
        },
    )


def check_trials(recordings: list[xr.Dataset], study: Study, regions: Sequence[str]) -> None:
    """Raise `InputError` unless a region has a session with enough trials.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions; their rates are not read if they have no time bins.
    study : Study
        The data set, with the key `resampled_decoding`.
    regions : sequence of str
        The regions that are decoded.
    """
    settings = study.dataset.resampled_decoding
    assert settings is not None
    most = 0
    for region in regions:
        population = _pooled(recordings, study, region)
        most = max([most, *(_fewest(part, population) for part in population.parts)])
    if most < settings.trials:
        raise no_session(study, most)


def no_session(study: Study, most: int | None = None) -> InputError:
    """Return the error that no session has enough trials; `most` is what the largest one has."""
    settings = study.dataset.resampled_decoding
    assert settings is not None
    has = "" if most is None else f"; the largest has {most}"
    remedy = f"Give {most} or fewer" if most is not None and most > 1 else "Give fewer"
    return InputError(
        study.key("resampled_decoding.trials"),
        f"no session has {settings.trials} trials of every task and class{has}.",
        f"{remedy}, or remove the key resampled_decoding.",
    )


def _pooled(recordings: list[xr.Dataset], study: Study, region: str) -> Population:
    """Return the units of a region in all sessions, in the tasks on which decoders are trained."""
    decoding = study.dataset.decoding.model_copy(update={"population": "pseudopopulation"})
    pooled = replace(study, dataset=study.dataset.model_copy(update={"decoding": decoding}))
    recordings, pooled = without_test_only(recordings, pooled)
    (population,) = build_populations(recordings, pooled, region)
    return population


def _fewest(part: SessionTrials, population: Population) -> int:
    """Return the trials of the rarest task and class of a session."""
    shape = (len(population.tasks), len(population.classes))
    return int(trial_counts(part.task, part.label, shape).min())


def units_apart(parts: Sequence[SessionTrials]) -> list[SessionTrials]:
    """Return parts with one unit each, so that each unit has trials of its own."""
    return [
        replace(part, rates=part.rates[:, unit : unit + 1], unit_ids=part.unit_ids[unit : unit + 1])
        for part in parts
        for unit in range(part.rates.shape[1])
    ]


def draws(parts: Sequence[SessionTrials], study: Study, region: str, iteration: int) -> np.ndarray:
    """Draw the trials of an iteration with replacement, for each unit, task and class.

    Parameters
    ----------
    parts : sequence of SessionTrials
        The sessions, each with trials of every task and class.
    study : Study
        The data set. Each session, region and iteration has a random stream of its own.
    region : str
        The region.
    iteration : int
        Number of the iteration.

    Returns
    -------
    array of int, shape (unit, task, row)
        Trials of the session of each unit; the rows of a task are ordered by class.
    """
    settings = study.dataset.resampled_decoding
    assert settings is not None
    n_classes = 1 + max(int(part.label.max()) for part in parts)
    drawn = []
    for part in parts:
        cell = cells_of(part, part.label, n_classes=n_classes)
        in_order, counts = cell.argsort(kind="stable"), np.bincount(cell)
        rng = study.rng(STREAM, part.session, region, iteration)
        shape = (part.rates.shape[1], len(counts), settings.trials)
        rank = rng.integers(counts[:, None], size=shape)
        trials = in_order[(counts.cumsum() - counts)[:, None] + rank]
        drawn.append(trials.reshape(shape[0], -1, n_classes * settings.trials))
    return np.concatenate(drawn)


class Decisions(NamedTuple):
    """Decisions of the decoders of one task on the rows of another.

    Parameters
    ----------
    train, test : int
        Numbers of the two tasks.
    values : array, shape (iteration, bin, row, output)
        Decision values: one output for two classes, otherwise one for each.
    """

    train: int
    test: int
    values: np.ndarray


@np.errstate(invalid=UNRELIABLE)
def decide(
    population: Population, trials: np.ndarray, settings: Decoding
) -> tuple[list[Decisions], float]:
    """Train on the rows of each task and decide on those of all other tasks, at equal times.

    Parameters
    ----------
    population : Population
        Units, each as a part of its own.
    trials : array of int, shape (iteration, unit, task, row)
        From `draws`.
    settings : Decoding
        The decoder, and whether units are divided by their SD.

    Returns
    -------
    decisions : list of Decisions
        For every ordered pair of tasks.
    unconverged : float
        Fraction of fits.
    """
    n_iterations, n_units, n_tasks, n_rows = trials.shape
    shape = (n_iterations, population.n_bins)
    units = np.broadcast_to(np.arange(n_units), (n_iterations, n_units))
    widths = None if population.widths is None else np.tile(population.widths, n_iterations)
    rows, weights, intercepts, converged = [], [], [], []
    for task in range(n_tasks):
        rates = population.rows(trials[:, :, task], units, EVERYTHING)
        fitted = fit_readouts(
            rates.reshape(-1, n_rows, n_units),
            _truth(population, n_rows)[:, None],
            n_classes=len(population.classes),
            settings=settings,
            widths=widths,
        )
        weight, intercept = fitted.on_rates(population.origin[None])
        weights.append(weight[:, :, 0].reshape(*shape, n_units, -1))
        intercepts.append(intercept.reshape(*shape, 1, -1))
        converged.append(fitted.readouts.converged.mean())
        rates -= population.origin
        rows.append(rates)
    decisions = [
        Decisions(train, test, rows[test] @ weights[train] + intercepts[train])
        for train, test in permutations(range(n_tasks), 2)
    ]
    return decisions, float(1 - np.mean(converged))


def count(decisions: Sequence[Decisions], population: Population) -> np.ndarray:
    """Return how many decisions are correct, (iteration, pair, bin), over both directions."""
    n_classes = len(population.classes)
    pairs = list(combinations(range(len(population.tasks)), 2))
    n_iterations, n_bins, n_rows = decisions[0].values.shape[:3]
    correct = np.zeros((n_iterations, len(pairs), n_bins), np.int32)
    for train, test, values in decisions:
        confusion = counted(_truth(population, n_rows), values, n_classes)
        pair = pairs.index((min(train, test), max(train, test)))
        correct[:, pair] += confusion.diagonal(axis1=-2, axis2=-1).sum(axis=-1)
    return correct


def _truth(population: Population, n_rows: int) -> np.ndarray:
    """Return the classes of the rows of a task, which are ordered by class."""
    n_classes = len(population.classes)
    return np.repeat(np.arange(n_classes), n_rows // n_classes)
