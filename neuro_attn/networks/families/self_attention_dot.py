"""Self-attention without projections: steps attend to steps with a similar embedding.

X_t = E x_t + b + g p_t
A = softmax(X X'),  Y = A X
y = perceptron(LN(Y_T))

The attention scores X X' are symmetric and have no weights of their own: similarity between steps
is determined by the embedding alone. Without positions, the layer is permutation-equivariant:
reordering the steps reorders the states in the same way.

Population: ``attended`` (Y_t), computed at each step t as if the trial ended at t.
"""

import equinox as eqx
import jax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import DotAttention, attend_to_self
from neuro_attn.networks.self_attention import (
    Embedding,
    Encoded,
    Positions,
    WholeEncoder,
    normalised_perceptron,
)

ATTENDED = "step"
RECOMPUTED = ("attended",)


class SelfAttentionDot(WholeEncoder):
    """Embedding followed by dot-product self-attention and a perceptron readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of units of the embedding.
    positions : {"none", "sinusoidal", "learned"}
        Position encoding.
    n_steps : int
        Number of steps with a learned position.
    """

    embedding: Embedding
    attention: DotAttention
    readout: eqx.nn.Sequential

    def __init__(
        self,
        key: Array,
        n_inputs: int,
        n_outputs: int,
        n_units: int,
        positions: Positions,
        n_steps: int,
    ):
        key_embedding, key_readout = jax.random.split(key)
        self.embedding = Embedding(n_inputs, n_units, positions, n_steps, key_embedding)
        self.attention = DotAttention()
        self.readout = normalised_perceptron(n_units, n_outputs, n_units, key_readout)

    def encode(self, read: Array, present: Array) -> Encoded:
        """Encode the steps of a trial; see `Encoder`."""
        attended, weights = attend_to_self(self.attention, self.embedding(read), present)
        return Encoded(attended, {"attended": attended}, {"attention": weights})


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> SelfAttentionDot:
    """Return an untrained network."""
    sizes = n_inputs, n_outputs, settings.hidden
    return SelfAttentionDot(key, *sizes, settings.positions, settings.encoded_steps)
