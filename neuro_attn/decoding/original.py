"""Decoding of the data themselves: accuracy, confidence on trials, weights of units."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.decoding.evaluation import EVERYTHING, Tested, evaluate_fold
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.splits import Fold


class Original(NamedTuple):
    """Results of decoding the data themselves.

    ``accuracy`` (draw, train_task, test_task, bin, bin); ``confusion`` as in `Tested`, over all
    draws; ``on_trials`` and ``on_units``, what is defined on trials and on units; ``n_constant``
    (train_task, bin) constant units of a draw, mean over folds and draws; ``unconverged``
    fraction of fits.
    """

    accuracy: np.ndarray
    confusion: np.ndarray
    on_trials: xr.Dataset
    on_units: xr.Dataset
    n_constant: np.ndarray
    unconverged: float


def decode_original(decoder: PopulationDecoder) -> Original:
    """Decode the data in all draws and folds."""
    sums = _Sums(decoder.population)
    accuracies, confusion, n_constant, unconverged = [], [], [], []
    for draw in range(decoder.settings.draws):
        units = decoder.units(draw, ORIGINAL)[: decoder.n_units]
        of_folds = []
        for fold in decoder.folds(draw, ORIGINAL):
            tested = evaluate_fold(
                decoder.population,
                [fold],
                units=units[None],
                settings=decoder.settings,
                bins=EVERYTHING,
            )
            of_folds.append(tested.accuracy[0])
            confusion.append(tested.confusion[0])
            n_constant.append(tested.n_constant[0])
            unconverged.append(tested.unconverged)
            sums.add(fold, tested, units)
        accuracies.append(np.mean(of_folds, axis=0))
        decoder.progress.update()
    return Original(
        np.stack(accuracies),
        np.sum(confusion, axis=0),
        sums.on_trials(),
        sums.on_units(),
        np.mean(n_constant, axis=0),
        float(np.mean(unconverged)),
    )


class _Sums:
    """Sums over folds and draws of what is defined on trials and on units."""

    def __init__(self, population: Population):
        self.population = population
        n_tasks, n_times = len(population.tasks), len(population.times)
        self.tested_populations = [population]
        if population.test_only is not None:
            self.tested_populations.append(population.test_only)
        lengths = [len(part.task) for part in self._parts]
        self.trial_starts = (np.cumsum(lengths) - lengths).reshape(len(self.tested_populations), -1)
        # The probability of the true class (or the error), and how often a trial was tested.
        self.tested = np.zeros((2, n_tasks, sum(lengths), n_times))
        # Weights and patterns, and how often a unit was drawn.
        self.tuning = np.zeros((2, n_tasks, population.n_units, n_times, len(population.outputs)))
        self.drawn = np.zeros(population.n_units)

    @property
    def _parts(self) -> list[SessionTrials]:
        """Trials of the sessions, and then those on which decoders are only tested."""
        return [part for population in self.tested_populations for part in population.parts]

    def add(self, fold: Fold, tested: Tested, units: np.ndarray) -> None:
        """Add the results of a fold."""
        n_tasks, n_times = len(self.population.tasks), len(self.population.times)
        self.drawn[units] += 1
        for kind, values in enumerate((tested.weights, tested.patterns)):
            self.tuning[kind][:, units] += values[0, :, :n_times].transpose(0, 2, 1, 3)
        for train_task, test_task in np.ndindex(n_tasks, len(self.population.tested_tasks)):
            starts = self.trial_starts[int(test_task >= n_tasks)]
            rows = fold.test[test_task] + starts[:, None]
            of_trials = tested.on_rows[train_task][test_task][0, :n_times].T
            for of_session in rows:
                np.add.at(self.tested[0, train_task], of_session, of_trials)
                np.add.at(self.tested[1, train_task], of_session, 1)

    def on_trials(self) -> xr.Dataset:
        """Return the mean probability of the true class, or error, of every tested trial."""
        population, parts = self.population, self._parts
        was_tested = self.tested[1, 0, :, 0] > 0
        mean = self.tested[0][:, was_tested] / self.tested[1][:, was_tested]
        name = "error" if population.is_continuous else "confidence"
        task = np.concatenate(
            [
                np.array(each.tasks, object)[part.task]
                for each in self.tested_populations
                for part in each.parts
            ]
        )
        decoded = np.concatenate([part.decoded for part in parts])
        label = (
            decoded if population.is_continuous else np.array(population.classes, object)[decoded]
        )
        return xr.Dataset(
            {name: (("train_task", "trial", "time"), mean.astype(np.float32))},
            coords={
                "train_task": list(population.tasks),
                "time": population.times,
                "trial_session": ("trial", _sessions(parts, "task")[was_tested]),
                "trial_id": ("trial", np.concatenate([p.trial_ids for p in parts])[was_tested]),
                "trial_task": ("trial", task[was_tested]),
                "trial_label": ("trial", label[was_tested]),
            },
        )

    def on_units(self) -> xr.Dataset:
        """Return the mean weights and patterns of every unit that was drawn."""
        population = self.population
        parts = population.parts
        was_drawn = self.drawn > 0
        weights, patterns = self.tuning[:, :, was_drawn] / self.drawn[was_drawn, None, None]
        output = "target" if population.is_continuous else "toward_class"
        dims = ("train_task", "unit", "time", output)
        return xr.Dataset(
            {
                "weights": (dims, weights.astype(np.float32)),
                "patterns": (dims, patterns.astype(np.float32)),
            },
            coords={
                "train_task": list(population.tasks),
                "time": population.times,
                output: list(population.outputs),
                "unit_session": ("unit", _sessions(parts, "unit_ids")[was_drawn]),
                "unit_id": ("unit", np.concatenate([p.unit_ids for p in parts])[was_drawn]),
            },
        )


def _sessions(parts: list[SessionTrials], field: str) -> np.ndarray:
    """Return the session of every trial or unit."""
    return np.repeat(
        np.array([part.session for part in parts], dtype=object),
        [len(getattr(part, field)) for part in parts],
    )
