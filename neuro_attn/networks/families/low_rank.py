"""Recurrent network of low rank (Mastrogiuseppe & Ostojic 2018; Dubreuil et al. 2022).

tau dv/dt = -v + W x_t + b + R r,  r = relu(v),  R = M N' / n
y_t = V r_t

M and N have `RANK` columns and n rows (units), so activity that the recurrence maintains lies in
the subspace of the columns of M: at most `RANK` dimensions. Rectified units let activity of any
size persist in it: if units form pairs with opposite rows of M, N = 2 M gives N' relu(M k) / n = k
for every k. M and N start near that.
Integration and tau are those of `leaky-rnn`. Population: ``recurrent`` (r_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.rate_units import euler
from neuro_attn.networks.unrolled import Now, Unrolled

RANK = 8
"""Rank of the recurrent weights: four for the colours of two items, others for cue and report."""

SPREAD = 0.1
"""Initial deviation of N from the weights under which activity persists."""


class LowRank(Unrolled):
    """Recurrent layer whose weights are an outer product, with a linear readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units, rank : int
        Numbers of input channels, of output units, of recurrent units and of columns of M and N.
    """

    W: eqx.nn.Linear
    M: Array
    N: Array
    readout: eqx.nn.Linear
    noise: StateNoise

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int, rank: int = RANK):
        keys = jax.random.split(key, 4)
        self.W = eqx.nn.Linear(n_inputs, n_units, key=keys[0])
        half = n_units // 2
        rank = min(rank, half)
        rows = jnp.sqrt(half) * jnp.linalg.qr(jax.random.normal(keys[1], (half, rank)))[0]
        self.M = jnp.zeros((n_units, rank)).at[: 2 * half].set(jnp.concatenate([rows, -rows]))
        self.N = 2 * (1 - SPREAD) * self.M + SPREAD * jax.random.normal(keys[2], (n_units, rank))
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[3])
        self.noise = StateNoise(n_units, is_drive=True)

    def recurrent(self) -> Array:
        """Return R, shape (receiving unit, sending unit)."""
        return self.M @ self.N.T / len(self.M)

    def begin(self) -> Array:
        """Return the initial v, shape (unit,)."""
        return jnp.zeros(len(self.M))

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return v and the activity after this step; see `Unrolled`."""
        driven, n_units = self.noise(self.W(x)), len(self.M)
        state = euler(state, lambda v: driven + self.M @ (self.N.T @ jax.nn.relu(v)) / n_units)
        rates = jax.nn.relu(state)
        return state, Now({"recurrent": rates}, {}, self.readout(rates))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> LowRank:
    """Return an untrained network."""
    return LowRank(key, n_inputs, n_outputs, settings.hidden)
