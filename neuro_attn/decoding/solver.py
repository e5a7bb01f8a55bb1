"""Ridge logistic regression for many data sets and labellings at once.

`fit` prepares each data set once for all its labellings (`preconditioner`), runs conjugate
gradients on them (`gradients`, or `accelerator` where JAX sees one and there is much to do), and
hands the few that this does not solve to Newton's method (`newton`).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from neuro_attn.decoding import newton
from neuro_attn.decoding.gradients import Found, minimise
from neuro_attn.decoding.preconditioner import ByRows, ByUnits, prepare

MOST_GRADIENT_STEPS = 200
"""Where more would be needed, Newton's method is quicker."""
BLOCK_BYTES = 12_000_000
"""Matrices of problems that are prepared together."""
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
        Problems, or parts of the labellings of one, that are solved at the same time.

    Returns
    -------
    Solution
    """
    n_problems, n_rows, n_units = X.shape
    n_labellings = y.shape[-1]
    n_outputs = 1 if n_classes == 2 else n_classes
    labels = np.ascontiguousarray(np.swapaxes(y, -1, -2), np.int32)
    row_weight = np.ones((1, 1, n_rows)) if weight is None else np.swapaxes(weight, -1, -2)
    weights = np.empty((n_problems, n_labellings, n_outputs, n_units), X.dtype)
    intercept = np.empty((n_problems, n_labellings, n_outputs), X.dtype)
    converged = np.empty((n_problems, n_labellings), bool)

    def solve(work: tuple[np.ndarray, ByUnits | ByRows, int, slice]) -> int:
        data, shared, problem, columns = work
        own_weight = row_weight[problem % len(row_weight)]
        found = _solve(
            data,
            labels[problem % len(labels), columns],
            n_classes,
            C,
            own_weight if len(own_weight) == 1 else own_weight[columns],
            shared,
            tolerance,
            max_iterations,
        )
        weights[problem, columns], intercept[problem, columns] = found[:2]
        converged[problem, columns] = found[2]
        return found[3]

    size = n_rows**2 if n_rows <= n_units else n_units * (n_rows + n_units)
    together = max(1, BLOCK_BYTES // (X.itemsize * size))
    together = min(together, -(-n_problems // threads))
    starts = range(0, n_problems, together)
    # Where there are too few problems to share, labellings are.
    shares = threads if len(starts) == 1 else 1
    n_columns = min(batch, -(-n_labellings // shares))

    def fit_part(start: int) -> int:
        part = slice(start, start + together)
        own_weight = None if weight is None else weight[part if len(weight) > 1 else slice(None)]
        shared = prepare(X[part], C, n_classes, own_weight, n_labellings * n_outputs)
        work = [
            (X[start + at], own, start + at, slice(left, left + n_columns))
            for at, own in enumerate(shared)
            for left in range(0, n_labellings, n_columns)
        ]
        return max(_each(solve, work, shares))

    with one_blas_thread():
        n_iterations = max(_each(fit_part, starts, threads if shares == 1 else 1))
    return Solution(np.moveaxis(weights, -1, 1), intercept, converged, n_iterations)


def _each(run: Callable[[Any], int], items: Sequence[Any], threads: int) -> list[int]:
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
    labels: np.ndarray,
    n_classes: int,
    C: float,
    weight: np.ndarray,
    shared: ByUnits | ByRows,
    tolerance: float,
    max_iterations: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return weights (labelling, output, unit), intercepts, converged, and iterations."""
    n_outputs = 1 if n_classes == 2 else n_classes
    most = min(max_iterations, MOST_GRADIENT_STEPS)
    found = _way(X, shared, len(labels) * n_outputs)(
        shared, labels, weight, n_outputs, tolerance, most
    )
    weights, intercept, converged = _weights(found, X, shared), found.intercept, found.converged
    further = 0
    left = np.flatnonzero(~converged)
    if len(left):
        own_weight = weight if len(weight) == 1 else weight[left]
        again = X.astype(np.float64), labels[left], n_classes, C, own_weight
        if found.place.dtype == np.float32:
            (exact,) = prepare(again[0][None], C, n_classes, own_weight.T[None], 1)
            rest = _solve(*again, exact, tolerance, max_iterations)
        else:
            rest = _newton(*again, weights[left], intercept[left], tolerance, max_iterations)
        weights[left], intercept[left], converged[left], further = rest
    return weights, intercept, converged, int(found.n_iterations.max()) + further


def _way(X: np.ndarray, shared: ByUnits | ByRows, n_products: int) -> Callable[..., Found]:
    """Return what minimises: compiled for the processor, or by JAX for an accelerator."""
    single = (shared.Q if isinstance(shared, ByRows) else shared.inverse).dtype == np.float32
    if single and n_products * X.size >= ACCELERATED_FROM and _accelerator_at_hand():
        # JAX takes a second to import.
        from neuro_attn.decoding import accelerator

        return accelerator.minimise
    return minimise


@cache
def _accelerator_at_hand() -> bool:
    # JAX finds them by plugins; without one its import is spared.
    if find_spec("jax_plugins") is None:
        return False
    import jax

    return jax.default_backend() != "cpu"


def _weights(found: Found, X: np.ndarray, shared: ByUnits | ByRows) -> np.ndarray:
    """Return weights (labelling, output, unit)."""
    shape = found.intercept.shape
    if isinstance(shared, ByUnits):
        return found.place.reshape(*shape, -1)[..., :-1]
    alpha = shared.C * found.place.reshape(-1, len(X))
    weights: np.ndarray = alpha @ X
    return weights.reshape(*shape, -1)


def _newton(
    X: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    C: float,
    weight: np.ndarray,
    weights: np.ndarray,
    intercept: np.ndarray,
    tolerance: float,
    max_iterations: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Solve the labellings of one problem one by one."""
    solved = [
        newton.solve(
            X,
            label,
            n_classes,
            C,
            weight[labelling % len(weight)],
            newton.Optimum(weights[labelling].T, intercept[labelling], False),
            tolerance,
            max_iterations,
        )
        for labelling, label in enumerate(labels)
    ]
    return (
        np.stack([each.weights.T for each in solved]),
        np.stack([each.intercept for each in solved]),
        np.array([each.converged for each in solved]),
        max(each.n_steps for each in solved),
    )
