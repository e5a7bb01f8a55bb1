"""Self-attention with learned queries, keys and values (Vaswani et al. 2017, section 3.2).

X^0_t = E x_t + b + g p_t
Q, K, V = X W_Q, X W_K, X W_V
X^l = X^{l-1} + softmax(Q K' / sqrt(n)) V
y = perceptron(LN(X^L_T))

Every step attends to all steps, earlier and later ones. Without positions, the layers are
permutation-equivariant: reordering the steps reorders the states in the same way.

Populations: ``layer1``, ``layer2``, ... (X^l_t, the residual stream), computed at each step t as if
the trial ended at t: the layers are rerun on the steps up to t.
"""

import equinox as eqx
import jax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.residual import ResidualAttention
from neuro_attn.networks.self_attention import Encoded, WholeEncoder, normalised_perceptron

ATTENDED = "step"


class SelfAttentionQKV(WholeEncoder):
    """Self-attention layers without a mask, followed by a perceptron readout.

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


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> SelfAttentionQKV:
    """Return an untrained network."""
    return SelfAttentionQKV(key, n_inputs, n_outputs, settings)
