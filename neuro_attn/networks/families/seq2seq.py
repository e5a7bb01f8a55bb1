"""Sequence-to-sequence network without attention (Cho et al. 2014; Sutskever et al. 2014).

h_t = GRU(x_t, h_{t-1}),  c = h_T
d_0 = tanh(W c),  d_k = GRU([y_{k-1}; c], d_{k-1}),  y_k = V d_k,  y_0 = 0

All information that reaches the decoder passes through the single vector c. Populations:
``encoder`` (h_t) and ``decoder`` (d_1, with c = h_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks import noise
from neuro_attn.networks.layers import GatedCell, Recurrent, recurrent_cell
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS

RECOMPUTED = ("decoder",)


class Decoder(eqx.Module):
    """GRU decoder that receives one context vector c.

    Parameters
    ----------
    keys : jax.Array, shape (3,)
        Random keys of the initial weights.
    n_context, n_outputs, n_units : int
        Sizes of c, of the output y_k and of d_k.
    """

    start: eqx.nn.Linear
    cell: GatedCell
    readout: eqx.nn.Linear

    def __init__(self, keys: Array, n_context: int, n_outputs: int, n_units: int):
        self.start = eqx.nn.Linear(n_context, n_units, key=keys[0])
        self.cell = recurrent_cell(n_outputs + n_context, n_units, keys[1])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[2])

    def begin(self, context: Array) -> tuple[Array, Array]:
        """Return d_0, shape (unit,), and y_0, shape (output,)."""
        return jnp.tanh(self.start(context)), jnp.zeros(self.readout.out_features)

    def step(self, context: Array, state: Array, report: Array) -> tuple[Array, Array]:
        """Advance the decoder by one step.

        Parameters
        ----------
        context : array, shape (context,)
            c.
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
        """
        state = self.cell(jnp.concatenate([report, context]), state)
        return state, self.readout(state)


class Seq2Seq(Model):
    """Encoder and decoder, connected only through the encoder's last state.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    n_units : int
        Number of units of the encoder and of the decoder.
    """

    encoder: Recurrent
    decoder: Decoder

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 4)
        self.encoder = Recurrent(n_inputs, n_units, keys[0])
        self.decoder = Decoder(keys[1:], n_units, n_outputs, n_units)

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        return noise.at(self, len(inputs) - 1).decode(self.encode(inputs)[-1], n_report)

    def encode(self, inputs: Array) -> Array:
        """Return the encoder states h_t, shape (encoded_step, unit)."""
        return self.encoder(inputs, jnp.ones(len(inputs), bool))

    def decode(self, context: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report y_1, y_2, ..., shape (report_step, output), from c, shape (unit,)."""

        def step(
            decoder: Decoder, carry: tuple[Array, Array], nothing: None
        ) -> tuple[tuple, Array]:
            state, report = decoder.step(context, *carry)
            return (state, report), report

        begin = self.decoder.begin(context)
        return noise.scan(self.decoder, step, begin, length=n_report)[1]

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""

        def answer(last: Array, context: Array) -> Array:
            return noise.at(self, last).decode(context, n_report)

        return jax.vmap(answer)(jnp.arange(len(inputs)), self.encode(inputs))

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        states = self.encode(inputs)

        def at(step: Array, context: Array) -> Array:
            decoder = noise.at(self.decoder, step)
            return decoder.step(context, *decoder.begin(context))[0]

        decoded = jax.vmap(at)(jnp.arange(len(inputs)), states)
        return {"encoder": states, "decoder": decoded}, {}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Seq2Seq:
    """Return an untrained network."""
    return Seq2Seq(key, n_inputs, n_outputs, settings.hidden)
