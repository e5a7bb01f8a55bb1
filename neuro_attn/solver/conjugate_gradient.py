r"""Preconditioned nonlinear conjugate gradients for ridge logistic regressions that share data.

For centred data X (row, unit), labels y and row weights v, find the weights w and an unpenalised
intercept b of

.. math:: \min_{w, b} \tfrac12 \|w\|^2 + C \sum_j v_j \ell(y_j, F_j), \quad F = X w + b

The preconditioner is the second derivative with one curvature kappa of the loss for all rows. It is
the same for all label sets of the data. With M = (I + C kappa X'X)^{-1}, divided by C, and without
the intercept for brevity, an iteration computes

.. math:: g = w / C + X' r, \quad m = C M g, \quad z = X m, \quad r_j = v_j \ell'(y_j, F_j)

the slope g, the preconditioned slope (move) m, and the change z of the scores along m: three matrix
products. With few rows, weights are kept as w = C X' a. Then one product suffices, with
Q = C X M X':

.. math:: g = a + r, \quad z = Q g, \quad m = g - \kappa z

Directions are conjugate by the formula of Dai & Yuan (1999). The step along each is a Newton step,
so that an iteration evaluates the loss once. If the slope after a step shows that it overshot, the
label set returns along the same direction to the minimum that a secant predicts.
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.solver.block import (
    Block,
    Found,
    Problem,
    enter,
    inner,
    leave,
    move_slot,
    start_block,
)
from neuro_attn.solver.loss import (
    curvature_of_two_classes,
    residuals_of_two_classes,
    softmax_curvature,
    softmax_residuals,
    squared_error,
)
from neuro_attn.solver.numba_utils import inlined, njit_cached
from neuro_attn.solver.preconditioner import Preconditioner

OVERSHOT = 0.5
"""Reversed slope after a step, as a part of the slope before it, from which the step is cut."""
NEGLIGIBLE = 1e-9
"""Norm of scores that counts as 0."""
TINY = 1e-30
RUNNING, CONVERGED, STALLED = 0, 1, 2
"""State of a label set; it stalls if rounding hides the direction of descent."""


class _Products(NamedTuple):
    """Slopes along the last direction and along the move; squared norms of z and F."""

    slope_along: float
    descent: float
    moved: float
    size: float


@njit_cached
def minimise(
    preconditioner: Preconditioner,
    labels: np.ndarray,
    weight: np.ndarray,
    n_outputs: int,
    tolerance: float,
    max_iterations: int,
) -> Found:
    """Iterate each label set until it converges or reaches the iteration limit.

    Parameters
    ----------
    preconditioner : Preconditioner
        From `preconditioner.prepare`.
    labels : array of int32, shape (label set, row)
        Class numbers from 0.
    weight : array, shape (label set or 1, row)
        Weights of the rows in the loss, in the precision of the data.
    n_outputs : int
        1 for two classes, else the number of classes.
    tolerance : float
        Estimated error of the scores, relative to the scores (root mean squares over rows), at
        which a label set has converged.
    max_iterations : int
        Iteration limit of a label set.

    Returns
    -------
    Found
    """
    inverse, number = preconditioner.inverse, preconditioner.inverse.dtype.type
    n_sets, n_inner = len(labels), len(inverse)
    problem = Problem(
        preconditioner.by_rows,
        n_outputs,
        labels,
        weight,
        number(1 / preconditioner.C),
        preconditioner.max_step,
        number(preconditioner.kappa),
        number(preconditioner.strength),
        number(tolerance),
        max_iterations,
    )
    found = Found(
        np.empty((n_sets, n_outputs * n_inner), inverse.dtype),
        np.empty((n_sets, n_outputs), inverse.dtype),
        np.empty(n_sets, np.bool_),
        np.empty(n_sets, np.int64),
    )
    block = start_block(problem, inverse)
    active = waiting = len(block.label_set)
    while active:
        _compute_slopes(problem, block, active)
        n_products = active * n_outputs
        if preconditioner.by_rows:
            _product(block.slope, n_products, inverse, block.score_move)
        else:
            design = preconditioner.design
            _product(block.residual, n_products, design, block.slope)
            _add_ridge(problem, block, active)
            _product(block.slope, n_products, inverse, block.move)
            _product(block.move, n_products, design.T, block.score_move)
        active, waiting = _step_all(problem, block, active, waiting, found)
    return found


@inlined
def _compute_slopes(problem: Problem, block: Block, active: int) -> None:
    """Compute p and the residuals of active slots; by rows, the slopes too."""
    for slot in range(active):
        if problem.n_outputs == 1:
            residuals_of_two_classes(problem, block, slot)
        else:
            softmax_residuals(problem, block, slot)
        if problem.by_rows:
            # Slopes share the memory of the residuals.
            for row in range(block.slope.shape[1]):
                block.slope[slot, row] += block.parameters[slot, row]


@inlined
def _add_ridge(problem: Problem, block: Block, active: int) -> None:
    """Add the penalty to the slopes of the weights; the intercept has none."""
    n_inner = block.slope.shape[1] // problem.n_outputs
    for slot in range(active):
        for output in range(problem.n_outputs):
            first = output * n_inner
            for unit in range(first, first + n_inner - 1):
                block.slope[slot, unit] += problem.ridge * block.parameters[slot, unit]


@inlined
def _product(values: np.ndarray, n_products: int, factor: np.ndarray, out: np.ndarray) -> None:
    """Multiply the first rows of values by a matrix."""
    rows, products = values.reshape(-1, factor.shape[0]), out.reshape(-1, factor.shape[1])
    if n_products == 1:
        np.dot(rows[0], factor, products[0])
    else:
        np.dot(rows[:n_products], factor, products[:n_products])


@inlined
def _step_all(
    problem: Problem, block: Block, active: int, waiting: int, found: Found
) -> tuple[int, int]:
    """Take a step in each active slot, and refill the slots that label sets leave.

    Returns the number of active slots, and the number of the next label set that waits.
    """
    # From the last slot on, so that one that moves has had its turn.
    for slot in range(active - 1, -1, -1):
        state = _step(problem, block, slot)
        block.iterations[slot] += 1
        if state == RUNNING and block.iterations[slot] < problem.max_iterations:
            continue
        leave(problem, block, slot, state == CONVERGED, found)
        if waiting < len(problem.labels):
            enter(block, slot, waiting)
            waiting += 1
        else:
            active -= 1
            move_slot(block, active, slot)
    return active, waiting


@inlined
def _step(problem: Problem, block: Block, slot: int) -> int:
    """Test convergence, then take a step with one label set; return its state."""
    kappa, initial, length = problem.kappa, block.initial[slot], block.length[slot]
    slope_along, descent, moved, size = _products(problem, block, slot)
    # The slope decreases along a step; if rounding hides that, directions must not diverge.
    decrease = max(initial - slope_along, initial * 0.1, TINY)
    if slope_along < -OVERSHOT * initial:
        step = length * slope_along / decrease
        _take_step(block, slot, step)
        block.length[slot] += step
        return RUNNING
    state = RUNNING
    limit = problem.tolerance**2 * (size + NEGLIGIBLE**2)
    if moved <= limit:
        error = squared_error(problem, block, slot)
        # It is larger if the loss curved less along the last step than the preconditioner assumes.
        if length > 0:
            assumed = _ridge_curvature(problem, block, slot) + kappa * inner(
                block.score_direction, block.score_direction, slot
            )
            error /= min(max(initial / (length * assumed + TINY), TINY), 1) ** 2
        if error <= limit:
            state = CONVERGED
    conjugacy = descent / decrease if initial > 0 else 0.0
    initial = descent + conjugacy * slope_along
    if initial <= 0:
        # A slope that increases is rounding.
        return state if state == CONVERGED or descent == 0 else STALLED
    _update_direction(problem, block, conjugacy, slot)
    curvature = max(_ridge_curvature(problem, block, slot), 0)
    if problem.n_outputs == 1:
        curvature += curvature_of_two_classes(problem, block, slot)
    else:
        curvature += softmax_curvature(problem, block, slot)
    # A label set that has just converged still takes this step.
    length = min(initial / max(curvature, TINY), problem.max_step)
    _take_step(block, slot, length)
    block.initial[slot], block.length[slot] = initial, length
    return state


@inlined
def _products(problem: Problem, block: Block, slot: int) -> _Products:
    moved = inner(block.score_move, block.score_move, slot)
    size = inner(block.scores, block.scores, slot)
    if problem.by_rows:
        slope_along = inner(block.slope, block.score_direction, slot)
        descent = inner(block.slope, block.score_move, slot)
    else:
        slope_along = inner(block.slope, block.direction, slot)
        descent = inner(block.slope, block.move, slot)
    return _Products(slope_along, descent, moved, size)


@inlined
def _ridge_curvature(problem: Problem, block: Block, slot: int) -> float:
    """Return the curvature of the penalty along the direction."""
    if problem.by_rows:
        return inner(block.direction, block.score_direction, slot)
    n_inner = block.direction.shape[1] // problem.n_outputs
    total = block.direction.dtype.type(0)
    for output in range(problem.n_outputs):
        for unit in range(output * n_inner, (output + 1) * n_inner - 1):
            total += block.direction[slot, unit] * block.direction[slot, unit]
    return problem.ridge * total


@inlined
def _update_direction(problem: Problem, block: Block, conjugacy: float, slot: int) -> None:
    """Set the direction to the move plus the conjugacy times the last direction."""
    conjugacy, kappa = block.scores.dtype.type(conjugacy), problem.kappa
    for row in range(block.score_direction.shape[1]):
        block.score_direction[slot, row] = (
            block.score_move[slot, row] + conjugacy * block.score_direction[slot, row]
        )
    if problem.by_rows:
        for row in range(block.direction.shape[1]):
            move = block.slope[slot, row] - kappa * block.score_move[slot, row]
            block.direction[slot, row] = move + conjugacy * block.direction[slot, row]
    else:
        for unit in range(block.direction.shape[1]):
            move = block.move[slot, unit]
            block.direction[slot, unit] = move + conjugacy * block.direction[slot, unit]


@inlined
def _take_step(block: Block, slot: int, length: float) -> None:
    """Move against the direction by a length."""
    length = block.scores.dtype.type(length)
    for item in range(block.scores.shape[1]):
        block.scores[slot, item] -= length * block.score_direction[slot, item]
    for item in range(block.parameters.shape[1]):
        block.parameters[slot, item] -= length * block.direction[slot, item]
