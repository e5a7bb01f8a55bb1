"""Leaky rate network in continuous time (Wilson & Cowan 1972; Mante et al. 2013).

tau dr/dt = -r + relu(W x_t + b + R r)
y_t = V r_t + c

A step of a trial (0.1 s) is integrated in parts of dt = 20 ms, r <- r + (dt / tau)(-r + relu(...)),
with tau = 0.1 s (as Yang et al. 2019). R starts near the identity, under which rates persist.
Population: ``recurrent`` (r_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.rate_units import SUBSTEPS, euler, persistent
from neuro_attn.networks.unrolled import Now, Unrolled


class LeakyRnn(Unrolled):
    """Recurrent layer of leaky rectified units with a linear readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of recurrent units.
    substeps : int
        Euler steps in a step of a trial.
    """

    W: eqx.nn.Linear
    R: Array
    readout: eqx.nn.Linear
    noise: StateNoise
    substeps: int = eqx.field(static=True)

    def __init__(
        self, key: Array, n_inputs: int, n_outputs: int, n_units: int, substeps: int = SUBSTEPS
    ):
        keys = jax.random.split(key, 3)
        self.W = eqx.nn.Linear(n_inputs, n_units, key=keys[0])
        self.R = persistent(keys[1], n_units)
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[2])
        self.noise = StateNoise(n_units, is_drive=True)
        self.substeps = substeps

    def begin(self) -> Array:
        """Return the initial rates, shape (unit,)."""
        return jnp.zeros(len(self.R))

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return the rates and the activity after this step; see `Unrolled`."""
        driven = self.noise(self.W(x))
        rates = euler(state, lambda r: jax.nn.relu(driven + self.R @ r), self.substeps)
        return rates, Now({"recurrent": rates}, {}, self.readout(rates))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> LeakyRnn:
    """Return an untrained network."""
    return LeakyRnn(key, n_inputs, n_outputs, settings.hidden)
