"""Fixed and slow points of recurrent networks (Sussillo & Barak 2013).

A network whose state follows s_{t+1} = F(s_t, x) under a constant input x is at a fixed point where
F(s, x) = s, and at a slow point where the speed |F(s, x) - s| is small. We minimise
q(s) = |F(s, x) - s|^2 / 2 from states that the network visits. Eigenvalues of the Jacobian of F
at such a point tell memory from decay: a dimension with a modulus near 1 keeps what is in it, and
one above 1 grows.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from jax import Array
from jax.flatten_util import ravel_pytree

from neuro_attn.networks.populations import Trials
from neuro_attn.networks.trials import STEP
from neuro_attn.networks.unrolled import Unrolled

SLOW = 0.1
"""Largest distance of the modulus of an eigenvalue from 1 at which its dimension is slow."""
EPOCHS = ("before the cue", "after the cue")
"""The delays whose states start the search: at the last step before the cue, and before the report.

In prospective trials no item has been shown before the cue.
"""
_STEPS, _RATE = 2000, 0.02


def fixed_points(
    model: Unrolled, trials: Trials, n_steps: int = _STEPS, learning_rate: float = _RATE
) -> pd.DataFrame:
    """Find the fixed or slow point that is nearest to the state of each trial, in both delays.

    Parameters
    ----------
    model : Unrolled
        A network that is defined by its step, such as ``leaky-rnn``, ``gru`` or ``multi-area``.
    trials : Trials
        Trials of the task, from `draw_trials` or `held_out_trials`.
    n_steps : int
        Steps of the minimisation (Adam).
    learning_rate : float
        Maximum learning rate, which falls to 0 along a cosine.

    Returns
    -------
    pandas.DataFrame
        One row per trial and epoch, with the columns ``trial_id``, ``trial_type``, ``epoch``,
        ``speed_of_state`` and ``speed`` (norm of the change of the state in a step, of the state
        that was visited and of the point), ``distance`` (between them), ``modulus`` (largest of
        the eigenvalues), ``n_unstable`` and ``n_slow`` (dimensions with a modulus above 1 +
        `SLOW`, and within `SLOW` of 1).
    """
    fixation = np.zeros(trials.inputs.shape[2], np.float32)
    # The input of both delays, without its noise; shorter trials have none at the first steps.
    fixation[0] = np.rint(trials.inputs[:, -1, 0].mean())
    n_encoded = trials.inputs.shape[1]
    cue = np.rint(trials.table["cue_onset"].to_numpy() / STEP).astype(int)
    last = {EPOCHS[0]: cue - 1, EPOCHS[1]: np.full(len(cue), n_encoded - 1)}
    states = _states(model, jnp.asarray(trials.inputs))
    tables = []
    for epoch, step in last.items():
        start = states[np.arange(len(step)), step]
        point, measures = _search(model, start, jnp.asarray(fixation), n_steps, learning_rate)
        tables.append(
            trials.table[["trial_id", "trial_type"]].assign(
                epoch=epoch,
                **{name: np.asarray(values) for name, values in measures.items()},
                distance=np.linalg.norm(np.asarray(point - start), axis=1),
                **_stability(_jacobians(model, point, jnp.asarray(fixation))),
            )
        )
    return pd.concat(tables, ignore_index=True)


def _map(model: Unrolled) -> tuple[Array, Any]:
    """Return the initial state as a vector, and F of such vectors."""
    begin, unravel = ravel_pytree(model.begin())

    def advance(state: Array, x: Array) -> Array:
        return ravel_pytree(model.step(unravel(state), x)[0])[0]

    return begin, advance


@eqx.filter_jit
def _states(model: Unrolled, inputs: Array) -> Array:
    """Return the states after every step, shape (trial, step, dimension)."""
    begin, advance = _map(model)

    def of_trial(trial: Array) -> Array:
        def step(state: Array, x: Array) -> tuple[Array, Array]:
            state = advance(state, x)
            return state, state

        return jax.lax.scan(step, begin, trial)[1]

    return jax.vmap(of_trial)(inputs)


@eqx.filter_jit
def _search(
    model: Unrolled, start: Array, x: Array, n_steps: int, learning_rate: float
) -> tuple[Array, dict[str, Array]]:
    """Minimise q from each state, shape (trial, dimension); return points and speeds."""
    _, advance = _map(model)

    def speed(state: Array) -> Array:
        return jnp.linalg.norm(advance(state, x) - state)

    def q(state: Array) -> Array:
        return jnp.sum((advance(state, x) - state) ** 2) / 2

    optimiser = optax.adam(optax.cosine_decay_schedule(learning_rate, n_steps))

    def of_trial(state: Array) -> Array:
        def step(now: tuple, nothing: None) -> tuple[tuple, None]:
            state, memory = now
            update, memory = optimiser.update(jax.grad(q)(state), memory)
            return (optax.apply_updates(state, update), memory), None

        return jax.lax.scan(step, (state, optimiser.init(state)), length=n_steps)[0][0]

    found = jax.vmap(of_trial)(start)
    return found, {
        "speed_of_state": jax.vmap(speed)(start),
        "speed": jax.vmap(speed)(found),
    }


@eqx.filter_jit
def _jacobians(model: Unrolled, points: Array, x: Array) -> Array:
    _, advance = _map(model)
    return jax.vmap(jax.jacfwd(advance), in_axes=(0, None))(points, x)


def _stability(jacobians: Array) -> dict[str, np.ndarray]:
    """Return the largest modulus of the eigenvalues and counts of unstable and slow dimensions."""
    modulus = np.abs(np.linalg.eigvals(np.asarray(jacobians, float)))
    return {
        "modulus": modulus.max(axis=1),
        "n_unstable": (modulus > 1 + SLOW).sum(axis=1),
        "n_slow": (np.abs(modulus - 1) <= SLOW).sum(axis=1),
    }
