"""Attention by position: weights from the decoder alone, over a fixed maximal length.

This is the decoder of a much used tutorial (Robertson, "NLP from scratch: translation with a
sequence to sequence network and attention", PyTorch documentation).

h_t = GRU(x_t, h_{t-1})
d_0 = h_T
a = softmax(W [y_{k-1}; d_{k-1}]),  c_k = sum_s a_s h_s
z_k = relu(W_c [y_{k-1}; c_k]),  d_k = GRU(z_k, d_{k-1}),  y_k = V d_k,  y_0 = 0

The weight of a step comes from its place in the trial, never from what was there: replacing the
encoder's states leaves a unchanged, and W has as many rows as the longest trial has steps. Steps
that have not come yet get no weight.

Populations: ``decoder`` (d_1) and ``combined`` (z_1), as they would be if the trial ended at t.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.errors import InputError
from neuro_attn.networks.attention import Attention
from neuro_attn.networks.layers import Recurrent, recurrent_cell
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS

ATTENDED = "step"


class PositionAttention(Attention):
    """e = W q + b: a score for each place, whatever is there.

    Parameters
    ----------
    n_query, longest : int
        Size of q, and number of places.
    key : jax.Array
        Random key of the initial weights.
    """

    W: eqx.nn.Linear

    def __init__(self, n_query: int, longest: int, key: Array):
        self.W = eqx.nn.Linear(n_query, longest, key=key)

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e; see `Attention`."""
        return self.W(query)


class Decoded(NamedTuple):
    """What the decoder does at one step of the report."""

    state: Array
    """d_k, shape (unit,)."""
    combined: Array
    """z_k, shape (unit,)."""
    report: Array
    """y_k, shape (output,)."""
    weights: Array
    """a, shape (longest,)."""


class FullyConnected(Model):
    """Encoder, and a decoder that attends to places in the trial.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes; encoder and decoder have the same number of units.
    longest : int
        Steps of the longest trial that can be attended to.
    """

    encoder: Recurrent
    attention: PositionAttention
    combine: eqx.nn.Linear
    decoder: eqx.nn.GRUCell
    readout: eqx.nn.Linear
    longest: int = eqx.field(static=True)

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int, longest: int):
        keys = jax.random.split(key, 5)
        self.encoder = Recurrent(n_inputs, n_units, keys[0])
        self.attention = PositionAttention(n_outputs + n_units, longest, keys[1])
        self.combine = eqx.nn.Linear(n_outputs + n_units, n_units, key=keys[2])
        self.decoder = recurrent_cell(n_units, n_units, keys[3])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[4])
        self.longest = longest

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        memory = self.encode(inputs)
        present = jnp.arange(len(memory)) < len(inputs)

        def step(now: Decoded, nothing: None) -> tuple[Decoded, Array]:
            now = self.step(memory, present, now)
            return now, now.report

        begin = self.begin(memory[len(inputs) - 1])
        return jax.lax.scan(step, begin, length=n_report)[1]

    def encode(self, read: Array) -> Array:
        """Return the encoder's states h_t, with zeros up to the longest trial.

        Parameters
        ----------
        read : array, shape (time, input)
            What is read of a trial.

        Returns
        -------
        array, shape (longest, unit)

        Raises
        ------
        InputError
            If there are more steps than can be attended to.
        """
        if len(read) > self.longest:
            raise InputError(
                "fully-connected attention",
                f"has weights for {self.longest} steps, not for {len(read)}.",
                "Build it for longer trials.",
            )
        states = self.encoder(read, jnp.ones(len(read), bool))
        return jnp.pad(states, ((0, self.longest - len(read)), (0, 0)))

    def begin(self, last: Array) -> Decoded:
        """Return the decoder before its first step, from the encoder's last state."""
        report = jnp.zeros(self.readout.out_features)
        return Decoded(last, jnp.zeros_like(last), report, jnp.zeros(self.longest))

    def step(self, memory: Array, present: Array, before: Decoded) -> Decoded:
        """Return the next step of the decoder, from h and the step before."""
        query = jnp.concatenate([before.report, before.state])
        context, weights = self.attention(query, memory, present)
        combined = jax.nn.relu(self.combine(jnp.concatenate([before.report, context])))
        state = self.decoder(combined, before.state)
        return Decoded(state, combined, self.readout(state), weights)

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        memory = self.encode(inputs)

        def at(step: Array) -> Decoded:
            return self.step(memory, jnp.arange(len(memory)) <= step, self.begin(memory[step]))

        decoded = jax.vmap(at)(jnp.arange(len(inputs)))
        populations = {"decoder": decoded.state, "combined": decoded.combined}
        return populations, {"attention": decoded.weights}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> FullyConnected:
    """Return an untrained network."""
    return FullyConnected(key, n_inputs, n_outputs, settings.hidden, settings.encoded_steps)
