"""The iterations of `conjugate_gradient`, compiled by JAX for its default device, such as a GPU.

The code is that for one label set. JAX vectorises it over label sets, so that products of vectors
become products of matrices.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from neuro_attn.solver.block import Found
from neuro_attn.solver.conjugate_gradient import (
    CONVERGED,
    NEGLIGIBLE,
    OVERSHOT,
    RUNNING,
    STALLED,
    TINY,
)
from neuro_attn.solver.preconditioner import Preconditioner


class _State(NamedTuple):
    """State of a label set, named as in `block.Block`; scores are (output, row)."""

    scores: jax.Array
    score_direction: jax.Array
    parameters: jax.Array
    direction: jax.Array
    initial: jax.Array
    length: jax.Array
    iterations: jax.Array
    state: jax.Array


class _Limits(NamedTuple):
    """Numbers that all label sets share, named as in `block.Problem`."""

    ridge: float
    max_step: float
    kappa: float
    strength: float
    tolerance: float
    max_iterations: int


def minimise(
    preconditioner: Preconditioner,
    labels: np.ndarray,
    weight: np.ndarray,
    *,
    n_outputs: int,
    tolerance: float,
    max_iterations: int,
) -> Found:
    """Iterate each label set in float32 until it converges or reaches the iteration limit.

    Parameters and result are those of `conjugate_gradient.minimise`.
    """
    shared, by_rows = preconditioner, bool(preconditioner.by_rows)
    matrices = (shared.inverse,) if by_rows else (shared.inverse, shared.design)
    limits = _Limits(
        1 / shared.C, shared.max_step, shared.kappa, shared.strength, tolerance, max_iterations
    )
    row_weight = np.broadcast_to(weight.astype(np.float32), labels.shape)
    with jax.default_matmul_precision("highest"):
        state = _all_label_sets(by_rows, n_outputs, matrices, limits, labels, row_weight)
    # A copy, as arrays of JAX cannot be written to.
    parameters, scores = np.array(state.parameters), np.asarray(state.scores)
    return Found(
        parameters.reshape(len(labels), -1),
        scores.mean(axis=-1) if by_rows else parameters[..., -1],
        np.asarray(state.state) == CONVERGED,
        np.asarray(state.iterations),
    )


@partial(jax.jit, static_argnums=(0, 1))
def _all_label_sets(
    by_rows: bool,
    n_outputs: int,
    matrices: tuple[jax.Array, ...],
    limits: _Limits,
    labels: jax.Array,
    weight: jax.Array,
) -> _State:
    return jax.vmap(partial(_label_set, by_rows, n_outputs, matrices, limits))(labels, weight)


def _label_set(
    by_rows: bool,
    n_outputs: int,
    matrices: tuple[jax.Array, ...],
    limits: _Limits,
    labels: jax.Array,
    weight: jax.Array,
) -> _State:
    """Iterate one label set."""
    step = partial(_step, by_rows, n_outputs, matrices, limits, labels, weight)

    def is_running(now: _State) -> jax.Array:
        return (now.state == RUNNING) & (now.iterations < limits.max_iterations)

    scores = jnp.zeros((n_outputs, len(labels)), jnp.float32)
    parameters = jnp.zeros((n_outputs, len(matrices[0])), jnp.float32)
    zero, none = jnp.float32(0), jnp.int32(0)
    start = _State(scores, scores, parameters, parameters, zero, zero, none, jnp.int32(RUNNING))
    return jax.lax.while_loop(is_running, step, start)


def _step(
    by_rows: bool,
    n_outputs: int,
    matrices: tuple[jax.Array, ...],
    limits: _Limits,
    labels: jax.Array,
    weight: jax.Array,
    now: _State,
) -> _State:
    """Take a step with one label set, as `conjugate_gradient` does."""
    ridge, kappa = limits.ridge, limits.kappa
    p, residual, curvature = _loss(n_outputs, now.scores, labels, weight)
    if by_rows:
        slope = now.parameters + residual
        change = slope @ matrices[0]
        move = slope - kappa * change
        slope_along, descent = jnp.vdot(slope, now.score_direction), jnp.vdot(slope, change)
    else:
        inverse, design = matrices
        slope = (residual @ design).at[:, :-1].add(ridge * now.parameters[:, :-1])
        move = slope @ inverse
        change = move @ design.T
        slope_along, descent = jnp.vdot(slope, now.direction), jnp.vdot(slope, move)
    decrease = jnp.maximum(jnp.maximum(now.initial - slope_along, 0.1 * now.initial), TINY)
    overshot = slope_along < -OVERSHOT * now.initial

    assumed = _ridge_curvature(by_rows, ridge, now.direction, now.score_direction)
    assumed += kappa * _squared_norm(now.score_direction)
    converged = _has_converged(
        limits, now, change, jnp.where(weight > 0, curvature, kappa), assumed
    )

    conjugacy = jnp.where(now.initial > 0, descent / decrease, 0)
    initial = descent + conjugacy * slope_along
    along = change + conjugacy * now.score_direction
    direction = move + conjugacy * now.direction
    along_it = jnp.maximum(_ridge_curvature(by_rows, ridge, direction, along), 0)
    along_it += _curvature_along(p, curvature, weight, along)
    length = jnp.minimum(initial / jnp.maximum(along_it, TINY), limits.max_step)
    ends = initial <= 0
    stalled = ends & ~converged & (descent != 0)
    length = jnp.where(ends, 0, length)

    # After an overshoot the direction is kept, and a part of the step is undone.
    undone = now.length * slope_along / decrease
    taken = jnp.where(overshot, undone, length)
    along = jnp.where(overshot, now.score_direction, along)
    direction = jnp.where(overshot, now.direction, direction)
    state = jnp.where(converged, CONVERGED, jnp.where(stalled, STALLED, RUNNING))
    return _State(
        now.scores - taken * along,
        along,
        now.parameters - taken * direction,
        direction,
        jnp.where(overshot, now.initial, initial),
        jnp.where(overshot, now.length + undone, length),
        now.iterations + 1,
        jnp.where(overshot, RUNNING, state),
    )


def _ridge_curvature(
    by_rows: bool, ridge: float, direction: jax.Array, along: jax.Array
) -> jax.Array:
    """Return the curvature of the penalty along a direction."""
    if by_rows:
        return jnp.vdot(direction, along)
    return ridge * jnp.vdot(direction[:, :-1], direction[:, :-1])


def _has_converged(
    limits: _Limits, now: _State, change: jax.Array, curvature: jax.Array, assumed: jax.Array
) -> jax.Array:
    """Return whether the estimated error of the scores is within the tolerance.

    See `loss.squared_error`; ``assumed`` is the curvature along the last direction that the
    preconditioner assumes.
    """
    own = jnp.minimum(curvature, limits.kappa)
    error = change * (1 + limits.kappa * limits.strength) / (1 + own * limits.strength)
    ratio = jnp.where(now.length > 0, now.initial / (now.length * assumed + TINY), 1)
    ratio = jnp.clip(ratio, TINY, 1)
    limit = limits.tolerance**2 * (_squared_norm(now.scores) + NEGLIGIBLE**2)
    return (_squared_norm(change) <= limit) & (_squared_norm(error) <= limit * ratio**2)


def _squared_norm(values: jax.Array) -> jax.Array:
    return jnp.vdot(values, values)


def _loss(
    n_outputs: int, scores: jax.Array, labels: jax.Array, weight: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return p(class), or p(wrong class) of two classes; the slope and curvature of the loss."""
    if n_outputs == 1:
        sign = jnp.where(labels == 1, 1, -1)
        p = jax.nn.sigmoid(-sign * scores)
        residual = -sign * weight * p
    else:
        p = jax.nn.softmax(scores, axis=0)
        residual = weight * (p - (labels == jnp.arange(n_outputs)[:, None]))
    return p, residual, weight * p * (1 - p)


def _curvature_along(
    p: jax.Array, curvature: jax.Array, weight: jax.Array, along: jax.Array
) -> jax.Array:
    """Return the curvature of the loss along a change of the scores."""
    if len(p) == 1:
        return jnp.vdot(curvature * along, along)
    return jnp.vdot(weight, (p * along**2).sum(axis=0) - (p * along).sum(axis=0) ** 2)
