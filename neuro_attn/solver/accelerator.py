"""Conjugate gradients for many label sets, compiled by JAX for its default device, such as a GPU.

The text is that of one labelling; JAX makes of it one for all, whose products are of matrices.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from neuro_attn.solver.conjugate_gradient import (
    CONVERGED,
    GOES_ON,
    LOST,
    NEGLIGIBLE,
    TINY,
    TOO_FAR,
    Found,
)
from neuro_attn.solver.preconditioner import Shared


class _State(NamedTuple):
    """Where a labelling stands, as in `conjugate_gradient`; scores are (class, row)."""

    scores: jax.Array
    along: jax.Array
    place: jax.Array
    direction: jax.Array
    initial: jax.Array
    length: jax.Array
    iterations: jax.Array
    state: jax.Array


def minimise(
    shared: Shared,
    labels: np.ndarray,
    weight: np.ndarray,
    n_outputs: int,
    tolerance: float,
    max_iterations: int,
) -> Found:
    """Iterate each labelling until it has converged, or often enough, in float32.

    Parameters and result are those of `conjugate_gradient.minimise`.
    """
    by_rows = bool(shared.by_rows)
    matrices = (shared.inverse,) if by_rows else (shared.inverse, shared.design)
    limits = 1 / shared.C, shared.longest, shared.kappa, shared.leading, tolerance, max_iterations
    row_weight = np.broadcast_to(weight.astype(np.float32), labels.shape)
    with jax.default_matmul_precision("highest"):
        state = _all_labellings(by_rows, n_outputs, matrices, limits, labels, row_weight)
    # Copies: what JAX gives cannot be written to.
    place, scores = np.array(state.place), np.asarray(state.scores)
    return Found(
        place.reshape(len(labels), -1),
        scores.mean(axis=-1) if by_rows else place[..., -1],
        np.asarray(state.state) == CONVERGED,
        np.asarray(state.iterations),
    )


@partial(jax.jit, static_argnums=(0, 1))
def _all_labellings(
    by_rows: bool,
    n_outputs: int,
    matrices: tuple[jax.Array, ...],
    limits: tuple[jax.Array, ...],
    labels: jax.Array,
    weight: jax.Array,
) -> _State:
    return jax.vmap(partial(_labelling, by_rows, n_outputs, matrices, limits))(labels, weight)


def _labelling(
    by_rows: bool,
    n_outputs: int,
    matrices: tuple[jax.Array, ...],
    limits: tuple[jax.Array, ...],
    labels: jax.Array,
    weight: jax.Array,
) -> _State:
    """Iterate one labelling."""
    ridge, longest, kappa, leading, tolerance, max_iterations = limits

    def ridge_bend(direction: jax.Array, along: jax.Array) -> jax.Array:
        if by_rows:
            return jnp.vdot(direction, along)
        return ridge * jnp.vdot(direction[:, :-1], direction[:, :-1])

    def step(now: _State) -> _State:
        p, residual, curvature = _loss(n_outputs, now.scores, labels, weight)
        if by_rows:
            slope = now.place + residual
            change = slope @ matrices[0]
            move = slope - kappa * change
            slope_along, descent = jnp.vdot(slope, now.along), jnp.vdot(slope, change)
        else:
            inverse, design = matrices
            slope = (residual @ design).at[:, :-1].add(ridge * now.place[:, :-1])
            move = slope @ inverse
            change = move @ design.T
            slope_along, descent = jnp.vdot(slope, now.direction), jnp.vdot(slope, move)
        fall = jnp.maximum(jnp.maximum(now.initial - slope_along, 0.1 * now.initial), TINY)
        back = slope_along < -TOO_FAR * now.initial

        own = jnp.where(weight > 0, jnp.minimum(curvature, kappa), kappa)
        missing = change * (1 + kappa * leading) / (1 + own * leading)
        form = ridge_bend(now.direction, now.along) + kappa * jnp.vdot(now.along, now.along)
        bent = jnp.where(now.length > 0, now.initial / (now.length * form + TINY), 1)
        bent = jnp.clip(bent, TINY, 1)
        limit = tolerance**2 * (jnp.vdot(now.scores, now.scores) + NEGLIGIBLE**2)
        near = jnp.vdot(change, change) <= limit
        converged = near & (jnp.vdot(missing, missing) <= limit * bent**2)

        conjugacy = jnp.where(now.initial > 0, descent / fall, 0)
        initial = descent + conjugacy * slope_along
        along = change + conjugacy * now.along
        direction = move + conjugacy * now.direction
        bend = jnp.maximum(ridge_bend(direction, along), 0) + _bend(p, curvature, weight, along)
        length = jnp.minimum(initial / jnp.maximum(bend, TINY), longest)
        ends = initial <= 0
        lost = ends & ~converged & (descent != 0)
        length = jnp.where(ends, 0, length)

        # Where a step went too far, the direction stays, and part of the step is taken back.
        undone = now.length * slope_along / fall
        taken = jnp.where(back, undone, length)
        along = jnp.where(back, now.along, along)
        direction = jnp.where(back, now.direction, direction)
        state = jnp.where(converged, CONVERGED, jnp.where(lost, LOST, GOES_ON))
        return _State(
            now.scores - taken * along,
            along,
            now.place - taken * direction,
            direction,
            jnp.where(back, now.initial, initial),
            jnp.where(back, now.length + undone, length),
            now.iterations + 1,
            jnp.where(back, GOES_ON, state),
        )

    def goes_on(now: _State) -> jax.Array:
        return (now.state == GOES_ON) & (now.iterations < max_iterations)

    scores = jnp.zeros((n_outputs, len(labels)), jnp.float32)
    place = jnp.zeros((n_outputs, len(matrices[0])), jnp.float32)
    zero, none = jnp.float32(0), jnp.int32(0)
    start = _State(scores, scores, place, place, zero, zero, none, jnp.int32(GOES_ON))
    return jax.lax.while_loop(goes_on, step, start)


def _loss(
    n_outputs: int, scores: jax.Array, labels: jax.Array, weight: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return p(class), or p(wrong class) of two; the slope of the loss, and its curvature."""
    if n_outputs == 1:
        sign = jnp.where(labels == 1, 1, -1)
        p = jax.nn.sigmoid(-sign * scores)
        residual = -sign * weight * p
    else:
        p = jax.nn.softmax(scores, axis=0)
        residual = weight * (p - (labels == jnp.arange(n_outputs)[:, None]))
    return p, residual, weight * p * (1 - p)


def _bend(p: jax.Array, curvature: jax.Array, weight: jax.Array, along: jax.Array) -> jax.Array:
    """Return along' S along, S the second derivative of the loss."""
    if len(p) == 1:
        return jnp.vdot(curvature * along, along)
    return jnp.vdot(weight, (p * along**2).sum(axis=0) - (p * along).sum(axis=0) ** 2)
