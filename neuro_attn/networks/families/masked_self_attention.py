"""Masked self-attention: no step attends to later ones (Vaswani et al. 2017, section 3.2.3).

X^0_t = E x_t + b + g p_t
Q, K, V = X W_Q, X W_K, X W_V
X^l = X^{l-1} + softmax(M + Q K' / sqrt(n)) V,  M_ts = 0 for s <= t, minus infinity for s > t
y = perceptron(LN(X^L_T))

The states of a step never change once it has come: what `self-attention-qkv` computes anew for
every t, this family keeps. The derivative of X^l_t by x_s is exactly 0 for s > t.

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
    """Layers of self-attention under a causal mask, and a perceptron that reports.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Sizes.
    settings : Network
        Units, layers and positions.
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
        """Encode steps; see `Encoder`."""
        return self.residual(read, present)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> MaskedSelfAttention:
    """Return an untrained network."""
    return MaskedSelfAttention(key, n_inputs, n_outputs, settings)
