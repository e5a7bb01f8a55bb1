"""Encoder-decoder with attention (Luong, Pham & Manning 2015), shared by several families.

h_t = GRU(x_t, h_{t-1})
d_0 = h_T,  d_k = GRU([y_{k-1}; z_{k-1}], d_{k-1}),  y_0 = 0,  z_0 = 0
c_k = attention(d_k, h_1 ... h_T)
z_k = tanh(W_c [c_k; d_k]),  y_k = V z_k

z is the attentional state, written as h with a tilde in the paper. It is fed back to the decoder
("input feeding"). The families that use this network differ in their attention.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks import noise
from neuro_attn.networks.attention import Attention
from neuro_attn.networks.layers import GatedCell, Recurrent, recurrent_cell
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS


class Decoded(NamedTuple):
    """State and output of the decoder at one step of the report."""

    state: Array
    """d_k, shape (unit,)."""
    attentional: Array
    """z_k, shape (unit,)."""
    report: Array
    """y_k, shape (output,)."""
    context: Array
    """c_k, shape (value,)."""
    weights: Array
    """Attention weights, shape (source,)."""


class Luong(Model):
    """Recurrent encoder and decoder with attention.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    n_units : int
        Number of units of the encoder, of the decoder and of the context.
    attention : Attention
        Attention of the decoder to the encoder states.
    """

    encoder: Recurrent
    decoder: GatedCell
    attention: Attention
    combine: eqx.nn.Linear
    readout: eqx.nn.Linear

    def __init__(
        self, key: Array, n_inputs: int, n_outputs: int, n_units: int, attention: Attention
    ):
        keys = jax.random.split(key, 4)
        self.encoder = Recurrent(n_inputs, n_units, keys[0])
        self.decoder = recurrent_cell(n_outputs + n_units, n_units, keys[1])
        self.attention = attention
        self.combine = eqx.nn.Linear(2 * n_units, n_units, use_bias=False, key=keys[2])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[3])

    def __call__(
        self, inputs: Array, n_report: int = REPORT_STEPS, key: Array | None = None
    ) -> Array:
        """Report on a trial, with stochastic attention if a random key is given; see `Model`."""
        return self.answer(self.encode(inputs), len(inputs) - 1, n_report, key)

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        memory = self.encode(inputs)
        steps = jnp.arange(len(inputs))
        return jax.vmap(lambda last: self.answer(memory, last, n_report))(steps)

    def answer(
        self, memory: Array, last: Array | int, n_report: int, key: Array | None = None
    ) -> Array:
        """Return the report, shape (report_step, output), if the trial ends at step `last`."""
        present = jnp.arange(len(memory)) <= last

        def step(model: Luong, now: Decoded, key: Array | None) -> tuple[Decoded, Array]:
            now = model.step(memory, present, now, key)
            return now, now.report

        keys = None if key is None else jax.random.split(key, n_report)
        begin = self.begin(memory, last)
        return noise.scan(noise.at(self, last), step, begin, keys, length=n_report)[1]

    def encode(self, inputs: Array) -> Array:
        """Return the encoder states h_t, shape (encoded_step, unit)."""
        return self.encoder(inputs, jnp.ones(len(inputs), bool))

    def begin(self, memory: Array, last: Array | int = -1) -> Decoded:
        """Return the initial decoder state.

        Parameters
        ----------
        memory : array, shape (encoded_step, unit)
            Encoder states h.
        last : int
            Index of the encoder state that initialises the decoder.
        """
        nothing = jnp.zeros_like(memory[last])
        report = jnp.zeros(self.readout.out_features)
        return Decoded(memory[last], nothing, report, nothing, jnp.zeros(len(memory)))

    def step(
        self, memory: Array, present: Array, before: Decoded, key: Array | None = None
    ) -> Decoded:
        """Advance the decoder by one step.

        Parameters
        ----------
        memory : array, shape (encoded_step, unit)
            Encoder states h.
        present : array, shape (encoded_step,), bool
            Steps that can be attended to.
        before : Decoded
            The previous step.
        key : jax.Array, optional
            Random key of stochastic attention.
        """
        state = self.decoder(jnp.concatenate([before.report, before.attentional]), before.state)
        context, weights = self.attend(state, memory, present, key)
        attentional = jnp.tanh(self.combine(jnp.concatenate([context, state])))
        return Decoded(state, attentional, self.readout(attentional), context, weights)

    def attend(
        self, state: Array, memory: Array, present: Array, key: Array | None
    ) -> tuple[Array, Array]:
        """Return context and attention weights; see `Attention`."""
        return self.attention(state, memory, present)

    def populations(self, decoded: Decoded) -> dict[str, Array]:
        """Return the recorded populations of the decoder, shape (unit,) each."""
        return {"decoder": decoded.state, "attentional": decoded.attentional}

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        memory = self.encode(inputs)

        def at(step: Array) -> Decoded:
            present = jnp.arange(len(memory)) <= step
            return noise.at(self, step).step(memory, present, self.begin(memory, step))

        decoded = jax.vmap(at)(jnp.arange(len(memory)))
        populations = {"encoder": memory, **self.populations(decoded)}
        return populations, {"attention": decoded.weights}
