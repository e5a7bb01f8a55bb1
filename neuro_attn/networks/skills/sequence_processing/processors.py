"""Recurrent, convolutional and self-attention networks of about the same number of weights.

X^l = layer_l(X^{l-1}),  y_t = V LN(X^L_t)

X^0_t = E x_t + b (+ g p_t, a position; `neuro_attn.networks.self_attention.Embedding`). All are
causal: y_t depends on x_1, ..., x_t alone. They differ in the layers, which move information
between steps.

- ``gru``: X^1_t = GRU(X^0_t, X^1_{t-1}) (Cho et al. 2014).
- ``dilated-convolution``: X^l_t = X^{l-1}_t + gelu(b + sum_j W_j LN(X^{l-1}_{t - j d})), with j =
  0, ..., k - 1, kernel size k = 2 and dilations d = 1, 2, 4, ... (van den Oord et al. 2016,
  WaveNet; Bai, Kolter & Koltun 2018, section 3). L layers reach 2^L steps.
- ``undilated-convolution``: the same with d = 1. L layers reach L + 1 steps.
- ``self-attention``: one causal Transformer block (Vaswani et al. 2017) on sinusoidal positions.
- ``self-attention-without-positions``: the same without positions.
"""

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import Array

from neuro_attn.networks.families.transformer import Block
from neuro_attn.networks.layers import Recurrent
from neuro_attn.networks.self_attention import Embedding, Positions, causal
from neuro_attn.networks.skills.sequence_processing.tasks import CHANNELS, ITEMS

KERNEL = 2
"""Number of steps that a convolution combines."""
HEADS = 2
"""Number of attention heads."""


class Layer(eqx.Module):
    """A layer that moves information between the steps of a sequence."""

    @abstractmethod
    def __call__(self, before: Array) -> Array:
        """Return X^l, shape (time, unit), of X^{l-1}, shape (time, unit)."""

    def update(self, before: Array, now: Array) -> Array:
        """Compute all steps of X^l at once, from what each of them depends on directly.

        A computer with enough processors does this in one step. X^l is the fixed point in `now`.

        Parameters
        ----------
        before : array, shape (time, unit)
            X^{l-1}.
        now : array, shape (time, unit)
            X^l as known so far. Layers without recurrence ignore it.
        """
        return self(before)


class Recurrence(Layer):
    """A layer of gated recurrent units."""

    recurrent: Recurrent

    def __call__(self, before: Array) -> Array:
        """Return X^l; see `Layer`."""
        return self.recurrent(before, jnp.ones(len(before), bool))

    def update(self, before: Array, now: Array) -> Array:
        """Compute all steps from the given previous ones; see `Layer`."""
        return jax.vmap(self.recurrent.cell)(before, jnp.pad(now, ((1, 0), (0, 0)))[:-1])


class Convolution(Layer):
    """A causal convolution with a residual connection.

    Parameters
    ----------
    n_units, kernel, dilation : int
        Number of units, number of steps that are combined, and distance between them.
    key : jax.Array
        Random key of the initial weights.
    """

    norm: eqx.nn.LayerNorm
    W: Array
    b: Array
    dilation: int = eqx.field(static=True)

    def __init__(self, n_units: int, kernel: int, dilation: int, key: Array):
        self.norm = eqx.nn.LayerNorm(n_units)
        scale = (2 / (kernel * n_units)) ** 0.5  # He et al. 2015, for rectifiers
        self.W = scale * jax.random.normal(key, (kernel, n_units, n_units))
        self.b = jnp.zeros(n_units)
        self.dilation = dilation

    def __call__(self, before: Array) -> Array:
        """Return X^l; see `Layer`."""
        n_past = (len(self.W) - 1) * self.dilation
        padded = jnp.pad(jax.vmap(self.norm)(before), ((n_past, 0), (0, 0)))
        past = [padded[n_past - j * self.dilation :][: len(before)] for j in range(len(self.W))]
        mixed = sum(states @ weights for states, weights in zip(past, self.W, strict=True))
        return before + jax.nn.gelu(self.b + mixed)


class SelfAttention(Layer):
    """A causal Transformer block."""

    block: Block

    def __call__(self, before: Array) -> Array:
        """Return X^l; see `Layer`."""
        return self.attend(before, causal(len(before)))

    def attend(self, before: Array, present: Array) -> Array:
        """Return X^l if step t attends to the steps s with ``present[t, s]``."""
        memory = self.block.memory(before)
        return jax.vmap(self.block, in_axes=(0, None, 0))(before, memory, present)[0]


