"""A memory of slots that is written and read by attention (Graves, Wayne & Danihelka 2014).

Shared by the neural Turing machine and the differentiable neural computer. M has a row for each
slot; a weighting w has a number >= 0 for each slot and sums to 1 at most.
"""

import jax
import jax.numpy as jnp
from jax import Array

SMALL = 1e-6
"""Added to squared lengths, so that an empty slot is like nothing at all."""


def content(memory: Array, key: Array, strength: Array) -> Array:
    """Return where a memory is like a key: w_i ~ exp(strength cos(key, M_i)).

    Parameters
    ----------
    memory : array, shape (slot, word)
        M.
    key : array, shape (word,)
        What is looked for.
    strength : array, shape ()
        How much the likest slots are preferred; 0 gives all slots the same.

    Returns
    -------
    array, shape (slot,)
        It sums to 1.
    """
    lengths = jnp.sqrt((jnp.sum(memory**2, axis=1) + SMALL) * (jnp.sum(key**2) + SMALL))
    return jax.nn.softmax(strength * (memory @ key) / lengths)


def interpolate(gate: Array, one: Array, other: Array) -> Array:
    """Return gate * one + (1 - gate) * other; gates of 1 and 0 choose, exactly."""
    return gate * one + (1 - gate) * other


def shift(weights: Array, by: Array) -> Array:
    """Return a weighting turned around the ring of slots: w_i = sum_j w_{i-j} by_j.

    Parameters
    ----------
    weights : array, shape (slot,)
        The weighting.
    by : array, shape (3,)
        Weights of a shift to the slot before, of none, and of one to the slot after.

    Returns
    -------
    array, shape (slot,)
    """
    return by[0] * jnp.roll(weights, -1) + by[1] * weights + by[2] * jnp.roll(weights, 1)


def sharpen(weights: Array, power: Array) -> Array:
    """Return w^power, scaled to sum to 1; what a shift has blurred is sharp again."""
    # The derivative of 0^power is not a number.
    powered = jnp.maximum(weights, SMALL) ** power
    return powered / powered.sum()


def write(memory: Array, weights: Array, erased: Array, word: Array) -> Array:
    """Return M (1 - w e') + w v': slots are erased and added to where w is.

    Parameters
    ----------
    memory : array, shape (slot, word)
        M.
    weights : array, shape (slot,)
        w: where.
    erased : array, shape (word,)
        e in [0, 1]: what is erased.
    word : array, shape (word,)
        v: what is added.

    Returns
    -------
    array, shape (slot, word)
    """
    return memory * (1 - jnp.outer(weights, erased)) + jnp.outer(weights, word)


def read(memory: Array, weights: Array) -> Array:
    """Return w' M, shape (word,)."""
    return weights @ memory
