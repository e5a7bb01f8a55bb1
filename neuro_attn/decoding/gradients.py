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

An iteration is written once and run by numpy or, compiled, by JAX.
"""

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.losses import NEGLIGIBLE, Loss, dot, loss_of

TOO_FAR = 0.5
"""Part of the slope at the start of a step, with the other sign, at which it is taken back."""
CHECKED_EVERY = 2
"""Iterations between looks at convergence, which cost a tenth of an iteration."""
TINY = 1e-30


class Preconditioner(NamedTuple):
    """What all labellings of the data share."""

    left: np.ndarray | None
    """C X M and a column for the intercept, (problem, row, unit + 1); None if `right` is Q."""
    right: np.ndarray
    """X' and a row for the intercept, (problem, unit + 1, row), or Q, (problem, row, row)."""
    curvature: np.ndarray
    """kappa, shape (problem, 1, 1)."""
    leading: np.ndarray
    """C sum(l^2) / sum(l), (problem, 1, 1), for the eigenvalues l of X X': how far data outweigh
    the ridge where most of the variance is."""
    C: float
    longest: float
    """Longest step; in Q's form, what X does not see of alpha grows with steps above 2."""


class State(NamedTuple):
    """Where the labellings stand.

    ``scores`` and ``along_scores``, the change of scores along the last direction d, are (problem,
    labelling, class * row). ``inner`` and ``along_inner`` are what d is made of: weights and
    intercepts times scale, (problem, labelling, class * (unit + 1)), or in Q's form
    scale * (alpha / C + kappa * scores) - target. The rest is (problem, labelling, 1): ``form``
    d' P d, ``slope`` at the start of the step along d, and that step's length.
    """

    scores: np.ndarray
    inner: np.ndarray
    along_scores: np.ndarray
    along_inner: np.ndarray
    form: np.ndarray
    slope: np.ndarray
    step: np.ndarray
    done: np.ndarray
    lost: np.ndarray
    """Whether rounding hides where to go; iterating on has no use."""


def start(loss: Loss, preconditioner: Preconditioner) -> State:
    """Return scores of 0."""
    zeros = np.zeros_like(loss.target)
    scalars = np.zeros((*zeros.shape[:-1], 1), zeros.dtype)
    flags = scalars.astype(bool)
    inner, along = -loss.target, zeros
    if preconditioner.left is not None:
        n_inner = loss.n_outputs * preconditioner.left.shape[-1]
        inner = along = np.zeros((*zeros.shape[:-1], n_inner), zeros.dtype)
    return State(zeros, inner, zeros, along, scalars, scalars, scalars, flags, flags)


def minimise(
    state: State,
    loss: Loss,
    preconditioner: Preconditioner,
    tolerance: float,
    enough: float,
    max_iterations: int,
    compiled: bool,
) -> tuple[State, int]:
    """Iterate until enough labellings have converged, or often enough.

    Parameters
    ----------
    state : State
        Where to start from.
    loss : Loss
        Of (problem, labelling, class * row).
    preconditioner : Preconditioner
        Of as many problems.
    tolerance : float
        Estimated error of a labelling's scores, relative to the scores (root mean squares over
        rows), at which it has converged.
    enough : float
        Fraction of the labellings that must have converged.
    max_iterations : int
        Iterations at most.
    compiled : bool
        Whether JAX runs the loop, on its default device, rather than numpy.

    Returns
    -------
    State, int
        And the number of iterations.
    """
    if compiled:
        run = _compiled(loss.n_outputs)
        limits = (np.float32(tolerance), np.float32(enough), max_iterations)
        final, iteration = run(state, loss.target, loss.weight, preconditioner, *limits)
        return State(*(np.asarray(each) for each in final)), int(iteration)
    iteration = 0
    while iteration < max_iterations and _ended(state).mean() < enough:
        iteration += 1
        look = iteration % CHECKED_EVERY == 0
        state = _advance(np, state, loss, preconditioner, tolerance, look)
    return state, iteration


@cache
def _compiled(n_outputs: int) -> Callable:
    import jax
    import jax.numpy as jnp

    @jax.jit
    def run(state, target, weight, preconditioner, tolerance, enough, max_iterations):  # type: ignore[no-untyped-def]
        # Without the axis of problems, matrix products are twice as fast.
        state, target, weight, shared = (
            jax.tree.map(lambda each: each[0] if each.ndim == 3 else each, tree)
            for tree in (state, target, weight, preconditioner)
        )
        loss = loss_of(n_outputs, target, weight)

        def goes_on(carry: tuple[State, int]) -> bool:
            state, iteration = carry
            return (iteration < max_iterations) & (_ended(state).mean() < enough)

        def advance(carry: tuple[State, int]) -> tuple[State, int]:
            state, iteration = carry
            for step in range(CHECKED_EVERY):
                look = step == CHECKED_EVERY - 1
                state = _advance(jnp, state, loss, shared, tolerance, look)
            return state, iteration + CHECKED_EVERY

        state, iteration = jax.lax.while_loop(goes_on, advance, (state, 0))
        return jax.tree.map(lambda each: each[None], state), iteration

    return run


