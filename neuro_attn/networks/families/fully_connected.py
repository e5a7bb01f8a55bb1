"""Attention by position: the decoder alone sets the weights, over a fixed maximal length.

The decoder is that of a widely used tutorial (Robertson, "NLP from scratch: translation with a
sequence to sequence network and attention", PyTorch documentation).

h_t = GRU(x_t, h_{t-1})
d_0 = h_T
a = softmax(W [y_{k-1}; d_{k-1}]),  c_k = sum_s a_s h_s
z_k = relu(W_c [y_{k-1}; c_k]),  d_k = GRU(z_k, d_{k-1}),  y_k = V d_k,  y_0 = 0

The weight of a step depends on its position in the trial and not on the encoder state at that step:
replacing the encoder states leaves a unchanged. W has one row per step of the longest trial. Future
steps get zero weight.

Populations: ``decoder`` (d_1) and ``combined`` (z_1), computed at each step t as if the trial ended
at t.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.errors import InputError
from neuro_attn.networks import noise
from neuro_attn.networks.attention import Attention
from neuro_attn.networks.layers import GatedCell, Recurrent, recurrent_cell
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS

ATTENDED = "step"
RECOMPUTED = ("decoder", "combined")


class PositionAttention(Attention):
    """Attention scores that depend on the query and the position only: e = W q + b.

    Parameters
    ----------
    n_query, longest : int
        Size of the query q, and number of positions.
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
    """State and output of the decoder at one step of the report."""

    state: Array
    """d_k, shape (unit,)."""
    combined: Array
    """z_k, shape (unit,)."""
    report: Array
    """y_k, shape (output,)."""
    weights: Array
    """Attention weights a, shape (longest,)."""


class FullyConnected(Model):
    """Encoder and a decoder that attends to positions in the trial.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    n_units : int
        Number of units of the encoder and of the decoder.
    longest : int
        Number of steps of the longest trial.
    """

    encoder: Recurrent
    attention: PositionAttention
    combine: eqx.nn.Linear
    decoder: GatedCell
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
        return self.answer(self.encode(inputs), len(inputs) - 1, n_report)

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        memory = self.encode(inputs)
        steps = jnp.arange(len(inputs))
        return jax.vmap(lambda last: self.answer(memory, last, n_report))(steps)

    def answer(self, memory: Array, last: Array | int, n_report: int) -> Array:
        """Return the report, shape (report_step, output), if the trial ends at step `last`."""
        present = jnp.arange(len(memory)) <= last

        def step(model: FullyConnected, now: Decoded, nothing: None) -> tuple[Decoded, Array]:
            now = model.step(memory, present, now)
            return now, now.report

        begin = self.begin(memory[last])
        return noise.scan(noise.at(self, last), step, begin, length=n_report)[1]

    def encode(self, read: Array) -> Array:
        """Return the encoder states h_t, zero-padded to the length of the longest trial.

        Parameters
        ----------
        read : array, shape (time, input)
            Input of the trial.

        Returns
        -------
        array, shape (longest, unit)

        Raises
        ------
        InputError
            If the trial has more than `longest` steps.
        """
        if len(read) > self.longest:
            raise InputError(
                "fully-connected attention",
                f"has weights for {self.longest} steps, but the trial has {len(read)}.",
                "Build the network for longer trials.",
            )
        states = self.encoder(read, jnp.ones(len(read), bool))
        return jnp.pad(states, ((0, self.longest - len(read)), (0, 0)))

    def begin(self, last: Array) -> Decoded:
        """Return the initial decoder state, given the encoder's last state, shape (unit,)."""
        report = jnp.zeros(self.readout.out_features)
        return Decoded(last, jnp.zeros_like(last), report, jnp.zeros(self.longest))

    def step(self, memory: Array, present: Array, before: Decoded) -> Decoded:
        """Advance the decoder by one step.

        Parameters
        ----------
        memory : array, shape (longest, unit)
            Encoder states h.
        present : array, shape (longest,), bool
            Steps that can be attended to.
        before : Decoded
            The previous step.
        """
        query = jnp.concatenate([before.report, before.state])
        context, weights = self.attention(query, memory, present)
        combined = jax.nn.relu(self.combine(jnp.concatenate([before.report, context])))
        state = self.decoder(combined, before.state)
        return Decoded(state, combined, self.readout(state), weights)

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        memory = self.encode(inputs)

        def at(step: Array) -> Decoded:
            present = jnp.arange(len(memory)) <= step
            return noise.at(self, step).step(memory, present, self.begin(memory[step]))

        decoded = jax.vmap(at)(jnp.arange(len(inputs)))
        read = memory[: len(inputs)]
        populations = {"encoder": read, "decoder": decoded.state, "combined": decoded.combined}
        return populations, {"attention": decoded.weights}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> FullyConnected:
    """Return an untrained network."""
    return FullyConnected(key, n_inputs, n_outputs, settings.hidden, settings.encoded_steps)
