"""Training: Adam on fresh random trials of both tasks."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from jax import Array

from neuro_attn import experiment
from neuro_attn.configuration import Network
from neuro_attn.networks import trials as task
from neuro_attn.networks.families import FAMILIES
from neuro_attn.networks.model import Model, report
from neuro_attn.networks.progress import progress
from neuro_attn.randomness import stream

LOGGED_EVERY = 50
"""Training steps between two rows of the log; they are drawn, compiled and run together."""
LARGEST_GRADIENT = 1.0
"""Global norm that gradients are clipped to."""


def untrained(settings: Network, seed: int, name: str, replicate: int) -> Model:
    """Return the network that training starts from; it serves as a floor.

    Parameters
    ----------
    settings : Network
        Family and size.
    seed : int
        The seed of the configuration.
    name : str
        The network's name.
    replicate : int
        Which of the network's seeds.

    Returns
    -------
    Model
    """
    rng = stream(seed, "network", name, replicate, "weights")
    key = jax.random.key(int(rng.integers(2**31)))
    return FAMILIES[settings.family](key, len(task.CHANNELS), 2, settings)


def train(settings: Network, seed: int, name: str, replicate: int) -> tuple[Model, pd.DataFrame]:
    """Train a network to report the cued colour, on pro and retro trials alike.

    The loss is the mean squared error of cosine and sine over the steps of the report. Progress
    goes to stderr.

    Parameters
    ----------
    settings : Network
        Family, size and training.
    seed : int
        The seed of the configuration.
    name : str
        The network's name.
    replicate : int
        Which of the network's seeds.

    Returns
    -------
    model : Model
        The trained network.
    log : pandas.DataFrame
        One row every `LOGGED_EVERY` steps: ``step`` (steps done), ``loss`` (mean over the steps
        since the last row), ``report_error_pro`` and ``report_error_retro`` (mean absolute error
        on held-out trials, the same ones all along, in degrees).
    """
    model = untrained(settings, seed, name, replicate)
    state = _optimiser(settings).init(eqx.filter(model, eqx.is_inexact_array))
    rng = stream(seed, "network", name, replicate, "training trials")
    held_out_rng = stream(seed, "network", name, replicate, "validation trials")
    held_out = task.draw(2 * settings.test_trials, held_out_rng)
    held_out_inputs = task.inputs(held_out, settings.input_noise, held_out_rng)
    rows = []
    with progress(settings.steps, f"training {name} seed {replicate}") as tell:
        for done in range(0, settings.steps, LOGGED_EVERY):
            n_steps = min(LOGGED_EVERY, settings.steps - done)
            batches = _batches(n_steps, settings, rng)
            model, state, losses = _learn(model, state, batches, settings)
            error = np.abs(task.report_error(report(model, held_out_inputs), held_out))
            loss_now = float(np.mean(losses))
            of_task = {
                f"report_error_{order}": float(error[held_out["task_order"] == order].mean())
                for order in experiment.TASKS
            }
            rows.append({"step": done + n_steps, "loss": loss_now, **of_task})
            tell(done + n_steps, f"loss {loss_now:.3f}, report error {error.mean():.1f} degrees")
    return model, pd.DataFrame(rows)


def _batches(n_steps: int, settings: Network, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return fresh inputs (step, trial, time, channel) and targets (step, trial, 2)."""
    trials = task.draw(n_steps * settings.batch, rng)
    inputs = task.inputs(trials, settings.input_noise, rng)
    targets = task.targets(trials)
    shape = (n_steps, settings.batch)
    return (
        jnp.asarray(inputs.reshape(*shape, *inputs.shape[1:])),
        jnp.asarray(targets.reshape(*shape, 2)),
    )


def _optimiser(settings: Network) -> optax.GradientTransformation:
    return optax.chain(
        optax.clip_by_global_norm(LARGEST_GRADIENT),
        optax.adam(optax.cosine_decay_schedule(settings.learning_rate, settings.steps)),
    )


@eqx.filter_jit
def _learn(
    model: Model, state: optax.OptState, batches: tuple[Array, Array], settings: Network
) -> tuple[Model, optax.OptState, Array]:
    """Learn from a sequence of batches, in one compiled loop.

    Parameters
    ----------
    model : Model
        The network so far.
    state : optax.OptState
        The optimiser's state so far.
    batches : tuple of array
        Inputs (step, trial, time, channel) and targets (step, trial, 2).
    settings : Network
        Learning rate and steps in all.

    Returns
    -------
    model, state
        As they are then.
    losses : array, shape (step,)
        The loss of each batch, before learning from it.
    """
    optimiser = _optimiser(settings)
    weights, rest = eqx.partition(model, eqx.is_inexact_array)

    def loss(weights: Model, inputs: Array, targets: Array) -> Array:
        reports = jax.vmap(eqx.combine(weights, rest))(inputs)
        return jnp.mean((reports - targets[:, None]) ** 2)

    def step(carry: tuple, batch: tuple[Array, Array]) -> tuple[tuple, Array]:
        weights, state = carry
        value, gradient = jax.value_and_grad(loss)(weights, *batch)
        updates, state = optimiser.update(gradient, state)
        return (optax.apply_updates(weights, updates), state), value

    (weights, state), losses = jax.lax.scan(step, (weights, state), batches)
    return eqx.combine(weights, rest), state, losses
