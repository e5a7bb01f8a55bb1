"""Multi-head self-attention with a causal mask (Vaswani et al. 2017, section 3.2.2).

X_t = E x_t + b + g p_t
H^i = softmax(Q^i K^i' / sqrt(n)) V^i,  Q^i, K^i, V^i = X W_Q^i, X W_K^i, X W_V^i
C = [H^1; H^2; ...],  Z = X + W_O C
y = perceptron(LN(Z_T))

Each head has its own projections. Their size is chosen such that the concatenation C is as large as
X. One head with W_O = I is single-head attention.

Populations: ``head1``, ``head2``, ... (H^i_t) and ``concatenated`` (C_t).
"""

import equinox as eqx
import jax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import MultiHeadAttention
from neuro_attn.networks.self_attention import (
    CausalEncoder,
    Embedding,
    Encoded,
    normalised_perceptron,
)

ATTENDED = "step"


class MultiHead(CausalEncoder):
    """Embedding followed by one layer of multi-head self-attention and a perceptron readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    settings : Network
        Numbers of units and heads, and the position encoding.
    """

    embedding: Embedding
    attention: MultiHeadAttention
    readout: eqx.nn.Sequential

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, settings: Network):
        keys = jax.random.split(key, 3)
        n_units = settings.hidden
        self.embedding = Embedding(
            n_inputs, n_units, settings.positions, settings.encoded_steps, keys[0]
        )
        self.attention = MultiHeadAttention(n_units, settings.heads, keys[1])
        self.readout = normalised_perceptron(n_units, n_outputs, n_units, keys[2])

    def encode(self, read: Array, present: Array) -> Encoded:
        """Encode the steps of a trial; see `Encoder`."""
        states = self.embedding(read)
        heads, weights = jax.vmap(self.attention.heads, in_axes=(0, None, 0))(
            states, self.attention.memory(states), present
        )
        concatenated = heads.reshape(len(states), -1)
        populations = {f"head{i + 1}": heads[:, i] for i in range(heads.shape[1])}
        attention = {f"head{i + 1}": weights[:, i] for i in range(heads.shape[1])}
        return Encoded(
            states + jax.vmap(self.attention.O)(concatenated),
            {**populations, "concatenated": concatenated},
            attention,
        )


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> MultiHead:
    """Return an untrained network."""
    return MultiHead(key, n_inputs, n_outputs, settings)
