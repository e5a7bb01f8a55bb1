"""Ridge logistic regression for many data sets and labellings at once.

`fit` prepares each data set once for all its labellings (`preconditioner`), runs conjugate
gradients on blocks of them, in numpy (`interpreted`) or, where there is much to do, compiled
(`compiled`), and hands the few that this does not solve to Newton's method (`newton`).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from neuro_attn.decoding import interpreted, newton
from neuro_attn.decoding.losses import Loss, loss_of
from neuro_attn.decoding.preconditioner import (
    ByRows,
    ByUnits,
    Folded,
    Typical,
    prepare,
    prepare_folded,
)

MOST_GRADIENT_STEPS = 200
"""Where more would be needed, Newton's method is quicker."""
ENOUGH = 0.85
"""Part of a block that is done when what is left of all blocks is gathered in new ones."""
BLOCK = 128
"""Outputs that are iterated together; more would leave the processor's cache."""
SHARED_FROM = 8
"""Outputs from which a problem is worth blocks of its own."""
BLOCK_BYTES = 12_000_000
"""Matrices of problems with fewer outputs that are iterated together."""
COMPILED_FROM = 5e8
"""Multiplications an iteration, over everything, from which compiling the loop pays."""

Shared = ByUnits | ByRows | Folded
"""What the labellings of a problem share."""


class Solution(NamedTuple):
    """What `fit` found: one output for two classes, else one a class.

    ``weights`` (problem, unit, labelling, output), ``intercept`` (problem, labelling, output),
    ``converged`` (problem, labelling).
    """

    weights: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: int


