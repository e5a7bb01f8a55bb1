"""Nuisance variables regressed out of rates within folds (Snoek, Miletic & Scholte 2019).

The regression is fitted to the training trials of a fold and applied to both sides. The test trials
therefore influence neither the regression nor the decoder. Each task has a regression of its own,
and regressors are centred, so mean rates of the tasks are unchanged.
"""

from collections.abc import Sequence

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.splits import Fold

RANK_TOLERANCE = 1e-8
"""Eigenvalues of the regressors' scatter below this fraction of the largest count as 0: indicators
of all values sum to a constant, and a training side may lack a value."""


def training_rows(
    population: Population, folds: Sequence[Fold], *, task: int, units: np.ndarray, bins: slice
) -> np.ndarray:
    """Return the rates of the training trials of a task, without nuisance variables.

    Parameters
    ----------
    population : Population
        The data, with nuisance variables if they are to be regressed out.
    folds : sequence of Fold, one per replicate
        The same fold of different replicates.
    task : int
        The task.
    units : array of int, shape (replicate, unit)
        Units of each replicate.
    bins : slice
        Time bins and windows.

    Returns
    -------
    numpy.ndarray, shape (replicate, bin, row, unit)
    """
    trials = np.stack([fold.train[task] for fold in folds])
    rates = population.rows(trials, units, bins)
    if population.parts[0].nuisance is not None:
        rates -= predicted(population, trials, trials, units=units, bins=bins)
    return rates


def held_out_rows(
    population: Population, folds: Sequence[Fold], *, task: int, units: np.ndarray, bins: slice
) -> np.ndarray:
    """Return the rates of the test trials of a task less their origin; see `training_rows`.

    Scores are then not small differences of large numbers. Tasks that are only tested follow the
    others; nuisance variables are not regressed out of them.
    """
    trials = np.stack([fold.test[task] for fold in folds])
    if task >= len(population.tasks):
        assert population.test_only is not None
        rates = population.test_only.rows(trials, units, bins)
        rates -= population.origin[units][:, None, None]
        return rates
    rates = population.rows(trials, units, bins)
    rates -= population.origin[units][:, None, None]
    if population.parts[0].nuisance is not None:
        train = np.stack([fold.train[task] for fold in folds])
        rates -= predicted(population, trials, train, units=units, bins=bins)
    return rates


def predicted(
    population: Population,
    trials: np.ndarray,
    training: np.ndarray,
    *,
    units: np.ndarray,
    bins: slice,
) -> np.ndarray:
    r"""Return the deviation of rates from their mean that nuisance variables predict.

    .. math:: \hat X = (Z - \bar Z_0) (\tilde Z_0^\top \tilde Z_0)^+ \tilde Z_0^\top X_0

    Z are the regressors, 0 denotes training trials, and a tilde marks values minus their mean.

    Parameters
    ----------
    population : Population
        The data, with nuisance variables.
    trials, training : array of int, shape (replicate, part, row)
        The trials, and those to which the regression is fitted.
    units : array of int, shape (replicate, unit)
        Units of each replicate. Each is predicted from the nuisance variables of its own part.
    bins : slice
        Time bins and windows.

    Returns
    -------
    numpy.ndarray, shape (replicate, bin, row, unit)
    """
    rates = population.rows(training, units, bins) - population.origin[units][:, None, None]
    part_of = population.part_of_unit[units][:, None, None]
    result = np.zeros((*rates.shape[:2], trials.shape[2], rates.shape[3]), rates.dtype)
    for number, part in enumerate(population.parts):
        fitted = _regressors(part, training[:, number], bins)
        mean = fitted.mean(axis=2, keepdims=True)
        fitted = fitted - mean
        across = np.swapaxes(fitted, -1, -2)
        inverse = np.linalg.pinv(across @ fitted, rcond=RANK_TOLERANCE, hermitian=True)
        slopes = (inverse @ across) @ rates
        of_part = (_regressors(part, trials[:, number], bins) - mean) @ slopes
        result += np.where(part_of == number, of_part, 0)
    return result


def _regressors(part: SessionTrials, trials: np.ndarray, bins: slice) -> np.ndarray:
    """Return the nuisance variables of trials, (replicate, 1 or bin, row, regressor)."""
    assert part.nuisance is not None
    nuisance = part.nuisance if part.nuisance.shape[-1] == 1 else part.nuisance[..., bins]
    return np.moveaxis(nuisance[trials], -1, 1)
