"""Ridge logistic regression for many data sets and label sets at once.

`fit` prepares each data set once for all its label sets (`preconditioner`), iterates them by
conjugate gradients (`conjugate_gradient`, or `accelerator` for large problems where JAX finds a
GPU), and solves the few that have not converged by Newton's method (`newton`).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from neuro_attn.solver import newton
from neuro_attn.solver.conjugate_gradient import Found, minimise
from neuro_attn.solver.numba_utils import njit_cached
from neuro_attn.solver.preconditioner import Shared, prepare

MOST_GRADIENT_STEPS = 200
"""Where more would be needed, Newton's method is quicker."""
SHARES = 4
"""Parts of the problems for each thread, so that none waits long for another."""
SHARED_FROM = 64
"""Labellings for each thread from which those of one problem are shared."""
ACCELERATED_FROM = 1e8
"""Multiplications an iteration, over a problem's labellings, from which a GPU is worth its way."""


class Solution(NamedTuple):
    """What `fit` found: one output for two classes, else one a class.

    ``weights`` (problem, unit, labelling, output), ``intercept`` (problem, labelling, output),
    ``converged`` (problem, labelling).
    """

    weights: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: int


class _Task(NamedTuple):
    """All problems, and how they are solved.

    ``X`` (problem, row, unit), ``labels`` (problem or 1, labelling, row), ``weight``
    (problem or 1, labelling or 1, row).
    """

    X: np.ndarray
    labels: np.ndarray
    weight: np.ndarray
    n_classes: int
    C: float
    tolerance: float
    max_iterations: int


class _Result(NamedTuple):
    """What is filled in.

    ``weights`` (problem, labelling, output, unit), ``intercept`` (problem, labelling, output),
    ``converged`` and ``n_iterations`` (problem, labelling).
    """

    weights: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: np.ndarray


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
        Parts of the problems, or of the labellings of one, that are solved at the same time.

    Returns
    -------
    Solution
    """
    n_problems, n_rows, _ = X.shape
    n_labellings = y.shape[-1]
    row_weight = np.ones((1, n_rows, 1)) if weight is None else weight
    task = _Task(
        np.ascontiguousarray(X),
        np.ascontiguousarray(np.swapaxes(y, -1, -2), np.int32),
        np.ascontiguousarray(np.swapaxes(row_weight, -1, -2), X.dtype),
        n_classes,
        float(C),
        float(tolerance),
        min(max_iterations, MOST_GRADIENT_STEPS),
    )
    result = _nothing_yet(task)
    solve = _solve_accelerated if _accelerated(task) else _solve
    # Where there are too few problems to share, labellings are.
    by_labelling = n_problems < threads and n_labellings >= threads * SHARED_FROM
    columns = min(batch, -(-n_labellings // threads) if by_labelling else n_labellings)
    problems = 1 if by_labelling else -(-n_problems // (SHARES * threads))
    parts = [
        (first, min(first + problems, n_problems), left, min(left + columns, n_labellings))
        for first in range(0, n_problems, problems)
        for left in range(0, n_labellings, columns)
    ]

    def solve_part(part: tuple[int, int, int, int]) -> None:
        solve(task, *part, result)

    with one_blas_thread():
        _each(solve_part, parts, threads)
        for problem in map(int, np.flatnonzero(~result.converged.all(axis=1))):
            _solve_again(task, problem, max_iterations, result)
    weights, intercept, converged, n_iterations = result
    return Solution(np.moveaxis(weights, -1, 1), intercept, converged, int(n_iterations.max()))


def _nothing_yet(task: _Task) -> _Result:
    n_outputs = 1 if task.n_classes == 2 else task.n_classes
    shape = (len(task.X), task.labels.shape[1])
    return _Result(
        np.zeros((*shape, n_outputs, task.X.shape[2]), task.X.dtype),
        np.zeros((*shape, n_outputs), task.X.dtype),
        np.zeros(shape, bool),
        np.zeros(shape, np.int64),
    )


def _each(run: Callable[[Any], None], items: Sequence[Any], threads: int) -> None:
    """Run for each item, in so many threads; compiled loops do not hold each other up."""
    if threads == 1 or len(items) == 1:
        for item in items:
            run(item)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, items))


def one_blas_thread() -> AbstractContextManager:
    """Keep BLAS from sharing matrices that are so small that threads mostly wait."""
    return _linear_algebra().limit(limits=1, user_api="blas")


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


@njit_cached
def _solve(task: _Task, first: int, last: int, left: int, right: int, result: _Result) -> None:
    """Solve a range of the problems for a range of the labellings."""
    n_outputs = result.intercept.shape[2]
    for problem in range(first, last):
        labels = task.labels[problem % len(task.labels), left:right]
        weight = task.weight[problem % len(task.weight)]
        if len(weight) > 1:
            weight = weight[left:right]
        X, n_products = task.X[problem], len(labels) * n_outputs
        shared = prepare(X, task.C, task.n_classes, _mean(weight), n_products)
        if not shared.scarce:
            limits = task.tolerance, task.max_iterations
            found = minimise(shared, labels, weight, n_outputs, *limits)
            _fill(X, shared, found, problem, left, result)


@njit_cached
def _mean(values: np.ndarray) -> float:
    total = 0.0
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            total += values[row, column]
    return total / values.size


@njit_cached
def _fill(
    X: np.ndarray, shared: Shared, found: Found, problem: int, left: int, result: _Result
) -> None:
    """Put what was found in its places: weights are, by rows, w = C X' a."""
    n_units, n_outputs = X.shape[1], result.intercept.shape[2]
    n_inner = len(shared.inverse)
    rows = found.place.reshape(-1, n_inner)
    if shared.by_rows:
        rows = np.dot(rows, X)
    factor = X.dtype.type(shared.C if shared.by_rows else 1)
    for labelling in range(len(found.place)):
        column = left + labelling
        result.converged[problem, column] = found.converged[labelling]
        result.n_iterations[problem, column] = found.n_iterations[labelling]
        for output in range(n_outputs):
            row = labelling * n_outputs + output
            result.intercept[problem, column, output] = found.intercept[labelling, output]
            for unit in range(n_units):
                result.weights[problem, column, output, unit] = factor * rows[row, unit]


