"""Recurrent encoder-decoder with queries, keys and values (Vaswani et al. 2017, section 3.2.3).

Q = W_Q d,  K = W_K h,  V = W_V h
a = softmax(Q K' / sqrt(n)),  c = a V

The query is a projection of the decoder state. Keys, which are compared with the query, and values,
which are read out, are different projections of the encoder states. Encoder and decoder are those
of `neuro_attn.networks.luong`.

Populations: ``decoder`` (d_1) and ``context`` (c_1), computed at each step t as if the trial ended
at t.
"""

import jax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import QKVAttention
from neuro_attn.networks.luong import Decoded, Luong

ATTENDED = "step"
RECOMPUTED = ("decoder", "context")


class QKV(Luong):
    """Luong network with QKV attention, whose context is recorded.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of units of encoder and decoder.
    """

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        key_attention, key = jax.random.split(key)
        attention = QKVAttention(n_units, n_units, n_units, key_attention)
        super().__init__(key, n_inputs, n_outputs, n_units, attention)

    def populations(self, decoded: Decoded) -> dict[str, Array]:
        """Return the recorded populations of the decoder, shape (unit,) each."""
        return {"decoder": decoded.state, "context": decoded.context}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> QKV:
    """Return an untrained network."""
    return QKV(key, n_inputs, n_outputs, settings.hidden)
