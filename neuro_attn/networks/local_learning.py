"""Fixed random memory that is shared by the families with local learning rules.

m_t = (1 - k) m_{t-1} + k tanh(W x_t + W_m m_{t-1} + b),  k = dt / tau
n_t = (m_t - mean) / sd

The random weights are not trained (echo state network; Jaeger 2001), because a rule that is local
in time cannot learn to maintain information for later use. Time constants tau differ between units.
mean and sd of each unit are estimated from the first training trials, at the last step before the
report. The report is read out from the memory at this step and is constant over the report.
"""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.learning import Batches
from neuro_attn.networks.noise import StateNoise, drawn, scan, with_noise
from neuro_attn.networks.trials import REPORT_STEPS, STEP
from neuro_attn.networks.unrolled import Unrolled

SPANS = (1.0, 10.0)
"""Shortest and longest time constant, s."""
SPECTRAL_RADIUS = 0.9
"""Spectral radius of W_m; just below 1, activity decays slowly and does not grow."""
LEAST_SD = 1e-6
"""Added to SDs to avoid division by zero for silent units."""


class FixedMemory(eqx.Module):
    """Random recurrent network that stores past inputs in its activity.

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of input channels and of units.
    key : jax.Array
        Random key of the weights.
    """

    W: Array
    W_m: Array
    b: Array
    k: Array
    mean: Array
    sd: Array
    noise: StateNoise

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
        self.noise = StateNoise(n_units)

    def begin(self) -> Array:
        """Return the initial state m, shape (unit,)."""
        return jnp.zeros(len(self.b))

    def step(self, state: Array, x: Array) -> Array:
        """Return m_t, shape (unit,), given m_{t-1}, shape (unit,), and x_t, shape (input,)."""
        return self.noise(
            (1 - self.k) * state + self.k * jnp.tanh(self.W @ x + self.W_m @ state + self.b)
        )

    def normalised(self, state: Array) -> Array:
        """Return n_t, shape (..., unit), given m_t, shape (..., unit)."""
        return (state - self.mean) / self.sd

    def last(self, inputs: Array) -> Array:
        """Return m_t at the last step before the report, shape (unit,).

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            Inputs of one trial.
        """

        def step(memory: FixedMemory, state: Array, x: Array) -> tuple[Array, None]:
            return memory.step(state, x), None

        return scan(self, step, self.begin(), inputs)[0]

    def measured(self, states: Array) -> "FixedMemory":
        """Return this memory with mean and sd estimated from states of shape (..., unit)."""
        of_unit = states.reshape(-1, states.shape[-1])
        return eqx.tree_at(
            lambda memory: (memory.mean, memory.sd),
            self,
            (of_unit.mean(axis=0), of_unit.std(axis=0) + LEAST_SD),
        )


class OnFixedMemory(Unrolled):
    """Base class of networks that report from a fixed memory."""

    memory: eqx.AbstractVar[FixedMemory]

    @abstractmethod
    def report(self, state: Array) -> Array:
        """Return cosine and sine of the report, shape (output,), given m_t, shape (unit,)."""

    def begin(self) -> Array:
        """Return the initial state m, shape (unit,)."""
        return self.memory.begin()

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        return self.answer(self.memory.last(inputs), inputs.shape[1], n_report)

    def answer(self, state: Array, n_inputs: int, n_report: int) -> Array:
        """Return the report, which is constant; see `Unrolled`."""
        report = self.report(state)
        return jnp.broadcast_to(report, (n_report, *report.shape))


@eqx.filter_jit
def memorise(model: OnFixedMemory, batches: Batches) -> Array:
    """Return m_t at the last step before the report, shape (step, trial, unit).

    Parameters
    ----------
    model : OnFixedMemory
        The network.
    batches : Batches
        Trials of several training steps.
    """
    if not batches.noise:
        return jax.lax.map(jax.vmap(model.memory.last), batches.inputs)

    def last(inputs: Array, key: Array) -> Array:
        noise = drawn(model.memory, batches.noise, len(inputs), key)
        return with_noise(model.memory, noise).last(inputs)

    def of_step(step: tuple[Array, Array]) -> Array:
        inputs, seed = step
        # The learners draw from the key of the seed itself.
        key = jax.random.fold_in(jax.random.key(seed), len(inputs))
        return jax.vmap(last)(inputs, jax.random.split(key, len(inputs)))

    return jax.lax.map(of_step, (batches.inputs, batches.seeds))
