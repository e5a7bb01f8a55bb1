"""Which raw trials train and which test: split first, resample after.

Trials of a session are cut into folds within each task and class before anything is resampled or
put together, so no raw trial is ever on both sides. Every random choice comes from a stream named
by data set, session, draw and replicate, never by region, so all regions and times share it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuro_attn.decoding.populations import Part, Population
from neuro_attn.randomness import stream

Kind = Literal["observed", "permutation", "bootstrap"]


@dataclass(frozen=True)
class Replicate:
    """One run of the whole procedure: on the data, on permuted labels, or on resampled trials."""

    kind: Kind
    index: int = 0


@dataclass(frozen=True)
class Fold:
    """The trials of one fold of all tasks.

    Parameters
    ----------
    train, test : list of array, one per task, shape (part, row)
        Raw trial numbers in each part; the rows of all parts together are (pseudo)trials.
    train_label, test_label : list of array, one per task, shape (row,)
        Class numbers of the rows.
    """

    train: list[np.ndarray]
    test: list[np.ndarray]
    train_label: list[np.ndarray]
    test_label: list[np.ndarray]


@dataclass(frozen=True)
class Sizes:
    """How many rows of a class a fold has.

    Parameters
    ----------
    train : int
        Training rows of a class, the same for all tasks and classes.
    test : array of int, shape (task, class)
        Test rows.
    """

    train: int
    test: np.ndarray


def fold_sizes(population: Population, folds: int, pseudotrials: int | None) -> Sizes:
    """Return the rows per class that every session, task and class can give to every fold."""
    shape = (len(population.tasks), len(population.classes))
    counts = np.stack([_counts(part, shape) for part in population.parts])
    largest_test = -(-counts // folds)
    train = int((counts - largest_test).min()) if pseudotrials is None else pseudotrials
    return Sizes(train, (counts // folds).min(axis=0))


def _counts(part: Part, shape: tuple[int, int]) -> np.ndarray:
    cells = part.task * shape[1] + part.label
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def draw_folds(
    population: Population,
    n_folds: int,
    sizes: Sizes,
    seed: int,
    name: str,
    draw: int,
    replicate: Replicate,
) -> Iterator[Fold]:
    """Yield the folds of one draw of one replicate.

    Parameters
    ----------
    population : Population
        Whose trials are split.
    n_folds : int
        Folds of each task's trials.
    sizes : Sizes
        From `fold_sizes`.
    seed, name : int, str
        Seed and data set, which name the random streams.
    draw : int
        Number of the draw.
    replicate : Replicate
        Permutations shuffle the labels within session and task before the split, in the same
        way for every draw, time and region. Bootstraps resample trials within each side of the
        split, from one resample of the session that all draws share.
    """
    n_tasks, n_classes = sizes.test.shape
    train_sizes = np.full(n_tasks * n_classes, sizes.train)
    parts = [
        _split_part(part, n_folds, train_sizes, sizes.test.ravel(), seed, name, draw, replicate)
        for part in population.parts
    ]
    ends = np.cumsum(sizes.test.sum(axis=1))[:-1]
    train_label = np.repeat(np.arange(n_classes), sizes.train)
    test_label = [np.repeat(np.arange(n_classes), counts) for counts in sizes.test]
    for fold in range(n_folds):
        train = np.stack([part[fold][0] for part in parts])
        test = np.stack([part[fold][1] for part in parts])
        yield Fold(
            np.split(train, n_tasks, axis=1),
            np.split(test, ends, axis=1),
            [train_label] * n_tasks,
            test_label,
        )


def permuted_labels(part: Part, seed: int, name: str, replicate: Replicate) -> np.ndarray:
    """Return a session's labels, shuffled within each task if the replicate is a permutation."""
    if replicate.kind != "permutation":
        return part.label
    rng = stream(seed, "permutation", name, part.session, replicate.index)
    label = part.label.copy()
    for task in np.unique(part.task):
        member = part.task == task
        label[member] = rng.permutation(label[member])
    return label


def bootstrap_counts(
    part: Part, n_classes: int, seed: int, name: str, replicate: Replicate
) -> np.ndarray:
    """Return how often each trial of a session stands in a bootstrap resample, shape (trial,).

    Trials are resampled within task and class, once for all draws: were each draw resampled anew,
    their mean would vary less than the data do.
    """
    rng = stream(seed, "bootstrap", name, part.session, replicate.index)
    cells = part.task * n_classes + part.label
    counts = np.zeros(len(cells), dtype=int)
    for cell in np.unique(cells):
        members = np.flatnonzero(cells == cell)
        counts += np.bincount(rng.choice(members, len(members)), minlength=len(cells))
    return counts


def _split_part(
    part: Part,
    n_folds: int,
    train_sizes: np.ndarray,
    test_sizes: np.ndarray,
    seed: int,
    name: str,
    draw: int,
    replicate: Replicate,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each fold a session's (train, test) trials, ordered by task and class."""
    n_cells = len(train_sizes)
    n_classes = n_cells // (int(part.task.max()) + 1)
    rng = stream(seed, "split", name, part.session, draw, replicate.kind, replicate.index)
    cell = part.task * n_classes + permuted_labels(part, seed, name, replicate)
    copies = np.ones(len(cell), dtype=int)
    if replicate.kind == "bootstrap":
        copies = bootstrap_counts(part, n_classes, seed, name, replicate)
    # In random order within each cell; the rank in the cell decides on the fold.
    order = rng.permutation(len(cell))
    order = order[np.argsort(cell[order], kind="stable")]
    counts = np.bincount(cell, minlength=n_cells)
    rank = np.arange(len(cell)) - np.repeat(np.cumsum(counts) - counts, counts)
    folds = []
    for fold in range(n_folds):
        in_test = rank % n_folds == fold
        folds.append(
            (
                _take(order[~in_test], cell, copies, train_sizes, rng),
                _take(order[in_test], cell, copies, test_sizes, rng),
            )
        )
    return folds


def _take(
    trials: np.ndarray,
    cell: np.ndarray,
    copies: np.ndarray,
    sizes: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Take `sizes` trials of each cell from one side of a split, ordered by cell.

    A raw trial and its copies stay on one side. Where a cell has fewer than are wanted, the rest
    is drawn again from it, with replacement.
    """
    own = cell[trials]
    if (copies != 1).any():
        total = np.bincount(own, weights=copies[trials], minlength=len(sizes))
        # A cell that the resample left empty keeps its trials.
        times = np.where(total[own] > 0, copies[trials], 1)
        trials = rng.permutation(np.repeat(trials, times))
        trials = trials[np.argsort(cell[trials], kind="stable")]
        own = cell[trials]
    counts = np.bincount(own, minlength=len(sizes))
    starts = np.cumsum(counts) - counts
    wanted = np.repeat(np.arange(len(sizes)), sizes)
    position = np.arange(len(wanted)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    if (sizes > counts).any():
        again = (rng.random(len(wanted)) * counts[wanted]).astype(int)
        position = np.where(position < counts[wanted], position, again)
    return trials[starts[wanted] + position]