class Processor(eqx.Module):
    """Network that processes a sequence causally; see the module."""

    embedding: Embedding
    layers: list[Layer]
    norm: eqx.nn.LayerNorm
    readout: eqx.nn.Linear

    def read(self, states: Array) -> Array:
        """Return y, shape (time, item), of X^L, shape (time, unit)."""
        return jax.vmap(lambda state: self.readout(self.norm(state)))(states)

    def __call__(self, inputs: Array) -> Array:
        """Return y, the scores of the items at each step.

        Parameters
        ----------
        inputs : array, shape (time, channel)
            x.

        Returns
        -------
        array, shape (time, item)
        """
        states = self.embedding(inputs)
        for layer in self.layers:
            states = layer(states)
        return self.read(states)

    def loss(self, inputs: Array, target: Array, key: Array, first: int = 0) -> Array:
        """Return the cross-entropy, nats, averaged over the steps with an answer.

        Parameters
        ----------
        inputs : array, shape (time, channel)
            x.
        target : array, shape (time, item)
            The correct items, one-hot; all 0 at steps without an answer.
        key, first
            Unused; see `neuro_attn.networks.learning.Learnable`.
        """
        lost = optax.losses.softmax_cross_entropy(self(inputs), target)
        return lost.sum() / target.sum()


def n_weights(network: eqx.Module) -> int:
    """Return the number of weights of a network, or of its shapes."""
    leaves = jax.tree.leaves(network)
    return sum(each.size for each in leaves if isinstance(each, jax.Array | jax.ShapeDtypeStruct))


class Family(NamedTuple):
    """What distinguishes the families."""

    layer: Callable[[int, int, Array], Layer]
    """From the number of units, the number of layers below and a random key to a layer."""
    n_layers: Callable[[int], int]
    """Smallest number of layers with which the last step depends on the first of a sequence."""
    positions: Positions = "none"
    """Encoding of the position."""


FAMILIES = {
    "gru": Family(lambda n, _, key: Recurrence(Recurrent(n, n, key)), lambda length: 1),
    "dilated-convolution": Family(
        lambda n, below, key: Convolution(n, KERNEL, KERNEL**below, key),
        lambda length: next(n for n in count(1) if KERNEL**n >= length),
    ),
    "undilated-convolution": Family(
        lambda n, _, key: Convolution(n, KERNEL, 1, key),
        lambda length: -(-(length - 1) // (KERNEL - 1)),
    ),
    "self-attention": Family(
        lambda n, _, key: SelfAttention(Block(n, HEADS, key)), lambda length: 1, "sinusoidal"
    ),
    "self-attention-without-positions": Family(
        lambda n, _, key: SelfAttention(Block(n, HEADS, key)), lambda length: 1
    ),
}
"""The families, by name."""


def build(family: str, key: Array, *, n_units: int, n_layers: int) -> Processor:
    """Return an untrained network.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    key : jax.Array
        Random key of the initial weights.
    n_units, n_layers : int
        Number of units of each X^l, and of layers.
    """
    key_embedding, key_readout, *keys = jax.random.split(key, 2 + n_layers)
    layer, _, positions = FAMILIES[family]
    return Processor(
        Embedding(CHANNELS, n_units, positions, 0, key_embedding),
        [layer(n_units, below, key) for below, key in enumerate(keys)],
        eqx.nn.LayerNorm(n_units),
        eqx.nn.Linear(n_units, ITEMS, key=key_readout),
    )


def trained_layers(family: str, length: int) -> int:
    """Return the number of layers of a network that is trained on sequences of one length.

    The undilated convolution has as many layers as the dilated one, which reach less.
    """
    name = "dilated-convolution" if family == "undilated-convolution" else family
    return FAMILIES[name].n_layers(length)


def width(family: str, hidden: int, length: int) -> int:
    """Return the number of units with which a network has as many weights as the GRU, nearly.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    hidden : int
        Number of units of the GRU.
    length : int
        Length of the sequences on which the network is trained.
    """

    def size(family: str, n_units: int) -> int:
        n_layers = trained_layers(family, length)
        return n_weights(
            eqx.filter_eval_shape(
                build, family, jax.random.key(0), n_units=n_units, n_layers=n_layers
            )
        )

    wanted = size("gru", hidden)
    larger = bisect_left(range(4 * hidden), wanted, lo=1, key=lambda n: size(family, n))
    return min(larger, max(larger - 1, 1), key=lambda n: abs(size(family, n) - wanted))
