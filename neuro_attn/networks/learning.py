"""How networks learn from batches of trials: by backpropagation, unless a family says otherwise."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import Array

LARGEST_GRADIENT = 1.0
"""Global norm that gradients are clipped to."""


class Learnable(Protocol):
    """A network with something to make small: `Model`, and what does another task."""

    def loss(self, inputs: Array, target: Array, key: Array, first: int, /) -> Array:
        """Return the loss of one trial, shape (); see `Model`."""


class Schedule(Protocol):
    """The settings that Adam needs."""

    @property
    def learning_rate(self) -> float:
        """Highest learning rate; it falls to 0 along a cosine."""

    @property
    def steps(self) -> int:
        """Training steps in all."""


AnyLearnable = TypeVar("AnyLearnable", bound=Learnable)


class Batches(eqx.Module):
    """Training trials of some steps."""

    inputs: Array
    """Shape (step, trial, encoded_step, channel)."""
    targets: Array
    """What to report: cosine and sine of the colour, shape (step, trial, report_step, 2).

    It has the steps of the report that count, and no others.
    """
    seeds: Array
    """Seeds of what a network draws at random, shape (step,), uint32."""
    first: int = eqx.field(static=True, default=0)
    """Step of the report that the targets begin at."""


class Learner(NamedTuple):
    """A way to learn; `training.train` does the rest."""

    begin: Callable[[Any, Any], Any]
    """From an untrained network and its settings to the state of the learner."""
    learn: Callable[[Any, Any, Batches, Any], tuple[Any, Any, Array]]
    """From network, state, batches and settings to network, state, and each step's loss."""


def begin(model: Learnable, settings: Schedule) -> optax.OptState:
    """Return the state of Adam before the first step."""
    return _optimiser(settings).init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def learn(
    model: AnyLearnable, state: optax.OptState, batches: Batches, settings: Schedule
) -> tuple[AnyLearnable, optax.OptState, Array]:
    """Learn from batches with Adam, in one compiled loop.

    Parameters
    ----------
    model : Learnable
        The network so far.
    state : optax.OptState
        The optimiser's state so far.
    batches : Batches
        Trials; each step has its own.
    settings : Schedule
        Learning rate and steps in all.

    Returns
    -------
    model, state
        As they are then.
    losses : array, shape (step,)
        The mean of `Learnable.loss` over each batch, before learning from it.
    """
    optimiser = _optimiser(settings)
    weights, rest = eqx.partition(model, eqx.is_inexact_array)

    def loss(weights: AnyLearnable, inputs: Array, targets: Array, keys: Array) -> Array:
        model = eqx.combine(weights, rest)

        def of_trial(inputs: Array, target: Array, key: Array) -> Array:
            return model.loss(inputs, target, key, batches.first)

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
"""Gradients of `Learnable.loss` through the whole network and all steps, and Adam."""


def _optimiser(settings: Schedule) -> optax.GradientTransformation:
    return optax.chain(
        optax.clip_by_global_norm(LARGEST_GRADIENT),
        optax.adam(optax.cosine_decay_schedule(settings.learning_rate, settings.steps)),
    )
