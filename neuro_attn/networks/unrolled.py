"""Networks that run through a trial step by step, and on through the report without input."""

from abc import abstractmethod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS


class Now(NamedTuple):
    """What a network does at one step."""

    activations: dict[str, Array]
    """For each population, shape (unit,)."""
    attention: dict[str, Array]
    """For each attention, shape (source,)."""
    report: Array
    """Shape (output,)."""


class Unrolled(Model):
    """A network of which `begin` and `step` are all there is to know."""

    @abstractmethod
    def begin(self) -> Any:
        """Return the state before the first step."""

    @abstractmethod
    def step(self, state: Any, x: Array) -> tuple[Any, Now]:
        """Return the next state and what the network does, from the input, shape (input,)."""

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""

        def read(state: Any, x: Array) -> tuple[Any, None]:
            return self.step(state, x)[0], None

        def answer(state: Any, nothing: None) -> tuple[Any, Array]:
            state, now = self.step(state, jnp.zeros(inputs.shape[1]))
            return state, now.report

        state, _ = jax.lax.scan(read, self.begin(), inputs)
        return jax.lax.scan(answer, state, length=n_report)[1]

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""

        def step(state: Any, x: Array) -> tuple[Any, Now]:
            return self.step(state, x)

        _, now = jax.lax.scan(step, self.begin(), inputs)
        return now.activations, now.attention
