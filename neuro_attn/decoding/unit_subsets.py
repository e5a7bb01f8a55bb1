"""Scores with some of a draw's units: fewer of them, or disjoint halves."""

import numpy as np

from neuro_attn.decoding.evaluation import evaluate_fold
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder


def in_windows(decoder: PopulationDecoder, units: np.ndarray, draw: int) -> np.ndarray:
    """Return scores in the windows (train_task, test_task, window) with other units."""
    tested = [
        evaluate_fold(
            decoder.population,
            [fold],
            units=units[None],
            settings=decoder.settings,
            bins=decoder.windows,
            score=decoder.score,
        ).accuracy[0]
        for fold in decoder.folds(draw, ORIGINAL)
    ]
    return np.diagonal(decoder.value(np.mean(tested, axis=0)), axis1=-2, axis2=-1)


def by_unit_count(decoder: PopulationDecoder) -> tuple[list[int], np.ndarray]:
    """Return numbers of units and the accuracies with them, nested within a draw."""
    n = decoder.population.n_units
    counts = [count for count in sorted(set(decoder.settings.unit_counts)) if count < n] + [n]
    accuracy = [
        [in_windows(decoder, decoder.units(draw, ORIGINAL)[:count], draw) for count in counts]
        for draw in range(decoder.settings.draws)
    ]
    return counts, np.moveaxis(np.array(accuracy), (0, 1), (-1, -2))


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