def fit(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    C: float,
    tolerance: float,
    max_iterations: int,
    batch: int,
    weight: np.ndarray | None = None,
    threads: int = 1,
) -> Solution:
    """Fit logistic regressions with a ridge and an unpenalised intercept.

    Parameters
    ----------
    X : array, shape (problem, row, unit)
        Data, float32 or float64, each unit with mean 0 over rows.
    y : array of int, shape (problem or 1, row, labelling)
        Class numbers from 0.
    n_classes : int
        Number of classes.
    C : float
        Inverse strength of the ridge.
    tolerance : float
        Error of the scores, relative to the scores (root mean squares over rows), to stop at.
    max_iterations : int
        Steps of conjugate gradients, and then of Newton's method, after which a labelling counts
        as not converged.
    batch : int
        Labellings of a problem that are held at once.
    weight : array, shape (problem or 1, row, labelling or 1), optional
        Weights of the rows in the loss.
    threads : int
        Problems, or blocks of labellings, that are solved at the same time.

    Returns
    -------
    Solution
    """
    n_problems, n_rows, n_units = X.shape
    n_labellings = y.shape[-1]
    n_outputs = 1 if n_classes == 2 else n_classes
    many = n_labellings * n_outputs >= SHARED_FROM
    size = n_rows**2 if n_rows <= n_units else n_units * (n_rows + n_units)
    together = 1 if many else max(1, BLOCK_BYTES // (X.itemsize * size))
    together = min(together, -(-n_problems // threads))
    compiled = many and n_problems * n_labellings * n_outputs * size >= COMPILED_FROM
    weights = np.empty((n_problems, n_labellings, n_outputs, n_units), X.dtype)
    intercept = np.empty((n_problems, n_labellings, n_outputs), X.dtype)
    converged = np.empty((n_problems, n_labellings), bool)
    parts = [slice(first, first + together) for first in range(0, n_problems, together)]

    def fit_part(part: slice) -> int:
        data, labels = X[part], y[part] if len(y) > 1 else y
        row_weight = weight if weight is None or len(weight) == 1 else weight[part]
        shared: Shared | None = None
        if compiled:
            shared = prepare_folded(data, C, n_classes, row_weight, n_labellings * n_outputs)
        if shared is None:
            shared = prepare(data, C, n_classes, row_weight)
        n_iterations = 0
        for left in range(0, n_labellings, batch):
            columns = slice(left, left + batch)
            own_weight = row_weight
            if row_weight is not None and row_weight.shape[-1] > 1:
                own_weight = row_weight[..., columns]
            found = _solve(
                data,
                labels[..., columns],
                n_classes,
                C,
                own_weight,
                shared,
                tolerance,
                max_iterations,
                threads if len(parts) == 1 else 1,
            )
            weights[part, columns], intercept[part, columns] = found[:2]
            converged[part, columns] = found[2]
            n_iterations = max(n_iterations, found[3])
        return n_iterations

    with one_blas_thread():
        n_iterations = max(_each(fit_part, parts, threads))
    return Solution(np.moveaxis(weights, -1, 1), intercept, converged, n_iterations)


def _each(run: Callable[[Any], Any], items: Sequence[Any], threads: int) -> list[Any]:
    """Run for each item, in so many threads; compiled loops do not hold each other up."""
    if threads == 1 or len(items) == 1:
        return [run(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, items))


def one_blas_thread() -> AbstractContextManager:
    """Keep BLAS from sharing matrices that are so small that threads mostly wait."""
    return _linear_algebra().limit(limits=1, user_api="blas")


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


def _solve(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    C: float,
    weight: np.ndarray | None,
    shared: Shared,
    tolerance: float,
    max_iterations: int,
    threads: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return weights (problem, labelling, output, unit), intercepts, converged, iterations."""
    dtype = shared.typical.curvature.dtype
    loss = _loss(y, len(X), n_classes, weight, dtype)
    most = min(max_iterations, MOST_GRADIENT_STEPS)
    state, n_iterations = _converge(loss, shared, tolerance, most, threads)
    weights, intercept = _method(shared).weights_and_intercepts(state, loss, X, shared)
    done = state.done[..., 0]
    further = 0
    for problem in np.flatnonzero(~done.all(axis=1)):
        left = np.flatnonzero(~done[problem])
        own_weight = None
        if weight is not None:
            own_weight = np.broadcast_to(weight[problem % len(weight)], y.shape[1:])[None, :, left]
        again = (X[[problem]].astype(np.float64), y[[problem % len(y)]][..., left], n_classes, C)
        if dtype == np.float32:
            exact = prepare(again[0], C, n_classes, own_weight)
            found = _solve(*again, own_weight, exact, tolerance, max_iterations, 1)
        else:
            begin = weights[problem, left], intercept[problem, left]
            found = _newton(*again, own_weight, *begin, tolerance, max_iterations)
        weights[problem, left], intercept[problem, left], done[problem, left] = found[:3]
        further = max(further, found[3])
    return weights, intercept, done, n_iterations + further


def _method(shared: Shared) -> ModuleType:
    if isinstance(shared, Folded):
        # JAX takes a second to import.
        from neuro_attn.decoding import compiled

        return compiled
    return interpreted


def _newton(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    C: float,
    weight: np.ndarray | None,
    weights: np.ndarray,
    intercept: np.ndarray,
    tolerance: float,
    max_iterations: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Solve the labellings of one problem one by one."""
    row_weight = np.ones(y.shape) if weight is None else weight
    solved = [
        newton.solve(
            X[0],
            y[0, :, labelling],
            n_classes,
            C,
            row_weight[0, :, labelling],
            newton.Optimum(weights[labelling].T, intercept[labelling], False),
            tolerance,
            max_iterations,
        )
        for labelling in range(y.shape[-1])
    ]
    return (
        np.stack([each.weights.T for each in solved])[None],
        np.stack([each.intercept for each in solved])[None],
        np.array([each.converged for each in solved])[None],
        max(each.n_steps for each in solved),
    )


def _loss(
    y: np.ndarray, n_problems: int, n_classes: int, weight: np.ndarray | None, dtype: np.dtype
) -> Loss:
    """Return the loss of (problem, labelling, class * row)."""
    labels = np.swapaxes(y, -1, -2)
    if n_classes == 2:
        target = 2 * labels.astype(dtype) - 1
    else:
        target = (labels[..., None, :] == np.arange(n_classes)[:, None]).astype(dtype)
        target = target.reshape(*labels.shape[:-1], -1)
    target = np.broadcast_to(target, (n_problems, *target.shape[1:]))
    n_outputs = 1 if n_classes == 2 else n_classes
    if weight is not None:
        weight = np.tile(np.swapaxes(weight, -1, -2).astype(dtype), n_outputs)
        weight = np.broadcast_to(weight, target.shape)
        target = weight * target
    return loss_of(n_outputs, target, weight)


def _converge(
    loss: Loss, shared: Shared, tolerance: float, max_iterations: int, threads: int
) -> tuple[Any, int]:
    """Return the state of all (problem, labelling), and the number of iterations.

    Blocks are iterated until most of them are done; what is left is gathered in fewer blocks, so
    that quick labellings do not wait for slow ones. Blocks are of labellings where there is one
    problem, else of problems.
    """
    method = _method(shared)
    axis = 1 if len(loss.target) == 1 else 0
    n = loss.target.shape[axis]
    size = max(1, BLOCK // loss.n_outputs) if axis == 1 else n
    waiting, state, used = np.arange(n), None, 0
    ended: list[tuple[np.ndarray, Any]] = []

    def iterate(first: int) -> tuple[np.ndarray, Any, int]:
        index = waiting[first : first + size]
        # Compiled loops want blocks of one size; the padding counts as done.
        padding = size - len(index) if isinstance(shared, Folded) else 0
        taken = np.concatenate([index, np.repeat(index[:1], padding)])
        part = loss._replace(
            target=_take(loss.target, taken, axis),
            weight=None if loss.weight is None else _take(loss.weight, taken, axis),
        )
        own = shared if axis == 1 else _take_problems(shared, taken)
        if state is None:
            block = method.start(part, own)
        else:
            among = first + np.concatenate([np.arange(len(index)), np.zeros(padding, int)])
            block = _take_each(state, among, axis)
        if padding:
            block.done[:, len(index) :] = True
        enough = 1.0 if len(waiting) <= max(1, size // 4) else ENOUGH
        final, iterations = method.minimise(
            block,
            part,
            own,
            tolerance,
            (padding + enough * len(index)) / (padding + len(index)),
            max_iterations - used,
        )
        return index, _take_each(final, slice(len(index)), axis), iterations

    while len(waiting) and used < max_iterations:
        left: list[tuple[np.ndarray, Any]] = []
        most = 0
        for index, final, iterations in _each(iterate, range(0, len(waiting), size), threads):
            over = (final.done | final.lost)[..., 0].all(axis=1 - axis)
            for those, rows in ((ended, np.flatnonzero(over)), (left, np.flatnonzero(~over))):
                those.append((index[rows], _take_each(final, rows, axis)))
            most = max(most, iterations)
        used += most
        waiting, state = _joined(left, axis)
    index, final = _joined([*ended, (waiting, state)], axis)
    return _take_each(final, np.argsort(index), axis), used


def _take(values: np.ndarray, index: np.ndarray | slice, axis: int) -> np.ndarray:
    return values[:, index] if axis == 1 else values[index]


def _take_each(state: Any, index: np.ndarray | slice, axis: int) -> Any:
    return state._make(_take(each, index, axis) for each in state)


def _joined(parts: list[tuple[np.ndarray, Any]], axis: int) -> tuple[np.ndarray, Any]:
    """Return indices and states one after the other."""
    indices, states = zip(*parts, strict=True)
    fields = zip(*states, strict=True)
    return np.concatenate(indices), states[0]._make(np.concatenate(each, axis) for each in fields)


def _take_problems(shared: Shared, index: np.ndarray | slice) -> Shared:
    def take(value: Any) -> Any:
        if isinstance(value, Typical):
            return Typical(*map(take, value))
        return value[index] if isinstance(value, np.ndarray) else value

    return type(shared)(*map(take, shared))
