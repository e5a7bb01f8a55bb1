"""Sequence to sequence with additive attention (Bahdanau, Cho & Bengio 2015).

f_s = GRU(x_s, f_{s-1}),  b_s = GRU(x_s, b_{s+1}),  h_s = [f_s; b_s]
d_0 = tanh(W_0 b_0)
e_s = v' tanh(W d_{k-1} + U h_s),  a = softmax(e),  c_k = sum_s a_s h_s
d_k = GRU([y_{k-1}; c_k], d_{k-1}),  y_k = V d_k,  y_0 = 0

Populations: ``encoder`` (f_t), ``decoder`` (d_1) and ``context`` (c_1), the latter two as they
would be if the trial ended at t. The backward states b_s see every step from s to the end of what
is read: online they are computed anew for every t, over the steps up to t, and are no population.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import AdditiveAttention
from neuro_attn.networks.layers import Recurrent, recurrent_cell
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import ENCODED_STEPS, REPORT_STEPS

ATTENDED = "step"


class Bahdanau(Model):
    """Bidirectional encoder, and a decoder that attends to its states.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes; both directions of the encoder, the attention and the decoder have as many units.
    """

    forward: Recurrent
    backward: Recurrent
    start: eqx.nn.Linear
    attention: AdditiveAttention
    decoder: eqx.nn.GRUCell
    readout: eqx.nn.Linear
    n_units: int = eqx.field(static=True)
    n_outputs: int = eqx.field(static=True)

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 6)
        self.forward = Recurrent(n_inputs, n_units, keys[0])
        self.backward = Recurrent(n_inputs, n_units, keys[1])
        self.start = eqx.nn.Linear(n_units, n_units, key=keys[2])
        self.attention = AdditiveAttention(n_units, 2 * n_units, n_units, keys[3])
        self.decoder = recurrent_cell(n_outputs + 2 * n_units, n_units, keys[4])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[5])
        self.n_units, self.n_outputs = n_units, n_outputs

    def __call__(self, inputs: Array) -> Array:
        """Report on a trial; see `Model`."""
        present = jnp.ones(ENCODED_STEPS, bool)
        memory = self.encode(inputs, present)

        def step(carry: tuple[Array, Array], nothing: None) -> tuple[tuple[Array, Array], Array]:
            state, report, *_ = self.step(memory, present, *carry)
            return (state, report), report

        return jax.lax.scan(step, self.begin(memory), length=REPORT_STEPS)[1]

    def encode(self, inputs: Array, present: Array) -> Array:
        """Return the states h_s, shape (source, 2 unit).

        Parameters
        ----------
        inputs : array, shape (time, input)
            A whole trial.
        present : array, shape (source,), bool
            The steps that the backward half reads; the forward half reads all.
        """
        read = inputs[:ENCODED_STEPS]
        forward = self.forward(read, jnp.ones(ENCODED_STEPS, bool))
        backward = self.backward(read[::-1], present[::-1])[::-1]
        return jnp.concatenate([forward, backward], axis=1)

    def begin(self, memory: Array) -> tuple[Array, Array]:
        """Return d_0, shape (unit,), and y_0, shape (output,)."""
        backward = memory[0, self.n_units :]
        return jnp.tanh(self.start(backward)), jnp.zeros(self.n_outputs)

    def step(
        self, memory: Array, present: Array, state: Array, report: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Return d_k, y_k, c_k and a from h, d_{k-1} and y_{k-1}."""
        context, weights = self.attention(state, memory, present)
        state = self.decoder(jnp.concatenate([report, context]), state)
        return state, self.readout(state), context, weights

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""

        def at(step: Array) -> tuple[Array, Array, Array, Array]:
            present = jnp.arange(ENCODED_STEPS) <= step
            memory = self.encode(inputs, present)
            state, _, context, weights = self.step(memory, present, *self.begin(memory))
            return memory[step, : self.n_units], state, context, weights

        # What does not depend on the step, the forward half, is computed once for all of them.
        encoder, decoder, context, weights = jax.vmap(at)(jnp.arange(ENCODED_STEPS))
        return {"encoder": encoder, "decoder": decoder, "context": context}, {"attention": weights}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Bahdanau:
    """Return an untrained network."""
    return Bahdanau(key, n_inputs, n_outputs, settings.hidden)
