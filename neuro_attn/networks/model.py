"""What all families have in common."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

TRIALS_AT_ONCE = 50
"""Trials whose populations are computed together; more take more memory, not less time."""


class Model(eqx.Module):
    """A network that reads a trial and reports a colour."""

    @abstractmethod
    def __call__(self, inputs: Array) -> Array:
        """Report on a trial.

        Parameters
        ----------
        inputs : array, shape (time, input)
            A whole trial; the steps of the report are not read.

        Returns
        -------
        array, shape (report_step, output)
            Cosine and sine of the colour, at each step of the report.
        """

    def loss(self, inputs: Array, target: Array, key: Array) -> Array:
        """Return what learning makes small: the squared error of the report on a trial.

        Parameters
        ----------
        inputs : array, shape (time, input)
            A whole trial.
        target : array, shape (output,)
            Cosine and sine of the colour to report.
        key : jax.Array
            For networks that draw at random while they learn.

        Returns
        -------
        array, shape ()
            The mean over steps of the report and outputs.
        """
        return jnp.mean((self(inputs) - target) ** 2)

    @abstractmethod
    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return what each population would do if the report were asked for at every step.

        Parameters
        ----------
        inputs : array, shape (time, input)
            A whole trial.

        Returns
        -------
        activations : dict of array, shape (encoded_step, unit)
            For each population; row t is computed from ``inputs[: t + 1]`` alone.
        attention : dict of array, shape (encoded_step, source)
            For each attention (a head, a layer), row t: the weight of each source; none for steps
            after t, where sources are steps. Empty for a model without attention.
        """


@eqx.filter_jit
def report(model: Model, inputs: ArrayLike) -> Array:
    """Return the reports on many trials, shape (trial, report_step, output)."""
    return jax.vmap(model)(jnp.asarray(inputs))


@eqx.filter_jit
def online(model: Model, inputs: ArrayLike) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return activations and attention of `Model.online` on many trials, (trial, ...) each."""
    return jax.lax.map(model.online, jnp.asarray(inputs), batch_size=TRIALS_AT_ONCE)
