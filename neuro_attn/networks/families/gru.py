"""Gated recurrent units without attention and without a decoder (Cho et al. 2014).

r, z = sigmoid(W_. x_t + U_. h_{t-1} + b_.),  n = tanh(W_n x_t + b_n + r * (U_n h_{t-1} + b'_n))
h_t = (1 - z) * n + z * h_{t-1}
y_t = V h_t

The recurrent weights U start orthogonal. One population does what encoder and decoder of `seq2seq`
share. Population: ``hidden`` (h_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.layers import GatedCell, recurrent_cell
from neuro_attn.networks.unrolled import Now, Unrolled


class Gru(Unrolled):
    """One layer of gated recurrent units with a linear readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of recurrent units.
    """

    cell: GatedCell
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key)
        self.cell = recurrent_cell(n_inputs, n_units, keys[0])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[1])

    def begin(self) -> Array:
        """Return the initial state, shape (unit,)."""
        return jnp.zeros(self.cell.hidden_size)

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return h_t and the activity at this step; see `Unrolled`."""
        state = self.cell(x, state)
        return state, Now({"hidden": state}, {}, self.readout(state))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Gru:
    """Return an untrained network."""
    return Gru(key, n_inputs, n_outputs, settings.hidden)
