"""Networks that process a trial step by step, with zero input during the report."""

from abc import abstractmethod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks import noise
from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS


class Now(NamedTuple):
    """Activity and output of a network at one step."""

    activations: dict[str, Array]
    """Activity of each population, shape (unit,)."""
    attention: dict[str, Array]
    """Weights of each attention, shape (source,)."""
    report: Array
    """Output, shape (output,)."""


class Unrolled(Model):
    """Base class of networks that are fully defined by `begin` and `step`."""

    @abstractmethod
    def begin(self) -> Any:
        """Return the state before the first step."""

    @abstractmethod
    def step(self, state: Any, x: Array) -> tuple[Any, Now]:
        """Advance the network by one step.

        Parameters
        ----------
        state : PyTree
            State after the previous step.
        x : array, shape (input,)
            Input at this step.

        Returns
        -------
        state : PyTree
            State after this step.
        now : Now
            Activity and output at this step.
        """

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""

        def read(model: Unrolled, state: Any, x: Array) -> tuple[Any, None]:
            return model.step(state, x)[0], None

        state, _ = noise.scan(self, read, self.begin(), inputs)
        return noise.at(self, len(inputs)).answer(state, inputs.shape[1], n_report)

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""

        def read(model: Unrolled, state: Any, x: Array) -> tuple[Any, Any]:
            state, _ = model.step(state, x)
            return state, state

        def answer(last: Array, state: Any) -> Array:
            return noise.at(self, last + 1).answer(state, inputs.shape[1], n_report)

        _, states = noise.scan(self, read, self.begin(), inputs)
        return jax.vmap(answer)(jnp.arange(len(inputs)), states)

    def answer(self, state: Any, n_inputs: int, n_report: int) -> Array:
        """Return the report, shape (report_step, output), given the state after the last input."""

        def step(model: Unrolled, state: Any, nothing: None) -> tuple[Any, Array]:
            state, now = model.step(state, jnp.zeros(n_inputs))
            return state, now.report

        return noise.scan(self, step, state, length=n_report)[1]

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""

        def step(model: Unrolled, state: Any, x: Array) -> tuple[Any, Now]:
            return model.step(state, x)

        _, now = noise.scan(self, step, self.begin(), inputs)
        return now.activations, now.attention
