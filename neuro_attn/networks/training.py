"""Train networks on new random trials at every step, and validate them on held-out trials."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from neuro_attn.configuration import Network
from neuro_attn.networks import trials as task
from neuro_attn.networks.checkpoints import identity, load, save
from neuro_attn.networks.design import design_of
from neuro_attn.networks.families import FAMILIES, learner_of
from neuro_attn.networks.learning import Batches
from neuro_attn.networks.model import Model, report
from neuro_attn.networks.noise import check_has_states
from neuro_attn.networks.progress import progress
from neuro_attn.randomness import stream

LOGGED_EVERY = 50
"""Number of training steps per row of the log; they are drawn, compiled and run together."""


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
    return FAMILIES[settings.family](key, len(design_of(settings).channels), 2, settings)


def train(
    settings: Network,
    seed: int,
    name: str,
    replicate: int,
    checkpoint: Path | None = None,
    version: str = "",
) -> tuple[Model, pd.DataFrame]:
    """Train a network to report the colour of the target in the trials of its task.

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
        One row for each trial type every `LOGGED_EVERY` steps: ``step`` (completed steps),
        ``loss`` (mean over the steps since the last row and over all trials), ``task`` (the trial
        type) and ``report_error`` (mean absolute error on a fixed set of held-out trials,
        degrees). If the loss is not finite at a step, the training stops, and the last rows are
        those of this step.
    """
    model = untrained(settings, seed, name, replicate)
    if settings.state_noise:
        check_has_states(model, settings.family)
    learner = learner_of(settings.family)
    state = learner.begin(model, settings)
    rng = stream(seed, "network", name, replicate, "training trials")
    sample_rng = stream(seed, "network", name, replicate, "samples")
    held_out_rng = stream(seed, "network", name, replicate, "validation trials")
    held_out = task.draw(len(settings.trial_types) * settings.test_trials, settings, held_out_rng)
    held_out_inputs = task.inputs(held_out, settings, settings.input_noise, held_out_rng)
    n_rows = -(-settings.steps // LOGGED_EVERY)
    rows = np.full((n_rows, 2 + len(settings.trial_types)), np.nan)
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
                error[held_out["task_order"] == kind].mean() for kind in settings.trial_types
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
    model = now.model if settings.patience is None else now.best
    return model, _log(now.rows, settings.trial_types)


def _log(rows: np.ndarray, trial_types: tuple[str, ...]) -> pd.DataFrame:
    """Return the log of a training from its steps, losses, and errors of each trial type."""
    wide = pd.DataFrame(rows, columns=["step", "loss", *trial_types]).dropna(subset="step")
    log = wide.melt(["step", "loss"], var_name="task", value_name="report_error")
    return log.sort_values("step", kind="stable", ignore_index=True).astype({"step": int})


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
        trials = task.ending_early(trials, settings, rng)
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
