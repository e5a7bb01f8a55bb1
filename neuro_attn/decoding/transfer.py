"""Transfer: train on each task at each time, test on every task at every time.

The whole procedure (split, choice of units, standardisation, fit, test) runs on the data, on
permuted labels and on resampled trials and units alike; the three differ only in their
`Replicate`. Within-task and across-task accuracy come from the same decoders, so both have the
same number of training trials.

Permutations relabel the trials of the task that a decoder is trained on. Across tasks the tested
task keeps its labels: its own signal stays, so the null holds the overlap that a decoder without
information has with that signal by chance, which relabelling both tasks would hide.

Where both tasks have a code, their axes overlap by chance, too, and relabelling does not show by
how much: shuffled decoders point in another direction in every fold, so that their mean scatters
less than the accuracy of decoders that have found a code. Across tasks there is therefore a second
null, in which random units are mirrored in the tested task (`evaluation.evaluate_mirrored`).
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import xarray as xr
from tqdm import tqdm

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.evaluation import EVERYTHING, evaluate_fold, evaluate_mirrored
from neuro_attn.decoding.nulls import (
    Generator,
    LabelOrder,
    check_variety,
    keeps_counts,
    label_orders,
)
from neuro_attn.decoding.populations import Part, Population, without_times
from neuro_attn.decoding.splits import Fold, Replicate, Sizes, draw_folds, fold_sizes
from neuro_attn.randomness import stream

BATCH_BYTES = 16_000_000
"""Training data held at once; small enough to stay near the processor's caches."""
OBSERVED = Replicate("observed")


