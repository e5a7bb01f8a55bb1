"""Ridge logistic regression for many data sets and label sets at once.

`fit_batched` prepares each data set once for all its label sets (`preconditioner`), iterates them
by conjugate gradients (`conjugate_gradient`, or `conjugate_gradient_jax` for large problems where
JAX finds a GPU), and solves the few that have not converged by Newton's method (`newton`).
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
from neuro_attn.solver.block import Found
from neuro_attn.solver.conjugate_gradient import minimise
from neuro_attn.solver.numba_utils import njit_cached
from neuro_attn.solver.preconditioner import Preconditioner, prepare

MOST_GRADIENT_STEPS = 200
"""Number of conjugate gradient steps beyond which Newton's method is faster."""
PARTS_PER_THREAD = 4
"""Parts of the problems for each thread, so that no thread waits long for another."""
SHARED_FROM = 64
"""Label sets for each thread from which those of one problem are divided between threads."""
ACCELERATED_FROM = 1e8
"""Multiplications in an iteration of all label sets of a problem from which a GPU is faster."""


class FitSettings(NamedTuple):
    """How problems are solved.

    ``n_classes``: number of classes. ``tolerance``: error of the scores, relative to the scores
    (root mean squares over rows), at which a label set has converged. ``max_iterations``: limit of
    the conjugate gradient steps, and then of the Newton steps. ``label_sets_per_batch``: label sets
    of a problem that are held at once. ``threads``: parts of the problems, or of the label sets of
    one, that are solved at the same time.
    """

    n_classes: int
    tolerance: float = 1e-3
    max_iterations: int = 1000
    label_sets_per_batch: int = 1000
    threads: int = 1


class Solution(NamedTuple):
    """Solutions, with one output for two classes, else one a class.

    ``weights`` (problem, unit, label set, output), ``intercept`` (problem, label set, output),
    ``converged`` (problem, label set).
    """

    weights: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: int


class _Task(NamedTuple):
    """All problems, and how they are solved.

    ``X`` (problem, row, unit), ``labels`` (problem or 1, label set, row), ``weight``
    (problem or 1, label set or 1, row).
    """

    X: np.ndarray
    labels: np.ndarray
    weight: np.ndarray
    n_classes: int
    C: float
    tolerance: float
    max_iterations: int


class _Part(NamedTuple):
    """A range of the problems and a range of their label sets; the last ones are excluded."""

    first_problem: int
    last_problem: int
    first_set: int
    last_set: int


class _Result(NamedTuple):
    """Arrays that the solvers fill.

    ``weights`` (problem, label set, output, unit), ``intercept`` (problem, label set, output),
    ``converged`` and ``n_iterations`` (problem, label set).
    """

    weights: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray
    n_iterations: np.ndarray


def fit_batched(
    X: np.ndarray,
    y: np.ndarray,
    *,
    C: float,
    settings: FitSettings,
    weight: np.ndarray | None = None,
) -> Solution:
    """Fit logistic regressions with a ridge and an unpenalised intercept.

    Parameters
    ----------
    X : array, shape (problem, row, unit)
        Data, float32 or float64, each unit with mean 0 over rows.
    y : array of int, shape (problem or 1, row, label set)
        Class numbers from 0.
    C : float
        Inverse strength of the ridge.
    settings : FitSettings
        Classes, tolerance, limits.
    weight : array, shape (problem or 1, row, label set or 1), optional
        Weights of the rows in the loss.

    Returns
    -------
    Solution
    """
    row_weight = np.ones((1, X.shape[1], 1)) if weight is None else weight
    task = _Task(
        np.ascontiguousarray(X),
        np.ascontiguousarray(np.swapaxes(y, -1, -2), np.int32),
        np.ascontiguousarray(np.swapaxes(row_weight, -1, -2), X.dtype),
        settings.n_classes,
        float(C),
        float(settings.tolerance),
        min(settings.max_iterations, MOST_GRADIENT_STEPS),
    )
    result = _empty_result(task)
    solve = _solve_with_jax if _is_accelerated(task) else _solve
    parts = _parts(len(X), y.shape[-1], settings)
    with one_blas_thread():
        _run_each(lambda part: solve(task, part, result), parts, settings.threads)
        for problem in map(int, np.flatnonzero(~result.converged.all(axis=1))):
            _solve_again(task, problem, settings.max_iterations, result)
    weights, intercept, converged, n_iterations = result
    return Solution(np.moveaxis(weights, -1, 1), intercept, converged, int(n_iterations.max()))


def _parts(n_problems: int, n_sets: int, settings: FitSettings) -> list[_Part]:
    """Divide the problems, or the label sets if there are too few problems, between threads."""
    threads, columns = settings.threads, n_sets
    problems = -(-n_problems // (PARTS_PER_THREAD * threads))
    if n_problems < threads and n_sets >= threads * SHARED_FROM:
        problems, columns = 1, -(-n_sets // threads)
    columns = min(settings.label_sets_per_batch, columns)
    return [
        _Part(first, min(first + problems, n_problems), left, min(left + columns, n_sets))
        for first in range(0, n_problems, problems)
        for left in range(0, n_sets, columns)
    ]


def _empty_result(task: _Task) -> _Result:
    n_outputs = 1 if task.n_classes == 2 else task.n_classes
    shape = (len(task.X), task.labels.shape[1])
    return _Result(
        np.zeros((*shape, n_outputs, task.X.shape[2]), task.X.dtype),
        np.zeros((*shape, n_outputs), task.X.dtype),
        np.zeros(shape, bool),
        np.zeros(shape, np.int64),
    )


def _run_each(run: Callable[[Any], None], items: Sequence[Any], threads: int) -> None:
    """Run for each item in several threads; compiled loops release the interpreter's lock."""
    if threads == 1 or len(items) == 1:
        for item in items:
            run(item)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, items))


