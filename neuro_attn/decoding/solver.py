"""Ridge logistic regression for many data sets and labellings at once.

`fit` prepares each data set once for all its labellings, runs conjugate gradients (`gradients`) on
blocks of them, and hands the few that this does not solve to Newton's method (`newton`).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from threadpoolctl import ThreadpoolController

from neuro_attn.decoding import newton
from neuro_attn.decoding.gradients import Preconditioner, State, minimise, start
from neuro_attn.decoding.losses import Loss, loss_of

MOST_GRADIENT_STEPS = 200
"""Where more would be needed, Newton's method is quicker."""
ENOUGH = 0.85
"""Part of a block that is done when what is left of all blocks is gathered in new ones."""
DIGITS_DOWN_TO = 3e-4
"""Curvature p (1 - p) of a typical row below which float32 has too few digits for 1 - p."""
BLOCK = 128
"""Outputs that are iterated together; more would leave the processor's cache."""
STABLE_STEP = 1.9
"""Longest step where Q does not see all rows."""
ROUGH_UP_TO = 1e3
"""Strength of the data against the ridge up to which float32 inverts to 1e-4."""
SHARED_FROM = 8
"""Outputs from which a problem is worth blocks of its own."""
BLOCK_BYTES = 3_000_000
"""Matrices of problems with fewer outputs that are iterated together."""
COMPILED_FROM = 5e8
"""Multiplications an iteration, over everything, from which compiling the loop pays."""


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
    size = n_rows * min(n_rows, 2 * n_units)
    together = 1 if many else max(1, BLOCK_BYTES // (X.itemsize * size))
    compiled = many and n_problems * n_labellings * n_outputs * size >= COMPILED_FROM
    weights = np.empty((n_problems, n_labellings, n_outputs, n_units), X.dtype)
    intercept = np.empty((n_problems, n_labellings, n_outputs), X.dtype)
    converged = np.empty((n_problems, n_labellings), bool)
    parts = [slice(first, first + together) for first in range(0, n_problems, together)]

    def fit_part(part: slice) -> int:
        data, labels = X[part], y[part] if len(y) > 1 else y
        row_weight = weight if weight is None or len(weight) == 1 else weight[part]
        preconditioner = precondition(data, C, n_classes, row_weight, n_labellings * n_outputs)
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
                preconditioner,
                tolerance,
                max_iterations,
                compiled,
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


def precondition(
    X: np.ndarray, C: float, n_classes: int, weight: np.ndarray | None, n_products: int
) -> Preconditioner:
    """Prepare data for all their labellings; where digits are scarce, in float64.

    Parameters
    ----------
    X : array, shape (problem, row, unit)
        Centred data. Where they have too few digits, what is returned is in float64.
    C, n_classes, weight
        As in `fit`.
    n_products : int
        Labellings and classes that will be multiplied in each iteration; many make it worth
        multiplying the factors of Q first.
    """
    n, d = X.shape[-2:]
    mean_weight = 1.0 if weight is None else weight.mean(axis=(-2, -1), keepdims=True)
    # trace(K) = trace(X'X); a typical row has this much of it.
    trace = _squares(X)
    spread = C * mean_weight * trace / n
    curvature = mean_weight * _typical_curvature(spread, n_classes)
    strength = C * curvature
    dtype = np.float64 if curvature.min() < DIGITS_DOWN_TO * np.min(mean_weight) else X.dtype
    one = 1 / (curvature * n)
    left, longest = None, np.inf
    # About 20 iterations follow, in which Q saves work.
    as_Q = n <= d or (20 * n_products * (2 * d - n) > n * d and dtype == np.float32)
    Xt = np.swapaxes(X, -1, -2)
    gram = X @ Xt if n <= d else Xt @ X
    leading = C * _squares(gram) / np.maximum(trace, np.finfo(float).tiny)
    # What is wrong with the inverse is wrong with the optimum, and Q loses more digits.
    rough = dtype == np.float32 and not as_Q and (curvature * leading).max() < ROUGH_UP_TO
    inverse = _inverse(gram, strength, np.float32 if rough else np.float64)
    if n <= d:
        # Q = C K (I + C kappa K)^-1, without a product.
        right = (np.eye(n) - inverse) / curvature + one
    elif as_Q:
        right = (C * (X @ inverse)).astype(dtype) @ Xt + one
        longest = STABLE_STEP
    else:
        inverse *= C
        left = np.empty((*X.shape[:-1], d + 1), dtype)
        left[..., :-1] = X @ inverse
        left[..., -1:] = one
        right = np.empty((len(X), d + 1, n), dtype)
        right[:, :-1] = Xt
        right[:, -1] = 1
    return Preconditioner(
        left,
        right.astype(dtype, copy=False),
        curvature.astype(dtype),
        leading.astype(dtype),
        C,
        longest,
    )


def _squares(matrices: np.ndarray) -> np.ndarray:
    """Return the sums of squares of (problem, ...), shape (problem, 1, 1), in float64."""
    flat = matrices.reshape(len(matrices), -1)
    return np.vecdot(flat, flat).astype(np.float64)[:, None, None]


def _typical_curvature(spread: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the curvature that rows will have when labels say nothing about the data.

    A row pulls its own scores by alpha = C (1 - p), times its share of trace(K); where pull and
    margin m agree, m = spread (1 - p(m)) n / (n - 1) for n classes, with p(m) the softmax of a
    margin of m over all other classes.
    """
    others = n_classes - 1
    pull = spread * (n_classes / others if n_classes > 2 else 1)
    margin = np.zeros_like(spread)
    # Newton's method from the left, where the slope is steepest, does not overshoot.
    for _ in range(40):
        miss = others / (np.exp(margin) + others)
        margin = margin - (margin - pull * miss) / (1 + pull * miss * (1 - miss))
    miss = others / (np.exp(margin) + others)
    each = miss / others
    return (miss * (1 - miss) + others * each * (1 - each)) / n_classes


def _inverse(
    gram: np.ndarray, strength: np.ndarray, dtype: np.dtype | type = np.float64
) -> np.ndarray:
    """Return (I + strength gram)^-1."""
    regular = (strength.astype(dtype) * gram).astype(dtype, copy=False)
    regular[:, np.arange(gram.shape[-1]), np.arange(gram.shape[-1])] += 1
    return scipy.linalg.inv(regular, assume_a="pos", overwrite_a=True, check_finite=False)


def _solve(
    X: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    C: float,
    weight: np.ndarray | None,
    preconditioner: Preconditioner,
    tolerance: float,
    max_iterations: int,
    compiled: bool,
    threads: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return weights (problem, labelling, output, unit), intercepts, converged, iterations."""
    dtype = preconditioner.curvature.dtype
    loss = _loss(y, len(X), n_classes, weight, dtype)
    most = min(max_iterations, MOST_GRADIENT_STEPS)
    compiled = compiled and dtype == np.float32
    scores, inner, done, n_iterations = _converge(
        loss, preconditioner, tolerance, most, compiled, threads
    )
    shape = (len(X), y.shape[-1], loss.n_outputs)
    if preconditioner.left is None:
        alpha = C * ((inner + loss.target) / loss.scale - preconditioner.curvature * scores)
        weights = alpha.reshape(len(X), -1, X.shape[-2]) @ X
        weights = weights.reshape(*shape, X.shape[-1])
    else:
        weights = inner.reshape(*shape, -1)[..., :-1] / loss.scale
    intercept = scores.reshape(*shape, -1).mean(axis=-1)
    further = 0
    for problem in np.flatnonzero(~done.all(axis=1)):
        left = np.flatnonzero(~done[problem])
        own_weight = None
        if weight is not None:
            own_weight = np.broadcast_to(weight[problem % len(weight)], y.shape[1:])[None, :, left]
        again = (X[[problem]].astype(np.float64), y[[problem % len(y)]][..., left], n_classes, C)
        if dtype == np.float32:
            exact = precondition(again[0], C, n_classes, own_weight, len(left))
            found = _solve(*again, own_weight, exact, tolerance, max_iterations, False, 1)
        else:
            begin = weights[problem, left], intercept[problem, left]
            found = _newton(*again, own_weight, *begin, tolerance, max_iterations)
        weights[problem, left], intercept[problem, left], done[problem, left] = found[:3]
        further = max(further, found[3])
    return weights, intercept, done, n_iterations + further


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
    loss: Loss,
    preconditioner: Preconditioner,
    tolerance: float,
    max_iterations: int,
    compiled: bool,
    threads: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return scores, what weights follow from, and which (problem, labelling) are done.

    Blocks are iterated until most of them are done; what is left is gathered in fewer blocks, so
    that quick labellings do not wait for slow ones. Blocks are of labellings where there is one
    problem, else of problems.
    """
    axis = 1 if len(loss.target) == 1 else 0
    n = loss.target.shape[axis]
    size = max(1, BLOCK // loss.n_outputs) if axis == 1 else n
    scores = inner = np.empty(0, loss.target.dtype)
    done = np.zeros(loss.target.shape[:2], bool)
    waiting, state, used = np.arange(n), None, 0

    def iterate(first: int) -> tuple[np.ndarray, State, int]:
        index = waiting[first : first + size]
        padding = size - len(index) if compiled else 0
        # Compiled loops want blocks of one size; the padding counts as done.
        taken = np.concatenate([index, np.repeat(index[:1], padding)])
        part = loss._replace(
            target=_take(loss.target, taken, axis),
            weight=None if loss.weight is None else _take(loss.weight, taken, axis),
        )
        own = preconditioner if axis == 1 else _take_problems(preconditioner, taken)
        if state is None:
            block = start(part, own)
        else:
            among = first + np.concatenate([np.arange(len(index)), np.zeros(padding, int)])
            block = State(*(_take(each, among, axis) for each in state))
        if padding:
            block.done[:, len(index) :] = True
        enough = 1.0 if len(waiting) <= max(1, size // 4) else ENOUGH
        final, iterations = minimise(
            block,
            part,
            own,
            tolerance,
            (padding + enough * len(index)) / (padding + len(index)),
            max_iterations - used,
            compiled,
        )
        if padding:
            final = State(*(_take(each, slice(len(index)), axis) for each in final))
        return index, final, iterations

    while len(waiting) and used < max_iterations:
        left: list[tuple[np.ndarray, State]] = []
        most = 0
        for index, final, iterations in _each(iterate, range(0, len(waiting), size), threads):
            if not scores.size:
                scores = np.empty((*loss.target.shape[:2], final.scores.shape[-1]), scores.dtype)
                inner = np.empty((*loss.target.shape[:2], final.inner.shape[-1]), scores.dtype)
            place = (slice(None),) * axis + (index,)
            scores[place], inner[place] = final.scores, final.inner
            done[place] = final.done[..., 0]
            rest = np.flatnonzero(~(final.done | final.lost)[..., 0].all(axis=1 - axis))
            left.append((index[rest], State(*(_take(each, rest, axis) for each in final))))
            most = max(most, iterations)
        used += most
        waiting = np.concatenate([index for index, _ in left])
        parts = zip(*(rest for _, rest in left), strict=True)
        state = State(*(np.concatenate(each, axis) for each in parts))
    return scores, inner, done, used


def _take(values: np.ndarray, index: np.ndarray | slice, axis: int) -> np.ndarray:
    return values[:, index] if axis == 1 else values[index]


def _take_problems(preconditioner: Preconditioner, index: np.ndarray | slice) -> Preconditioner:
    return preconditioner._replace(
        left=None if preconditioner.left is None else preconditioner.left[index],
        right=preconditioner.right[index],
        curvature=preconditioner.curvature[index],
        leading=preconditioner.leading[index],
    )
