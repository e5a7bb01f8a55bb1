"""Read and write operations on a memory of slots (Graves, Wayne & Danihelka 2014).

The neural Turing machine and the differentiable neural computer share these operations. The memory
M has one row per slot. A weighting w has one non-negative weight per slot, with a sum of at most 1.
"""

import jax
import jax.numpy as jnp
from jax import Array

SMALL = 1e-6
"""Added to squared norms, so that the cosine similarity with an empty slot is 0."""


def content(memory: Array, key: Array, strength: Array) -> Array:
    """Address the memory by content: w_i ~ exp(strength cos(key, M_i)).

    Parameters
    ----------
    memory : array, shape (slot, word)
        M.
    key : array, shape (word,)
        Content to search for.
    strength : array, shape ()
        Inverse temperature; 0 gives uniform weights.

    Returns
    -------
    array, shape (slot,)
        Weighting that sums to 1.
    """
    lengths = jnp.sqrt((jnp.sum(memory**2, axis=1) + SMALL) * (jnp.sum(key**2) + SMALL))
    return jax.nn.softmax(strength * (memory @ key) / lengths)


def interpolate(gate: Array, one: Array, other: Array) -> Array:
    """Return gate * one + (1 - gate) * other."""
    return gate * one + (1 - gate) * other


def shift(weights: Array, by: Array) -> Array:
    """Shift a weighting by circular convolution over slots: w_i = sum_j w_{i-j} by_j.

    Parameters
    ----------
    weights : array, shape (slot,)
        The weighting.
    by : array, shape (3,)
        Weights of a shift by -1, 0 and 1 slots.

    Returns
    -------
    array, shape (slot,)
    """
    return by[0] * jnp.roll(weights, -1) + by[1] * weights + by[2] * jnp.roll(weights, 1)


def sharpen(weights: Array, power: Array) -> Array:
    """Return w^power, normalised to sum to 1, which reverses the blur of a shift."""
    # The lower bound avoids the undefined derivative of 0^power.
    powered = jnp.maximum(weights, SMALL) ** power
    return powered / powered.sum()


def write(memory: Array, weights: Array, erased: Array, word: Array) -> Array:
    """Erase and add with weighting w: return M (1 - w e') + w v'.

    Parameters
    ----------
    memory : array, shape (slot, word)
        M.
    weights : array, shape (slot,)
        Write weighting w.
    erased : array, shape (word,)
        Erase vector e, in [0, 1].
    word : array, shape (word,)
        Vector v to add.

    Returns
    -------
    array, shape (slot, word)
    """
    return memory * (1 - jnp.outer(weights, erased)) + jnp.outer(weights, word)


def read(memory: Array, weights: Array) -> Array:
    """Return the word read from memory, w' M, shape (word,)."""
    return weights @ memory
