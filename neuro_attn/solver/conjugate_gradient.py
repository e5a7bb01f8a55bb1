r"""Preconditioned nonlinear conjugate gradients for ridge logistic regressions that share data.

For centred data X (row, unit), labels y and weights v of the rows find the weights w and an
unpenalised intercept b of

.. math:: \min_{w, b} \tfrac12 \|w\|^2 + C \sum_j v_j \ell(y_j, F_j), \quad F = X w + b

The preconditioner is the second derivative for one curvature kappa of the loss on all rows, the
same for all labellings of the data. With M = (I + C kappa X'X)^{-1}, divided by C, and written as
if there were no intercept, an iteration is

.. math:: g = w / C + X' r, \quad m = C M g, \quad z = X m, \quad r_j = v_j \ell'(y_j, F_j)

the slope g, the move m against it, and what the move changes in the scores, z: three matrix
products. With few rows, weights are kept as w = C X' a; then one product does, with
Q = C X M X':

.. math:: g = a + r, \quad z = Q g, \quad m = g - \kappa z

Directions are conjugate by the formula of Dai & Yuan (1999), and the step along each is Newton's,
so an iteration looks at the loss once. Where the slope shows that a step went too far, the
labelling goes back along the same direction to where a secant puts the minimum.

Matrix products want many labellings at once, and labellings need different numbers of iterations.
So a place that a labelling leaves is taken by the next that waits, until none is left.
"""

from typing import NamedTuple

import numpy as np

from neuro_attn.solver.numba_utils import exp, inlined, njit_cached
from neuro_attn.solver.preconditioner import Shared

TOGETHER = 256
"""Outputs that are iterated together: enough for matrix products to be quick."""
TOO_FAR = 0.5
"""Part of the slope at the start of a step, with the other sign, at which it is taken back."""
NEGLIGIBLE = 1e-9
"""Scores, as the root of their sum of squares, that are as good as 0."""
TINY = 1e-30
GOES_ON, CONVERGED, LOST = 0, 1, 2
"""How a labelling stands; it is lost where rounding hides where to go."""


class Found(NamedTuple):
    """What `minimise` found for each labelling.

    ``place`` weights and intercepts (labelling, class * (unit + 1)), or a (labelling, class * row);
    ``intercept`` (labelling, class); ``converged`` and ``n_iterations`` (labelling,).
    """

    place: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: np.ndarray


class _Problem(NamedTuple):
    """What does not change: see `minimise`; ``ridge`` is 1 / C."""

    by_rows: bool
    n_outputs: int
    labels: np.ndarray
    weight: np.ndarray
    ridge: float
    longest: float
    kappa: float
    leading: float
    tolerance: float
    max_iterations: int


class _Block(NamedTuple):
    """Labellings that are iterated together, each at a place.

    ``scores``, their change by the last step's direction, ``along``, and what the move at hand
    would change, ``change``, are (place, class * row), as are ``p`` and ``residual``, r. ``place``
    is in weights and intercepts (place, class * (unit + 1)), or in a (place, class * row), as are
    the last direction, and the slope and the move at hand. Of each labelling there are the slope at
    the start of the last step along its direction, ``initial``, the step's ``length``, the number
    of ``iterations``, and which of the labellings it is. ``highest`` and ``total`` of a row's
    outputs are for the labelling at hand. By rows, residuals become slopes where they are, and
    moves have no place.
    """

    scores: np.ndarray
    along: np.ndarray
    change: np.ndarray
    p: np.ndarray
    residual: np.ndarray
    place: np.ndarray
    direction: np.ndarray
    slope: np.ndarray
    move: np.ndarray
    initial: np.ndarray
    length: np.ndarray
    iterations: np.ndarray
    labelling: np.ndarray
    highest: np.ndarray
    total: np.ndarray


