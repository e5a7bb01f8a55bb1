"""Decoding of one population: the data, permuted labels, resamples and mirrored units.

Split, choice of units, standardisation, fit and test are the same for the data, for permuted labels
and for resampled trials and units. The three differ only in their `Replicate`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from tqdm import tqdm

from neuro_attn.decoding.evaluation import EVERYTHING, evaluate_fold
from neuro_attn.decoding.mirrored import evaluate_mirrored
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.scores import PooledScore
from neuro_attn.decoding.splits import (
    Fold,
    Replicate,
    Sizes,
    copies_of,
    draw_folds,
    fold_sizes,
    values_of,
)
from neuro_attn.decoding.surrogates import SurrogateLabels
from neuro_attn.decoding.tested_only import tested_sizes, with_test_only
from neuro_attn.study import Study

BATCH_BYTES = 16_000_000
"""Training data held at once; small enough to stay near the processor's caches."""
MIRRORED_AT_ONCE = 1000
"""Replicates with mirrored units whose accuracies are summed at once."""
ORIGINAL = Replicate("observed")
"""The data themselves, with their own labels and trials."""


class Outcomes(NamedTuple):
    """What replicates decode.

    ``accuracy`` (replicate, train, test, bin, bin), the score as mean over draws and folds;
    ``confusion`` (replicate, train, test, window, true_class, decoded_class), numbers of tests.
    """

    accuracy: np.ndarray
    confusion: np.ndarray


