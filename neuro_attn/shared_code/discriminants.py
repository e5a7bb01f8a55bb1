r"""Sensitivity of linear discriminants to the classes, within and across tasks, session by session.

For every fold of a task we estimate the shrunken linear discriminant of each pair of classes from
the training trials,

.. math:: w = \Sigma^{-1} (\mu_1 - \mu_0) ,

with :math:`\Sigma` the pooled within-class covariance in SDs of each unit, shrunk towards a
multiple of the identity (Ledoit & Wolf 2004). Its output on other trials has the sensitivity

.. math:: d' = (\bar s_1 - \bar s_0) / \mathrm{SD}_\mathrm{within}(s) .

Within the task, :math:`s` are the outputs on held-out trials; each fold's :math:`w` is scaled to a
within-class SD of 1 over its training trials, and centred between its class means, before outputs
are pooled over folds. Across tasks, we average the d' of the same fold discriminants on all trials
of the other task. Both therefore have the same training size. d' is signed, has no threshold that a
change of mean rates could shift, and does not saturate.

With several classes, d' is the mean over pairs of classes.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.shrinkage import shrunk_covariance
from neuro_attn.solver import constant_units


class Sensitivity(NamedTuple):
    """d' of the discriminants of two tasks in a session.

    Parameters
    ----------
    first, second : array, shape (bin,)
        Within each task, on held-out trials.
    first_on_second, second_on_first : array, shape (bin,)
        Trained on one task, tested on the other.
    """

    first: np.ndarray
    second: np.ndarray
    first_on_second: np.ndarray
    second_on_first: np.ndarray


def sensitivity(
    first: tuple[np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray],
    *,
    folds: int,
    rng: np.random.Generator,
) -> Sensitivity:
    """Return d' within and across two tasks of one session.

    Parameters
    ----------
    first, second : pair of arrays
        Rates (trial, unit, bin), float32 or float64, and classes (trial,), from 0, of each task.
    folds : int
        Parts of each task, of which one is held out at a time. Reduced to the number of trials of
        the rarest class.
    rng : numpy.random.Generator
        Assigns trials to folds, class by class.

    Returns
    -------
    Sensitivity
        0 where no unit varies. Units that are constant on the training trials, up to the rounding
        of the rates, have no weight, nor have those that do not vary within classes, whose noise is
        unknown.
    """
    within, across = [], []
    for (rates, label), other in ((first, second), (second, first)):
        held_out, on_other = _of_task(rates, label, other, folds, rng)
        within.append(held_out)
        across.append(on_other)
    return Sensitivity(*within, *across)


def _of_task(
    rates: np.ndarray,
    label: np.ndarray,
    other: tuple[np.ndarray, np.ndarray],
    folds: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return d' of a task's discriminants on held-out trials and on another task."""
    pairs = list(combinations(range(int(label.max()) + 1), 2))
    held_out, on_other = outputs_of(rates, label, other[0], folds=folds, rng=rng)
    across = np.mean([d_prime(each, other[1], pairs) for each in on_other], axis=0)
    return d_prime(held_out, label, pairs), across


def outputs_of(
    rates: np.ndarray,
    label: np.ndarray,
    elsewhere: np.ndarray,
    *,
    folds: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of a task's discriminants on its held-out trials and on another task.

    Parameters
    ----------
    rates, label : array
        Rates (trial, unit, bin) and classes (trial,) of the task.
    elsewhere : array, shape (trial, unit, bin)
        Rates in the other task.
    folds, rng
        As for `sensitivity`.

    Returns
    -------
    held_out : array, shape (bin, trial, pair of classes)
    on_other : array, shape (fold, bin, trial of the other task, pair of classes)
    """
    pairs = list(combinations(range(int(label.max()) + 1), 2))
    fold = _folds(label, folds, rng)
    rates, elsewhere = (np.moveaxis(each, 2, 0) for each in (rates, elsewhere))
    outputs = np.zeros((len(rates), len(label), len(pairs)))
    on_other = []
    for each in np.unique(fold):
        train, test = fold != each, fold == each
        axes, centre = _discriminants(rates[:, train], label[train], pairs)
        outputs[:, test] = rates[:, test] @ axes - centre
        on_other.append(elsewhere @ axes)
    return outputs, np.stack(on_other)


def _folds(label: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Assign trials to folds at random, equally many of each class to each."""
    fold = np.empty(len(label), dtype=int)
    folds = min(folds, int(np.bincount(label).min()))
    for each in np.unique(label):
        members = np.flatnonzero(label == each)
        fold[rng.permutation(members)] = np.arange(len(members)) % folds
    return fold


def _discriminants(
    rates: np.ndarray, label: np.ndarray, pairs: list[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the discriminants (bin, unit, pair) and their outputs (bin, 1, pair) midway."""
    n_classes = int(label.max()) + 1
    constant = constant_units(np.swapaxes(rates, 0, 1))[:, None]
    rates = rates.astype(float)
    means = np.stack([rates[:, label == k].mean(axis=1) for k in range(n_classes)], axis=1)
    residuals = rates - means[:, label]
    freedom = max(len(label) - n_classes, 1)
    sd = np.sqrt((residuals**2).sum(axis=1, keepdims=True) / freedom)
    scale = np.divide(1, sd, out=np.zeros_like(sd), where=(sd > 0) & ~constant)
    # A covariance with the degrees of freedom of the residuals is that of data so much larger.
    covariance = shrunk_covariance(residuals * scale * np.sqrt(len(label) / freedom))
    covariance[~covariance.any(axis=(1, 2))] = np.eye(covariance.shape[1])
    one, zero = (np.array([pair[place] for pair in pairs]) for place in (1, 0))
    difference = np.swapaxes((means[:, one] - means[:, zero]) * scale, 1, 2)
    axes = np.linalg.solve(covariance, difference)
    variance = (axes * (covariance @ axes)).sum(axis=1, keepdims=True)
    axes *= np.divide(1, np.sqrt(variance), out=np.zeros_like(variance), where=variance > 0)
    axes *= np.swapaxes(scale, 1, 2)
    midway = np.swapaxes((means[:, one] + means[:, zero]) / 2, 1, 2)
    return axes, (axes * midway).sum(axis=1, keepdims=True)


def d_prime(outputs: np.ndarray, label: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Return d' of the outputs (bin, trial, pair) of discriminants, mean over pairs.

    0 where the outputs of a pair do not vary within classes.
    """
    found = np.zeros(len(outputs))
    for number, (zero, one) in enumerate(pairs):
        groups = [outputs[:, label == k, number] for k in (zero, one)]
        squares = sum(((g - g.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) for g in groups)
        variance = squares / (sum(g.shape[1] for g in groups) - 2)
        difference = groups[1].mean(axis=1) - groups[0].mean(axis=1)
        sd = np.sqrt(variance)
        found += np.divide(difference, sd, out=np.zeros_like(difference), where=sd > 0)
    return found / len(pairs)