@njit_cached
def minimise(
    shared: Shared,
    labels: np.ndarray,
    weight: np.ndarray,
    n_outputs: int,
    tolerance: float,
    max_iterations: int,
) -> Found:
    """Iterate each labelling until it has converged, or often enough.

    Parameters
    ----------
    shared : Shared
        Of the problem.
    labels : array of int32, shape (labelling, row)
        Class numbers from 0.
    weight : array, shape (labelling or 1, row)
        Weights of the rows in the loss, in the precision of the data.
    n_outputs : int
        1 for two classes, else the number of classes.
    tolerance : float
        Estimated error of a labelling's scores, relative to the scores (root mean squares over
        rows), at which it has converged.
    max_iterations : int
        Iterations of a labelling at most.

    Returns
    -------
    Found
    """
    number = shared.inverse.dtype.type
    n_labellings, n_inner = len(labels), len(shared.inverse)
    problem = _Problem(
        shared.by_rows,
        n_outputs,
        labels,
        weight,
        number(1 / shared.C),
        shared.longest,
        number(shared.kappa),
        number(shared.leading),
        number(tolerance),
        max_iterations,
    )
    found = Found(
        np.empty((n_labellings, n_outputs * n_inner), shared.inverse.dtype),
        np.empty((n_labellings, n_outputs), shared.inverse.dtype),
        np.empty(n_labellings, np.bool_),
        np.empty(n_labellings, np.int64),
    )
    block = _start(problem, shared.inverse)
    active = waiting = len(block.labelling)
    while active:
        _slopes(problem, block, active)
        n_products = active * n_outputs
        if shared.by_rows:
            _product(block.slope, n_products, shared.inverse, block.change)
        else:
            _product(block.residual, n_products, shared.design, block.slope)
            _add_ridge(problem, block, active)
            _product(block.slope, n_products, shared.inverse, block.move)
            _product(block.move, n_products, shared.design.T, block.change)
        active, waiting = _steps(problem, block, active, waiting, found)
    return found


