"""A test of these units that permutes the labels of the trained task, to compare power with.

A linear discriminant is trained on all trials of one task and scored by d' on all trials of the
other. Under the null, the labels of the trained task are permuted. The test is two-sided, valid for
independent trials, and possible with any decoder; benchmarks.shared_code counts its power beside
that of the overlap on the same data sets.
"""

from itertools import combinations

import numpy as np

from neuro_attn.shared_code.discriminants import d_prime
from neuro_attn.shared_code.these_units import RIDGE, TaskTrials, overlap_of
from tests.worlds import UnitsWorld, units_data_set

PERMUTATIONS = 59


def experiment(
    world: UnitsWorld, cosine: float, strength: float, rng: np.random.Generator
) -> dict[str, float]:
    """Return whether either test is significant in one data set."""
    first, second = units_data_set(world, rng, cosine=cosine, strength=strength)
    return {
        "test of the overlap": overlap_of([(first, second)]).p_value <= 0.05,
        "permuted labels": p_of_relabelled(first, second, rng) <= 0.05,
    }


def p_of_relabelled(first: TaskTrials, second: TaskTrials, rng: np.random.Generator) -> float:
    """Return the two-sided p-value of the transfer from the first task to the second."""
    labels = [first.label, *(rng.permutation(first.label) for _ in range(PERMUTATIONS))]
    found = np.abs(transfer(first.rates, np.stack(labels), second))
    return float((found >= found[0]).mean())


def transfer(rates: np.ndarray, labels: np.ndarray, other: TaskTrials) -> np.ndarray:
    """Return d' on another task of discriminants that were trained with each of several labels.

    Parameters
    ----------
    rates : array, shape (trial, unit)
        All trials of the trained task.
    labels : array of int, shape (order, trial)
        Classes of these trials, the same numbers of each in all orders.
    other : TaskTrials
        The tested task.

    Returns
    -------
    array, shape (order,)
        Means over pairs of classes.
    """
    n_classes = int(labels.max()) + 1
    pairs = list(combinations(range(n_classes), 2))
    rates = rates - rates.mean(axis=0)
    members = np.eye(n_classes)[labels]
    counts = members.sum(axis=1)[..., None]
    means = np.swapaxes(members, 1, 2) @ rates / counts
    within = rates.T @ rates - np.swapaxes(means, 1, 2) @ (counts * means)
    sd = np.sqrt(np.maximum(np.diagonal(within, axis1=1, axis2=2), 0))
    scale = np.divide(1, sd, out=np.zeros_like(sd), where=sd > 1e-9 * sd.max())
    metric = (1 - RIDGE) * within * scale[:, None] * scale[:, :, None]
    metric += RIDGE * np.eye(rates.shape[1])
    zero, one = np.transpose(pairs)
    differences = np.swapaxes(means[:, one] - means[:, zero], 1, 2)
    axes = scale[..., None] * np.linalg.solve(metric, scale[..., None] * differences)
    return d_prime(other.rates @ axes, other.label, pairs)
