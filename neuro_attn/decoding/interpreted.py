r"""Conjugate gradients in numpy, for few labellings of each of many problems, or few rows.

As in `compiled`, the problem is, for centred data X (row, unit) and labels y,

.. math:: \min_{w, b} \tfrac12 \|w\|^2 + C \sum_j v_j \ell(y_j, F_j), \quad F = X w + b

Here the slope itself is kept, and everything is divided by C:

.. math:: g = w / C + X' (p - y), \quad z = C M g, \quad F \text{ changes by } X z

three matrix products an iteration, and few other operations, as each takes a microsecond. With few
rows, weights are kept as w = C X' a; then one product does:

.. math:: h = a + (p - y), \quad F \text{ by } Q h, \quad a \text{ by } h - \kappa Q h

Directions are conjugate by the formula of Dai & Yuan (1999), and steps are those of `compiled`.
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.decoding.losses import NEGLIGIBLE, Loss, dot
from neuro_attn.decoding.preconditioner import ByRows, ByUnits

TOO_FAR = 0.5
"""Part of the slope at the start of a step, with the other sign, at which it is taken back."""
CHECKED_EVERY = 2
"""Iterations between looks at convergence."""
TINY = 1e-30


class State(NamedTuple):
    """Where the labellings stand.

    ``scores`` and ``along_scores``, their change along the last direction, are (problem, labelling,
    class * row). ``place`` and ``direction`` are weights and intercepts, (problem, labelling,
    class * (unit + 1)), or a, (problem, labelling, class * row). The rest is (problem, labelling,
    1): ``slope`` at the start of the step along the direction, and that step's length.
    """

    scores: np.ndarray
    place: np.ndarray
    direction: np.ndarray
    along_scores: np.ndarray
    slope: np.ndarray
    step: np.ndarray
    done: np.ndarray
    lost: np.ndarray
    """Whether rounding hides where to go; iterating on has no use."""


def start(loss: Loss, shared: ByUnits | ByRows) -> State:
    """Return scores of 0."""
    scores = np.zeros_like(loss.target)
    scalars = np.zeros((*scores.shape[:-1], 1), scores.dtype)
    flags = scalars.astype(bool)
    place = scores
    if isinstance(shared, ByUnits):
        n_place = loss.n_outputs * shared.design.shape[-1]
        place = np.zeros((*scores.shape[:-1], n_place), scores.dtype)
    return State(scores, place, place, scores, scalars, scalars, flags, flags)


def minimise(
    state: State,
    loss: Loss,
    shared: ByUnits | ByRows,
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
        Of (problem, labelling, class * row).
    shared : ByUnits or ByRows
        Of as many problems.
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
    space = _Rows(shared) if isinstance(shared, ByRows) else _Units(shared, loss.n_outputs)
    iteration, enough_ended = 0, enough * state.done.size
    while iteration < max_iterations and np.count_nonzero(state.done | state.lost) < enough_ended:
        iteration += 1
        looks = iteration % CHECKED_EVERY == 0
        state = _advance(state, loss, space, tolerance if looks else 0.0)
    return state, iteration


def weights_and_intercepts(
    state: State, loss: Loss, X: np.ndarray, shared: ByUnits | ByRows
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (problem, labelling, output, unit) and intercepts (..., output)."""
    by_output = state.place.reshape(*state.place.shape[:-1], loss.n_outputs, -1)
    if isinstance(shared, ByUnits):
        return by_output[..., :-1], by_output[..., -1]
    alpha = shared.C * by_output.reshape(len(X), -1, X.shape[-2])
    weights = (alpha @ X).reshape(*by_output.shape[:-1], X.shape[-1])
    return weights, state.scores.reshape(by_output.shape).mean(axis=-1)


