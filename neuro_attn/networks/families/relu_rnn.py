"""Recurrent network of rectified units without gates (Piwek, Stokes & Summerfield 2023).

h_t = relu(W x_t + b + R h_{t-1} + sigma xi_t),  xi_t ~ N(0, 1),  h_{-1} = 0
y = V h_T + c

R is initialised as an orthogonal matrix and is the only form of memory. During training the units
are noisy, with SD sigma (setting ``unit_noise``); during testing and recording sigma = 0, so that
the network is deterministic. The report is read out from the last state and is constant over the
report. Without a delay between cue and report, this is the first state after the cue.

The paper represents each item and the report by 17 units tuned to colour. Here colours are given as
cosine and sine, as in all families. Population: ``recurrent`` (h_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.model import Model
from neuro_attn.networks.noise import StateNoise, scan
from neuro_attn.networks.trials import REPORT_STEPS


class ReluRnn(Model):
    """Recurrent layer of rectified units with a linear readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of recurrent units.
    noise : float
        SD sigma of the noise during training.
    """

    W: eqx.nn.Linear
    R: Array
    readout: eqx.nn.Linear
    state_noise: StateNoise
    noise: float = eqx.field(static=True)

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int, noise: float):
        keys = jax.random.split(key, 3)
        self.W = eqx.nn.Linear(n_inputs, n_units, key=keys[0])
        self.R = jax.nn.initializers.orthogonal()(keys[1], (n_units, n_units), jnp.float32)
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[2])
        self.state_noise = StateNoise(n_units)
        self.noise = noise

    def states(self, inputs: Array, noise: Array) -> Array:
        """Return the states h_t, shape (encoded_step, unit).

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            x_t.
        noise : array, shape (encoded_step, unit)
            sigma xi_t.
        """

        def step(model: ReluRnn, h: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
            x, disturbed = now
            h = jax.nn.relu(model.state_noise(model.W(x) + model.R @ h + disturbed))
            return h, h

        return scan(self, step, jnp.zeros(len(self.R)), (inputs, noise))[1]

    def __call__(
        self, inputs: Array, n_report: int = REPORT_STEPS, key: Array | None = None
    ) -> Array:
        """Report on a trial, with unit noise if a random key is given; see `Model`."""
        noise = jnp.zeros((len(inputs), len(self.R)))
        if key is not None:
            noise = self.noise * jax.random.normal(key, noise.shape)
        report = self.readout(self.states(inputs, noise)[-1])
        return jnp.broadcast_to(report, (n_report, *report.shape))

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        quiet = jnp.zeros((len(inputs), len(self.R)))
        reports = jax.vmap(self.readout)(self.states(inputs, quiet))
        return jnp.repeat(reports[:, None], n_report, axis=1)

    def report_in_training(self, inputs: Array, n_report: int, key: Array) -> Array:
        """Return the report with unit noise; see `Model`."""
        return self(inputs, n_report, key)

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the population at every step; see `Model`."""
        quiet = jnp.zeros((len(inputs), len(self.R)))
        return {"recurrent": self.states(inputs, quiet)}, {}


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> ReluRnn:
    """Return an untrained network."""
    return ReluRnn(key, n_inputs, n_outputs, settings.hidden, settings.unit_noise)
