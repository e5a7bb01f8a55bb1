"""What a network costs on a sequence: sequential steps, paths, multiply-adds, memory.

The dependencies between steps are those of the derivatives: X^l_t depends on X^{l-1}_s or X^l_s if
its derivative with respect to it, in a random direction at random states, is not exactly 0.
"""

import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import ClosedJaxpr, Jaxpr

from neuro_attn.networks.skills.sequence_processing.processors import Layer, Processor
from neuro_attn.networks.skills.sequence_processing.tasks import CHANNELS

NEVER = np.inf


class Dependencies(NamedTuple):
    """On which steps (second axis) each step (first axis) of a layer depends directly."""

    before: np.ndarray
    """Of the layer below, shape (time, time), bool."""
    now: np.ndarray
    """Of the layer itself, shape (time, time), bool."""


@eqx.filter_jit
def _slopes(layer: Layer, before: Array, now: Array, along: Array) -> tuple[Array, Array]:
    """Return derivatives along a direction at each step, shape (source, time, unit), two times."""
    directions = jnp.eye(len(along))[:, :, None] * along
    still = jnp.zeros_like(along)

    def of_before(direction: Array) -> Array:
        return jax.jvp(layer.update, (before, now), (direction, still))[1]

    def of_now(direction: Array) -> Array:
        return jax.jvp(layer.update, (before, now), (still, direction))[1]

    return jax.vmap(of_before)(directions), jax.vmap(of_now)(directions)


def dependencies(layer: Layer, length: int, n_units: int) -> Dependencies:
    """Measure on which steps each step of a layer depends directly.

    Parameters
    ----------
    layer : Layer
        The layer.
    length, n_units : int
        Numbers of steps and of units.
    """
    states = np.random.default_rng(0).normal(size=(3, length, n_units)).astype(np.float32)
    slopes = _slopes(layer, *map(jnp.asarray, states))
    return Dependencies(*(np.any(np.asarray(each) != 0, axis=2).T for each in slopes))


class Chains(NamedTuple):
    """Chains of dependencies that lead to the last step of a network's output."""

    path_length: np.ndarray
    """Number of moves on the shortest path from the input at each step, shape (time,); infinite if
    there is no path."""
    sequential_steps: int
    """Number of updates that must wait for each other: the longest chain."""


def chains(network: Processor, length: int) -> Chains:
    """Measure the shortest and the longest chains of dependencies.

    An update of X^l_t is one step. A dependency on another step is one move; one on the same step
    is none. The shortest path from an input is that with the fewest moves.

    Parameters
    ----------
    network : Processor
        The network.
    length : int
        Length of the sequence.
    """
    moves = np.where(np.eye(length, dtype=bool), 0.0, NEVER)
    waits = np.zeros(length)
    away = 1.0 - np.eye(length)
    for layer in network.layers:
        found = dependencies(layer, length, network.norm.shape[0])
        below_moves, below_waits = moves, waits
        moves, waits = np.full((length, length), NEVER), np.zeros(length)
        for step in range(length):
            # Causal: what a step depends on within its layer is an earlier step, done already.
            for sources, from_moves, from_waits in (
                (found.before[step], below_moves, below_waits),
                (found.now[step], moves, waits),
            ):
                if sources.any():
                    ways = from_moves[sources] + away[step, sources, None]
                    moves[step] = np.minimum(moves[step], ways.min(axis=0))
                    waits[step] = max(waits[step], 1 + from_waits[sources].max())
    return Chains(moves[-1], int(waits[-1]))


def multiply_adds(network: Processor, length: int) -> int:
    """Return the number of multiply-adds of matrix products for a sequence of some length."""
    inputs = jnp.zeros((length, CHANNELS))
    return _multiply_adds(jax.make_jaxpr(network)(inputs).jaxpr)


def _multiply_adds(jaxpr: Jaxpr) -> int:
    total = 0
    for equation in jaxpr.eqns:
        name, given = equation.primitive.name, equation.params
        if name == "dot_general":
            (contracted, _), _ = given["dimension_numbers"]
            shape, made = (_shape(each[0].aval) for each in (equation.invars, equation.outvars))
            total += math.prod(made) * math.prod(shape[axis] for axis in contracted)
        times = given["length"] if name == "scan" else 1
        total += times * sum(map(_multiply_adds, _within(given)))
    return total


def _shape(aval: Any) -> tuple[int, ...]:
    return tuple(aval.shape)


def _within(given: dict[str, Any]) -> list[Jaxpr]:
    """Return the programs that an operation runs."""
    found = [each for each in given.values() if isinstance(each, Jaxpr | ClosedJaxpr)]
    return [each.jaxpr if isinstance(each, ClosedJaxpr) else each for each in found]


def held(network: Processor, length: int) -> int:
    """Return how many numbers are held from the forward to the backward pass of training."""
    weights, rest = eqx.partition(network, eqx.is_inexact_array)

    def backward(weights: Processor, inputs: Array) -> Any:
        return jax.vjp(lambda weights: eqx.combine(weights, rest)(inputs), weights)[1]

    inputs = jnp.zeros((length, CHANNELS))
    return sum(each.size for each in jax.tree.leaves(jax.eval_shape(backward, weights, inputs)))
