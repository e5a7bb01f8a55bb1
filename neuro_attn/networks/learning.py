"""Learning rules: backpropagation with Adam, unless a family defines its own `Learner`."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import Array

from neuro_attn.networks.noise import drawn, with_noise

LARGEST_GRADIENT = 1.0
"""Largest global norm of the gradient; larger gradients are clipped."""


class Learnable(Protocol):
    """A network with a loss per trial, e.g. a `Model`."""

    def loss(self, inputs: Array, target: Array, key: Array, first: int, /) -> Array:
        """Return the loss of one trial, shape (); see `Model`."""


class Schedule(Protocol):
    """Settings of the Adam optimiser."""

    @property
    def learning_rate(self) -> float:
        """Initial learning rate, which decays to 0 along a cosine."""

    @property
    def steps(self) -> int:
        """Total number of training steps."""


AnyLearnable = TypeVar("AnyLearnable", bound=Learnable)


class Batches(eqx.Module):
    """Training trials of several steps."""

    inputs: Array
    """Inputs, shape (step, trial, encoded_step, channel)."""
    targets: Array
    """Cosine and sine of the colour to report, shape (step, trial, report_step, 2).

    Only the steps of the report that enter the loss are included.
    """
    seeds: Array
    """Seeds of random draws during training, shape (step,), uint32."""
    first: int = eqx.field(static=True, default=0)
    """Index of the first step of the report that enters the loss."""
    noise: float = eqx.field(static=True, default=0.0)
    """SD of the noise in the states of the network; see `noise.StateNoise`."""


class Learner(NamedTuple):
    """A learning rule, as a pair of functions that `training.train` calls."""

    begin: Callable[[Any, Any], Any]
    """``begin(model, settings)`` returns the initial state of the learner."""
    learn: Callable[[Any, Any, Batches, Any], tuple[Any, Any, Array]]
    """``learn(model, state, batches, settings)`` returns model, state and losses, shape (step,)."""


def begin(model: Learnable, settings: Schedule) -> optax.OptState:
    """Return the initial state of Adam."""
    return _optimiser(settings).init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def learn(
    model: AnyLearnable, state: optax.OptState, batches: Batches, settings: Schedule
) -> tuple[AnyLearnable, optax.OptState, Array]:
    """Train a network with Adam for several steps, in one compiled loop.

    Parameters
    ----------
    model : Learnable
        The network before these steps.
    state : optax.OptState
        State of the optimiser before these steps.
    batches : Batches
        Trials of each step.
    settings : Schedule
        Learning rate and total number of steps.

    Returns
    -------
    model : Learnable
        The network after these steps.
    state : optax.OptState
        State of the optimiser after these steps.
    losses : array, shape (step,)
        The mean of `Learnable.loss` over each batch, before its update.
    """
    optimiser = _optimiser(settings)
    weights, rest = eqx.partition(model, eqx.is_inexact_array)

    def loss(weights: AnyLearnable, inputs: Array, targets: Array, keys: Array) -> Array:
        model = eqx.combine(weights, rest)

        def of_trial(inputs: Array, target: Array, key: Array) -> Array:
            if not batches.noise:
                return model.loss(inputs, target, key, batches.first)
            n_steps = len(inputs) + batches.first + len(target)
            noise = drawn(model, batches.noise, n_steps, key)
            return with_noise(model, noise).loss(inputs, target, key, batches.first)

        return jnp.mean(jax.vmap(of_trial)(inputs, targets, keys))

    def step(carry: tuple, batch: Batches) -> tuple[tuple, Array]:
        weights, state = carry
        keys = jax.random.split(jax.random.key(batch.seeds), len(batch.inputs))
        value, gradient = jax.value_and_grad(loss)(weights, batch.inputs, batch.targets, keys)
        updates, state = optimiser.update(gradient, state)
        return (optax.apply_updates(weights, updates), state), value

    (weights, state), losses = jax.lax.scan(step, (weights, state), batches)
    return eqx.combine(weights, rest), state, losses


BACKPROPAGATION = Learner(begin, learn)
"""Backpropagation of `Learnable.loss` through the whole network and all time steps, with Adam."""


def _optimiser(settings: Schedule) -> optax.GradientTransformation:
    return optax.chain(
        optax.clip_by_global_norm(LARGEST_GRADIENT),
        optax.adam(optax.cosine_decay_schedule(settings.learning_rate, settings.steps)),
    )
