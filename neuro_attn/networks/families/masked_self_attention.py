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

from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.residual import ResidualEncoder
from neuro_attn.networks.self_attention import CausalEncoder

ATTENDED = "step"


class MaskedSelfAttention(ResidualEncoder, CausalEncoder):
    """Self-attention layers with a causal mask; see `ResidualEncoder`."""

    # Without it, type checkers expect the fields as arguments.
    def __init__(self, key: Array, n_inputs: int, n_outputs: int, settings: Network):
        super().__init__(key, n_inputs, n_outputs, settings)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> MaskedSelfAttention:
    """Return an untrained network."""
    return MaskedSelfAttention(key, n_inputs, n_outputs, settings)
