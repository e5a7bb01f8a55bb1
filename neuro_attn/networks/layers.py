"""Layers shared by the families; the ``__call__`` of a layer is its equation."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks import noise


class GatedCell(eqx.nn.GRUCell):
    """A GRU cell (Cho et al. 2014) whose new state can be noisy."""

    noise: noise.StateNoise

    def __init__(self, n_inputs: int, n_units: int, key: Array):
        super().__init__(n_inputs, n_units, key=key)
        self.noise = noise.StateNoise(n_units)

    def __call__(self, input: Array, hidden: Array, *, key: Array | None = None) -> Array:
        """Return h_t, shape (unit,), from x_t, shape (input,), and h_{t-1}, shape (unit,)."""
        return self.noise(super().__call__(input, hidden))


class Recurrent(eqx.Module):
    """Gated recurrent layer: h_t = GRU(x_t, h_{t-1}), h_{-1} = 0 (Cho et al. 2014).

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of inputs and of units.
    key : jax.Array
        Random key of the initial weights.
    """

    cell: GatedCell

    def __init__(self, n_inputs: int, n_units: int, key: Array):
        self.cell = recurrent_cell(n_inputs, n_units, key)

    def __call__(self, inputs: Array, present: Array) -> Array:
        """Compute the states for a sequence.

        Parameters
        ----------
        inputs : array, shape (time, input)
            The sequence.
        present : array, shape (time,), bool
            Steps with input; at the others the state does not change.

        Returns
        -------
        array, shape (time, unit)
            The state after each step.
        """

        def step(layer: "Recurrent", state: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
            x, is_present = now
            state = jnp.where(is_present, layer.cell(x, state), state)
            return state, state

        begin = jnp.zeros(self.cell.hidden_size)
        return noise.scan(self, step, begin, (inputs, present))[1]


class Bidirectional(eqx.Module):
    """Two gated recurrent layers, one in each direction (Schuster & Paliwal 1997).

    f_s = GRU(x_s, f_{s-1}),  b_s = GRU(x_s, b_{s+1}),  h_s = [f_s; b_s]

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of inputs and of units per direction.
    key_forward, key_backward : jax.Array
        Random keys of the initial weights.
    """

    forward: Recurrent
    backward: Recurrent

    def __init__(self, n_inputs: int, n_units: int, key_forward: Array, key_backward: Array):
        self.forward = Recurrent(n_inputs, n_units, key_forward)
        self.backward = Recurrent(n_inputs, n_units, key_backward)

    def __call__(self, inputs: Array, present: Array) -> Array:
        """Compute the states for a sequence.

        Parameters
        ----------
        inputs : array, shape (time, input)
            The sequence.
        present : array, shape (time,), bool
            Steps that the backward layer reads; the forward layer reads all.

        Returns
        -------
        array, shape (time, 2 unit)
            h_s; `halves` splits it.
        """
        forward = self.forward(inputs, jnp.ones(len(inputs), bool))
        backward = self.backward(inputs[::-1], present[::-1])[::-1]
        return jnp.concatenate([forward, backward], axis=1)


def halves(states: Array) -> tuple[Array, Array]:
    """Split h of `Bidirectional`, shape (..., 2 unit), into f and b, shape (..., unit) each."""
    forward, backward = jnp.split(states, 2, axis=-1)
    return forward, backward


def recurrent_cell(n_inputs: int, n_units: int, key: Array) -> GatedCell:
    """Return a GRU cell with orthogonal initial recurrent weights.

    Orthogonal weights preserve the norm of signals and gradients over many steps (Saxe, McClelland
    & Ganguli 2014). The network must maintain the items for at least 17 steps.

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of inputs and of units.
    key : jax.Array
        Random key of the initial weights.
    """
    key_cell, key_recurrent = jax.random.split(key)
    orthogonal = jax.nn.initializers.orthogonal()
    gates = [
        orthogonal(gate, (n_units, n_units), jnp.float32)
        for gate in jax.random.split(key_recurrent, 3)
    ]
    cell = GatedCell(n_inputs, n_units, key_cell)
    return eqx.tree_at(lambda cell: cell.weight_hh, cell, jnp.concatenate(gates))


def slow_cell(n_inputs: int, n_units: int, n_steps: int, key: Array) -> GatedCell:
    """Return a GRU cell with initial time constants between 1 and `n_steps` steps.

    This chrono initialisation (Tallec & Ollivier 2018) is for networks that make progress only if
    the cue is still in memory at the report. With short time constants they would not learn.

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of inputs and of units.
    n_steps : int
        Longest initial time constant, in steps.
    key : jax.Array
        Random key of the initial weights.
    """
    key_cell, key_span = jax.random.split(key)
    span = jax.random.uniform(key_span, (n_units,), minval=1.0, maxval=n_steps)
    # The bias concatenates reset, update and candidate; an update gate near 1 keeps the state.
    return eqx.tree_at(
        lambda cell: cell.bias,
        recurrent_cell(n_inputs, n_units, key_cell),
        replace_fn=lambda bias: bias.at[n_units : 2 * n_units].set(jnp.log(span)),
    )
