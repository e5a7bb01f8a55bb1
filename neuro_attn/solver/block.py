"""The label sets that are iterated together: their state, and moves from slot to slot.

Matrix products are fast with many label sets at once, and label sets need different numbers of
iterations. A slot that a label set leaves is taken by the next that waits.
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.solver.numba_utils import inlined, njit_cached

OUTPUTS_AT_ONCE = 256
"""Outputs that are iterated together: enough for matrix products to be fast."""


class Found(NamedTuple):
    """Result of the iterations of each label set.

    ``parameters``: weights and intercepts (label set, output * (unit + 1)), or by rows, row
    coefficients a (label set, output * row); ``intercept`` (label set, output); ``converged`` and
    ``n_iterations`` (label set,).
    """

    parameters: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: np.ndarray


class Problem(NamedTuple):
    """Constants of the iterations: see `conjugate_gradient.minimise`; ``ridge`` is 1 / C."""

    by_rows: bool
    n_outputs: int
    labels: np.ndarray
    weight: np.ndarray
    ridge: float
    max_step: float
    kappa: float
    strength: float
    tolerance: float
    max_iterations: int


class Block(NamedTuple):
    """State of the label sets that are iterated together, one a slot.

    In the space of scores, (slot, output * row): ``scores``, their change along the last direction,
    ``score_direction``, and along the preconditioned slope at hand, ``score_move``; the
    probabilities ``p`` and the slope of the loss, ``residual``. In the space of parameters,
    (slot, output * (unit + 1)), or (slot, output * row) by rows: ``parameters``, the last
    ``direction``, ``slope``, and the preconditioned slope, ``move``. Of each slot: the slope at the
    start of the last step along its direction, ``initial``, the ``length`` of that step, the number
    of ``iterations``, and the number of its ``label_set``. ``highest`` and ``total`` (row,) are
    work space over outputs. By rows, slopes overwrite residuals, and moves need no space.
    """

    scores: np.ndarray
    score_direction: np.ndarray
    score_move: np.ndarray
    p: np.ndarray
    residual: np.ndarray
    parameters: np.ndarray
    direction: np.ndarray
    slope: np.ndarray
    move: np.ndarray
    initial: np.ndarray
    length: np.ndarray
    iterations: np.ndarray
    label_set: np.ndarray
    highest: np.ndarray
    total: np.ndarray


@inlined
def start_block(problem: Problem, inverse: np.ndarray) -> Block:
    """Return the first label sets in their slots, with scores of 0."""
    n_sets, n_rows = problem.labels.shape
    n_slots = min(n_sets, max(1, OUTPUTS_AT_ONCE // problem.n_outputs))
    in_scores = (n_slots, problem.n_outputs * n_rows)
    in_parameters = (n_slots, problem.n_outputs * len(inverse))
    none = (0 if problem.by_rows else n_slots, in_parameters[1])
    residual = np.zeros(in_scores, inverse.dtype)
    return Block(
        np.zeros(in_scores, inverse.dtype),
        np.zeros(in_scores, inverse.dtype),
        np.zeros(in_scores, inverse.dtype),
        np.zeros(in_scores, inverse.dtype),
        residual,
        np.zeros(in_parameters, inverse.dtype),
        np.zeros(in_parameters, inverse.dtype),
        residual if problem.by_rows else np.zeros(in_parameters, inverse.dtype),
        np.zeros(none, inverse.dtype),
        np.zeros(n_slots, inverse.dtype),
        np.zeros(n_slots, inverse.dtype),
        np.zeros(n_slots, np.int64),
        np.arange(n_slots),
        np.zeros(n_rows, inverse.dtype),
        np.zeros(n_rows, inverse.dtype),
    )


@njit_cached
def leave(problem: Problem, block: Block, slot: int, converged: bool, found: Found) -> None:
    """Store the result of the label set in a slot."""
    label_set, n_rows = block.label_set[slot], problem.labels.shape[1]
    n_inner = block.parameters.shape[1] // problem.n_outputs
    for item in range(block.parameters.shape[1]):
        found.parameters[label_set, item] = block.parameters[slot, item]
    for output in range(problem.n_outputs):
        if problem.by_rows:
            # Units have mean 0, and so has their contribution to the scores.
            total = 0.0
            for row in range(output * n_rows, (output + 1) * n_rows):
                total += block.scores[slot, row]
            found.intercept[label_set, output] = total / n_rows
        else:
            found.intercept[label_set, output] = block.parameters[slot, (output + 1) * n_inner - 1]
    found.converged[label_set] = converged
    found.n_iterations[label_set] = block.iterations[slot]


@njit_cached
def enter(block: Block, slot: int, label_set: int) -> None:
    """Start a label set in a slot, with scores of 0."""
    block.label_set[slot], block.iterations[slot] = label_set, 0
    block.initial[slot], block.length[slot] = 0, 0
    for item in range(block.scores.shape[1]):
        block.scores[slot, item], block.score_direction[slot, item] = 0, 0
    for item in range(block.parameters.shape[1]):
        block.parameters[slot, item], block.direction[slot, item] = 0, 0


@njit_cached
def move_slot(block: Block, source: int, target: int) -> None:
    """Move a label set to another slot."""
    block.label_set[target] = block.label_set[source]
    block.iterations[target] = block.iterations[source]
    block.initial[target] = block.initial[source]
    block.length[target] = block.length[source]
    for item in range(block.scores.shape[1]):
        block.scores[target, item] = block.scores[source, item]
        block.score_direction[target, item] = block.score_direction[source, item]
    for item in range(block.parameters.shape[1]):
        block.parameters[target, item] = block.parameters[source, item]
        block.direction[target, item] = block.direction[source, item]


@inlined
def inner(a: np.ndarray, b: np.ndarray, slot: int) -> float:
    """Return the inner product of two rows of the same slot."""
    total = a.dtype.type(0)
    for item in range(a.shape[1]):
        total += a[slot, item] * b[slot, item]
    return total