@inlined
def _start(problem: _Problem, inverse: np.ndarray) -> _Block:
    """Put the first labellings in their places, at scores of 0."""
    n_labellings, n_rows = problem.labels.shape
    n_places = min(n_labellings, max(1, TOGETHER // problem.n_outputs))
    in_scores = (n_places, problem.n_outputs * n_rows)
    inside = (n_places, problem.n_outputs * len(inverse))
    none = (0 if problem.by_rows else n_places, inside[1])
    residual = np.zeros(in_scores, inverse.dtype)
    return _Block(
        np.zeros(in_scores, inverse.dtype),
        np.zeros(in_scores, inverse.dtype),
        np.zeros(in_scores, inverse.dtype),
        np.zeros(in_scores, inverse.dtype),
        residual,
        np.zeros(inside, inverse.dtype),
        np.zeros(inside, inverse.dtype),
        residual if problem.by_rows else np.zeros(inside, inverse.dtype),
        np.zeros(none, inverse.dtype),
        np.zeros(n_places, inverse.dtype),
        np.zeros(n_places, inverse.dtype),
        np.zeros(n_places, np.int64),
        np.arange(n_places),
        np.zeros(n_rows, inverse.dtype),
        np.zeros(n_rows, inverse.dtype),
    )


@inlined
def _slopes(problem: _Problem, block: _Block, active: int) -> None:
    """Fill p and the residuals of active places; by rows, with them the slopes."""
    for at in range(active):
        if problem.n_outputs == 1:
            _residuals_of_two(problem, block, at)
        else:
            _softmax_residuals(problem, block, at)
        if problem.by_rows:
            # The residuals are there already.
            for row in range(block.slope.shape[1]):
                block.slope[at, row] += block.place[at, row]


@inlined
def _add_ridge(problem: _Problem, block: _Block, active: int) -> None:
    """Add the penalty's part to slopes in weights; the intercept has none."""
    n_inner = block.slope.shape[1] // problem.n_outputs
    for at in range(active):
        for output in range(problem.n_outputs):
            first = output * n_inner
            for unit in range(first, first + n_inner - 1):
                block.slope[at, unit] += problem.ridge * block.place[at, unit]


@inlined
def _steps(
    problem: _Problem, block: _Block, active: int, waiting: int, found: Found
) -> tuple[int, int]:
    """Take a step at each active place, and fill places that labellings leave.

    Returns how many places are active, and which labelling is the next that waits.
    """
    # From the last one, which may move to the place of another when its own turn is over.
    for at in range(active - 1, -1, -1):
        state = _step(problem, block, at)
        block.iterations[at] += 1
        if state == GOES_ON and block.iterations[at] < problem.max_iterations:
            continue
        _leave(problem, block, at, state == CONVERGED, found)
        if waiting < len(problem.labels):
            _enter(block, at, waiting)
            waiting += 1
        else:
            active -= 1
            _move(block, active, at)
    return active, waiting


@njit_cached
def _leave(problem: _Problem, block: _Block, at: int, converged: bool, found: Found) -> None:
    labelling, n_rows = block.labelling[at], problem.labels.shape[1]
    n_inner = block.place.shape[1] // problem.n_outputs
    for item in range(block.place.shape[1]):
        found.place[labelling, item] = block.place[at, item]
    for output in range(problem.n_outputs):
        if problem.by_rows:
            # Units have mean 0, so have their parts of the scores.
            total = 0.0
            for row in range(output * n_rows, (output + 1) * n_rows):
                total += block.scores[at, row]
            found.intercept[labelling, output] = total / n_rows
        else:
            found.intercept[labelling, output] = block.place[at, (output + 1) * n_inner - 1]
    found.converged[labelling] = converged
    found.n_iterations[labelling] = block.iterations[at]


@njit_cached
def _enter(block: _Block, at: int, labelling: int) -> None:
    """Start a labelling at a place, at scores of 0."""
    block.labelling[at], block.iterations[at] = labelling, 0
    block.initial[at], block.length[at] = 0, 0
    for item in range(block.scores.shape[1]):
        block.scores[at, item], block.along[at, item] = 0, 0
    for item in range(block.place.shape[1]):
        block.place[at, item], block.direction[at, item] = 0, 0


@njit_cached
def _move(block: _Block, source: int, target: int) -> None:
    """Move a labelling to another place."""
    block.labelling[target] = block.labelling[source]
    block.iterations[target] = block.iterations[source]
    block.initial[target] = block.initial[source]
    block.length[target] = block.length[source]
    for item in range(block.scores.shape[1]):
        block.scores[target, item] = block.scores[source, item]
        block.along[target, item] = block.along[source, item]
    for item in range(block.place.shape[1]):
        block.place[target, item] = block.place[source, item]
        block.direction[target, item] = block.direction[source, item]


@inlined
def _step(problem: _Problem, block: _Block, at: int) -> int:
    """Look at convergence, then take a step with one labelling; return how it stands."""
    kappa, initial, length = problem.kappa, block.initial[at], block.length[at]
    slope_along, descent, moved, size = _products(problem, block, at)
    # The slope falls along a step; where rounding hides that, directions must not explode.
    fall = max(initial - slope_along, initial * 0.1, TINY)
    if slope_along < -TOO_FAR * initial:
        step = length * slope_along / fall
        _go(block, at, step)
        block.length[at] += step
        return GOES_ON
    state = GOES_ON
    limit = problem.tolerance**2 * (size + NEGLIGIBLE**2)
    if moved <= limit:
        missing = _missing(problem, block, at)
        # More is missing where the loss bent less along the last step than the preconditioner says.
        if length > 0:
            form = _ridge_bend(problem, block, at) + kappa * _inner(block.along, block.along, at)
            missing /= min(max(initial / (length * form + TINY), TINY), 1) ** 2
        if missing <= limit:
            state = CONVERGED
    conjugacy = descent / fall if initial > 0 else 0.0
    initial = descent + conjugacy * slope_along
    if initial <= 0:
        # A slope that rises is rounding.
        return state if state == CONVERGED or descent == 0 else LOST
    _turn(problem, block, conjugacy, at)
    bend = max(_ridge_bend(problem, block, at), 0)
    if problem.n_outputs == 1:
        bend += _bend_of_two(problem, block, at)
    else:
        bend += _softmax_bend(problem, block, at)
    # What has just converged still takes the step at hand.
    length = min(initial / max(bend, TINY), problem.longest)
    _go(block, at, length)
    block.initial[at], block.length[at] = initial, length
    return state


# --- the loss ----------------------------------------------------------------------------------


@inlined
def _residuals_of_two(problem: _Problem, block: _Block, at: int) -> None:
    """Fill p(wrong class) and the slope of the loss in the scores, of two classes."""
    labelling = block.labelling[at]
    labels = problem.labels[labelling]
    weight = problem.weight[labelling % len(problem.weight)]
    one = weight.dtype.type(1)
    # Near 0 it has all its digits, as a difference from 1 would not.
    for row in range(len(labels)):
        sign = one if labels[row] == 1 else -one
        block.p[at, row] = one / (one + exp(sign * block.scores[at, row]))
    for row in range(len(labels)):
        sign = one if labels[row] == 1 else -one
        block.residual[at, row] = -sign * weight[row] * block.p[at, row]


@inlined
def _bend_of_two(problem: _Problem, block: _Block, at: int) -> float:
    """Return along' S along, S the second derivative of the loss of two classes."""
    weight = problem.weight[block.labelling[at] % len(problem.weight)]
    total, one = weight.dtype.type(0), weight.dtype.type(1)
    for row in range(len(weight)):
        p, along = block.p[at, row], block.along[at, row]
        total += weight[row] * p * (one - p) * along * along
    return total


@inlined
def _softmax_residuals(problem: _Problem, block: _Block, at: int) -> None:
    """Fill p(class), and the slope of the loss in the scores."""
    labelling = block.labelling[at]
    labels = problem.labels[labelling]
    weight = problem.weight[labelling % len(problem.weight)]
    n_rows, one = len(labels), weight.dtype.type(1)
    highest, total = block.highest, block.total
    for row in range(n_rows):
        highest[row], total[row] = block.scores[at, row], 0
    for output in range(1, problem.n_outputs):
        for row in range(n_rows):
            score = block.scores[at, output * n_rows + row]
            highest[row] = score if score > highest[row] else highest[row]
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            below = block.scores[at, output * n_rows + row] - highest[row]
            block.p[at, output * n_rows + row] = exp(below)
        for row in range(n_rows):
            total[row] += block.p[at, output * n_rows + row]
    for row in range(n_rows):
        total[row] = one / total[row]
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            block.p[at, output * n_rows + row] *= total[row]
        for row in range(n_rows):
            truth = one if labels[row] == output else one - one
            missed = block.p[at, output * n_rows + row] - truth
            block.residual[at, output * n_rows + row] = weight[row] * missed


@inlined
def _softmax_bend(problem: _Problem, block: _Block, at: int) -> float:
    """Return along' S along, S the second derivative of the loss: a variance for each row."""
    weight = problem.weight[block.labelling[at] % len(problem.weight)]
    n_rows, total = len(weight), weight.dtype.type(0)
    mean = block.total
    for row in range(n_rows):
        mean[row] = 0
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            along = block.along[at, output * n_rows + row]
            part = block.p[at, output * n_rows + row] * along
            mean[row] += part
            total += weight[row] * part * along
    for row in range(n_rows):
        total -= weight[row] * mean[row] * mean[row]
    return total


@inlined
def _missing(problem: _Problem, block: _Block, at: int) -> float:
    """Return the sum of squares of what scores miss, estimated from the change at hand.

    It is more than the change where a row's curvature is less than kappa. Where it is more, less is
    missing along some directions only; that does not count. Rows that weigh nothing follow others.
    """
    weight = problem.weight[block.labelling[at] % len(problem.weight)]
    n_rows = len(weight)
    total, one = weight.dtype.type(0), weight.dtype.type(1)
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            p = block.p[at, output * n_rows + row]
            own = min(weight[row] * p * (one - p), problem.kappa)
            own = own if weight[row] > 0 else problem.kappa
            more = (one + problem.kappa * problem.leading) / (one + own * problem.leading)
            missing = block.change[at, output * n_rows + row] * more
            total += missing * missing
    return total


# --- vectors -----------------------------------------------------------------------------------


@inlined
def _product(values: np.ndarray, n_products: int, factor: np.ndarray, out: np.ndarray) -> None:
    """Multiply so many rows of values by a matrix."""
    rows, products = values.reshape(-1, factor.shape[0]), out.reshape(-1, factor.shape[1])
    if n_products == 1:
        np.dot(rows[0], factor, products[0])
    else:
        np.dot(rows[:n_products], factor, products[:n_products])


@inlined
def _ridge_bend(problem: _Problem, block: _Block, at: int) -> float:
    """Return what the penalty adds to the bend along the direction."""
    if problem.by_rows:
        return _inner(block.direction, block.along, at)
    n_inner = block.direction.shape[1] // problem.n_outputs
    total = block.direction.dtype.type(0)
    for output in range(problem.n_outputs):
        for unit in range(output * n_inner, (output + 1) * n_inner - 1):
            total += block.direction[at, unit] * block.direction[at, unit]
    return problem.ridge * total


@inlined
def _inner(a: np.ndarray, b: np.ndarray, at: int) -> float:
    total = a.dtype.type(0)
    for item in range(a.shape[1]):
        total += a[at, item] * b[at, item]
    return total


@inlined
def _products(problem: _Problem, block: _Block, at: int) -> tuple[float, float, float, float]:
    """Return the slope along the last direction and along the move, and z'z and F'F."""
    moved, size = _inner(block.change, block.change, at), _inner(block.scores, block.scores, at)
    if problem.by_rows:
        along, descent = _inner(block.slope, block.along, at), _inner(block.slope, block.change, at)
    else:
        along, descent = (
            _inner(block.slope, block.direction, at),
            _inner(block.slope, block.move, at),
        )
    return along, descent, moved, size


@inlined
def _turn(problem: _Problem, block: _Block, conjugacy: float, at: int) -> None:
    """Turn the direction into the move and so much of what it was."""
    conjugacy, kappa = block.scores.dtype.type(conjugacy), problem.kappa
    for row in range(block.along.shape[1]):
        block.along[at, row] = block.change[at, row] + conjugacy * block.along[at, row]
    if problem.by_rows:
        for row in range(block.direction.shape[1]):
            move = block.slope[at, row] - kappa * block.change[at, row]
            block.direction[at, row] = move + conjugacy * block.direction[at, row]
    else:
        for unit in range(block.direction.shape[1]):
            move = block.move[at, unit]
            block.direction[at, unit] = move + conjugacy * block.direction[at, unit]


@inlined
def _go(block: _Block, at: int, length: float) -> None:
    """Go so far against the direction."""
    length = block.scores.dtype.type(length)
    for item in range(block.scores.shape[1]):
        block.scores[at, item] -= length * block.along[at, item]
    for item in range(block.place.shape[1]):
        block.place[at, item] -= length * block.direction[at, item]
