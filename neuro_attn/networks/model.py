"""What all families have in common."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from neuro_attn.networks.trials import REPORT_STEPS

TRIALS_AT_ONCE = 50
"""Trials whose populations are computed together; more take more memory, not less time."""


class Model(eqx.Module):
    """A network that reads a trial and reports a colour."""

    @abstractmethod
    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            The trial up to the report.
        n_report : int
            Steps of the report.

        Returns
        -------
        array, shape (report_step, output)
            Cosine and sine of the colour, at each step of the report.
        """

    def report_in_training(self, inputs: Array, n_report: int, key: Array) -> Array:
        """Return the report of a network that may draw at random while it learns."""
        return self(inputs, n_report)

    def loss(self, inputs: Array, target: Array, key: Array, first: int = 0) -> Array:
        """Return what learning makes small: the squared error of the report on a trial.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            The trial up to the report.
        target : array, shape (report_step, output)
            Cosine and sine of the colour to report, at each step of the report that counts.
        key : jax.Array
            For networks that draw at random while they learn.
        first : int
            The first step of the report that counts.

        Returns
        -------
        array, shape ()
            The mean over steps that count and outputs.
        """
        report = self.report_in_training(inputs, first + len(target), key)
        return jnp.mean((report[first:] - target) ** 2)

    @abstractmethod
    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return what each population would do if the report were asked for at every step.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            The trial up to the report.

        Returns
        -------
        activations : dict of array, shape (encoded_step, unit)
            For each population; row t is computed from ``inputs[: t + 1]`` alone.
        attention : dict of array, shape (encoded_step, source)
            For each attention (a head, a layer), row t: the weight of each source; none for steps
            after t, where sources are steps. Empty for a model without attention.
        """


@eqx.filter_jit
def report(model: Model, inputs: ArrayLike, n_report: int = REPORT_STEPS) -> Array:
    """Return the reports on many trials, shape (trial, report_step, output)."""
    return jax.vmap(lambda trial: model(trial, n_report))(jnp.asarray(inputs))


@eqx.filter_jit
def online(model: Model, inputs: ArrayLike) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return activations and attention of `Model.online` on many trials, (trial, ...) each."""
    return jax.lax.map(model.online, jnp.asarray(inputs), batch_size=TRIALS_AT_ONCE)
