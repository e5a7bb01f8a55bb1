"""Sequence to sequence without attention (Cho et al. 2014; Sutskever, Vinyals & Le 2014).

h_t = GRU(x_t, h_{t-1}),  c = h_T
d_0 = tanh(W c),  d_k = GRU([y_{k-1}; c], d_{k-1}),  y_k = V d_k,  y_0 = 0

Whatever is reported has passed through the one vector c. Populations: ``encoder`` (h_t) and
``decoder`` (d_1, with c = h_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.layers import Recurrent, recurrent_cell
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import ENCODED_STEPS, REPORT_STEPS


class Seq2Seq(Model):
    """Encoder and decoder, joined by the encoder's last state.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes; encoder and decoder have the same number of units.
    """

    encoder: Recurrent
    start: eqx.nn.Linear
    decoder: eqx.nn.GRUCell
    readout: eqx.nn.Linear
    n_outputs: int = eqx.field(static=True)

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        key_encoder, key_start, key_decoder, key_readout = jax.random.split(key, 4)
        self.encoder = Recurrent(n_inputs, n_units, key_encoder)
        self.start = eqx.nn.Linear(n_units, n_units, key=key_start)
        self.decoder = recurrent_cell(n_outputs + n_units, n_units, key_decoder)
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=key_readout)
        self.n_outputs = n_outputs

    def __call__(self, inputs: Array) -> Array:
        """Report on a trial; see `Model`."""
        return self.decode(self.encode(inputs)[-1])

    def encode(self, inputs: Array) -> Array:
        """Return the encoder's states h_t, shape (encoded_step, unit)."""
        return self.encoder(inputs[:ENCODED_STEPS], jnp.ones(ENCODED_STEPS, bool))

    def begin(self, context: Array) -> tuple[Array, Array]:
        """Return d_0, shape (unit,), and y_0, shape (output,)."""
        return jnp.tanh(self.start(context)), jnp.zeros(self.n_outputs)

    def step(self, context: Array, state: Array, report: Array) -> tuple[Array, Array]:
        """Return d_k and y_k from c, d_{k-1} and y_{k-1}."""
        state = self.decoder(jnp.concatenate([report, context]), state)
        return state, self.readout(state)

    def decode(self, context: Array) -> Array:
        """Return the report y_1, y_2, ..., shape (report_step, output), from c, shape (unit,)."""

        def step(carry: tuple[Array, Array], nothing: None) -> tuple[tuple[Array, Array], Array]:
            state, report = self.step(context, *carry)
            return (state, report), report

        return jax.lax.scan(step, self.begin(context), length=REPORT_STEPS)[1]

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        states = self.encode(inputs)
        decoder, _ = jax.vmap(lambda context: self.step(context, *self.begin(context)))(states)
        return {"encoder": states, "decoder": decoder}, {}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Seq2Seq:
    """Return an untrained network."""
    return Seq2Seq(key, n_inputs, n_outputs, settings.hidden)
