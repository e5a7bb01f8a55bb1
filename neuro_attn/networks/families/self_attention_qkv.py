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

from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.residual import ResidualEncoder
from neuro_attn.networks.self_attention import WholeEncoder

ATTENDED = "step"
RECOMPUTED = ("layer",)


class SelfAttentionQKV(ResidualEncoder, WholeEncoder):
    """Self-attention layers without a mask; see `ResidualEncoder`."""

    # Without it, type checkers expect the fields as arguments.
    def __init__(self, key: Array, n_inputs: int, n_outputs: int, settings: Network):
        super().__init__(key, n_inputs, n_outputs, settings)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> SelfAttentionQKV:
    """Return an untrained network."""
    return SelfAttentionQKV(key, n_inputs, n_outputs, settings)
