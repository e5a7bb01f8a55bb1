r"""The losses of logistic regression: their slope and curvature in the scores.

Scores F are (problem, labelling, class * row), with one class only for two-class problems. The
slope of the loss in the scores is (pull - target) / scale: ``pull`` depends on the scores, and
``target`` on the labels. The curvature is the diagonal W of the loss's second derivative.

Functions take the array module, numpy or jax.numpy, so that one text serves both.
"""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

Array = Any
"""An array of numpy or JAX."""
NEGLIGIBLE = 1e-9
"""Scores, as the root of their sum of squares, that are as good as 0."""


class TwoClass(NamedTuple):
    r"""The loss log(1 + exp(-s F)) of labels s = +1 and -1, with p - y = (tanh(F / 2) - s) / 2."""

    target: Array
    """v s, shape (problem, labelling, row)."""
    weight: Array | None = None
    """Weights v of the rows, of the same shape; None for 1."""
    n_outputs: int = 1
    scale: float = 2.0

    def slope_and_curvature(self, xp: ModuleType, scores: Array) -> tuple[Array, Array, Array]:
        """Return the pull, the curvature, and what `bend` needs besides."""
        pull = xp.tanh(0.5 * scores)
        curvature = 0.25 - 0.25 * pull * pull
        if self.weight is not None:
            pull, curvature = self.weight * pull, self.weight * curvature
        return pull, curvature, None

    def bend(self, xp: ModuleType, curvature: Array, extra: None, change: Array) -> Array:
        """Return change' S change, S the second derivative with `curvature` on its diagonal."""
        return dot(xp, curvature * change, change)


class Softmax(NamedTuple):
    r"""The loss -log p_y of the softmax p = exp(F) / sum(exp(F))."""

    target: Array
    """v for the true class and 0 for the others, shape (problem, labelling, class * row)."""
    weight: Array | None
    """Weights v of the rows, repeated for the classes, of the same shape; None for 1."""
    n_outputs: int
    scale: float = 1.0

    def slope_and_curvature(self, xp: ModuleType, scores: Array) -> tuple[Array, Array, Array]:
        """Return the pull, the curvature, and what `bend` needs besides."""
        by_class = scores.reshape(*scores.shape[:-1], self.n_outputs, -1)
        power = xp.exp(by_class - by_class.max(axis=-2, keepdims=True))
        p = (power / power.sum(axis=-2, keepdims=True)).reshape(scores.shape)
        pull = p if self.weight is None else self.weight * p
        return pull, pull - pull * p, (p, pull)

    def bend(
        self,
        xp: ModuleType,
        curvature: Array,
        extra: tuple[Array, Array],
        change: Array,
    ) -> Array:
        """Return change' S change, S the second derivative with `curvature` on its diagonal."""
        p, pull = extra
        shape = (*p.shape[:-1], self.n_outputs, -1)
        mean = (p * change).reshape(shape).sum(axis=-2, keepdims=True)
        # Off the diagonal stands -v p p'; it is taken with the diagonal, which is put back.
        across = (pull.reshape(shape) * mean).reshape(p.shape)
        return dot(xp, (curvature + pull * p) * change - across, change)


Loss = TwoClass | Softmax


def loss_of(n_outputs: int, target: Array, weight: Array | None) -> Loss:
    """Return the loss for one output (two classes) or for as many as there are classes."""
    return TwoClass(target, weight) if n_outputs == 1 else Softmax(target, weight, n_outputs)


def dot(xp: ModuleType, a: Array, b: Array) -> Array:
    """Return the inner product over the last axis, which is kept with length 1."""
    if xp is np:
        return np.vecdot(a, b)[..., None]
    # XLA adds up a row one by one on a CPU; as a matrix product it takes half the time.
    products = (a * b).reshape(-1, a.shape[-1]) @ xp.ones((a.shape[-1], 1), a.dtype)
    return products.reshape(*a.shape[:-1], 1)
