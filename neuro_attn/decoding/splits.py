"""Splits into training and test trials: trials are split first and resampled afterwards.

The trials of a session are divided into folds within each task and class, or block by block, before
anything is resampled or combined. No raw trial is therefore on both sides of a split. If a variable
is balanced, trials are also divided within each of its values, and both sides have equally many
trials of every value in each class, so the label is independent of the variable. Every random
choice comes from a stream named by data set, session, draw and replicate, but not by region, so all
regions and times share it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials, cells_of
from neuro_attn.decoding.surrogates import SurrogateLabels
from neuro_attn.errors import InputError
from neuro_attn.study import Study

Kind = Literal["observed", "permutation", "bootstrap"]


@dataclass(frozen=True)
class Replicate:
    """One decoding of a population: of the data, of surrogate labels or of resampled trials."""

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
        Class numbers of the rows, or their values of a continuous label.
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
    n_strata : int
        Values of a balanced variable, among which the rows of a class are divided equally.
    """

    train: int
    test: np.ndarray
    n_strata: int = 1


def fold_sizes(
    population: Population,
    *,
    folds: int,
    pseudotrials: int | None,
    labels: Sequence[np.ndarray] | None = None,
) -> Sizes:
    """Return the rows per class that every session, task and class can give to every fold.

    Parameters
    ----------
    population : Population
        Whose trials are split.
    folds : int
        Folds of each task's trials.
    pseudotrials : int or None
        Training rows of a class, if they are given.
    labels : sequence of array of int, one per part, optional
        Labels in place of the population's own. The rule is the same, so that data and null
        are treated in the same way.
    """
    n_strata = population.n_strata
    counts = _counts(population, labels)
    train = int(_training_sizes(counts, folds).min())
    if pseudotrials is not None:
        train = -(-pseudotrials // n_strata) * n_strata
    test = (counts // folds).min(axis=(0, 3)) * n_strata
    return Sizes(train, test, n_strata)


def training_sizes(population: Population, *, folds: int) -> np.ndarray:
    """Return the rows of a class that a fold can train on in each task by itself, shape (task,).

    All sessions and classes have these rows. `fold_sizes` takes the smallest over tasks.
    """
    return _training_sizes(_counts(population), folds)


def _counts(population: Population, labels: Sequence[np.ndarray] | None = None) -> np.ndarray:
    """Return how many trials each cell has, shape (part, task, class, stratum)."""
    n_classes, n_strata = len(population.classes), population.n_strata
    shape = (len(population.tasks), n_classes, n_strata)
    if labels is None:
        labels = [part.label for part in population.parts]
    cells = [
        cells_of(part, label, n_classes=n_classes, n_strata=n_strata)
        for part, label in zip(population.parts, labels, strict=True)
    ]
    n_cells = math.prod(shape)
    return np.stack([np.bincount(cell, minlength=n_cells).reshape(shape) for cell in cells])


def _training_sizes(counts: np.ndarray, folds: int) -> np.ndarray:
    """Return the training rows of a class of each task, from counts as `_counts` returns them."""
    largest_test = -(-counts // folds)
    return (counts - largest_test).min(axis=(0, 2, 3)) * counts.shape[-1]


class Rows:
    """Rows of one side of a fold: sizes of the cells; the cell and the rank in it of each row."""

    def __init__(self, sizes: np.ndarray):
        self.sizes = sizes
        self.cell = np.repeat(np.arange(len(sizes)), sizes)
        self.rank = np.arange(len(self.cell)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def draw_folds(
    population: Population,
    study: Study,
    *,
    sizes: Sizes,
    surrogates: SurrogateLabels,
    draw: int,
    replicate: Replicate,
    copies: Sequence[np.ndarray | None] | None = None,
) -> Iterator[Fold]:
    """Yield the folds of one draw of one replicate.

    Parameters
    ----------
    population : Population
        The trials.
    study : Study
        The data set, with the number of folds and whether they consist of trials or of blocks.
    sizes : Sizes
        From `fold_sizes`. A side of blocks with fewer trials of a class repeats some of them.
    surrogates : SurrogateLabels
        The labels of permutations, the same for every draw, time and region.
    draw : int
        Number of the draw.
    replicate : Replicate
        Permutations are labelled before the split. Bootstraps resample trials within each side of
        the split, from a resample of the session that all draws share. Splits do not depend on
        continuous labels, so their permutations have the split of the data.
    copies : sequence of array or None, one per part, optional
        From `copies_of`, to compute them once for all draws.

    Raises
    ------
    InputError
        If blocks cannot be assigned such that every fold has every task and class.
    """
    n_tasks, n_classes = sizes.test.shape
    train_sizes = np.full(n_tasks * n_classes * sizes.n_strata, sizes.train // sizes.n_strata)
    test_sizes = np.repeat(sizes.test.ravel() // sizes.n_strata, sizes.n_strata)
    sides = (Rows(train_sizes), Rows(test_sizes))
    if copies is None:
        copies = copies_of(population, study, replicate=replicate)
    is_relabelled = replicate.kind == "permutation"
    labels = [
        surrogates.draw(part, replicate.index) if is_relabelled else part.decoded
        for part in population.parts
    ]
    of_split = Replicate("observed") if population.is_continuous and is_relabelled else replicate
    parts = [
        _split_session(
            part,
            part.label if population.is_continuous else label,
            study,
            sides=sides,
            n_classes=n_classes,
            n_strata=sizes.n_strata,
            copies=of_part,
            rng=study.rng("split", part.session, draw, of_split.kind, of_split.index),
        )
        for part, label, of_part in zip(population.parts, labels, copies, strict=True)
    ]
    ends = np.cumsum(sizes.test.sum(axis=1))[:-1]
    train_label = np.repeat(np.arange(n_classes), sizes.train)
    test_label = [np.repeat(np.arange(n_classes), counts) for counts in sizes.test]
    for fold in range(study.dataset.decoding.folds):
        train = np.split(np.stack([part[fold][0] for part in parts]), n_tasks, axis=1)
        test = np.split(np.stack([part[fold][1] for part in parts]), ends, axis=1)
        if population.is_continuous:
            yield Fold(train, test, values_of(labels, train), values_of(labels, test))
        else:
            yield Fold(train, test, [train_label] * n_tasks, test_label)


def values_of(labels: Sequence[np.ndarray], trials: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the values of a continuous label in the rows of each task, (row,).

    Trials of several sessions have no value in common, so there is one part only.
    """
    (of_session,) = labels
    return [of_session[of_task[0]] for of_task in trials]


def copies_of(
    population: Population, study: Study, *, replicate: Replicate
) -> list[np.ndarray | None]:
    """Return how often a replicate contains each trial of each part; None if each occurs once."""
    if replicate.kind != "bootstrap":
        return [None] * len(population.parts)
    n_classes, n_strata = len(population.classes), population.n_strata
    return [
        bootstrap_counts(part, study, n_classes=n_classes, n_strata=n_strata, replicate=replicate)
        for part in population.parts
    ]


def bootstrap_counts(
    part: SessionTrials,
    study: Study,
    *,
    n_classes: int,
    replicate: Replicate,
    n_strata: int = 1,
    stream: str = "bootstrap",
) -> np.ndarray:
    """Return how often a bootstrap resample contains each trial of a session, shape (trial,).

    Trials are resampled within task, class and stratum, once for all draws. If every draw had its
    own resample, the mean over draws would vary less than the data do.
    """
    rng = study.rng(stream, part.session, replicate.index)
    cells = cells_of(part, part.label, n_classes=n_classes, n_strata=n_strata)
    counts = np.zeros(len(cells), dtype=int)
    for cell in np.unique(cells):
        members = np.flatnonzero(cells == cell)
        counts += np.bincount(rng.choice(members, len(members)), minlength=len(cells))
    return counts


def _split_session(
    part: SessionTrials,
    label: np.ndarray,
    study: Study,
    *,
    sides: tuple[Rows, Rows],
    n_classes: int,
    n_strata: int,
    copies: np.ndarray | None,
    rng: np.random.Generator,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each fold a session's (train, test) trials, ordered by task, class and stratum."""
    decoding = study.dataset.decoding
    n_cells, n_folds = len(sides[0].sizes), decoding.folds
    cell = cells_of(part, label, n_classes=n_classes, n_strata=n_strata)
    # In random order within each cell; the rank in the cell decides on the fold.
    order = rng.permutation(len(cell))
    order = order[cell[order].argsort(kind="stable")]
    if decoding.splits == "blocks":
        fold_of = _folds_of_blocks(
            blocks(part, label), cell, n_cells=n_cells, n_folds=n_folds, rng=rng
        )[order]
        _check_folds(fold_of, cell[order], study, n_cells=n_cells, session=part.session)
    else:
        counts = np.bincount(cell, minlength=n_cells)
        rank = np.arange(len(cell)) - np.repeat(counts.cumsum() - counts, counts)
        fold_of = rank % n_folds
    folds = []
    for fold in range(n_folds):
        in_test = fold_of == fold
        train, test = (
            take(order[mine], cell, copies=copies, rows=rows, rng=rng)
            for mine, rows in zip((~in_test, in_test), sides, strict=True)
        )
        folds.append((train, test))
    return folds


def blocks(part: SessionTrials, label: np.ndarray) -> np.ndarray:
    """Return the number of the block that each trial of a session lies in, shape (trial,).

    Blocks are runs, in order of time, of one value of ``decoding.block``, or of the label.
    """
    values = label if part.block is None else np.unique(part.block, return_inverse=True)[1]
    in_time = part.in_time
    number = np.empty(len(values), dtype=int)
    number[in_time] = np.cumsum(np.diff(values[in_time], prepend=values[in_time[0]]) != 0)
    return number


def _folds_of_blocks(
    block: np.ndarray, cell: np.ndarray, *, n_cells: int, n_folds: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the fold of each trial; whole blocks are assigned to folds as evenly as possible.

    The largest block is assigned first, each to the fold that minimises the variance over folds of
    the trials of its tasks and classes; ties are broken at random. We do not use scikit-learn's
    StratifiedGroupKFold, which does the same, because it is seven times slower and runs in every
    permutation.
    """
    counts = np.zeros((block.max() + 1, n_cells))
    np.add.at(counts, (block, cell), 1)
    share = counts / np.maximum(counts.sum(axis=0), 1)
    load = np.zeros((n_folds, n_cells))
    fold = np.empty(len(counts), dtype=int)
    shuffled = rng.permutation(len(counts))
    chance = rng.random((len(counts), n_folds))
    for number in shuffled[np.argsort(-share[shuffled].sum(axis=1), kind="stable")]:
        added = load @ share[number]
        fold[number] = min(range(n_folds), key=lambda k: (round(added[k], 12), chance[number, k]))
        load[fold[number]] += share[number]
    return fold[block]


def _check_folds(
    fold: np.ndarray, cell: np.ndarray, study: Study, *, n_cells: int, session: str
) -> None:
    """Raise `InputError` unless every fold has trials of every task and class."""
    n_folds = study.dataset.decoding.folds
    found = np.bincount(fold * n_cells + cell, minlength=n_folds * n_cells)
    if found.min() == 0:
        raise InputError(
            study.key("decoding.splits"),
            f"the blocks of session {session!r} cannot be assigned to {n_folds} folds so that "
            "every fold has every task and class.",
            "Use fewer folds, smaller blocks (decoding.block), or splits: stratified.",
        )


def take(
    trials: np.ndarray,
    cell: np.ndarray,
    *,
    copies: np.ndarray | None,
    rows: Rows,
    rng: np.random.Generator,
) -> np.ndarray:
    """Take the rows of one side of a split from its trials, which are ordered by cell.

    A raw trial and its copies stay on one side. Where a cell has fewer than are wanted, the rest
    is drawn again from it, with replacement.
    """
    n_cells = len(rows.sizes)
    own = cell[trials]
    if copies is not None:
        times = copies[trials]
        total = np.bincount(own, weights=times, minlength=n_cells)
        # A cell that the resample left empty keeps its trials.
        times = np.where(total[own] > 0, times, 1)
        trials = rng.permutation(trials.repeat(times))
        own = cell[trials]
        by_cell = own.argsort(kind="stable")
        trials, own = trials[by_cell], own[by_cell]
    counts = np.bincount(own, minlength=n_cells)
    position = rows.rank
    if (rows.sizes > counts).any():
        again = (rng.random(len(position)) * counts[rows.cell]).astype(int)
        position = np.where(position < counts[rows.cell], position, again)
    return trials[(counts.cumsum() - counts)[rows.cell] + position]
