"""Hard attention: one state is attended to at a time (Xu et al. 2015, section 4.1).

a = softmax(d' W h_s),  s ~ Categorical(a),  c = h_s

The mean of c over samples is the context of soft attention, sum_s a_s h_s. Sampling has no
gradient; while it learns, the network draws s and passes the gradient of the soft weights straight
through (Bengio, Leonard & Courville 2013): the weights are one-hot(s) + a - constant(a). When it
is tested and recorded, it attends to the most likely state, so that nothing is random. Encoder and
decoder are those of `neuro_attn.networks.luong`, with the general score.

Populations: ``decoder`` (d_1) and ``attentional`` (z_1), as they would be if the trial ended at t.
"""

import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import GeneralAttention
from neuro_attn.networks.luong import Luong

ATTENDED = "step"


class Hard(Luong):
    """A host that attends to one state at a time.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes.
    """

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        key_attention, key = jax.random.split(key)
        attention = GeneralAttention(n_units, n_units, key_attention)
        super().__init__(key, n_inputs, n_outputs, n_units, attention)

    def attend(
        self, state: Array, memory: Array, present: Array, key: Array | None
    ) -> tuple[Array, Array]:
        """Return the attended state and one-hot weights.

        Parameters
        ----------
        state, memory, present : array
            See `Attention`.
        key : jax.Array or None
            Draw the state with this key; None takes the most likely one.

        Returns
        -------
        context : array, shape (unit,)
        weights : array, shape (source,)
            One-hot; with a key, their gradient is that of the soft weights.
        """
        _, soft = self.attention(state, memory, present)
        if key is None:
            weights = jax.nn.one_hot(jnp.argmax(soft), len(soft))
        else:
            # Where nothing is present the soft weight is 0, and its logarithm excludes it.
            drawn = jax.random.categorical(key, jnp.log(jax.lax.stop_gradient(soft)))
            weights = jax.nn.one_hot(drawn, len(soft)) + (soft - jax.lax.stop_gradient(soft))
        return weights @ self.attention.values(memory), weights

    def report_in_training(self, inputs: Array, n_report: int, key: Array) -> Array:
        """Return a report for which attention was drawn; see `Model`."""
        return self(inputs, n_report, key)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Hard:
    """Return an untrained network."""
    return Hard(key, n_inputs, n_outputs, settings.hidden)