def _ended(state: State) -> np.ndarray:
    return state.done | state.lost


def _advance(
    xp: ModuleType,
    state: State,
    loss: Loss,
    preconditioner: Preconditioner,
    tolerance: float,
    look: bool,
) -> State:
    """Take one step with every labelling, and look at convergence if asked to."""
    kappa, leading = preconditioner.curvature, preconditioner.leading
    pull, curvature, extra = loss.slope_and_curvature(xp, state.scores)
    pull = pull - (loss.scale * kappa) * state.scores
    if preconditioner.left is None:
        inner = state.inner + pull
    else:
        inner = state.inner + _product(pull - loss.target, preconditioner.left, loss.n_outputs)
    change = _product(inner, preconditioner.right, loss.n_outputs)

    ended = _ended(state)
    along = _inner_product(
        xp, preconditioner, loss.n_outputs, inner, change, state.along_inner, state.along_scores
    )
    back = ~ended & (along < -TOO_FAR * state.slope)
    goes = ~(back | ended)
    inner, change = inner * goes, change * goes

    def converged() -> np.ndarray:
        # What is missing is the change, and more of it where the rows' curvature W is less than
        # kappa. Where W is more, less is missing along some directions only; that does not count.
        own = xp.minimum(curvature, kappa)
        if loss.weight is not None:
            # Rows that weigh nothing follow the others.
            own = xp.where(loss.weight > 0, own, kappa)
        missing = change * ((1 + kappa * leading) / (1 + own * leading))
        # So it is where the loss bent less along the last step than P says.
        bent = xp.where(state.step > 0, state.slope / (state.step * state.form + TINY), 1)
        size = dot(xp, state.scores, state.scores) + NEGLIGIBLE**2
        limit = (tolerance * loss.scale * xp.minimum(bent, 1)) ** 2 * size
        return state.done | (goes & (dot(xp, missing, missing) <= limit))

    done = converged() if look else state.done

    descent = _inner_product(xp, preconditioner, loss.n_outputs, inner, change, inner, change)
    # The slope falls along a step; where rounding hides that, directions must not explode.
    fall = xp.maximum(xp.maximum(state.slope - along, 0.1 * state.slope), TINY)
    conjugacy = xp.where(back, 1, xp.where(state.slope > 0, descent / fall, 0))
    initial = xp.where(back, state.slope, descent + conjugacy * along)
    form = descent + 2 * conjugacy * along + conjugacy * conjugacy * state.form
    form = xp.where(back, state.form, form)
    along_scores = change + conjugacy * state.along_scores
    along_inner = inner + conjugacy * state.along_inner

    # What the weights add to the bend is never negative, but rounding may say so.
    ridge = xp.maximum(form - kappa * dot(xp, along_scores, along_scores), 0)
    bend = ridge + loss.bend(xp, curvature, extra, along_scores)
    newton = xp.minimum(initial / xp.maximum(bend, TINY), preconditioner.longest)
    step = xp.where(back, state.step * (along / fall), newton)
    # A slope that rises is rounding. What has just converged still takes the step at hand.
    lost = state.lost | (~state.done & (initial <= 0) & (descent != 0))
    step = xp.where(state.done | lost, 0, step)
    return State(
        state.scores - (step / loss.scale) * along_scores,
        state.inner - step * along_inner,
        along_scores,
        along_inner,
        form,
        initial,
        xp.where(back, state.step + step, step),
        done,
        lost,
    )


def _product(rows: np.ndarray, factor: np.ndarray, n_outputs: int) -> np.ndarray:
    """Multiply (problem, labelling, class * row) by (problem, row, column)."""
    shape = rows.shape
    rows = rows.reshape(*shape[:-2], shape[-2] * n_outputs, -1)
    product = rows @ factor
    return product.reshape(*shape[:-1], -1)


def _inner_product(
    xp: ModuleType,
    preconditioner: Preconditioner,
    n_outputs: int,
    inner: np.ndarray,
    scores: np.ndarray,
    other_inner: np.ndarray,
    other_scores: np.ndarray,
) -> np.ndarray:
    """Return the inner product by P of two changes, times scale^2 / C."""
    if preconditioner.left is None:
        return dot(xp, inner, other_scores)
    by_class = (*inner.shape[:-1], n_outputs, -1)
    weights, others = (each.reshape(by_class)[..., :-1] for each in (inner, other_inner))
    if n_outputs > 1:
        weights, others = (each.reshape(*inner.shape[:-1], -1) for each in (weights, others))
    else:
        weights, others = weights[..., 0, :], others[..., 0, :]
    kappa = preconditioner.curvature
    return dot(xp, weights, others) / preconditioner.C + kappa * dot(xp, scores, other_scores)
