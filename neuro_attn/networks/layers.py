"""The layers that the families are made of; a layer's ``__call__`` is its equation."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array


class Recurrent(eqx.Module):
    """A gated recurrent layer: h_t = GRU(x_t, h_{t-1}), h_{-1} = 0 (Cho et al. 2014).

    Parameters
    ----------
    n_inputs, n_units : int
        Sizes.
    key : jax.Array
        Random key of the initial weights.
    """

    cell: eqx.nn.GRUCell

    def __init__(self, n_inputs: int, n_units: int, key: Array):
        self.cell = recurrent_cell(n_inputs, n_units, key)

    def __call__(self, inputs: Array, present: Array) -> Array:
        """Run over a sequence.

        Parameters
        ----------
        inputs : array, shape (time, input)
            The sequence.
        present : array, shape (time,), bool
            Where there is no input, the state stands still.

        Returns
        -------
        array, shape (time, unit)
            The state after each step.
        """

        def step(state: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
            x, is_present = now
            state = jnp.where(is_present, self.cell(x, state), state)
            return state, state

        return jax.lax.scan(step, jnp.zeros(self.cell.hidden_size), (inputs, present))[1]


def recurrent_cell(n_inputs: int, n_units: int, key: Array) -> eqx.nn.GRUCell:
    """Return a GRU cell that starts with orthogonal recurrent weights.

    An orthogonal start keeps the size of signals and gradients over many steps (Saxe, McClelland &
    Ganguli 2014): the items must be held for 17 steps and more before they are reported.
    """
    key_cell, key_recurrent = jax.random.split(key)
    orthogonal = jax.nn.initializers.orthogonal()
    gates = [
        orthogonal(gate, (n_units, n_units), jnp.float32)
        for gate in jax.random.split(key_recurrent, 3)
    ]
    cell = eqx.nn.GRUCell(n_inputs, n_units, key=key_cell)
    return eqx.tree_at(lambda cell: cell.weight_hh, cell, jnp.concatenate(gates))


class AdditiveAttention(eqx.Module):
    """Additive attention (Bahdanau, Cho & Bengio 2015, equations 5, 6 and A.1.2).

    e_s = v' tanh(W d + U h_s), a = softmax(e), c = sum_s a_s h_s

    Parameters
    ----------
    n_query, n_memory, n_units : int
        Sizes of d, of h_s and of what is compared.
    key : jax.Array
        Random key of the initial weights.
    """

    W: eqx.nn.Linear
    U: eqx.nn.Linear
    v: eqx.nn.Linear

    def __init__(self, n_query: int, n_memory: int, n_units: int, key: Array):
        key_w, key_u, key_v = jax.random.split(key, 3)
        self.W = eqx.nn.Linear(n_query, n_units, key=key_w)
        self.U = eqx.nn.Linear(n_memory, n_units, use_bias=False, key=key_u)
        self.v = eqx.nn.Linear(n_units, "scalar", use_bias=False, key=key_v)

    def __call__(self, query: Array, memory: Array, present: Array) -> tuple[Array, Array]:
        """Attend.

        Parameters
        ----------
        query : array, shape (query,)
            The state d that asks.
        memory : array, shape (source, memory)
            The states h_s that are asked.
        present : array, shape (source,), bool
            Which of them there are; the others get no weight. One at least.

        Returns
        -------
        context : array, shape (memory,)
            c.
        weights : array, shape (source,)
            a; it sums to 1.
        """
        scores = jax.vmap(self.v)(jnp.tanh(self.W(query) + jax.vmap(self.U)(memory)))
        weights = jax.nn.softmax(scores, where=present)
        return weights @ memory, weights
