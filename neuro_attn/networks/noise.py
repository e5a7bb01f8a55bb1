"""Private Gaussian noise in the states of a network, at every step of a trial.

s_t <- s_t + sigma xi_t,  xi_t ~ N(0, 1), independent over units, steps and trials

The noise enters where a network computes its next state from it, so it propagates: it accumulates
over delays, and units that share inputs from noisy units have correlated noise. Noise that is added
to recorded activations does neither. Gated units are disturbed after their nonlinearity, rate units
in their drive (Song, Yang & Wang 2016), and networks with attention alone in the embedding of each
step, which is what they store.

A family holds a `StateNoise` wherever its states are disturbed. It does nothing until `with_noise`
gives it the noise of a trial, one row per step, drawn in advance; `scan` and `at` select the row.
A report that is asked after step t has the rows from t on, whenever it is asked.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from neuro_attn.errors import InputError

AnyModule = TypeVar("AnyModule", bound=eqx.Module)
Noise = tuple[Array, ...]
"""Noise sigma xi of each `StateNoise` of a network, in order, shape (step, *shape of a state).

The noise of many trials has a leading axis.
"""


class StateNoise(eqx.Module):
    """A place in a network at which noise is added to an array of states.

    Parameters
    ----------
    *shape : int
        Shape of the states at a step.
    is_drive : bool
        Whether the array is the drive of rectified units, to which they add their recurrent input.
    """

    shape: tuple[int, ...] = eqx.field(static=True)
    is_drive: bool = eqx.field(static=True)
    rows: Array | None
    step: Any

    def __init__(self, *shape: int, is_drive: bool = False):
        self.shape, self.is_drive, self.rows, self.step = shape, is_drive, None, None

    def __call__(self, state: Array) -> Array:
        """Return the states with the noise of this step, or as they are if there is none.

        Parameters
        ----------
        state : array, shape (*shape,) or (step, *shape)
            States of this step, or of all steps from the first one on.
        """
        if self.rows is None:
            return state
        if state.ndim == self.rows.ndim:
            return state + self.rows[: len(state)]
        return state + self.rows[self.step]


def drawn(model: eqx.Module, sd: float, n_steps: int, key: Array) -> Noise:
    """Draw the noise of a trial, inside a compiled function.

    Parameters
    ----------
    model : Module
        The network.
    sd : float
        SD sigma.
    n_steps : int
        Number of steps of the trial, with its report.
    key : jax.Array
        Random key.
    """
    places = _places(model)
    keys = jax.random.split(key, len(places))
    return tuple(
        sd * jax.random.normal(each, (n_steps, *place.shape))
        for each, place in zip(keys, places, strict=True)
    )


def drawn_for_trials(
    model: eqx.Module, n_trials: int, n_steps: int, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Draw xi, noise with an SD of 1, for many trials.

    Parameters
    ----------
    model : Module
        The network.
    n_trials, n_steps : int
        Numbers of trials, and of steps of a trial, with its report.
    rng : numpy.random.Generator
        Source of randomness.
    """
    return tuple(
        rng.standard_normal((n_trials, n_steps, *place.shape), dtype=np.float32)
        for place in _places(model)
    )


def with_noise(model: AnyModule, noise: Sequence[Array]) -> AnyModule:
    """Return a network with noise in its states.

    Parameters
    ----------
    model : Module
        The network.
    noise : sequence of array
        `Noise` of a trial.
    """
    remaining = iter(map(jnp.asarray, noise))
    return _replaced(model, lambda place: _with(place, next(remaining), 0))


def at(module: AnyModule, step: ArrayLike) -> AnyModule:
    """Return a network with the noise of a later step; a network without noise as it is.

    Parameters
    ----------
    module : Module
        A network or a part of it.
    step : int or array, shape ()
        Number of the step, from the current one on.
    """
    if not is_noisy(module):
        return module
    return _replaced(module, lambda place: _with(place, jnp.asarray(place.rows), place.step + step))


def scan(
    module: AnyModule,
    step: Callable[[AnyModule, Any, Any], tuple[Any, Any]],
    begin: Any,
    inputs: Any = None,
    length: int | None = None,
) -> tuple[Any, Any]:
    """Run a network step by step (`jax.lax.scan`), each with its noise.

    Parameters
    ----------
    module : Module
        A network or a part of it.
    step : callable
        ``step(module, state, x)`` returns the next state and the output of a step.
    begin : PyTree
        State before the first step.
    inputs : PyTree, optional
        Inputs x of all steps; arrays of shape (step, ...).
    length : int, optional
        Number of steps, needed without inputs.

    Returns
    -------
    state : PyTree
        State after the last step.
    outputs : PyTree
        Outputs of all steps.
    """
    if not is_noisy(module):
        return jax.lax.scan(lambda state, x: step(module, state, x), begin, inputs, length=length)
    if length is None:
        length = len(jax.tree.leaves(inputs)[0])

    def numbered(state: Any, now: tuple[Array, Any]) -> tuple[Any, Any]:
        number, x = now
        return step(at(module, number), state, x)

    return jax.lax.scan(numbered, begin, (jnp.arange(length), inputs))


def is_noisy(module: eqx.Module) -> bool:
    """Return whether `with_noise` has been applied to a network or a part of it."""
    return any(place.rows is not None for place in _places(module))


def check_has_states(model: eqx.Module, family: str) -> None:
    """Raise `InputError` if a family has no place at which noise can enter."""
    if not _places(model):
        raise InputError(
            f"family {family}",
            "has no `StateNoise`, so no noise can be added to its states.",
            "Remove state_noise and match, or add a `StateNoise` to the family (docs/adding.md).",
        )


def _is_place(part: object) -> bool:
    return isinstance(part, StateNoise)


def _places(module: eqx.Module) -> list[StateNoise]:
    return [part for part in jax.tree.leaves(module, is_leaf=_is_place) if _is_place(part)]


def _with(place: StateNoise, rows: Array, step: ArrayLike) -> StateNoise:
    of_step: StateNoise = eqx.tree_at(
        lambda each: (each.rows, each.step), place, (rows, step), is_leaf=lambda leaf: leaf is None
    )
    return of_step


def _replaced(module: AnyModule, new: Callable[[StateNoise], StateNoise]) -> AnyModule:
    changed: AnyModule = jax.tree.map(
        lambda part: new(part) if isinstance(part, StateNoise) else part, module, is_leaf=_is_place
    )
    return changed
