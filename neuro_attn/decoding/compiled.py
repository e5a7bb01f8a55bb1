r"""Preconditioned nonlinear conjugate gradients for many ridge logistic regressions at once.

For centred data X (row, unit) and labels y find weights w and an unpenalised intercept b of

.. math:: \min_{w, b} \tfrac12 \|w\|^2 + C \sum_j v_j \ell(y_j, F_j), \quad F = X w + b

The preconditioner P is the second derivative for one curvature kappa on all rows, the same for all
labellings of the data; so is all that is costly. With M = (I + C kappa X'X)^{-1} the step against
the slope changes

.. math:: w \text{ by } -z = -(w + C M X' (p - y - \kappa F)), \quad F \text{ by } -X z

and the intercept by minus the mean of (p - y) / kappa: two matrix products an iteration for all
labellings. With few rows, weights are kept as w = X' alpha; then one product does, with
Q = C X M X':

.. math:: F \text{ by } -Q h / C, \quad \alpha \text{ by } -(h - \kappa Q h), \quad
    h = \alpha + C (p - y)

Directions are conjugate by the formula of Dai & Yuan (1999), and the step along each is Newton's,
so an iteration looks at the loss once. Where the slope shows that a step went too far, the
labelling goes back along the same direction to where a secant puts the minimum.

JAX compiles the loop, for its default device.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from neuro_attn.decoding.losses import NEGLIGIBLE, Array, Loss, dot, loss_of
from neuro_attn.decoding.preconditioner import Folded

TOO_FAR = 0.5
"""Part of the slope at the start of a step, with the other sign, at which it is taken back."""
CHECKED_EVERY = 2
"""Iterations between looks at convergence, which cost a tenth of an iteration."""
TINY = 1e-30


class State(NamedTuple):
    """Where the labellings stand.

    ``scores`` and ``along_scores``, the change of scores along the last direction d, are (problem,
    labelling, class * row). ``inner`` and ``along_inner`` are what d is made of: weights and
    intercepts times scale, (problem, labelling, class * (unit + 1)), or in Q's form
    scale * (alpha / C + kappa * scores) - target. The rest is (problem, labelling, 1): ``form``
    d' P d, ``slope`` at the start of the step along d, and that step's length.
    """

    scores: Array
    inner: Array
    along_scores: Array
    along_inner: Array
    form: Array
    slope: Array
    step: Array
    done: Array
    lost: Array
    """Whether rounding hides where to go; iterating on has no use."""


def start(loss: Loss, folded: Folded) -> State:
    """Return scores of 0."""
    zeros = np.zeros_like(loss.target)
    scalars = np.zeros((*zeros.shape[:-1], 1), zeros.dtype)
    flags = scalars.astype(bool)
    inner, along = -loss.target, zeros
    if folded.left is not None:
        n_inner = loss.n_outputs * folded.left.shape[-1]
        inner = along = np.zeros((*zeros.shape[:-1], n_inner), zeros.dtype)
    return State(zeros, inner, zeros, along, scalars, scalars, scalars, flags, flags)


def minimise(
    state: State,
    loss: Loss,
    folded: Folded,
    tolerance: float,
    enough: float,
    max_iterations: int,
) -> tuple[State, int]:
    """Iterate until enough labellings have converged, or often enough.

    Parameters
    ----------
    state : State
        Where to start from.
    loss : Loss
        Of (1, labelling, class * row): one problem.
    folded : Folded
        Of the problem.
    tolerance : float
        Estimated error of a labelling's scores, relative to the scores (root mean squares over
        rows), at which it has converged.
    enough : float
        Fraction of the labellings that must have converged.
    max_iterations : int
        Iterations at most.

    Returns
    -------
    State, int
        And the number of iterations.
    """
    limits = (np.float32(tolerance), np.float32(enough), max_iterations)
    final, iteration = _loop(loss.n_outputs)(state, loss.target, loss.weight, folded, *limits)
    return State(*(np.asarray(each) for each in final)), int(iteration)


def weights_and_intercepts(
    state: State, loss: Loss, X: np.ndarray, folded: Folded
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (problem, labelling, output, unit) and intercepts (..., output)."""
    n_problems, n_rows, n_units = X.shape
    shape = (n_problems, state.scores.shape[1], loss.n_outputs)
    if folded.left is None:
        inner = (state.inner + loss.target) / loss.scale
        alpha = folded.C * (inner - folded.typical.curvature * state.scores)
        weights = (alpha.reshape(n_problems, -1, n_rows) @ X).reshape(*shape, n_units)
    else:
        weights = state.inner.reshape(*shape, -1)[..., :-1] / loss.scale
    return weights, state.scores.reshape(*shape, -1).mean(axis=-1)


@cache
def _loop(n_outputs: int) -> Callable:
    return jax.jit(partial(_iterate, n_outputs))


