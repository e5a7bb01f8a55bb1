"""Long short-term memory without attention (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

i, f, o = sigmoid(W_. x_t + U_. h_{t-1} + b_.),  g = tanh(W_g x_t + U_g h_{t-1} + b_g)
c_t = f * c_{t-1} + i * g,  h_t = o * tanh(c_t)
y_t = V h_t

The recurrent weights U start orthogonal and the bias of the forget gate f at 1, so that cells keep
what they store. Populations: ``hidden`` (h_t) and ``cell`` (c_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.unrolled import Now, Unrolled

FORGET = 1.0
"""Initial bias of the forget gate (Gers et al. 2000)."""


class Lstm(Unrolled):
    """One layer of LSTM units with a linear readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of LSTM units.
    """

    layer: eqx.nn.LSTMCell
    readout: eqx.nn.Linear
    noise: StateNoise
    noise_of_cells: StateNoise

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 6)
        orthogonal = jax.nn.initializers.orthogonal()
        gates = [orthogonal(each, (n_units, n_units), jnp.float32) for each in keys[2:]]
        layer = eqx.nn.LSTMCell(n_inputs, n_units, key=keys[0])
        # The rows are those of the gates i, f, g and o.
        forget = jnp.zeros(4 * n_units).at[n_units : 2 * n_units].set(FORGET)
        self.layer = eqx.tree_at(
            lambda cell: (cell.weight_hh, cell.bias), layer, (jnp.concatenate(gates), forget)
        )
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[1])
        self.noise, self.noise_of_cells = StateNoise(n_units), StateNoise(n_units)

    def begin(self) -> tuple[Array, Array]:
        """Return the initial h and c, shape (unit,) each."""
        none = jnp.zeros(self.layer.hidden_size)
        return none, none

    def step(self, state: tuple[Array, Array], x: Array) -> tuple[tuple[Array, Array], Now]:
        """Return (h_t, c_t) and the activity at this step; see `Unrolled`."""
        hidden, cell = self.layer(x, state)
        hidden, cell = self.noise(hidden), self.noise_of_cells(cell)
        return (hidden, cell), Now({"hidden": hidden, "cell": cell}, {}, self.readout(hidden))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Lstm:
    """Return an untrained network."""
    return Lstm(key, n_inputs, n_outputs, settings.hidden)
