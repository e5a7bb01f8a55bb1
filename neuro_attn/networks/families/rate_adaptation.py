"""Spike-rate adaptation (Fitz et al. 2020; Treves 1993): memory without recurrent excitation.

r_t = phi(W x_t + W_r r_{t-1} + b - beta * a_{t-1}),  phi = relu
a_t = (1 - dt / tau) a_{t-1} + (dt / tau) r_t
y_t = V r_t

Activity of a unit raises its adaptation trace a, which lowers its rate for a time of the order of
tau. Past inputs can thus be decoded from the pattern of adapted units. beta and tau are positive
and learned for each unit. With the default ``recurrent: false`` there is no W_r, and adaptation is
the only form of memory. Population: ``rate`` (r_t); the traces a_t are not recorded.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.trials import STEP
from neuro_attn.networks.unrolled import Now, Unrolled

GAIN = 2.0
"""Initial gain of the input weights, such that inputs and not adaptation determine activity."""
BETA = 10.0
"""Initial strength of adaptation."""
SPANS = (1.0, 10.0)
"""Shortest and longest initial time constant, s."""


class RateAdaptation(Unrolled):
    """One layer of rectified units with spike-rate adaptation.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of adapting units.
    recurrent : bool
        Whether the units have recurrent connections W_r.
    """

    W: eqx.nn.Linear
    W_r: eqx.nn.Linear | None
    log_beta: Array
    log_tau: Array
    readout: eqx.nn.Linear
    noise: StateNoise

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
        self.noise = StateNoise(n_units)

    def begin(self) -> tuple[Array, Array]:
        """Return the initial rates r and traces a, shape (unit,) each."""
        none = jnp.zeros(len(self.log_beta))
        return none, none

    def step(self, state: tuple[Array, Array], x: Array) -> tuple[tuple[Array, Array], Now]:
        """Return (r_t, a_t) and the activity at this step; see `Unrolled`."""
        rate, trace = state
        drive = self.W(x) if self.W_r is None else self.W(x) + self.W_r(rate)
        rate = jax.nn.relu(self.noise(drive - jnp.exp(self.log_beta) * trace))
        part = STEP / jnp.exp(self.log_tau)
        trace = (1 - part) * trace + part * rate
        return (rate, trace), Now({"rate": rate}, {}, self.readout(rate))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> RateAdaptation:
    """Return an untrained network."""
    return RateAdaptation(key, n_inputs, n_outputs, settings.hidden, settings.recurrent)
