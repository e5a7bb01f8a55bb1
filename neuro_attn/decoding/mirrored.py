"""Units mirrored at random: the null of two tasks, or two times, whose codes are unrelated."""

import numpy as np

from neuro_attn.configuration import Decoding
from neuro_attn.decoding.adjustment import held_out_rows
from neuro_attn.decoding.evaluation import EVERYTHING, UNRELIABLE
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.scores import score_of
from neuro_attn.decoding.splits import Fold
from neuro_attn.decoding.training import Trained, train

SCORES_BYTES = 16_000_000
"""Scores of mirrored units held at once."""


@np.errstate(invalid=UNRELIABLE)
def evaluate_mirrored(
    population: Population,
    fold: Fold,
    *,
    units: np.ndarray,
    settings: Decoding,
    mirrors: np.ndarray,
) -> np.ndarray:
    r"""Train on each task of a fold and test on all tasks, with units mirrored in the test.

    A mirrored unit prefers the other class, or the opposite of a continuous label: its rates x
    become 2 m - x, where m is the mean over classes (or trials) of the tested task at that time.
    The strength of each unit's signal and the decoder's mean score are unchanged, but whether a
    unit prefers the same class in training and test is random. Where task and time are those of
    the training, the code is the same by definition, and this null does not apply.

    .. math:: F = \sum_u w_u m_u + b + \sum_u s_u w_u (x_u - m_u)

    Parameters
    ----------
    population, settings
        As in `evaluate_fold`.
    fold : Fold
        Of the data.
    units : array of int, shape (unit,)
        Units of the draw.
    mirrors : array, shape (replicate, unit)
        s: -1 where a unit is mirrored, else 1.

    Returns
    -------
    array, shape (replicate, train_task, test_task, train_bin, test_bin)
        Score; 0 within tasks if there is a single time.
    """
    n_tasks, n_tested = len(population.tasks), len(population.tested_tasks)
    n_bins, several_times = population.n_bins, len(population.times) > 1
    accuracy = np.zeros((len(mirrors), n_tasks, n_tested, n_bins, n_bins))
    tests = [
        held_out_rows(population, [fold], task=task, units=units[None], bins=EVERYTHING)[0]
        for task in range(n_tested)
    ]
    for train_task in range(n_tasks):
        decoders = train(
            population,
            [fold],
            task=train_task,
            units=units[None],
            settings=settings,
            bins=EVERYTHING,
        )
        for test_task in range(n_tested):
            if test_task != train_task or several_times:
                truth = fold.test_label[test_task]
                if population.is_continuous:
                    truth = truth[None]
                accuracy[:, train_task, test_task] = _accuracy(
                    decoders, tests[test_task], truth, mirrors, settings
                )
    return accuracy


def _mean(test: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return mean rates (test_bin, unit) over classes; over rows, if the label is continuous."""
    if truth.ndim > 1:
        return test.mean(axis=1)
    return np.mean([test[:, truth == label].mean(axis=1) for label in np.unique(truth)], axis=0)


def _accuracy(
    decoders: Trained,
    test: np.ndarray,
    truth: np.ndarray,
    mirrors: np.ndarray,
    settings: Decoding,
) -> np.ndarray:
    """Return the accuracy (replicate, train_bin, test_bin) on rates (test_bin, row, unit)."""
    n_bins, n_rows, n_units = test.shape
    by_unit = decoders.weights[0].transpose(1, 0, 2).reshape(n_units, 1, -1)
    signs = np.ascontiguousarray(mirrors.T, np.float32)[:, :, None]
    mean = _mean(test, truth)[:, None]
    # (test_bin, 1, train_bin x output)
    offset = mean @ by_unit[:, 0] + decoders.intercept.ravel()
    around = (test - mean).reshape(-1, n_units)
    size = max(1, SCORES_BYTES // (4 * around.shape[0] * by_unit.shape[-1]))
    accuracy = np.empty((len(mirrors), n_bins, n_bins))
    for start in range(0, len(mirrors), size):
        batch = slice(start, start + size)
        mirrored = (signs[:, batch] * by_unit).reshape(n_units, -1)
        scores = (around @ mirrored).reshape(n_bins, n_rows, -1, by_unit.shape[-1])
        scores = (scores + offset[:, :, None]).reshape(*scores.shape[:3], n_bins, -1)
        accuracy[batch] = score_of(settings).score(np.moveaxis(scores, 2, 0), truth)
    return accuracy
