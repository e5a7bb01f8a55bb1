"""Train networks on new random trials at every step, and validate them on held-out trials."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from neuro_attn import experiment
from neuro_attn.configuration import Network
from neuro_attn.networks import trials as task
from neuro_attn.networks.checkpoints import identity, load, save
from neuro_attn.networks.families import FAMILIES, learner_of
from neuro_attn.networks.learning import Batches
from neuro_attn.networks.model import Model, report
from neuro_attn.networks.noise import check_has_states
from neuro_attn.networks.progress import progress
from neuro_attn.randomness import stream

LOGGED_EVERY = 50
"""Number of training steps per row of the log; they are drawn, compiled and run together."""
LOGGED = ["step", "loss", *(f"report_error_{task}" for task in experiment.TASKS)]
"""Columns of the log."""


def untrained(settings: Network, seed: int, name: str, replicate: int) -> Model:
    """Return the untrained network, the starting point of training and a floor for results.

    Parameters
    ----------
    settings : Network
        Family and size.
    seed : int
        The seed of the configuration.
    name : str
        The network's name.
    replicate : int
        Number of the replicate network.

    Returns
    -------
    Model
    """
    rng = stream(seed, "network", name, replicate, "weights")
    key = jax.random.key(int(rng.integers(2**31)))
    return FAMILIES[settings.family](key, len(task.CHANNELS), 2, settings)


def train(
    settings: Network,
    seed: int,
    name: str,
    replicate: int,
    checkpoint: Path | None = None,
    version: str = "",
) -> tuple[Model, pd.DataFrame]:
    """Train a network to report the cued colour on pro and retro trials.

    The family determines the learning rule (`learning.Learner`). Progress is printed to stderr.

    Parameters
    ----------
    settings : Network
        Family, size and training.
    seed : int
        The seed of the configuration.
    name : str
        The network's name.
    replicate : int
        Number of the replicate network.
    checkpoint : Path, optional
        File in which the training state is stored at every row of the log. If it exists, training
        resumes from it, with the same results. The caller deletes it once the results are saved.
    version : str
        Software version; a checkpoint of another version is ignored.

    Returns
    -------
    model : Model
        The trained network. With ``settings.patience``, the network at the step with the smallest
        report error on held-out trials. If the training stopped because the loss was not finite,
        the network of the last row with a finite loss.
    log : pandas.DataFrame
        One row every `LOGGED_EVERY` steps: ``step`` (completed steps), ``loss`` (mean over the
        steps since the last row), ``report_error_pro`` and ``report_error_retro`` (mean absolute
        error on a fixed set of held-out trials, degrees; NaN for a task not in the settings). If
        the loss is not finite at a step, the training stops, and this step is the last row.
    """
    model = untrained(settings, seed, name, replicate)
    if settings.state_noise:
        check_has_states(model, settings.family)
    learner = learner_of(settings.family)
    state = learner.begin(model, settings)
    rng = stream(seed, "network", name, replicate, "training trials")
    sample_rng = stream(seed, "network", name, replicate, "samples")
    held_out_rng = stream(seed, "network", name, replicate, "validation trials")
    held_out = task.draw(len(settings.tasks) * settings.test_trials, settings, held_out_rng)
    held_out_inputs = task.inputs(held_out, settings, settings.input_noise, held_out_rng)
    rows = np.full((-(-settings.steps // LOGGED_EVERY), len(LOGGED)), np.nan)
    now = _Training(0, model, state, rows, model, np.inf, 0)
    made_of = identity(settings.model_dump(mode="json"), seed, name, replicate, version)
    if checkpoint is not None:
        now = load(now, made_of, checkpoint) or now
    with progress(settings.steps, f"training {name} seed {replicate}", now.step) as tell:
        for row, done in enumerate(range(0, settings.steps, LOGGED_EVERY)):
            n_steps = min(LOGGED_EVERY, settings.steps - done)
            batches = _batches(n_steps, settings, rng, sample_rng)
            if done < now.step:
                continue  # batches are drawn again only to advance the random streams
            if _is_over(now, settings):
                break
            model, state, losses = learner.learn(now.model, now.state, batches, settings)
            error = np.abs(
                task.report_error(report(model, held_out_inputs, settings.report_steps), held_out)
            )
            loss_now = float(np.mean(losses))
            if not np.isfinite([loss_now, error.mean()]).all():
                failed = done + np.append(np.flatnonzero(~np.isfinite(losses)), n_steps - 1)[0] + 1
                now.rows[row, 0] = failed
                now = now._replace(step=done + n_steps)
                print(_why_stopped(name, replicate, failed, settings), file=sys.stderr)
                break
            of_task = [
                error[held_out["task_order"] == order].mean() if order in settings.tasks else np.nan
                for order in experiment.TASKS
            ]
            step, mean_error = done + n_steps, float(error.mean())
            now.rows[row] = step, loss_now, *of_task
            best = now.best, now.lowest, now.best_step
            if mean_error < now.lowest:
                best = model, mean_error, step
            now = _Training(step, model, state, now.rows, *best)
            if checkpoint is not None:
                save(now, made_of, checkpoint)
            tell(step, f"loss {loss_now:.3f}, report error {mean_error:.1f} degrees")
    log = pd.DataFrame(now.rows, columns=LOGGED).dropna(subset="step").astype({"step": int})
    return now.model if settings.patience is None else now.best, log


def _why_stopped(name: str, replicate: int, step: int, settings: Network) -> str:
    return (
        f"network {name}, seed {replicate}: the training stopped at step {step}, because the loss "
        f"is not finite. Lower learning_rate (given: {settings.learning_rate:g})."
    )


class _Training(NamedTuple):
    """State of a training between two rows of its log."""

    step: int
    model: Model
    state: Any
    rows: np.ndarray
    best: Model
    lowest: float
    best_step: int


def _is_over(now: _Training, settings: Network) -> bool:
    """Return whether `patience` steps have passed without a decrease of the report error."""
    return settings.patience is not None and now.step - now.best_step >= settings.patience


def _batches(
    n_steps: int, settings: Network, rng: np.random.Generator, sample_rng: np.random.Generator
) -> Batches:
    """Draw new trials for several training steps."""
    trials = task.draw(n_steps * settings.batch, settings, rng)
    if settings.random_report:
        trials = task.ending_early(trials, rng)
    inputs = task.inputs(trials, settings, settings.input_noise, rng)
    first, end = settings.loss_steps
    targets = task.targets(trials, end - first)
    shape = (n_steps, settings.batch)
    return Batches(
        jnp.asarray(inputs.reshape(*shape, *inputs.shape[1:])),
        jnp.asarray(targets.reshape(*shape, *targets.shape[1:])),
        jnp.asarray(sample_rng.integers(2**32, size=n_steps, dtype=np.uint32)),
        first,
        settings.state_noise,
    )
