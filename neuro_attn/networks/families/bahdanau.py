"""Sequence-to-sequence network with additive attention (Bahdanau, Cho & Bengio 2015).

f_s = GRU(x_s, f_{s-1}),  b_s = GRU(x_s, b_{s+1}),  h_s = [f_s; b_s]
d_0 = tanh(W_0 b_0)
e_s = v' tanh(W d_{k-1} + U h_s),  a = softmax(e),  c_k = sum_s a_s h_s
d_k = GRU([y_{k-1}; c_k], d_{k-1}),  y_k = V d_k,  y_0 = 0

Populations: ``encoder`` (f_t), ``decoder`` (d_1) and ``context`` (c_1). The last two are computed
at each step t as if the trial ended at t. The backward states b_s depend on all steps from s to the
last one read. For online activations we therefore recompute them for every t from the steps up to
t, and do not record them as a population.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks import noise
from neuro_attn.networks.attention import AdditiveAttention
from neuro_attn.networks.layers import Bidirectional, GatedCell, halves, recurrent_cell
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS

ATTENDED = "step"
RECOMPUTED = ("decoder", "context")


class Decoder(eqx.Module):
    """GRU decoder that attends to the encoder states at each step of the report.

    Parameters
    ----------
    keys : jax.Array, shape (4,)
        Random keys of the initial weights.
    n_outputs : int
        Number of output units (size of y_k).
    n_units : int
        Number of units of d_k, of the attention layer and of each half of h_s.
    """

    start: eqx.nn.Linear
    attention: AdditiveAttention
    cell: GatedCell
    readout: eqx.nn.Linear

    def __init__(self, keys: Array, n_outputs: int, n_units: int):
        self.start = eqx.nn.Linear(n_units, n_units, key=keys[0])
        self.attention = AdditiveAttention(n_units, 2 * n_units, n_units, keys[1])
        self.cell = recurrent_cell(n_outputs + 2 * n_units, n_units, keys[2])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[3])

    def begin(self, memory: Array) -> tuple[Array, Array]:
        """Return d_0, shape (unit,), and y_0, shape (output,)."""
        _, backward = halves(memory[0])
        return jnp.tanh(self.start(backward)), jnp.zeros(self.readout.out_features)

    def step(
        self, memory: Array, present: Array, state: Array, report: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Advance the decoder by one step.

        Parameters
        ----------
        memory : array, shape (source, 2 unit)
            Encoder states h.
        present : array, shape (source,), bool
            Sources that can be attended to.
        state : array, shape (unit,)
            d_{k-1}.
        report : array, shape (output,)
            y_{k-1}.

        Returns
        -------
        state : array, shape (unit,)
            d_k.
        report : array, shape (output,)
            y_k.
        context : array, shape (2 unit,)
            c_k.
        weights : array, shape (source,)
            Attention weights a.
        """
        context, weights = self.attention(state, memory, present)
        state = self.cell(jnp.concatenate([report, context]), state)
        return state, self.readout(state), context, weights


class Bahdanau(Model):
    """Bidirectional encoder and a decoder that attends to the encoder states.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    n_units : int
        Number of units of each encoder direction, of the attention layer and of the decoder.
    """

    encoder: Bidirectional
    decoder: Decoder

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 6)
        self.encoder = Bidirectional(n_inputs, n_units, keys[0], keys[1])
        self.decoder = Decoder(keys[2:], n_outputs, n_units)

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        return self.answer(inputs, jnp.ones(len(inputs), bool), n_report)

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        steps = jnp.arange(len(inputs))
        return jax.vmap(lambda last: self.answer(inputs, steps <= last, n_report))(steps)

    def answer(self, inputs: Array, present: Array, n_report: int) -> Array:
        """Return the report on the steps that are present, shape (report_step, output)."""
        memory = self.encoder(inputs, present)

        def step(
            decoder: Decoder, carry: tuple[Array, Array], nothing: None
        ) -> tuple[tuple, Array]:
            state, report, *_ = decoder.step(memory, present, *carry)
            return (state, report), report

        decoder = noise.at(self.decoder, present.sum() - 1)
        return noise.scan(decoder, step, decoder.begin(memory), length=n_report)[1]

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""

        def at(step: Array) -> tuple[Array, Array, Array, Array]:
            present = jnp.arange(len(inputs)) <= step
            memory = self.encoder(inputs, present)
            decoder = noise.at(self.decoder, step)
            state, _, context, weights = decoder.step(memory, present, *decoder.begin(memory))
            return halves(memory[step])[0], state, context, weights

        # The forward half does not depend on the step, so vmap computes it once.
        encoder, decoder, context, weights = jax.vmap(at)(jnp.arange(len(inputs)))
        return {"encoder": encoder, "decoder": decoder, "context": context}, {"attention": weights}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Bahdanau:
    """Return an untrained network."""
    return Bahdanau(key, n_inputs, n_outputs, settings.hidden)
