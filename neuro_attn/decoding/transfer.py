"""Transfer: train on each task at each time, test on every task at every time.

The whole procedure (split, choice of units, standardisation, fit, test) runs on the data, on
permuted labels and on resampled trials and units alike; the three differ only in their
`Replicate`. Within-task and across-task accuracy come from the same decoders, so both have the
same number of training trials.

Permutations shuffle the labels of the task that a decoder is trained on. Across tasks the tested
task keeps its labels: its own signal stays, so the null holds the overlap that a decoder without
information has with that signal by chance, which shuffling both tasks would hide.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.special import expit, softmax
from tqdm import tqdm

from neuro_attn.configuration import AnyDataset, Decoding
from neuro_attn.decoding import decoder
from neuro_attn.decoding.populations import Population
from neuro_attn.decoding.splits import Fold, Replicate, draw_folds, fold_sizes
from neuro_attn.randomness import stream

TOLERANCE = 1e-4
MAX_ITERATIONS = 1000
BATCH_BYTES = 16_000_000
"""Training data held at once; small enough to stay near the processor's caches."""
OBSERVED = Replicate("observed")
EVERYTHING = slice(None)


class Tested(NamedTuple):
    """What testing one batch of decoders gave.

    ``accuracy`` (replicate, train_task, test_task, train_point, test_point); ``weights`` and
    ``patterns`` (replicate, train_task, point, unit, output) on standardised units; ``true_class``
    P(true class) at the training time, [train_task][test_task] (replicate, point, row);
    ``unconverged`` fraction of fits.
    """

    accuracy: np.ndarray
    weights: np.ndarray
    patterns: np.ndarray
    true_class: list[list[np.ndarray]]
    unconverged: float


def evaluate_fold(
    population: Population,
    folds: Sequence[Fold],
    units: np.ndarray,
    settings: Decoding,
    points: slice,
    across: Fold | None = None,
) -> Tested:
    """Train on each task of a fold and test on all tasks, for several replicates at once.

    Parameters
    ----------
    population : Population
        The data.
    folds : sequence of Fold, one per replicate
        The same fold of different replicates.
    units : array of int, shape (replicate, unit)
        Units of each replicate.
    settings : Decoding
        C and standardisation.
    points : slice
        Time bins and windows that are decoded.
    across : Fold, optional
        Where the test trials of tasks other than the trained one come from, for all replicates;
        by default from `folds`, as those of the trained task do. Units must then be the same in
        all replicates.

    Returns
    -------
    Tested
    """
    n_tasks, n_classes = len(population.tasks), len(population.classes)
    tests = [
        population.rows(np.stack([fold.test[task] for fold in folds]), units, points)
        for task in range(n_tasks)
    ]
    others = tests
    if across is not None and n_tasks > 1:
        others = [population.rows(test[None], units[:1], points) for test in across.test]
    n_replicates, n_points = tests[0].shape[:2]
    accuracy = np.empty((n_replicates, n_tasks, n_tasks, n_points, n_points), np.float32)
    weights, patterns, unconverged = [], [], []
    true_class: list[list[np.ndarray]] = []
    for train_task in range(n_tasks):
        rows = np.stack([fold.train[train_task] for fold in folds])
        data, mean, scale = decoder.standardize(
            population.rows(rows, units, points), settings.standardize
        )
        label = folds[0].train_label[train_task]
        labels = np.broadcast_to(label[:, None], (*data.shape[:-1], 1))
        solution = decoder.fit(data, labels, n_classes, settings.C, TOLERANCE, MAX_ITERATIONS)
        weights.append(solution.weights)
        patterns.append(_patterns(data, solution.weights))
        unconverged.append(1 - solution.converged.mean())
        raw, intercept = decoder.unstandardized(solution.weights, solution.intercept, mean, scale)
        true_class.append([])
        for test_task in range(n_tasks):
            test = (tests if test_task == train_task else others)[test_task]
            scores = _scores(test, raw, intercept)
            truth = folds[0].test_label[test_task]
            accuracy[:, train_task, test_task] = _balanced_accuracy(scores, truth)
            at_training_time = np.einsum("rpnpk->rpnk", scores)
            true_class[-1].append(_probability_of(truth, at_training_time))
    return Tested(
        accuracy,
        np.stack(weights, 1),
        np.stack(patterns, 1),
        true_class,
        float(np.mean(unconverged)),
    )