def decode_region(
    members: list[Population],
    dataset: AnyDataset,
    n_units: int | None,
    seed: int,
    name: str,
    region: str,
    generator: Generator | None = None,
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

    Returns
    -------
    xarray.Dataset
        ``accuracy`` (session, train_task, test_task, train_time, test_time, draw), ``null``
        (..., permutation), ``mirrored`` (the same; within tasks it is ``null``) and ``bootstrap``
        (session, train_task, test_task, time, replicate); ``window_accuracy``, ``window_null``,
        ``window_mirrored`` and ``window_bootstrap`` for the windows;
        ``unit_accuracy`` for several numbers of units and ``half_accuracy`` for disjoint halves
        of the units, in the windows; ``confidence``, P(true class), on trials; ``weights`` and
        ``patterns`` on units, standardised.

    Raises
    ------
    InputError
        If the null gives too few label orders, or blocks do not fill the folds.
    """
    inference, folds = dataset.inference, dataset.decoding.folds
    orders = [label_orders(member, inference, folds, seed, name, generator) for member in members]
    check_variety(members, orders, inference, name)
    steps = 1 + inference.permutations + inference.bootstraps
    total = steps * dataset.decoding.draws * len(members)
    with tqdm(total=total, desc=f"decoding {region}", disable=None, leave=False) as progress:
        decoded = [
            _Run(
                member,
                dataset,
                n_units,
                order,
                keeps_counts(inference, generator),
                seed,
                name,
                region,
                progress,
            ).decode()
            for member, order in zip(members, orders, strict=True)
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


def decode_windows(
    members: list[Population],
    dataset: AnyDataset,
    n_units: int | None,
    seed: int,
    name: str,
    region: str,
) -> xr.Dataset:
    """Decode all populations of a region in the windows alone, with null and bootstrap.

    Parameters
    ----------
    members, dataset, n_units, seed, name, region
        As in `decode_region`.

    Returns
    -------
    xarray.Dataset
        What `decode_region` says of the windows, but with the mean over draws.
    """
    inference, folds = dataset.inference, dataset.decoding.folds
    orders = [label_orders(member, inference, folds, seed, name) for member in members]
    check_variety(members, orders, inference, name)
    kept = keeps_counts(inference, None)
    steps = 1 + inference.permutations + inference.bootstraps
    total = steps * dataset.decoding.draws * len(members)
    with tqdm(total=total, desc=f"decoding {region}", disable=None, leave=False) as progress:
        decoded = [
            _Run(
                without_times(member), dataset, n_units, order, kept, seed, name, region, progress
            ).decode_windows()
            for member, order in zip(members, orders, strict=True)
        ]
    chance = 1 / len(members[0].classes)
    return xr.concat(decoded, "session").assign_attrs(dataset=name, region=region, chance=chance)


class _Run:
    """All that is decoded of one population."""

    def __init__(
        self,
        population: Population,
        dataset: AnyDataset,
        n_units: int | None,
        order: LabelOrder,
        counts_are_kept: bool,
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
        self.order, self.counts_are_kept = order, counts_are_kept
        wanted = self.settings.pseudotrials
        self.pseudotrials = None if wanted == "auto" else wanted
        self.sizes = fold_sizes(population, self.settings.folds, self.pseudotrials)
        self.windows = slice(len(population.times), None)

    def decode(self) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
        """Return what stands on sessions, on trials and on units."""
        accuracy, on_trials, on_units = self._observed()
        null = self._replicated(self._replicates("permutation"))
        mirrored = self._mirrored(null)
        boot = self._replicated(self._replicates("bootstrap"))
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
                "mirrored": ((*cross, "permutation"), last(mirrored[..., at_times, at_times])),
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
                "window_mirrored": (
                    (*pair, "window", "permutation"),
                    last(diagonal(mirrored)[..., self.windows]),
                ),
                "window_bootstrap": (
                    (*pair, "window", "replicate"),
                    last(diagonal(boot)[..., self.windows]),
                ),
                "unit_accuracy": ((*pair, "window", "n_units", "draw"), by_count),
                "half_accuracy": ((*pair, "window", "half", "draw"), self._halves()),
                **self._counts(),
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

    def decode_windows(self) -> xr.Dataset:
        """Return what is decoded in the windows of a population without times."""
        kinds: dict[str, tuple[str, list[Replicate]]] = {
            "window_accuracy": ("draw", [OBSERVED]),
            "window_null": ("permutation", self._replicates("permutation")),
            "window_bootstrap": ("replicate", self._replicates("bootstrap")),
        }
        dims = ("train_task", "test_task", "window")
        values = {
            variable: (
                (dim, *dims),
                np.diagonal(self._replicated(replicates), axis1=-2, axis2=-1),
            )
            for variable, (dim, replicates) in kinds.items()
        }
        coordinates = {
            "train_task": list(self.population.tasks),
            "test_task": list(self.population.tasks),
            "window": list(self.population.windows),
        }
        decoded = xr.Dataset({**values, **self._counts()}, coords=coordinates)
        return decoded.expand_dims(session=[self.population.session])

    def _replicates(self, kind: Literal["permutation", "bootstrap"]) -> list[Replicate]:
        n = self.inference.permutations if kind == "permutation" else self.inference.bootstraps
        return [Replicate(kind, index) for index in range(n)]

    def _counts(self) -> dict[str, tuple]:
        """Return the numbers of units, rows and sessions."""
        return {
            "units_per_draw": ((), self.n_units),
            "n_train": ((), self.sizes.train * self.sizes.test.shape[1]),
            "n_test": (("test_task",), self.sizes.test.sum(axis=1) * self.settings.folds),
            "n_sessions": ((), len(self.population.parts)),
        }

    def _folds(self, draw: int, replicate: Replicate, sizes: Sizes | None = None) -> list[Fold]:
        return list(
            draw_folds(
                self.population,
                self.settings,
                sizes or self.sizes,
                self.order,
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
        n_tasks, n_points = len(self.population.tasks), self.population.n_points
        shape = (len(replicates), n_tasks, n_tasks, n_points, n_points)
        accuracy = np.zeros(shape, np.float32)
        n_terms = self.settings.draws * self.settings.folds
        for sizes, members in self._batches(replicates):
            batch = [replicates[member] for member in members]
            for draw in range(self.settings.draws):
                units = np.stack([self._units(draw, each)[: self.n_units] for each in batch])
                observed = self._folds(draw, OBSERVED, sizes)
                replicated = zip(*(self._folds(draw, each, sizes) for each in batch), strict=True)
                for true, folds in zip(observed, replicated, strict=True):
                    across = true if batch[0].kind == "permutation" else None
                    tested = evaluate_fold(
                        self.population, folds, units, self.settings, EVERYTHING, across
                    )
                    accuracy[members] += tested.accuracy / n_terms
                self.progress.update(len(batch))
        return accuracy

    def _mirrored(self, null: np.ndarray) -> np.ndarray:
        """Return accuracies with units mirrored in the tested task; within tasks those of `null`.

        A replicate mirrors the same units at all times, in all folds and draws.
        """
        names = (self.name, self.region, self.population.session)
        mirrors = np.stack(
            [
                stream(self.seed, "mirrored units", *names, index).choice(
                    (-1, 1), self.population.n_units
                )
                for index in range(len(null))
            ]
        )
        n_terms = self.settings.draws * self.settings.folds
        n_points = self.population.n_points
        accuracy = np.zeros_like(null)
        for draw in range(self.settings.draws):
            units = self._units(draw, OBSERVED)[: self.n_units]
            for fold in self._folds(draw, OBSERVED):
                n_rows = max(map(len, fold.test_label))
                size = max(1, BATCH_BYTES // (4 * n_rows * n_points**2))
                for start in range(0, len(null), size):
                    batch = slice(start, start + size)
                    accuracy[batch] += (
                        evaluate_mirrored(
                            self.population,
                            fold,
                            units,
                            self.settings,
                            mirrors[batch][:, units],
                        )
                        / n_terms
                    )
        tasks = np.arange(null.shape[1])
        accuracy[:, tasks, tasks] = null[:, tasks, tasks]
        return accuracy

    def _batches(self, replicates: list[Replicate]) -> Iterator[tuple[Sizes, list[int]]]:
        """Yield numbers of replicates that have folds of the same size and fit into memory.

        Labels that come with counts of their own get folds by the same rule as the data. A rule
        that looked at the data alone would tell them from the null.
        """
        groups: dict[bytes, tuple[Sizes, list[int]]] = {}
        for number, replicate in enumerate(replicates):
            sizes = self.sizes
            if replicate.kind == "permutation" and not self.counts_are_kept:
                labels = [self.order(part, replicate.index) for part in self.population.parts]
                sizes = fold_sizes(self.population, self.settings.folds, self.pseudotrials, labels)
            key = np.append(sizes.test, sizes.train).tobytes()
            groups.setdefault(key, (sizes, []))[1].append(number)
        for sizes, members in groups.values():
            n_rows = sizes.train * sizes.test.shape[1]
            bytes_each = 4 * n_rows * self.population.n_points * max(n_rows, self.n_units)
            size = max(1, BATCH_BYTES // bytes_each)
            for start in range(0, len(members), size):
                yield sizes, members[start : start + size]

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


def _names(parts: list[Part], field: str) -> np.ndarray:
    """Return the session of every trial or unit of the parts."""
    return np.repeat(
        np.array([part.session for part in parts], dtype=object),
        [len(getattr(part, field)) for part in parts],
    )
