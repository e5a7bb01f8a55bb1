"""Luong attention with the dot score (Luong, Pham & Manning 2015, equation 8).

e_s = d' h_s,  a = softmax(e),  c = sum_s a_s h_s

The decoder state is the query, without a projection: the decoder attends to encoder states that
are similar to its own. Encoder and decoder are those of `neuro_attn.networks.luong`.

Populations: ``decoder`` (d_1) and ``attentional`` (z_1), computed at each step t as if the trial
ended at t.
"""

from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import DotAttention
from neuro_attn.networks.luong import Luong

ATTENDED = "step"
RECOMPUTED = ("decoder", "attentional")


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Luong:
    """Return an untrained network."""
    n_units = settings.hidden
    return Luong(key, n_inputs, n_outputs, n_units, DotAttention())