def _scores(test: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Score every test time with every decoder: (replicate, test_point, row, train_point, output).

    One matrix product a replicate, whatever the number of times.
    """
    n_points, n_rows, n_units = test.shape[1:]
    decoders = weights.transpose(0, 2, 1, 3).reshape(len(weights), n_units, -1)
    scores = test.reshape(len(test), -1, n_units) @ decoders
    shape = (len(weights), n_points, n_rows, weights.shape[1], weights.shape[-1])
    return scores.reshape(shape) + intercept[:, None, None]


def _balanced_accuracy(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the mean over classes of the fraction correct (replicate, train_point, test_point)."""
    if scores.shape[-1] == 1:
        correct = (scores[..., 0] > 0) == (truth == 1)[:, None]
    else:
        correct = scores.argmax(axis=-1) == truth[:, None]
    count = np.bincount(truth)
    weight = (1 / (count[truth] * len(count))).astype(np.float32)
    return np.einsum("rqnp,n->rpq", correct, weight, optimize=True)


def _probability_of(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return P(true class) from scores (replicate, point, row, output)."""
    if scores.shape[-1] == 1:
        return expit(np.where(truth == 1, 1, -1) * scores[..., 0])
    return np.take_along_axis(softmax(scores, axis=-1), truth[None, None, :, None], axis=-1)[..., 0]


def _patterns(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return activation patterns cov(X, s) / var(s) of the scores s = Xw (Haufe et al. 2014)."""
    scores = data @ weights
    variance = np.maximum((scores**2).sum(axis=-2, keepdims=True), np.finfo(data.dtype).tiny)
    return np.swapaxes(data, -1, -2) @ scores / variance


def decode_region(
    members: list[Population],
    dataset: AnyDataset,
    n_units: int | None,
    seed: int,
    name: str,
    region: str,
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

    Returns
    -------
    xarray.Dataset
        ``accuracy`` (session, train_task, test_task, train_time, test_time, draw), ``null``
        (..., permutation) and ``bootstrap`` (session, train_task, test_task, time, replicate);
        ``window_accuracy``, ``window_null`` and ``window_bootstrap`` for the windows;
        ``unit_accuracy`` for several numbers of units and ``half_accuracy`` for disjoint halves
        of the units, in the windows; ``confidence``, P(true class), on trials; ``weights`` and
        ``patterns`` on units, standardised.
    """
    inference = dataset.inference
    steps = 1 + inference.permutations + inference.bootstraps
    total = steps * dataset.decoding.draws * len(members)
    with tqdm(total=total, desc=f"decoding {region}", disable=None, leave=False) as progress:
        decoded = [
            _Run(member, dataset, n_units, seed, name, region, progress).decode()
            for member in members
        ]
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
        confidence=inference.confidence,
    )


class _Run:
    """All that is decoded of one population."""

    def __init__(
        self,
        population: Population,
        dataset: AnyDataset,
        n_units: int | None,
        seed: int,
        name: str,
        region: str,
        progress: tqdm,
    ):
        self.population = population
        self.settings = dataset.decoding
        self.inference = dataset.inference
        self.n_units = min(n_units or population.n_units, population.n_units)
        self.seed, self.name, self.region, self.progress = seed, name, region, progress
        wanted = self.settings.pseudotrials
        self.sizes = fold_sizes(
            population, self.settings.folds, None if wanted == "auto" else wanted
        )
        self.windows = slice(len(population.times), None)

    def decode(self) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
        """Return what stands on sessions, on trials and on units."""
        accuracy, on_trials, on_units = self._observed()
        inference = self.inference
        null = self._replicated(
            [Replicate("permutation", i) for i in range(inference.permutations)]
        )
        boot = self._replicated([Replicate("bootstrap", i) for i in range(inference.bootstraps)])
        counts, by_count = self._unit_counts()
        n_times = len(self.population.times)
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
                "bootstrap": (
                    (*pair, "time", "replicate"),
                    last(diagonal(boot)[..., at_times]),
                ),
                "window_accuracy": (
                    (*pair, "window", "draw"),
                    last(diagonal(accuracy)[..., self.windows]),
                ),
                "window_null": (
                    (*pair, "window", "permutation"),
                    last(diagonal(null)[..., self.windows]),
                ),
                "window_bootstrap": (
                    (*pair, "window", "replicate"),
                    last(diagonal(boot)[..., self.windows]),
                ),
                "unit_accuracy": ((*pair, "window", "n_units", "draw"), by_count),
                "half_accuracy": ((*pair, "window", "half", "draw"), self._halves()),
                "units_per_draw": ((), self.n_units),
                "n_train": ((), self.sizes.train * self.sizes.test.shape[1]),
                "n_test": (("test_task",), self.sizes.test.sum(axis=1) * self.settings.folds),
                "n_sessions": ((), len(self.population.parts)),
                "unconverged": ((), self.unconverged),
            },
            coords={
                "train_task": list(self.population.tasks),
                "test_task": list(self.population.tasks),
                "train_time": self.population.times,
                "test_time": self.population.times,
                "time": self.population.times,
                "window": list(self.population.windows),
                "n_units": counts,
            },
        ).expand_dims(session=[self.population.session])
        return on_session, on_trials, on_units

    def _folds(self, draw: int, replicate: Replicate) -> list[Fold]:
        return list(
            draw_folds(
                self.population,
                self.settings.folds,
                self.sizes,
                self.seed,
                self.name,
                draw,
                replicate,
            )
        )

    def _units(self, draw: int, replicate: Replicate) -> np.ndarray:
        """Return the units of a draw; bootstraps resample the region's units once for all draws."""
        names = (self.name, self.region, self.population.session)
        n = self.population.n_units
        pool = np.arange(n)
        if replicate.kind == "bootstrap":
            pool = stream(self.seed, "bootstrap units", *names, replicate.index).choice(n, n)
        return pool[stream(self.seed, "units", *names, draw).permutation(n)]

    def _replicated(self, replicates: list[Replicate]) -> np.ndarray:
        """Return accuracies (replicate, train, test, point, point), means over draws and folds."""
        population, n_tasks = self.population, len(self.population.tasks)
        n_rows = self.sizes.train * self.sizes.test.shape[1]
        bytes_each = 4 * n_rows * population.n_points * max(n_rows, self.n_units)
        size = max(1, BATCH_BYTES // bytes_each)
        shape = (len(replicates), n_tasks, n_tasks, population.n_points, population.n_points)
        accuracy = np.zeros(shape, np.float32)
        n_terms = self.settings.draws * self.settings.folds
        for start in range(0, len(replicates), size):
            batch = replicates[start : start + size]
            for draw in range(self.settings.draws):
                units = np.stack([self._units(draw, each)[: self.n_units] for each in batch])
                observed = self._folds(draw, OBSERVED)
                replicated = zip(*(self._folds(draw, each) for each in batch), strict=True)
                for true, folds in zip(observed, replicated, strict=True):
                    across = true if batch[0].kind == "permutation" else None
                    tested = evaluate_fold(
                        population, folds, units, self.settings, EVERYTHING, across
                    )
                    accuracy[start : start + size] += tested.accuracy / n_terms
                self.progress.update(len(batch))
        return accuracy

    def _observed(self) -> tuple[np.ndarray, xr.Dataset, xr.Dataset]:
        """Return accuracies (draw, train, test, point, point) and what is seen on trials, units."""
        population, settings = self.population, self.settings
        n_tasks, n_classes = self.sizes.test.shape
        n_times, n_outputs = len(population.times), 1 if n_classes == 2 else n_classes
        accuracies, unconverged = [], []
        trial_starts = np.cumsum([0] + [len(part.task) for part in population.parts])
        seen = np.zeros((2, n_tasks, trial_starts[-1], n_times))
        tuning = np.zeros((2, n_tasks, population.n_units, n_times, n_outputs))
        used = np.zeros(population.n_units)
        for draw in range(settings.draws):
            units = self._units(draw, OBSERVED)[: self.n_units]
            tested = []
            for fold in self._folds(draw, OBSERVED):
                each = evaluate_fold(population, [fold], units[None], settings, EVERYTHING)
                tested.append(each.accuracy[0])
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
            self.progress.update()
        self.unconverged = float(np.mean(unconverged))
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
        return np.stack(accuracies), on_trials, on_units

    def _in_windows(self, units: np.ndarray, draw: int) -> np.ndarray:
        """Return accuracies in the windows (train_task, test_task, window) with other units."""
        tested = [
            evaluate_fold(
                self.population, [fold], units[None], self.settings, self.windows
            ).accuracy[0]
            for fold in self._folds(draw, OBSERVED)
        ]
        return np.diagonal(np.mean(tested, axis=0), axis1=-2, axis2=-1)

    def _unit_counts(self) -> tuple[list[int], np.ndarray]:
        """Return numbers of units and the accuracies with them, nested within a draw."""
        n = self.population.n_units
        counts = [count for count in sorted(set(self.settings.unit_counts)) if count < n] + [n]
        accuracy = [
            [self._in_windows(self._units(draw, OBSERVED)[:count], draw) for count in counts]
            for draw in range(self.settings.draws)
        ]
        return counts, np.moveaxis(np.array(accuracy), (0, 1), (-1, -2))

    def _halves(self) -> np.ndarray:
        """Return accuracies (..., window, half, draw) of disjoint halves of a draw's units."""
        size = self.n_units // 2
        if size == 0:
            one = [self._in_windows(self._units(0, OBSERVED), 0)] * 2
            return np.moveaxis(np.array([one]), (0, 1), (-1, -2))
        accuracy = [
            [
                self._in_windows(self._units(draw, OBSERVED)[half * size :][:size], draw)
                for half in range(2)
            ]
            for draw in range(self.settings.draws)
        ]
        return np.moveaxis(np.array(accuracy), (0, 1), (-1, -2))


def _names(parts: list, field: str) -> np.ndarray:
    """Return the session of every trial or unit of the parts."""
    return np.repeat(
        np.array([part.session for part in parts], dtype=object),
        [len(getattr(part, field)) for part in parts],
    )
