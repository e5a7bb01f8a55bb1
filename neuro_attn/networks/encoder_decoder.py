"""Transformer with an encoder, a decoder and cross-attention (Vaswani et al. 2017).

encoder: X^0_s = E x_s + b + g p_s,  X' = X + self(LN X),  X = X' + MLP(LN X')
decoder: Y^0_k = F w_{k-1} + b + g p_k,  Y' = Y + self(LN Y),  Y'' = Y' + cross(LN Y', LN X^L),
         Y = Y'' + MLP(LN Y''),  y_k = V LN Y^L_k

Every step of the encoder attends to all of its steps, a step of the decoder to itself and to
earlier ones. Keys and values of X^L are computed once, and those of the decoder's steps are cached.
Heads can share keys and values in `groups`: as many as heads are multi-head attention, one is
multi-query attention (Shazeer 2019), others are grouped-query attention (Ainslie et al. 2023).
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.attention import Memory, MultiHeadAttention
from neuro_attn.networks.families.transformer import WIDENING, Block
from neuro_attn.networks.self_attention import Embedding, causal, perceptron


class Shape(NamedTuple):
    """The sizes of a Transformer with encoder and decoder."""

    inputs: int
    """Size of x_s."""
    outputs: int
    """Size of w_k and of y_k."""
    units: int
    """Size of the residual streams."""
    layers: int
    """Number of blocks of the encoder, and of the decoder."""
    heads: int
    """Heads of every attention."""
    groups: int
    """Groups of heads that share keys and values; a divisor of the number of heads."""


class Cache(NamedTuple):
    """The steps that a decoder has taken."""

    memories: tuple[Memory, ...]
    """Keys and values of each block; rows from `time` on are not used."""
    time: Array
    """Number of steps taken, shape (), int."""


class Decoded(NamedTuple):
    """Output of the decoder."""

    scores: Array
    """y_k, shape (..., output)."""
    weights: Array
    """Cross-attention of each block and head, shape (..., layer, head, source)."""


class DecoderBlock(eqx.Module):
    """A layer of the decoder: self-attention, cross-attention and a perceptron."""

    self_norm: eqx.nn.LayerNorm
    self_attention: MultiHeadAttention
    cross_norm: eqx.nn.LayerNorm
    cross_attention: MultiHeadAttention
    mlp_norm: eqx.nn.LayerNorm
    mlp: eqx.nn.MLP

    def __init__(self, shape: Shape, key: Array):
        key_self, key_cross, key_mlp = jax.random.split(key, 3)
        self.self_norm, self.cross_norm, self.mlp_norm = (
            eqx.nn.LayerNorm(shape.units) for _ in range(3)
        )
        self.self_attention, self.cross_attention = (
            MultiHeadAttention(shape.units, shape.heads, each, shape.groups)
            for each in (key_self, key_cross)
        )
        self.mlp = perceptron(shape.units, shape.units, WIDENING * shape.units, key_mlp)

    def memory(self, states: Array) -> Memory:
        """Return keys and values of steps, given their residual stream, shape (time, unit)."""
        return self.self_attention.memory(jax.vmap(self.self_norm)(states))

    def __call__(
        self, state: Array, own: tuple[Memory, Array], source: tuple[Memory, Array]
    ) -> tuple[Array, Array]:
        """Update the residual stream of one step.

        Parameters
        ----------
        state : array, shape (unit,)
            The step's residual stream.
        own, source : tuple of Memory and array, shape (row,), bool
            Keys and values of the decoder's steps and of the encoder's, and which are present.

        Returns
        -------
        state : array, shape (unit,)
            The updated residual stream.
        weights : array, shape (head, source)
            Weights of the cross-attention.
        """
        state = state + self.self_attention(self.self_norm(state), *own)[0]
        attended, weights = self.cross_attention(self.cross_norm(state), *source)
        state = state + attended
        return state + self.mlp(self.mlp_norm(state)), weights


class EncoderDecoder(eqx.Module):
    """Transformer that reads one sequence and writes another.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    shape : Shape
        Its sizes.
    """

    source_embedding: Embedding
    encoder: list[Block]
    source_norm: eqx.nn.LayerNorm
    target_embedding: Embedding
    decoder: list[DecoderBlock]
    norm: eqx.nn.LayerNorm
    readout: eqx.nn.Linear

    def __init__(self, key: Array, shape: Shape):
        key_source, key_target, key_readout, *keys = jax.random.split(key, 3 + 2 * shape.layers)
        n_units = shape.units
        self.source_embedding = Embedding(shape.inputs, n_units, "sinusoidal", 0, key_source)
        self.target_embedding = Embedding(shape.outputs, n_units, "sinusoidal", 0, key_target)
        self.encoder = [
            Block(n_units, shape.heads, each, shape.groups) for each in keys[: shape.layers]
        ]
        self.decoder = [DecoderBlock(shape, each) for each in keys[shape.layers :]]
        self.source_norm, self.norm = eqx.nn.LayerNorm(n_units), eqx.nn.LayerNorm(n_units)
        self.readout = eqx.nn.Linear(n_units, shape.outputs, key=key_readout)

    def read(self, inputs: Array, present: Array) -> tuple[Memory, ...]:
        """Return keys and values of the source for the cross-attention of each block.

        Parameters
        ----------
        inputs : array, shape (source, input)
            x_s.
        present : array, shape (source,), bool
            Steps that can be attended to.
        """
        states = self.source_embedding(inputs)
        for block in self.encoder:
            states, _ = jax.vmap(block, in_axes=(0, None, None))(
                states, block.memory(states), present
            )
        states = jax.vmap(self.source_norm)(states)
        return tuple(block.cross_attention.memory(states) for block in self.decoder)

    def write(self, source: tuple[Memory, ...], present: Array, previous: Array) -> Decoded:
        """Return the output at all steps in one pass, given the words before each.

        Parameters
        ----------
        source, present
            As returned by and given to `read`.
        previous : array, shape (target, output)
            w_0, w_1, ...
        """
        states = self.target_embedding(previous)
        mask, weights = causal(len(previous)), []
        for block, memory in zip(self.decoder, source, strict=True):
            own = block.memory(states)
            states, attended = jax.vmap(block, in_axes=(0, (None, 0), None))(
                states, (own, mask), (memory, present)
            )
            weights.append(attended)
        return Decoded(jax.vmap(self._scores)(states), jnp.stack(weights, axis=1))

    def begin(self, n_steps: int) -> Cache:
        """Return an empty cache for a number of steps."""
        blank = jnp.zeros((n_steps, self.target_embedding.n_units))
        return Cache(tuple(block.memory(blank) for block in self.decoder), jnp.array(0))

    def step(
        self, source: tuple[Memory, ...], present: Array, cache: Cache, previous: Array
    ) -> tuple[Cache, Decoded]:
        """Return the cache and the output after one step.

        Parameters
        ----------
        source, present
            As for `write`.
        cache : Cache
            Earlier steps.
        previous : array, shape (output,)
            w_{k-1}.
        """
        n_steps = len(cache.memories[0].keys)
        encoding = self.target_embedding.encoding(n_steps)[cache.time]
        state = self.target_embedding.linear(previous) + encoding
        until_now = jnp.arange(n_steps) <= cache.time
        memories, weights = [], []
        for block, own, memory in zip(self.decoder, cache.memories, source, strict=True):
            row = block.memory(state[None])
            own = jax.tree.map(lambda rows, new: rows.at[cache.time].set(new[0]), own, row)
            state, attended = block(state, (own, until_now), (memory, present))
            memories.append(own)
            weights.append(attended)
        decoded = Decoded(self._scores(state), jnp.stack(weights))
        return Cache(tuple(memories), cache.time + 1), decoded

    def _scores(self, state: Array) -> Array:
        scores: Array = self.readout(self.norm(state))
        return scores
