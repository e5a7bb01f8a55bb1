"""Abstraction: generalisation of decoders across conditions (Bernardi et al. 2020, Cell 183:954).

The conditions are the classes of two tasks. We train each decoder on one half of the trials and
test it on the other. Rows are trials, or pseudotrials that combine trials of all
sessions, with equal numbers per condition. Each trial is used in one row only.

- ``ccgp_label``: cross-condition generalisation performance (CCGP) of the class. Decoders are
  trained in one task and tested in the other; mean over both directions.
- ``ccgp_task``: CCGP of the task. Decoders are trained on all classes but one and tested on that
  class; mean over classes. Chance is 1/2.
- ``shattering``: mean accuracy over the dichotomies that split the conditions into two equal sets,
  or over `DICHOTOMIES` random ones if there are more. Chance is 1/2.

The ceiling of CCGP is the accuracy of the same decoders in the training conditions, and that of
shattering the accuracy of the easiest dichotomy. Floors are computed with conditions shuffled over
rows.
"""

import itertools
import logging
from collections.abc import Iterator
from math import comb
from typing import NamedTuple

import numpy as np

from neuro_attn.configuration import Decoding
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.readouts import Fitted, fit_readouts
from neuro_attn.geometry.estimates import Estimate, Resampling, UndefinedError
from neuro_attn.geometry.places import Context, Place

logger = logging.getLogger(__name__)

OF = "pair"
ORDER = 40
BOUNDS = (0.0, 1.0)
MEASURES = {
    "ccgp_label": "cross-condition generalisation performance of the class: accuracy across tasks; "
    "chance is the floor",
    "ccgp_task": "cross-condition generalisation performance of the task: accuracy across classes; "
    "chance is the floor",
    "shattering": "shattering dimensionality: mean accuracy over balanced dichotomies of the "
    "conditions (class x task); the ceiling is the easiest of them",
}
LABELS = {
    "ccgp_label": "CCGP of the class (accuracy)",
    "ccgp_task": "CCGP of the task (accuracy)",
    "shattering": "shattering dimensionality (accuracy)",
}
MAIN = ("ccgp_label",)
DICHOTOMIES = 50
"""Largest number of dichotomies."""
SHUFFLES = 20
"""Number of shuffles for a floor."""
FEWEST = 4
"""Smallest number of rows per condition."""
BATCH_BYTES = 64_000_000
"""Largest rates of the replicates that are measured together."""


