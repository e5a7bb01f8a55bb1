"""The base class of all families, and functions that run a network on many trials."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from neuro_attn.networks.noise import Noise, with_noise
from neuro_attn.networks.trials import REPORT_STEPS

Outputs = TypeVar("Outputs")
TRIALS_AT_ONCE = 50
"""Most trials in a batch of `over_trials`; larger batches use more memory and are not faster."""


class Model(eqx.Module):
    """Base class of networks that read a trial and report a colour."""

    @abstractmethod
    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            Inputs of the trial up to the report.
        n_report : int
            Number of steps of the report.

        Returns
        -------
        array, shape (report_step, output)
            Cosine and sine of the colour, at each step of the report.
        """

    def report_in_training(self, inputs: Array, n_report: int, key: Array) -> Array:
        """Return the report during training, which can be stochastic.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            Inputs of the trial up to the report.
        n_report : int
            Number of steps of the report.
        key : jax.Array
            Random key; networks without noise ignore it.

        Returns
        -------
        array, shape (report_step, output)
            As from `__call__`.
        """
        return self(inputs, n_report)

    def loss(self, inputs: Array, target: Array, key: Array, first: int = 0) -> Array:
        """Return the training loss, the mean squared error of the report on one trial.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            Inputs of the trial up to the report.
        target : array, shape (report_step, output)
            Cosine and sine of the colour to report, at each step that enters the loss.
        key : jax.Array
            Random key for networks that are stochastic during training.
        first : int
            Index of the first step of the report that enters the loss.

        Returns
        -------
        array, shape ()
            Mean over those steps and over outputs.
        """
        report = self.report_in_training(inputs, first + len(target), key)
        return jnp.mean((report[first:] - target) ** 2)

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report that the network would give if the trial ended at each step.

        Row t is `__call__` on ``inputs[: t + 1]``. This version compiles every length; families
        override it where one computation serves all lengths.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            Inputs of the trial up to the report.
        n_report : int
            Number of steps of the report.

        Returns
        -------
        array, shape (encoded_step, report_step, output)
        """
        ends = range(1, len(inputs) + 1)
        return jnp.stack([self(inputs[:end], n_report) for end in ends])

    @abstractmethod
    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the activity of each population at every step, as if the trial ended there.

        Parameters
        ----------
        inputs : array, shape (encoded_step, input)
            Inputs of the trial up to the report.

        Returns
        -------
        activations : dict of array, shape (encoded_step, unit)
            Activity of each population. Row t is computed from ``inputs[: t + 1]`` alone.
        attention : dict of array, shape (encoded_step, source)
            Weights of each attention (a head or a layer) over its sources. If sources are steps,
            row t is 0 after step t. Empty for a network without attention.
        """


@eqx.filter_jit
def report(
    model: Model, inputs: ArrayLike, n_report: int = REPORT_STEPS, noise: Noise | None = None
) -> Array:
    """Return the reports on many trials, shape (trial, report_step, output).

    Parameters
    ----------
    model : Model
        The network.
    inputs : array, shape (trial, encoded_step, input)
        Inputs of the trials up to the report.
    n_report : int
        Number of steps of the report.
    noise : Noise, optional
        Noise in the states, with a leading axis of trials. With the same noise, `online` returns
        the activity that leads to these reports.
    """
    trials = _Trial(jnp.asarray(inputs), noise)
    return jax.vmap(lambda trial: trial.of(model)(trial.inputs, n_report))(trials)


@eqx.filter_jit
def asked(model: Model, inputs: ArrayLike, n_report: int = REPORT_STEPS) -> Array:
    """Return `Model.asked` for many trials, shape (trial, encoded_step, report_step, output)."""
    return over_trials(lambda trial: model.asked(trial, n_report), jnp.asarray(inputs))


@eqx.filter_jit
def online(
    model: Model, inputs: ArrayLike, noise: Noise | None = None
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return `Model.online` for many trials; arrays gain a leading trial axis.

    Parameters
    ----------
    model, inputs, noise
        As in `report`.
    """
    trials = _Trial(jnp.asarray(inputs), noise)
    return over_trials(lambda trial: trial.of(model).online(trial.inputs), trials)


def over_trials(one: Callable[[Any], Outputs], trials: Any) -> Outputs:
    """Return the outputs of a function for many trials, computed in batches of equal size.

    XLA would compile a last, smaller batch separately, which takes as long as the others.

    Parameters
    ----------
    one : callable
        Returns the arrays of one trial.
    trials : PyTree
        Arrays with a leading axis of trials.
    """
    n_trials = len(jax.tree.leaves(trials)[0])
    n_batches = -(-n_trials // TRIALS_AT_ONCE)
    size = next(n for n in range(-(-n_trials // n_batches), 0, -1) if n_trials % n == 0)
    if 2 * size < TRIALS_AT_ONCE:
        size = TRIALS_AT_ONCE
    outputs: Outputs = jax.lax.map(one, trials, batch_size=size)
    return outputs


class _Trial(NamedTuple):
    """A trial, or many with a leading axis."""

    inputs: Array
    noise: Noise | None

    def of(self, model: Model) -> Model:
        """Return the network with the noise of this trial."""
        return model if self.noise is None else with_noise(model, self.noise)