class PopulationDecoder:
    """Decodes one population: the data and its replicates.

    Parameters
    ----------
    population : Population
        The data.
    study : Study
        The data set, with the settings of decoding and inference.
    region : str
        The region; part of the names of random streams.
    n_units : int or None
        Units of a draw; None takes all.
    surrogates : SurrogateLabels
        The labels of permutations.
    progress : tqdm
        Updated after every draw of every replicate.
    resample_units : bool
        Whether bootstraps resample units, too.
    score : PooledScore, optional
        In place of the configured score.
    """

    def __init__(
        self,
        population: Population,
        study: Study,
        *,
        region: str,
        n_units: int | None,
        surrogates: SurrogateLabels,
        progress: tqdm,
        resample_units: bool = True,
        score: PooledScore | None = None,
    ):
        self.population, self.study, self.region = population, study, region
        self.settings, self.inference = study.dataset.decoding, study.dataset.inference
        self.n_units = min(n_units or population.n_units, population.n_units)
        self.surrogates, self.progress, self.score = surrogates, progress, score
        self.resample_units = resample_units
        wanted = population.pseudotrials or self.settings.pseudotrials
        self.pseudotrials = None if wanted == "auto" else wanted
        self.sizes = fold_sizes(
            population, folds=self.settings.folds, pseudotrials=self.pseudotrials
        )
        self.windows = slice(len(population.times), None)

    def replicates(self, kind: Literal["permutation", "bootstrap"]) -> list[Replicate]:
        """Return the replicates that the settings of the inference specify."""
        n = self.inference.permutations if kind == "permutation" else self.inference.bootstraps
        return [Replicate(kind, index) for index in range(n)]

    def counts(self) -> dict[str, tuple]:
        """Return the numbers of units, rows and sessions."""
        n_test = self.sizes.test.sum(axis=1) * self.settings.folds
        if self.population.test_only is not None:
            n_test = np.append(n_test, tested_sizes(self.population.test_only).sum(axis=1))
        return {
            "units_per_draw": ((), self.n_units),
            "n_train": ((), self.sizes.train * self.sizes.test.shape[1]),
            "n_test": (("test_task",), n_test),
            "n_sessions": ((), len(self.population.parts)),
        }

    def folds(
        self,
        draw: int,
        replicate: Replicate,
        sizes: Sizes | None = None,
        copies: list[np.ndarray | None] | None = None,
    ) -> list[Fold]:
        """Return the folds of a draw; see `draw_folds`."""
        folds = draw_folds(
            self.population,
            self.study,
            sizes=sizes or self.sizes,
            surrogates=self.surrogates,
            draw=draw,
            replicate=replicate,
            copies=copies,
        )
        return with_test_only(
            list(folds), self.population, self.study, draw=draw, replicate=replicate
        )

    def units(self, draw: int, replicate: Replicate) -> np.ndarray:
        """Return the units of a draw; bootstraps resample the region's units once for all draws."""
        return self._resampled_units(replicate)[self._order_of_units(draw)]

    def _resampled_units(self, replicate: Replicate) -> np.ndarray:
        n = self.population.n_units
        if replicate.kind == "bootstrap" and self.resample_units:
            names = (self.region, self.population.session, replicate.index)
            return self.study.rng("bootstrap units", *names).choice(n, n)
        return np.arange(n)

    def _order_of_units(self, draw: int) -> np.ndarray:
        """Return the order of the units in a draw, of which the first are used."""
        names = (self.region, self.population.session, draw)
        return self.study.rng("units", *names).permutation(self.population.n_units)

    def replicated(self, replicates: list[Replicate]) -> np.ndarray:
        """Return the scores of `outcomes`."""
        return self.outcomes(replicates).accuracy

    def outcomes(self, replicates: list[Replicate]) -> Outcomes:
        """Decode replicates of the data.

        Scores are summed in float64 and rounded once. Equal accuracies are therefore equal in
        all digits, whichever and however many terms they sum.
        """
        n_tasks, n_tested = len(self.population.tasks), len(self.population.tested_tasks)
        n_bins = self.population.n_bins
        shape = (len(replicates), n_tasks, n_tested, n_bins, n_bins)
        accuracy = np.zeros(shape, np.float32)
        confusion: list[np.ndarray] = [np.zeros(0)] * len(replicates)
        n_terms = self.settings.draws * self.settings.folds
        for sizes, members in self._batches(replicates):
            batch = [replicates[member] for member in members]
            resampled = [copies_of(self.population, self.study, replicate=each) for each in batch]
            pools = np.stack([self._resampled_units(each) for each in batch])
            total, confused = np.zeros(()), np.zeros((), int)
            for draw in range(self.settings.draws):
                units = pools[:, self._order_of_units(draw)[: self.n_units]]
                observed = self.folds(draw, ORIGINAL, sizes)
                replicated = zip(
                    *(
                        self._relabelled(observed, each)
                        if self._keeps_trials(each)
                        else self.folds(draw, each, sizes, copies)
                        for each, copies in zip(batch, resampled, strict=True)
                    ),
                    strict=True,
                )
                for true, folds in zip(observed, replicated, strict=True):
                    across = true if batch[0].kind == "permutation" else None
                    tested = evaluate_fold(
                        self.population,
                        folds,
                        units=units,
                        settings=self.settings,
                        bins=EVERYTHING,
                        across=across,
                        score=self.score,
                    )
                    total = total + tested.accuracy
                    confused = confused + tested.confusion
                self.progress.update(len(batch))
            accuracy[members] = self.value(total / n_terms)
            for member, of_member in zip(members, confused, strict=True):
                confusion[member] = of_member
        return Outcomes(accuracy, np.array(confusion))

    def _keeps_trials(self, replicate: Replicate) -> bool:
        """Return whether a replicate has the trials of the data in each fold.

        Splits do not depend on continuous labels, so all their permutations do.
        """
        return self.population.is_continuous and replicate.kind == "permutation"

    def _relabelled(self, folds: list[Fold], replicate: Replicate) -> list[Fold]:
        """Return the folds of the data with permuted labels, as `folds` of the replicate."""
        labels = [self.surrogates.draw(part, replicate.index) for part in self.population.parts]
        n_tasks = len(self.population.tasks)
        return [
            replace(
                fold,
                train_label=values_of(labels, fold.train),
                test_label=values_of(labels, fold.test[:n_tasks]),
            )
            for fold in folds
        ]

    def value(self, mean: np.ndarray) -> np.ndarray:
        """Return the score from means over folds and draws."""
        return mean if self.score is None else self.score.value(mean)

    def mirrored(self, null: np.ndarray, first: int = 0) -> np.ndarray:
        """Return accuracies with units mirrored in the test, or `null` where codes cannot differ.

        Within a task at equal times, training and test have the same code, and only shuffled labels
        are a null. A replicate mirrors the same units at all times, in all folds and draws. `first`
        is the number of the first replicate.
        """
        accuracy = np.zeros_like(null)
        if len(null) == 0:
            return accuracy
        names = (self.region, self.population.session)
        mirrors = np.stack(
            [
                self.study.rng("mirrored units", *names, index).choice(
                    (-1, 1), self.population.n_units
                )
                for index in range(first, first + len(null))
            ]
        )
        n_terms = self.settings.draws * self.settings.folds
        for start in range(0, len(null), MIRRORED_AT_ONCE):
            batch = mirrors[start : start + MIRRORED_AT_ONCE]
            total = np.zeros((len(batch), *null.shape[1:]))
            for draw in range(self.settings.draws):
                units = self.units(draw, ORIGINAL)[: self.n_units]
                for fold in self.folds(draw, ORIGINAL):
                    total += evaluate_mirrored(
                        self.population,
                        fold,
                        units=units,
                        settings=self.settings,
                        mirrors=batch[:, units],
                    )
            accuracy[start : start + MIRRORED_AT_ONCE] = total / n_terms
        task, time = (np.arange(null.shape[axis]) for axis in (1, -1))
        same = (slice(None), task[:, None], task[:, None], time, time)
        accuracy[same] = null[same]
        return accuracy

    def _batches(self, replicates: list[Replicate]) -> Iterator[tuple[Sizes, list[int]]]:
        """Yield numbers of replicates that have folds of the same size and fit into memory.

        Label sets with counts of their own get folds by the same rule as the data. A rule for the
        data alone would distinguish them from the null.
        """
        groups: dict[bytes, tuple[Sizes, list[int]]] = {}
        for number, replicate in enumerate(replicates):
            sizes = self.sizes
            if replicate.kind == "permutation" and not self.surrogates.keeps_counts:
                labels = [
                    self.surrogates.draw(part, replicate.index) for part in self.population.parts
                ]
                sizes = fold_sizes(
                    self.population,
                    folds=self.settings.folds,
                    pseudotrials=self.pseudotrials,
                    labels=labels,
                )
            key = np.append(sizes.test, sizes.train).tobytes()
            groups.setdefault(key, (sizes, []))[1].append(number)
        for sizes, members in groups.values():
            n_rows = sizes.train * sizes.test.shape[1]
            bytes_each = 4 * n_rows * self.population.n_bins * max(n_rows, self.n_units)
            if self.population.is_continuous:
                n_test = int(sizes.test.sum(axis=1).max())
                predicted = 16 * n_test * self.population.n_bins**2
                shares = self._keeps_trials(replicates[members[0]])
                bytes_each = predicted if shares else max(predicted, bytes_each)
            size = max(1, BATCH_BYTES // bytes_each)
            for start in range(0, len(members), size):
                yield sizes, members[start : start + size]