def _iterate(
    n_outputs: int,
    state: State,
    target: Array,
    weight: Array | None,
    folded: Folded,
    tolerance: Array,
    enough: Array,
    max_iterations: Array,
) -> tuple[State, Array]:
    # Without the axis of problems, matrix products are twice as fast.
    state, target, weight, shared = (
        jax.tree.map(lambda each: each[0] if each.ndim == 3 else each, tree)
        for tree in (state, target, weight, folded)
    )
    loss = loss_of(n_outputs, target, weight)

    def goes_on(carry: tuple[State, Array]) -> Array:
        state, iteration = carry
        return (iteration < max_iterations) & (_ended(state).mean() < enough)

    def advance(carry: tuple[State, Array]) -> tuple[State, Array]:
        state, iteration = carry
        for step in range(CHECKED_EVERY):
            look = step == CHECKED_EVERY - 1
            state = _advance(state, loss, shared, tolerance, look)
        return state, iteration + CHECKED_EVERY

    state, iteration = jax.lax.while_loop(goes_on, advance, (state, jnp.int32(0)))
    return jax.tree.map(lambda each: each[None], state), iteration


def _ended(state: State) -> Array:
    return state.done | state.lost


def _advance(
    state: State,
    loss: Loss,
    folded: Folded,
    tolerance: Array,
    look: bool,
) -> State:
    """Take one step with every labelling, and look at convergence if asked to."""
    kappa, leading = folded.typical
    pull, curvature, extra = loss.slope_and_curvature(jnp, state.scores)
    pull = pull - (loss.scale * kappa) * state.scores
    if folded.left is None:
        inner = state.inner + pull
    else:
        inner = state.inner + _product(pull - loss.target, folded.left, loss.n_outputs)
    change = _product(inner, folded.right, loss.n_outputs)

    ended = _ended(state)
    along = _inner_product(
        folded, loss.n_outputs, inner, change, state.along_inner, state.along_scores
    )
    back = ~ended & (along < -TOO_FAR * state.slope)
    goes = ~(back | ended)
    inner, change = inner * goes, change * goes

    def converged() -> Array:
        # What is missing is the change, and more of it where the rows' curvature W is less than
        # kappa. Where W is more, less is missing along some directions only; that does not count.
        own = jnp.minimum(curvature, kappa)
        if loss.weight is not None:
            # Rows that weigh nothing follow the others.
            own = jnp.where(loss.weight > 0, own, kappa)
        missing = change * ((1 + kappa * leading) / (1 + own * leading))
        # So it is where the loss bent less along the last step than P says.
        bent = jnp.where(state.step > 0, state.slope / (state.step * state.form + TINY), 1)
        size = dot(jnp, state.scores, state.scores) + NEGLIGIBLE**2
        limit = (tolerance * loss.scale * jnp.minimum(bent, 1)) ** 2 * size
        return state.done | (goes & (dot(jnp, missing, missing) <= limit))

    done = converged() if look else state.done

    descent = _inner_product(folded, loss.n_outputs, inner, change, inner, change)
    # The slope falls along a step; where rounding hides that, directions must not explode.
    fall = jnp.maximum(jnp.maximum(state.slope - along, 0.1 * state.slope), TINY)
    conjugacy = jnp.where(back, 1, jnp.where(state.slope > 0, descent / fall, 0))
    initial = jnp.where(back, state.slope, descent + conjugacy * along)
    form = descent + 2 * conjugacy * along + conjugacy * conjugacy * state.form
    form = jnp.where(back, state.form, form)
    along_scores = change + conjugacy * state.along_scores
    along_inner = inner + conjugacy * state.along_inner

    # What the weights add to the bend is never negative, but rounding may say so.
    ridge = jnp.maximum(form - kappa * dot(jnp, along_scores, along_scores), 0)
    bend = ridge + loss.bend(jnp, curvature, extra, along_scores)
    newton = jnp.minimum(initial / jnp.maximum(bend, TINY), folded.longest)
    step = jnp.where(back, state.step * (along / fall), newton)
    # A slope that rises is rounding. What has just converged still takes the step at hand.
    lost = state.lost | (~state.done & (initial <= 0) & (descent != 0))
    step = jnp.where(state.done | lost, 0, step)
    return State(
        state.scores - (step / loss.scale) * along_scores,
        state.inner - step * along_inner,
        along_scores,
        along_inner,
        form,
        initial,
        jnp.where(back, state.step + step, step),
        done,
        lost,
    )


def _product(rows: Array, factor: Array, n_outputs: int) -> Array:
    """Multiply (problem, labelling, class * row) by (problem, row, column)."""
    shape = rows.shape
    rows = rows.reshape(*shape[:-2], shape[-2] * n_outputs, -1)
    product = rows @ factor
    return product.reshape(*shape[:-1], -1)


def _inner_product(
    folded: Folded,
    n_outputs: int,
    inner: Array,
    scores: Array,
    other_inner: Array,
    other_scores: Array,
) -> Array:
    """Return the inner product by P of two changes, times scale^2 / C."""
    if folded.left is None:
        return dot(jnp, inner, other_scores)
    by_class = (*inner.shape[:-1], n_outputs, -1)
    weights, others = (each.reshape(by_class)[..., :-1] for each in (inner, other_inner))
    if n_outputs > 1:
        weights, others = (each.reshape(*inner.shape[:-1], -1) for each in (weights, others))
    else:
        weights, others = weights[..., 0, :], others[..., 0, :]
    kappa = folded.typical.curvature
    return dot(jnp, weights, others) / folded.C + kappa * dot(jnp, scores, other_scores)