class _Units:
    """The space of weights and intercepts."""

    def __init__(self, shared: ByUnits, n_outputs: int):
        self.typical, self.n_outputs = shared.typical, n_outputs
        self.design, self.inverse = shared.design, shared.inverse
        self.transposed = np.swapaxes(shared.design, -1, -2)
        ridge = np.full(shared.design.shape[-1], 1 / shared.C, shared.design.dtype)
        ridge[-1] = 0
        self.ridge = np.tile(ridge, n_outputs)

    def slope(self, place: np.ndarray, residual: np.ndarray) -> np.ndarray:
        return self.ridge * place + _product(residual, self.design, self.n_outputs)

    def move(self, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        move = _product(slope, self.inverse, self.n_outputs)
        return move, _product(move, self.transposed, self.n_outputs)

    def slope_along(self, slope: np.ndarray, move: np.ndarray, change: np.ndarray) -> np.ndarray:
        return dot(np, slope, move)

    def bend(self, move: np.ndarray, change: np.ndarray) -> np.ndarray:
        return dot(np, self.ridge * move, move)


class _Rows:
    """The space of the rows' coefficients a."""

    def __init__(self, shared: ByRows):
        self.typical, self.Q = shared.typical, shared.Q

    def slope(self, place: np.ndarray, residual: np.ndarray) -> np.ndarray:
        return place + residual

    def move(self, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n_outputs = slope.shape[-1] // self.Q.shape[-1]
        change = _product(slope, self.Q, n_outputs)
        return slope - self.typical.curvature * change, change

    def slope_along(self, slope: np.ndarray, move: np.ndarray, change: np.ndarray) -> np.ndarray:
        return dot(np, slope, change)

    def bend(self, move: np.ndarray, change: np.ndarray) -> np.ndarray:
        # Never negative, but rounding may say so.
        return np.maximum(dot(np, move, change), 0)


def _advance(state: State, loss: Loss, space: _Units | _Rows, tolerance: float) -> State:
    """Take one step with every labelling; look at convergence if there is a tolerance."""
    pull, curvature, extra = loss.slope_and_curvature(np, state.scores)
    residual = pull - loss.target
    residual *= 1 / loss.scale
    slope = space.slope(state.place, residual)
    move, change = space.move(slope)
    along = space.slope_along(slope, state.direction, state.along_scores)
    ended = state.done | state.lost
    back = ~ended & (along < -TOO_FAR * state.slope)

    done = state.done
    if tolerance:
        size = dot(np, state.scores, state.scores) + NEGLIGIBLE**2
        near = ~back & ~ended & (dot(np, change, change) <= tolerance**2 * size)
        if np.count_nonzero(near):
            missing = _missing(state, change, curvature, loss.weight, space)
            done = done | (near & (missing <= tolerance**2 * size))

    descent = space.slope_along(slope, move, change)
    # The slope falls along a step; where rounding hides that, directions must not explode.
    fall = np.maximum(np.maximum(state.slope - along, 0.1 * state.slope), TINY)
    conjugacy = descent / np.where(state.slope > 0, fall, np.inf)
    initial = descent + conjugacy * along
    lost = state.lost
    if np.count_nonzero(initial <= 0):
        # A slope that rises is rounding.
        lost = lost | (~done & ~back & (initial <= 0) & (descent != 0))
    any_back = np.count_nonzero(back) > 0
    if any_back:
        move, change = move * ~back, change * ~back
        conjugacy = np.where(back, 1, conjugacy)
        initial = np.where(back, state.slope, initial)
    direction = move + conjugacy * state.direction
    along_scores = change + conjugacy * state.along_scores
    bend = space.bend(direction, along_scores) + loss.bend(np, curvature, extra, along_scores)
    # What has just converged still takes the step at hand.
    step = np.where(state.done | lost, 0, initial / np.maximum(bend, TINY))
    length = step
    if any_back:
        step = np.where(back, state.step * (along / fall), step)
        length = np.where(back, state.step + step, step)
    return State(
        state.scores - step * along_scores,
        state.place - step * direction,
        direction,
        along_scores,
        initial,
        length,
        done,
        lost,
    )


def _missing(
    state: State,
    change: np.ndarray,
    curvature: np.ndarray,
    weight: np.ndarray | None,
    space: _Units | _Rows,
) -> np.ndarray:
    """Return the sum of squares of what scores miss, estimated from the change at hand.

    It is more than the change where the rows' curvature W is less than kappa. Where W is more, less
    is missing along some directions only; that does not count.
    """
    kappa, leading = space.typical
    own = np.minimum(curvature, kappa)
    if weight is not None:
        # Rows that weigh nothing follow the others.
        own = np.where(weight > 0, own, kappa)
    missing = change * ((1 + kappa * leading) / (1 + own * leading))
    # So it is where the loss bent less along the last step than the preconditioner says.
    form = space.bend(state.direction, state.along_scores)
    form = form + kappa * dot(np, state.along_scores, state.along_scores)
    bent = np.where(state.step > 0, state.slope / (state.step * form + TINY), 1)
    return dot(np, missing, missing) / np.clip(bent, TINY, 1) ** 2


def _product(rows: np.ndarray, factor: np.ndarray, n_outputs: int) -> np.ndarray:
    """Multiply (problem, labelling, class * row) by (problem, row, column)."""
    if n_outputs == 1:
        return rows @ factor
    shape = rows.shape
    product = rows.reshape(shape[0], shape[1] * n_outputs, -1) @ factor
    return product.reshape(*shape[:-1], -1)