def one_blas_thread() -> AbstractContextManager:
    """Limit BLAS to one thread: matrices are so small that several would mostly wait."""
    return _linear_algebra().limit(limits=1, user_api="blas")


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


@njit_cached
def _solve(task: _Task, part: _Part, result: _Result) -> None:
    """Solve a part by conjugate gradients."""
    n_outputs = result.intercept.shape[2]
    for problem in range(part.first_problem, part.last_problem):
        labels = task.labels[problem % len(task.labels), part.first_set : part.last_set]
        weight = task.weight[problem % len(task.weight)]
        if len(weight) > 1:
            weight = weight[part.first_set : part.last_set]
        X, n_products = task.X[problem], len(labels) * n_outputs
        prepared = prepare(X, task.C, task.n_classes, _mean(weight), n_products)
        if not prepared.imprecise:
            limits = task.tolerance, task.max_iterations
            found = minimise(prepared, labels, weight, n_outputs, *limits)
            _store(X, prepared, found, problem, part.first_set, result)


@njit_cached
def _mean(values: np.ndarray) -> float:
    total = 0.0
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            total += values[row, column]
    return total / values.size


@njit_cached
def _store(
    X: np.ndarray,
    preconditioner: Preconditioner,
    found: Found,
    problem: int,
    first_set: int,
    result: _Result,
) -> None:
    """Store solutions; coefficients of rows, a, become weights, w = C X' a."""
    n_units, n_outputs = X.shape[1], result.intercept.shape[2]
    n_inner = len(preconditioner.inverse)
    rows = found.parameters.reshape(-1, n_inner)
    if preconditioner.by_rows:
        rows = np.dot(rows, X)
    factor = X.dtype.type(preconditioner.C if preconditioner.by_rows else 1)
    for label_set in range(len(found.parameters)):
        column = first_set + label_set
        result.converged[problem, column] = found.converged[label_set]
        result.n_iterations[problem, column] = found.n_iterations[label_set]
        for output in range(n_outputs):
            row = label_set * n_outputs + output
            result.intercept[problem, column, output] = found.intercept[label_set, output]
            for unit in range(n_units):
                result.weights[problem, column, output, unit] = factor * rows[row, unit]


def _is_accelerated(task: _Task) -> bool:
    single, n_sets = task.X.dtype == np.float32, task.labels.shape[1]
    multiplications = n_sets * task.n_classes * task.X[0].size
    return single and multiplications >= ACCELERATED_FROM and _has_accelerator()


@cache
def _has_accelerator() -> bool:
    # JAX finds accelerators by plugins; without one there is no need to import it.
    if find_spec("jax_plugins") is None:
        return False
    import jax

    return jax.default_backend() != "cpu"


def _solve_with_jax(task: _Task, part: _Part, result: _Result) -> None:
    """Solve a part as `_solve` does, on the default device of JAX."""
    # JAX is optional, and takes a second to import.
    from neuro_attn.solver import conjugate_gradient_jax

    n_outputs = result.intercept.shape[2]
    for problem in range(part.first_problem, part.last_problem):
        labels = task.labels[problem % len(task.labels), part.first_set : part.last_set]
        weight = task.weight[problem % len(task.weight)]
        weight = weight[part.first_set : part.last_set] if len(weight) > 1 else weight
        X, n_products = task.X[problem], len(labels) * n_outputs
        prepared = prepare(X, task.C, task.n_classes, float(weight.mean()), n_products)
        if not prepared.imprecise:
            found: Found = conjugate_gradient_jax.minimise(
                prepared,
                labels,
                weight,
                n_outputs=n_outputs,
                tolerance=task.tolerance,
                max_iterations=task.max_iterations,
            )
            _store(X, prepared, found, problem, part.first_set, result)


def _solve_again(task: _Task, problem: int, max_iterations: int, result: _Result) -> None:
    """Solve the label sets of a problem that did not converge, in float64, then by Newton."""
    left = np.flatnonzero(~result.converged[problem])
    own_weight = task.weight[problem % len(task.weight)]
    own_weight = own_weight[left] if len(own_weight) > 1 else own_weight
    labels = task.labels[problem % len(task.labels), left]
    again = task._replace(
        X=task.X[[problem]].astype(np.float64),
        labels=labels[None],
        weight=own_weight[None].astype(np.float64),
    )
    rest = _empty_result(again)
    if task.X.dtype == np.float32:
        _solve(again, _Part(0, 1, 0, len(left)), rest)
    else:
        for into, so_far in zip(rest, result, strict=True):
            into[0] = so_far[problem, left]
        rest.n_iterations.fill(0)
    for label_set in np.flatnonzero(~rest.converged[0]):
        found = newton.solve(
            again.X[0],
            labels[label_set],
            begin=newton.Optimum(
                rest.weights[0, label_set].T, rest.intercept[0, label_set], converged=False
            ),
            n_classes=task.n_classes,
            C=task.C,
            weight=again.weight[0, label_set % len(own_weight)],
            tolerance=task.tolerance,
            max_steps=max_iterations,
        )
        rest.weights[0, label_set], rest.intercept[0, label_set] = found.weights.T, found.intercept
        rest.converged[0, label_set] = found.converged
        rest.n_iterations[0, label_set] += found.n_steps
    result.weights[problem, left], result.intercept[problem, left] = rest.weights, rest.intercept
    result.converged[problem, left] = rest.converged
    result.n_iterations[problem, left] += rest.n_iterations[0]
