"""Training: fresh random trials of both tasks at every step, scored on held-out ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from neuro_attn import experiment
from neuro_attn.configuration import Network
from neuro_attn.networks import trials as task
from neuro_attn.networks.families import FAMILIES, learner_of
from neuro_attn.networks.learning import Batches
from neuro_attn.networks.model import Model, report
from neuro_attn.networks.progress import progress
from neuro_attn.randomness import stream

LOGGED_EVERY = 50
"""Training steps between two rows of the log; they are drawn, compiled and run together."""


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

    How it learns is the family's (`learning.Learner`). Progress goes to stderr.

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
        The trained network; with ``settings.patience``, as it was when its report error on
        held-out trials was smallest.
    log : pandas.DataFrame
        One row every `LOGGED_EVERY` steps: ``step`` (steps done), ``loss`` (mean over the steps
        since the last row), ``report_error_pro`` and ``report_error_retro`` (mean absolute error
        on held-out trials, the same ones all along, in degrees).
    """
    model = untrained(settings, seed, name, replicate)
    learner = learner_of(settings.family)
    state = learner.begin(model, settings)
    rng = stream(seed, "network", name, replicate, "training trials")
    sample_rng = stream(seed, "network", name, replicate, "samples")
    held_out_rng = stream(seed, "network", name, replicate, "validation trials")
    held_out = task.draw(2 * settings.test_trials, held_out_rng)
    held_out_inputs = task.inputs(held_out, settings.input_noise, held_out_rng)
    rows: list[dict[str, float]] = []
    best, lowest, best_step = model, np.inf, 0
    with progress(settings.steps, f"training {name} seed {replicate}") as tell:
        for done in range(0, settings.steps, LOGGED_EVERY):
            n_steps = min(LOGGED_EVERY, settings.steps - done)
            batches = _batches(n_steps, settings, rng, sample_rng)
            model, state, losses = learner.learn(model, state, batches, settings)
            error = np.abs(task.report_error(report(model, held_out_inputs), held_out))
            loss_now = float(np.mean(losses))
            of_task = {
                f"report_error_{order}": float(error[held_out["task_order"] == order].mean())
                for order in experiment.TASKS
            }
            step = done + n_steps
            rows.append({"step": step, "loss": loss_now, **of_task})
            tell(step, f"loss {loss_now:.3f}, report error {error.mean():.1f} degrees")
            if error.mean() < lowest:
                best, lowest, best_step = model, error.mean(), step
            if settings.patience is not None and step - best_step >= settings.patience:
                break
    return model if settings.patience is None else best, pd.DataFrame(rows)


def _batches(
    n_steps: int, settings: Network, rng: np.random.Generator, sample_rng: np.random.Generator
) -> Batches:
    """Draw fresh trials for some steps."""
    trials = task.draw(n_steps * settings.batch, rng)
    inputs = task.inputs(trials, settings.input_noise, rng)
    targets = task.targets(trials)
    shape = (n_steps, settings.batch)
    return Batches(
        jnp.asarray(inputs.reshape(*shape, *inputs.shape[1:])),
        jnp.asarray(targets.reshape(*shape, 2)),
        jnp.asarray(sample_rng.integers(2**32, size=n_steps, dtype=np.uint32)),
    )
