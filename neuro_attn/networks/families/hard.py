"""Hard attention: the decoder attends to one encoder state at a time (Xu et al. 2015, section 4.1).

a = softmax(d' W h_s),  s ~ Categorical(a),  c = h_s

The expectation of c over samples is the context of soft attention, sum_s a_s h_s. Sampling has no
gradient. During training the network samples s and uses the straight-through estimator (Bengio,
Leonard & Courville 2013): the weights are one-hot(s) + a - constant(a), so their gradient is that
of the soft weights. During testing and recording it attends to the most probable state, so that its
output is deterministic. Encoder and decoder are those of `neuro_attn.networks.luong`, with the
general score.

Populations: ``decoder`` (d_1) and ``attentional`` (z_1), computed at each step t as if the trial
ended at t.
"""

import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import GeneralAttention
from neuro_attn.networks.luong import Luong

ATTENDED = "step"
RECOMPUTED = ("decoder", "attentional")


class Hard(Luong):
    """Luong network that attends to one encoder state at a time.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of units of encoder and decoder.
    """

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        key_attention, key = jax.random.split(key)
        attention = GeneralAttention(n_units, n_units, key_attention)
        super().__init__(key, n_inputs, n_outputs, n_units, attention)

    def attend(
        self, state: Array, memory: Array, present: Array, key: Array | None
    ) -> tuple[Array, Array]:
        """Return the attended encoder state and one-hot attention weights.

        Parameters
        ----------
        state, memory, present : array
            See `Attention`; `state` is the query.
        key : jax.Array or None
            Random key for sampling the state; None selects the most probable state.

        Returns
        -------
        context : array, shape (unit,)
            The attended state.
        weights : array, shape (source,)
            One-hot weights; if sampled, their gradient is that of the soft weights.
        """
        _, soft = self.attention(state, memory, present)
        if key is None:
            weights = jax.nn.one_hot(jnp.argmax(soft), len(soft))
        else:
            # Absent sources have a soft weight of 0, hence a logit of minus infinity.
            drawn = jax.random.categorical(key, jnp.log(jax.lax.stop_gradient(soft)))
            weights = jax.nn.one_hot(drawn, len(soft)) + (soft - jax.lax.stop_gradient(soft))
        return weights @ self.attention.values(memory), weights

    def report_in_training(self, inputs: Array, n_report: int, key: Array) -> Array:
        """Return a report with sampled attention; see `Model`."""
        return self(inputs, n_report, key)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Hard:
    """Return an untrained network."""
    return Hard(key, n_inputs, n_outputs, settings.hidden)