def _accelerated(task: _Task) -> bool:
    single, n_labellings = task.X.dtype == np.float32, task.labels.shape[1]
    multiplications = n_labellings * task.n_classes * task.X[0].size
    return single and multiplications >= ACCELERATED_FROM and _accelerator_at_hand()


@cache
def _accelerator_at_hand() -> bool:
    # JAX finds them by plugins; without one its import is spared.
    if find_spec("jax_plugins") is None:
        return False
    import jax

    return jax.default_backend() != "cpu"


def _solve_accelerated(
    task: _Task, first: int, last: int, left: int, right: int, result: _Result
) -> None:
    """Do what `_solve` does on JAX's device."""
    # JAX takes a second to import.
    from neuro_attn.solver import accelerator

    n_outputs = result.intercept.shape[2]
    for problem in range(first, last):
        labels = task.labels[problem % len(task.labels), left:right]
        weight = task.weight[problem % len(task.weight)]
        weight = weight[left:right] if len(weight) > 1 else weight
        X, n_products = task.X[problem], len(labels) * n_outputs
        prepared = prepare(X, task.C, task.n_classes, float(weight.mean()), n_products)
        shared = Shared(*prepared)
        if not shared.scarce:
            limits = task.tolerance, task.max_iterations
            found: Found = accelerator.minimise(shared, labels, weight, n_outputs, *limits)
            _fill(X, shared, found, problem, left, result)


def _solve_again(task: _Task, problem: int, max_iterations: int, result: _Result) -> None:
    """Solve the labellings of a problem that did not converge, in float64, then by Newton."""
    left = np.flatnonzero(~result.converged[problem])
    own_weight = task.weight[problem % len(task.weight)]
    own_weight = own_weight[left] if len(own_weight) > 1 else own_weight
    labels = task.labels[problem % len(task.labels), left]
    again = task._replace(
        X=task.X[[problem]].astype(np.float64),
        labels=labels[None],
        weight=own_weight[None].astype(np.float64),
    )
    rest = _nothing_yet(again)
    if task.X.dtype == np.float32:
        _solve(again, 0, 1, 0, len(left), rest)
    else:
        for into, so_far in zip(rest, result, strict=True):
            into[0] = so_far[problem, left]
        rest.n_iterations.fill(0)
    for labelling in np.flatnonzero(~rest.converged[0]):
        found = newton.solve(
            again.X[0],
            labels[labelling],
            task.n_classes,
            task.C,
            again.weight[0, labelling % len(own_weight)],
            newton.Optimum(rest.weights[0, labelling].T, rest.intercept[0, labelling], False),
            task.tolerance,
            max_iterations,
        )
        rest.weights[0, labelling], rest.intercept[0, labelling] = found.weights.T, found.intercept
        rest.converged[0, labelling] = found.converged
        rest.n_iterations[0, labelling] += found.n_steps
    result.weights[problem, left], result.intercept[problem, left] = rest.weights, rest.intercept
    result.converged[problem, left] = rest.converged
    result.n_iterations[problem, left] += rest.n_iterations[0]
