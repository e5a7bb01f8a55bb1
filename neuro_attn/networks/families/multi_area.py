"""Areas in a hierarchy with sparse connections between them (Kleinman et al. 2021).

tau dr_a/dt = -r_a + relu(U_a x_t + b_a + sum_b (M_ab * R_ab) r_b),  U_a = 0 except in ``area1``
y_t = V r_{area3}

Units of an area are fully connected (M_aa = 1). A unit receives a random fraction of the units of
the area below it (`FORWARD`) and of the area above it (`BACKWARD`); there are no other connections,
and M is fixed. Items and cues reach the first area only and the report leaves the third, so each
area can store what the task needs: decoding by population shows which does. Integration and tau
are those of `leaky-rnn`. Populations: ``area1``, ``area2``, ``area3``, with `hidden` units each.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.rate_units import euler, persistent
from neuro_attn.networks.unrolled import Now, Unrolled

AREAS = 3
"""Number of areas."""
FORWARD, BACKWARD = 0.2, 0.1
"""Fraction of the units of the next lower, and of the next higher area that a unit receives."""
FEEDBACK_GAIN = 0.01
"""Initial size of backward relative to forward connections."""


class MultiArea(Unrolled):
    """Areas of leaky rectified units, with masked connections between them.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights and of the mask.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of units per area.
    """

    W: eqx.nn.Linear
    R: Array
    b: Array
    readout: eqx.nn.Linear
    noise_of_area1: StateNoise
    noise_of_area2: StateNoise
    noise_of_area3: StateNoise
    mask: Array

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 5)
        n_all = AREAS * n_units
        area = np.repeat(np.arange(AREAS), n_units)
        apart = area[:, None] - area
        chance = np.where(apart == 1, FORWARD, np.where(apart == -1, BACKWARD, 0.0))
        # Truth values are no weights, so learning cannot add a connection.
        self.mask = (apart == 0) | (jax.random.uniform(keys[0], (n_all, n_all)) < chance)
        self.W = eqx.nn.Linear(n_inputs, n_units, use_bias=False, key=keys[1])
        # Connections between areas start excitatory, so that no area is silent. Strong ones both
        # ways would be a loop in which activity grows.
        gain = np.where(apart > 0, 1.0, FEEDBACK_GAIN) / max(1.0, FORWARD * n_units)
        between = gain * jnp.abs(jax.random.normal(keys[2], (n_all, n_all)))
        within = [persistent(each, n_units) for each in jax.random.split(keys[3], AREAS)]
        self.R = jnp.where(apart == 0, jax.scipy.linalg.block_diag(*within), between)
        self.b = jnp.zeros(n_all)
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[4])
        # One for each area, so that areas can be silenced.
        self.noise_of_area1, self.noise_of_area2, self.noise_of_area3 = (
            StateNoise(n_units, is_drive=True) for _ in range(AREAS)
        )

    def recurrent(self) -> Array:
        """Return M * R, shape (receiving unit, sending unit); units are in the order of areas."""
        return jnp.where(self.mask, self.R, 0.0)

    def begin(self) -> Array:
        """Return the initial rates of all areas, shape (unit,)."""
        return jnp.zeros(len(self.b))

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return the rates and the activity after this step; see `Unrolled`."""
        R = self.recurrent()
        seen = self.W(x)
        drives = jnp.split(self.b.at[: len(seen)].add(seen), AREAS)
        places = (self.noise_of_area1, self.noise_of_area2, self.noise_of_area3)
        driven = jnp.concatenate(
            [place(drive) for place, drive in zip(places, drives, strict=True)]
        )
        rates = euler(state, lambda r: jax.nn.relu(driven + R @ r))
        areas = jnp.split(rates, AREAS)
        populations = {f"area{number}": each for number, each in enumerate(areas, 1)}
        return rates, Now(populations, {}, self.readout(areas[-1]))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> MultiArea:
    """Return an untrained network."""
    return MultiArea(key, n_inputs, n_outputs, settings.hidden)
