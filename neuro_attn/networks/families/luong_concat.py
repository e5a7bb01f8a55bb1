"""Luong attention with the concat score (Luong, Pham & Manning 2015, equation 8).

e_s = v' tanh(W [d; h_s]),  a = softmax(e),  c = sum_s a_s h_s

A network with one hidden layer scores each encoder state together with the decoder state.
Encoder and decoder are those of `neuro_attn.networks.luong`.

Populations: ``decoder`` (d_1) and ``attentional`` (z_1), computed at each step t as if the trial
ended at t.
"""

import jax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import ConcatAttention
from neuro_attn.networks.luong import Luong

ATTENDED = "step"
RECOMPUTED = ("decoder", "attentional")


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Luong:
    """Return an untrained network."""
    n_units = settings.hidden
    key_attention, key = jax.random.split(key)
    attention = ConcatAttention(n_units, n_units, n_units, key_attention)
    return Luong(key, n_inputs, n_outputs, n_units, attention)
