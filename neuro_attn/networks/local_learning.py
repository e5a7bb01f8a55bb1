"""What the families share that learn layer by layer: a memory that does not learn.

m_t = (1 - k) m_{t-1} + k tanh(W x_t + W_m m_{t-1} + b),  k = dt / tau
n_t = (m_t - mean) / sd

The weights are random and stay so (echo state network; Jaeger 2001): a rule that is local in time
cannot learn to hold what will be asked for later. Time constants tau differ from unit to unit. mean
and sd of each unit are measured on the first training trials, at the last step before the report.
The report is read from the memory at this step and held.
"""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.trials import REPORT_STEPS, STEP
from neuro_attn.networks.unrolled import Unrolled

SPANS = (1.0, 10.0)
"""Shortest and longest time constant, s."""
SPECTRAL_RADIUS = 0.9
"""Of W_m: what is held neither grows nor dies out at once."""
LEAST_SD = 1e-6
"""Added to SDs, so that a silent unit can be divided by its own."""


class FixedMemory(eqx.Module):
    """A random recurrent network that holds what its inputs were.

    Parameters
    ----------
    n_inputs, n_units : int
        Sizes.
    key : jax.Array
        Random key of the weights.
    """

    W: Array
    W_m: Array
    b: Array
    k: Array
    mean: Array
    sd: Array

    def __init__(self, n_inputs: int, n_units: int, key: Array):
        keys = jax.random.split(key, 4)
        self.W = jax.random.normal(keys[0], (n_units, n_inputs)) / jnp.sqrt(n_inputs / 3)
        # Eigenvalues of a random matrix of SD 1 / sqrt(n) fill the unit disc.
        scale = SPECTRAL_RADIUS / jnp.sqrt(n_units)
        self.W_m = scale * jax.random.normal(keys[1], (n_units, n_units))
        self.b = 0.3 * jax.random.normal(keys[2], (n_units,))
        shortest, longest = jnp.log(jnp.array(SPANS))
        tau = jnp.exp(jax.random.uniform(keys[3], (n_units,), minval=shortest, maxval=longest))
        self.k = STEP / tau
        self.mean, self.sd = jnp.zeros(n_units), jnp.ones(n_units)

    def begin(self) -> Array:
        """Return m before the trial, shape (unit,)."""
        return jnp.zeros(len(self.b))

    def step(self, state: Array, x: Array) -> Array:
        """Return m_t, shape (unit,), from m_{t-1} and x_t, shape (input,)."""
        return (1 - self.k) * state + self.k * jnp.tanh(self.W @ x + self.W_m @ state + self.b)

    def normalised(self, state: Array) -> Array:
        """Return n_t, shape (..., unit), from m_t."""
        return (state - self.mean) / self.sd

    def last(self, inputs: Array) -> Array:
        """Return m_t at the last step before the report, shape (unit,), of a trial."""

        def step(state: Array, x: Array) -> tuple[Array, None]:
            return self.step(state, x), None

        return jax.lax.scan(step, self.begin(), inputs)[0]

    def measured(self, states: Array) -> "FixedMemory":
        """Return this memory with mean and sd of states, shape (..., unit)."""
        of_unit = states.reshape(-1, states.shape[-1])
        return eqx.tree_at(
            lambda memory: (memory.mean, memory.sd),
            self,
            (of_unit.mean(axis=0), of_unit.std(axis=0) + LEAST_SD),
        )


class OnFixedMemory(Unrolled):
    """A network on a fixed memory."""

    memory: eqx.AbstractVar[FixedMemory]

    @abstractmethod
    def report(self, state: Array) -> Array:
        """Return cosine and sine of the report, shape (output,), from m_t."""

    def begin(self) -> Array:
        """Return m before the trial."""
        return self.memory.begin()

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        report = self.report(self.memory.last(inputs))
        return jnp.broadcast_to(report, (n_report, *report.shape))


@eqx.filter_jit
def memorise(model: OnFixedMemory, inputs: Array) -> Array:
    """Return m_t before the report of trials, (step, trial, unit) of (step, trial, time, input)."""
    return jax.lax.map(jax.vmap(model.memory.last), inputs)
