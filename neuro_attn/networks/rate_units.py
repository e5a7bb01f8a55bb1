"""Rate units in continuous time, which several families share.

tau dr/dt = -r + phi(drive(r))

Each step of a trial is integrated by Euler's method in `SUBSTEPS` parts:
r <- r + (dt / tau) (-r + phi(drive(r))), dt = STEP / SUBSTEPS.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.trials import STEP

TAU = 0.1
"""Time constant of a unit, s."""
SUBSTEPS = 5
"""Parts of a step of a trial; dt is then 20 ms."""


def euler(
    state: Array, target: Callable[[Array], Array], substeps: int = SUBSTEPS, tau: float = TAU
) -> Array:
    """Integrate tau dr/dt = -r + target(r) over one step of a trial.

    Parameters
    ----------
    state : array, shape (unit,)
        r at the start of the step.
    target : callable
        phi(drive(r)), shape (unit,), with the inputs of this step.
    substeps : int
        Number of Euler steps.
    tau : float
        Time constant, s.
    """
    part = STEP / substeps / tau

    def substep(state: Array, nothing: None) -> tuple[Array, None]:
        return state + part * (target(state) - state), None

    return jax.lax.scan(substep, state, length=substeps, unroll=min(substeps, 5))[0]


def persistent(key: Array, n_units: int, spread: float = 0.1) -> Array:
    """Return recurrent weights under which rates persist: (1 - s) I + N(0, s^2 / n).

    Rectified units with the identity keep what they received (Le, Jaitly & Hinton 2015). Without
    it, activity decays with tau, and gradients do not reach the items. The largest eigenvalue is
    about 1 for every s (``spread``), so that activity does not grow over a trial either.
    """
    noise = jax.random.normal(key, (n_units, n_units)) / jnp.sqrt(n_units)
    return (1 - spread) * jnp.eye(n_units) + spread * noise
