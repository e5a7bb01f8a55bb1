"""Self-attention layers with residual connections.

X^0_t = E x_t + b + g p_t
X^l = X^{l-1} + softmax(Q K' / sqrt(n)) V,  Q, K, V = X^{l-1} W_Q, X^{l-1} W_K, X^{l-1} W_V
"""

import equinox as eqx
import jax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import QKVAttention, attend_to_self
from neuro_attn.networks.self_attention import (
    Embedding,
    Encoded,
    Encoder,
    Positions,
    normalised_perceptron,
)


class ResidualAttention(eqx.Module):
    """Embedding followed by layers of single-head self-attention.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_units, n_layers : int
        Numbers of input channels, of units and of layers.
    positions : {"none", "sinusoidal", "learned"}
        Position encoding.
    n_steps : int
        Number of steps with a learned position.
    """

    embedding: Embedding
    layers: list[QKVAttention]

    def __init__(
        self,
        key: Array,
        n_inputs: int,
        n_units: int,
        n_layers: int,
        positions: Positions,
        n_steps: int,
    ):
        key, *keys = jax.random.split(key, 1 + n_layers)
        self.embedding = Embedding(n_inputs, n_units, positions, n_steps, key)
        self.layers = [QKVAttention(n_units, n_units, n_units, each) for each in keys]

    def __call__(self, read: Array, present: Array) -> Encoded:
        """Encode steps; see `Encoder.encode`. Each layer is one population and one attention."""
        states = self.embedding(read)
        populations, attention = {}, {}
        for number, layer in enumerate(self.layers, start=1):
            attended, weights = attend_to_self(layer, states, present)
            states = states + attended
            populations[f"layer{number}"], attention[f"layer{number}"] = states, weights
        return Encoded(states, populations, attention)


class ResidualEncoder(Encoder):
    """Self-attention layers with residual connections, followed by a perceptron readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    settings : Network
        Numbers of units and layers, and the position encoding.
    """

    residual: ResidualAttention
    readout: eqx.nn.Sequential

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, settings: Network):
        key, key_readout = jax.random.split(key)
        n_units = settings.hidden
        sizes = n_inputs, n_units, settings.layers
        self.residual = ResidualAttention(key, *sizes, settings.positions, settings.encoded_steps)
        self.readout = normalised_perceptron(n_units, n_outputs, n_units, key_readout)

    def encode(self, read: Array, present: Array) -> Encoded:
        """Encode the steps of a trial; see `Encoder`."""
        return self.residual(read, present)
