"""Spike-rate adaptation (Fitz et al. 2020; Treves 1993): memory without recurrent excitation.

r_t = phi(W x_t + W_r r_{t-1} + b - beta * a_{t-1}),  phi = relu
a_t = (1 - dt / tau) a_{t-1} + (dt / tau) r_t
y_t = V r_t

A unit that was active is tired for a time tau: the trace a lowers its rate, and what was seen is
read from whom it has tired. beta and tau are positive and learned for each unit. Unless the setting
``recurrent`` is true there is no W_r, and adaptation is all the memory that there is. Population:
``rate`` (r_t); the traces a_t are hidden.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.trials import STEP
from neuro_attn.networks.unrolled import Now, Unrolled

GAIN = 2.0
"""Of the inputs before learning: they, not what tires a unit, say who is active."""
BETA = 10.0
"""Strength of adaptation before learning."""
SPANS = (1.0, 10.0)
"""Shortest and longest time constant before learning, s."""


class RateAdaptation(Unrolled):
    """A layer of units that tire.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes.
    recurrent : bool
        Whether there are connections W_r between the units.
    """

    W: eqx.nn.Linear
    W_r: eqx.nn.Linear | None
    log_beta: Array
    log_tau: Array
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int, recurrent: bool):
        keys = jax.random.split(key, 4)
        W = GAIN * jax.random.normal(keys[0], (n_units, n_inputs)) / jnp.sqrt(n_inputs)
        linear = eqx.nn.Linear(n_inputs, n_units, key=keys[0])
        start = W, jnp.ones(n_units)
        self.W = eqx.tree_at(lambda layer: (layer.weight, layer.bias), linear, start)
        self.W_r = None
        if recurrent:
            self.W_r = eqx.nn.Linear(n_units, n_units, use_bias=False, key=keys[1])
        self.log_beta = jnp.full(n_units, jnp.log(BETA))
        shortest, longest = jnp.log(jnp.array(SPANS))
        self.log_tau = jax.random.uniform(keys[2], (n_units,), minval=shortest, maxval=longest)
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[3])

    def begin(self) -> tuple[Array, Array]:
        """Return r and a before the trial, shape (unit,) each."""
        none = jnp.zeros(len(self.log_beta))
        return none, none

    def step(self, state: tuple[Array, Array], x: Array) -> tuple[tuple[Array, Array], Now]:
        """Return r_t and a_t, and what the network does; see `Unrolled`."""
        rate, trace = state
        drive = self.W(x) if self.W_r is None else self.W(x) + self.W_r(rate)
        rate = jax.nn.relu(drive - jnp.exp(self.log_beta) * trace)
        part = STEP / jnp.exp(self.log_tau)
        trace = (1 - part) * trace + part * rate
        return (rate, trace), Now({"rate": rate}, {}, self.readout(rate))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> RateAdaptation:
    """Return an untrained network."""
    return RateAdaptation(key, n_inputs, n_outputs, settings.hidden, settings.recurrent)
