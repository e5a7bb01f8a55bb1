"""Excitatory and inhibitory rate units that obey Dale's law (Song, Yang & Wang 2016).

tau dr/dt = -r + relu(W x_t + b + R r),  R = |A| D,  D = diag(1, ..., 1, -1, ..., -1)
y_t = V r_t, where V reads from the excitatory units only

Four of five units are excitatory. |A| is the matrix of the absolute values of A, so that every
column of R, the connections that a unit sends, has one sign whatever is learned. At first, weak
excitation and inhibition are balanced, and each excitatory unit, which represents a group of
neurons, excites itself, so that its rate persists. Integration and tau are those of `leaky-rnn`.
Populations: ``excitatory`` and ``inhibitory`` (r_t of the units).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.rate_units import euler
from neuro_attn.networks.unrolled import Now, Unrolled

EXCITATORY = 0.8
"""Fraction of the units that are excitatory."""
SPREAD = 0.1
"""Initial spectral radius of the connections between units; self-excitation starts at 1 - this.

Rates of rectified units grow without bound if the radius of R is above 1.
"""


class ExcitatoryInhibitory(Unrolled):
    """Recurrent layer of two kinds of leaky rectified units with a linear readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of recurrent units.
    """

    W: eqx.nn.Linear
    A: Array
    readout: eqx.nn.Linear
    noise: StateNoise
    n_excitatory: int = eqx.field(static=True)

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 3)
        self.n_excitatory = max(1, min(n_units - 1, round(EXCITATORY * n_units)))
        self.W = eqx.nn.Linear(n_inputs, n_units, key=keys[0])
        # Few inhibitory units balance many excitatory ones.
        many = jnp.arange(n_units) < self.n_excitatory
        gain = jnp.where(many, 1.0, self.n_excitatory / (n_units - self.n_excitatory))
        self.A = gain * jax.random.gamma(keys[1], 2.0, (n_units, n_units))
        radius = jnp.abs(jnp.linalg.eigvals(self.recurrent())).max()
        self.A = SPREAD * self.A / radius + (1 - SPREAD) * jnp.diag(many)
        self.readout = eqx.nn.Linear(self.n_excitatory, n_outputs, key=keys[2])
        self.noise = StateNoise(n_units, is_drive=True)

    def recurrent(self) -> Array:
        """Return R, shape (receiving unit, sending unit)."""
        return jnp.abs(self.A) * jnp.where(jnp.arange(len(self.A)) < self.n_excitatory, 1.0, -1.0)

    def begin(self) -> Array:
        """Return the initial rates, shape (unit,)."""
        return jnp.zeros(len(self.A))

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return the rates and the activity after this step; see `Unrolled`."""
        R, driven = self.recurrent(), self.noise(self.W(x))
        rates = euler(state, lambda r: jax.nn.relu(driven + R @ r))
        excitatory, inhibitory = jnp.split(rates, [self.n_excitatory])
        populations = {"excitatory": excitatory, "inhibitory": inhibitory}
        return rates, Now(populations, {}, self.readout(excitatory))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> ExcitatoryInhibitory:
    """Return an untrained network."""
    return ExcitatoryInhibitory(key, n_inputs, n_outputs, settings.hidden)