class Rows(NamedTuple):
    """Training and test rows of the decoders.

    Parameters
    ----------
    rates : array, shape (row, unit, replicate)
        Rates.
    task, label, half : array of int, shape (row,)
        Task, class and half of each row, the same in all replicates.
    """

    rates: np.ndarray
    task: np.ndarray
    label: np.ndarray
    half: np.ndarray


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Estimate cross-condition generalisation and shattering dimensionality for a pair of tasks.

    Raises
    ------
    UndefinedError
        If a session has too few trials of a class.
    """
    pair, (time_bin,), resampling = place.tasks, place.times, context.resampling
    assert isinstance(time_bin, int)  # `_rows` does not average over bins.
    n_classes = len(population.classes)
    counts = [
        int(((part.task == task) & (part.label == label)).sum())
        for part in population.parts
        for task in pair
        for label in range(n_classes)
    ]
    n_half = min(counts) // 2
    if 2 * n_half < FEWEST:
        raise UndefinedError(f"a session has fewer than {FEWEST} trials of a class")
    trials = _draw_rows(population, pair, n_half, resampling)
    n_values, n_bootstraps = resampling.splits, resampling.bootstraps
    sides = dichotomies(2 * n_classes, resampling.rng("dichotomies", population.session, *pair))
    batches = _batches(population, time_bin, pair, n_half, trials, resampling)
    found = [_performances(rows, n_classes, context.decoding, sides) for rows in batches]
    results = {}
    for name in found[0]:
        accuracy, ceiling = np.concatenate([of_batch[name] for of_batch in found], axis=1)
        results[name] = Estimate(
            float(accuracy[:n_values].mean()),
            accuracy[n_values : n_values + n_bootstraps],
            float(ceiling[:n_values].mean()),
            float(accuracy[n_values + n_bootstraps :].mean()),
        )
    return results


def dichotomies(n_conditions: int, rng: np.random.Generator) -> np.ndarray:
    """Return balanced dichotomies of the conditions, bool, shape (dichotomy, condition).

    The first condition is always False, so that no dichotomy occurs twice.

    Parameters
    ----------
    n_conditions : int
        Number of conditions, even.
    rng : numpy.random.Generator
        Source of randomness, used if there are more than `DICHOTOMIES`.
    """
    size = n_conditions // 2
    if comb(n_conditions - 1, size) <= DICHOTOMIES:
        chosen = set(itertools.combinations(range(1, n_conditions), size))
    else:
        chosen = set()
        while len(chosen) < DICHOTOMIES:
            one = 1 + rng.permutation(n_conditions - 1)[:size]
            chosen.add(tuple(sorted(one.tolist())))
    result = np.zeros((len(chosen), n_conditions), dtype=bool)
    for row, positive in zip(result, sorted(chosen), strict=True):
        row[list(positive)] = True
    return result


def _draw_rows(
    population: Population, pair: tuple[int, ...], n_half: int, resampling: Resampling
) -> np.ndarray:
    """Draw the trials of all replicates: random halves, resampled halves, then further halves.

    Returns
    -------
    array of int, shape (replicate, part, row)
    """
    n_classes = len(population.classes)
    conditions = [(task, label) for task in pair for label in range(n_classes)]
    n_replicates = resampling.splits + resampling.bootstraps + SHUFFLES
    trials = np.empty((n_replicates, len(population.parts), len(conditions), 2, n_half), int)
    resampled = slice(resampling.splits, resampling.splits + resampling.bootstraps)
    for number, part in enumerate(population.parts):
        for c, (task, label) in enumerate(conditions):
            rng = resampling.rng("rows", part.session, task, label)
            own = np.flatnonzero((part.task == task) & (part.label == label))
            order = rng.permuted(np.tile(own, (n_replicates, 1)), axis=1)
            # Resamples draw with replacement from all trials of a half.
            for half, some in enumerate(np.split(order, [len(own) // 2], axis=1)):
                trials[:, number, c, half] = some[:, :n_half]
                drawn = rng.integers(some.shape[1], size=(n_replicates, n_half))
                again = np.take_along_axis(some, drawn, axis=1)
                trials[resampled, number, c, half] = again[resampled]
    return trials.reshape(n_replicates, len(population.parts), -1)


def _batches(
    population: Population,
    time_bin: int,
    pair: tuple[int, ...],
    n_half: int,
    trials: np.ndarray,
    resampling: Resampling,
) -> Iterator[Rows]:
    """Yield the rows of a few replicates at a time; those of the last `SHUFFLES` are shuffled."""
    of_row = np.indices((2, len(population.classes), 2, n_half)).reshape(4, -1)
    n_replicates, _, n_rows = trials.shape
    rng = resampling.rng("shuffled rows", population.session, *pair)
    size = max(BATCH_BYTES // (4 * n_rows * population.n_units), 1)
    for first in range(0, n_replicates, size):
        some = trials[first : first + size]
        every_unit = np.tile(np.arange(population.n_units), (len(some), 1))
        rates = population.rows(some, every_unit, slice(time_bin, time_bin + 1))[:, 0]
        for number in range(max(n_replicates - SHUFFLES - first, 0), len(some)):
            rates[number] = rates[number][rng.permutation(n_rows)]
        yield Rows(rates.transpose(1, 2, 0), *of_row[:3])


def _performances(
    rows: Rows, n_classes: int, settings: Decoding, sides: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the accuracy and the ceiling of each measure, shape (replicate,) each.

    The dichotomies of the conditions, `sides`, have shape (dichotomy, condition).
    """
    found: dict[str, tuple[list, list]] = {"ccgp_label": ([], []), "ccgp_task": ([], [])}
    for half in (0, 1):
        train, test = rows.half == half, rows.half != half
        for name, target, context in (
            ("ccgp_label", rows.label, rows.task),
            ("ccgp_task", rows.task, rows.label),
        ):
            for left_out in np.unique(context):
                # Decoders of the class omit one task in training; those of the task, one class.
                inside = context != left_out
                fitted = _fit(rows, train & inside, target, settings)
                found[name][0].append(_accuracy(fitted, rows, test & ~inside, target))
                found[name][1].append(_accuracy(fitted, rows, test & inside, target))
    results = {
        name: (np.mean(across, axis=0), np.mean(within, axis=0))
        for name, (across, within) in found.items()
    }
    positive = sides[:, rows.task * n_classes + rows.label].T
    each = []
    for half in (0, 1):
        fitted = _fit(rows, rows.half == half, positive, settings)
        each.append(_accuracy(fitted, rows, rows.half != half, positive))
    of_dichotomy = np.mean(each, axis=0)
    results["shattering"] = (of_dichotomy.mean(axis=-1), of_dichotomy.max(axis=-1))
    return results


def _fit(rows: Rows, chosen: np.ndarray, target: np.ndarray, settings: Decoding) -> Fitted:
    """Fit decoders of target classes, shape (row, [dichotomy]), in all replicates."""
    rates, labels = np.moveaxis(rows.rates[chosen], 2, 0), target[chosen].astype(int)
    fitted = fit_readouts(
        np.ascontiguousarray(rates),
        labels.reshape(len(labels), -1),
        n_classes=int(labels.max()) + 1,
        settings=settings,
    )
    if not fitted.readouts.converged.all():
        n_left = int((~fitted.readouts.converged).sum())
        logger.warning("%d of %d decoders did not converge", n_left, fitted.readouts.converged.size)
    return fitted


def _accuracy(fitted: Fitted, rows: Rows, chosen: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the accuracy, shape (replicate, [dichotomy]); conditions have equal row counts."""
    weights, intercept = fitted.on_rates()
    rates = np.moveaxis(rows.rates[chosen], 2, 0) - fitted.units.center[:, None]
    scores = rates @ weights.reshape(*weights.shape[:2], -1)
    scores = scores.reshape(*rates.shape[:2], *weights.shape[2:]) + intercept[:, None]
    found = scores[..., 0] > 0 if scores.shape[-1] == 1 else scores.argmax(axis=-1)
    truth = target[chosen]
    accuracy = (found == truth.reshape(1, len(truth), -1)).mean(axis=1)
    return accuracy.reshape(len(accuracy), *truth.shape[1:])
