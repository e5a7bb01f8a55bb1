"""Scores with some of a draw's units or training trials: fewer of them, or disjoint halves."""

from dataclasses import replace

import numpy as np

from neuro_attn.decoding.evaluation import evaluate_fold
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.splits import Sizes, training_sizes
from neuro_attn.results.shared_columns import ALL_TRIALS, MATCHED


def in_windows(
    decoder: PopulationDecoder, units: np.ndarray, draw: int, sizes: Sizes | None = None
) -> np.ndarray:
    """Return scores in the windows (train_task, test_task, window) with other units or sizes."""
    tested = [
        evaluate_fold(
            decoder.population,
            [fold],
            units=units[None],
            settings=decoder.settings,
            bins=decoder.windows,
            score=decoder.score,
        ).accuracy[0]
        for fold in decoder.folds(draw, ORIGINAL, sizes)
    ]
    return np.diagonal(decoder.value(np.mean(tested, axis=0)), axis1=-2, axis2=-1)


def by_size(decoder: PopulationDecoder, matched: np.ndarray) -> dict[str, tuple]:
    """Return accuracies with other numbers of units and of training trials, and in halves.

    Parameters
    ----------
    decoder : PopulationDecoder
        The population.
    matched : array, shape (train_task, test_task, window, draw)
        As in `by_trial_count`.

    Returns
    -------
    dict of str to tuple
        ``unit_accuracy`` with its coordinate ``n_units``, ``half_accuracy`` and what
        `by_trial_count` returns, as variables of a Dataset.
    """
    pair = ("train_task", "test_task", "window")
    counts, by_count = by_unit_count(decoder)
    return {
        "n_units": (("n_units",), counts),
        "unit_accuracy": ((*pair, "n_units", "draw"), by_count),
        "half_accuracy": ((*pair, "half", "draw"), halves(decoder)),
        **by_trial_count(decoder, matched),
    }


def by_unit_count(decoder: PopulationDecoder) -> tuple[list[int], np.ndarray]:
    """Return numbers of units and the accuracies with them, nested within a draw."""
    n = decoder.population.n_units
    counts = [count for count in sorted(set(decoder.settings.unit_counts)) if count < n] + [n]
    accuracy = [
        [in_windows(decoder, decoder.units(draw, ORIGINAL)[:count], draw) for count in counts]
        for draw in range(decoder.settings.draws)
    ]
    return counts, np.moveaxis(np.array(accuracy), (0, 1), (-1, -2))


def by_trial_count(decoder: PopulationDecoder, matched: np.ndarray) -> dict[str, tuple]:
    """Return accuracies with other numbers of training trials, as variables of a Dataset.

    A fold takes its training trials in a random order that does not depend on their number. Sets of
    different sizes are therefore nested, and all of them are tested on the same trials. Every task
    goes on to the number of training trials of a class that it has by itself, which all decoders
    share that are trained on it.

    Parameters
    ----------
    decoder : PopulationDecoder
        The population.
    matched : array, shape (train_task, test_task, window, draw)
        Accuracies with as many training trials as all tasks have.

    Returns
    -------
    dict of str to tuple
        ``trial_accuracy`` (train_task, test_task, window, training_size, draw) and
        ``n_per_class`` (train_task, training_size), training trials of a class in a fold. Sizes
        are the numbers in the settings, `MATCHED` and `ALL_TRIALS`. Numbers that a task does not
        reach, or that cannot be divided among the values of a balanced variable, are NaN.
    """
    most = training_sizes(decoder.population, folds=decoder.settings.folds)
    counts = sorted(set(decoder.settings.trial_counts))
    of_strata = [count % decoder.sizes.n_strata == 0 for count in counts]
    reached = (np.array(counts, int) <= most[:, None]) & np.array(of_strata, bool)
    computed = {
        count: _with_trials(decoder, count)
        for count in {*most.tolist(), *np.compress(reached.any(axis=0), counts).tolist()}
    }
    chosen = [
        np.where(is_reached[:, None, None, None], computed.get(count, np.nan), np.nan)
        for count, is_reached in zip(counts, reached.T, strict=True)
    ]
    everything = np.stack([computed[count][task] for task, count in enumerate(most.tolist())])
    accuracy = np.stack(
        [*(np.broadcast_to(each, matched.shape) for each in chosen), matched, everything], axis=-2
    )
    n_matched = np.full(len(most), decoder.sizes.train)
    numbers = [*np.where(reached, counts, np.nan).T, n_matched, most]
    return {
        "training_size": (("training_size",), [*map(str, counts), MATCHED, ALL_TRIALS]),
        "n_per_class": (("train_task", "training_size"), np.stack(numbers, axis=-1)),
        "trial_accuracy": (
            ("train_task", "test_task", "window", "training_size", "draw"),
            accuracy,
        ),
    }


def _with_trials(decoder: PopulationDecoder, count: int) -> np.ndarray:
    """Return accuracies (train_task, test_task, window, draw) with `count` trials of a class."""
    sizes = replace(decoder.sizes, train=count)
    return np.stack(
        [
            in_windows(decoder, decoder.units(draw, ORIGINAL)[: decoder.n_units], draw, sizes)
            for draw in range(decoder.settings.draws)
        ],
        axis=-1,
    )


def halves(decoder: PopulationDecoder) -> np.ndarray:
    """Return scores (train, test, window, half, draw) of disjoint halves of a draw's units.

    Both halves of a single unit are that unit.
    """
    size = decoder.n_units // 2

    def of_draw(draw: int) -> list[np.ndarray]:
        units = decoder.units(draw, ORIGINAL)[: decoder.n_units]
        if size == 0:
            return [in_windows(decoder, units, draw)] * 2
        return [in_windows(decoder, units[half * size :][:size], draw) for half in range(2)]

    accuracy = [of_draw(draw) for draw in range(decoder.settings.draws)]
    return np.moveaxis(np.array(accuracy), (0, 1), (-1, -2))
