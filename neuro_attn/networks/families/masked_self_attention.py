"""Masked self-attention: no step attends to later steps (Vaswani et al. 2017, section 3.2.3).

X^0_t = E x_t + b + g p_t
Q, K, V = X W_Q, X W_K, X W_V
X^l = X^{l-1} + softmax(M + Q K' / sqrt(n)) V,  M_ts = 0 for s <= t, minus infinity for s > t
y = perceptron(LN(X^L_T))

The states of a step do not depend on later steps: the derivative of X^l_t with respect to x_s is
exactly 0 for s > t. One pass therefore yields the states of every step, which `self-attention-qkv`
recomputes for every t.

Populations: ``layer1``, ``layer2``, ... (X^l_t, the residual stream).
"""

import equinox as eqx
import jax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.residual import ResidualAttention
from neuro_attn.networks.self_attention import CausalEncoder, Encoded, normalised_perceptron

ATTENDED = "step"


class MaskedSelfAttention(CausalEncoder):
    """Self-attention layers with a causal mask, followed by a perceptron readout.

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


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> MaskedSelfAttention:
    """Return an untrained network."""
    return MaskedSelfAttention(key, n_inputs, n_outputs, settings)
