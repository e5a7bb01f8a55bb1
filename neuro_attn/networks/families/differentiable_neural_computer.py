"""Differentiable neural computer (Graves, Wayne et al. 2016).

h_t = tanh(W [x_t; r_{t-1}])                               the controller, without recurrence
u_t = (u_{t-1} + w_{t-1} - u_{t-1} w_{t-1}) psi_t          usage of slots; psi_t: reading frees
psi_t = prod_i (1 - f_t^i w^i_{t-1})                       i: heads that read
a_t[s_j] = (1 - u_t[s_j]) prod_{i<j} u_t[s_i]              allocation; s_1 is the least used slot
w_t = g (g' a_t + (1 - g') C(M_{t-1}, k, beta))            write; C: address by content
M_t = M_{t-1} (1 - w_t e') + w_t v'
L_t[i,j] = (1 - w_t[i] - w_t[j]) L_{t-1}[i,j] + w_t[i] p_{t-1}[j]    i was written right after j
p_t = (1 - sum w_t) p_{t-1} + w_t                          what was written last
w^i_t = pi_1 L_t' w^i_{t-1} + pi_2 C(M_t, k^i, beta^i) + pi_3 L_t w^i_{t-1}    read
r_t^i = w^i_t' M_t,  y_t = V [h_t; r_t]

Gates g, keys k, strengths beta and modes pi are linear in h_t before they are squashed. As in
``neural-turing-machine``, the controller holds nothing by itself. Populations: ``controller`` (h_t)
and ``read`` (r_t of all heads). Attention: where it writes and where each head reads.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks import memory
from neuro_attn.networks.unrolled import Now, Unrolled

ATTENDED = "slot"
SLOTS = 16
"""Slots of the memory."""
WORD = 16
"""Numbers in a slot."""
HEADS = 2
"""Heads that read."""
SHARPNESS = 4.0
"""Added to strengths before softplus: at first a key finds its slot, not the mean of all."""


def use(usage: Array, write: Array, free: Array, reads: Array) -> Array:
    """Return u_t from u_{t-1}, w_{t-1}, free gates (head,) and read weights (head, slot)."""
    kept = jnp.prod(1 - free[:, None] * reads, axis=0)
    return (usage + write - usage * write) * kept


def allocate(usage: Array) -> Array:
    """Return a_t: all on the least used slot as far as it is free, the rest on the next, ...

    Parameters
    ----------
    usage : array, shape (slot,)
        u_t in [0, 1].

    Returns
    -------
    array, shape (slot,)
        It sums to 1 minus the product of all usages.
    """
    order = jnp.argsort(usage)
    sorted_usage = usage[order]
    before = jnp.concatenate([jnp.ones(1), jnp.cumprod(sorted_usage)[:-1]])
    return jnp.zeros_like(usage).at[order].set((1 - sorted_usage) * before)


def link(links: Array, precedence: Array, write: Array) -> tuple[Array, Array]:
    """Return L_t and p_t from L_{t-1} (slot, slot), p_{t-1} (slot,) and w_t (slot,)."""
    updated = (1 - write[:, None] - write) * links + jnp.outer(write, precedence)
    return updated * (1 - jnp.eye(len(write))), (1 - write.sum()) * precedence + write


class State(NamedTuple):
    """What lasts from one step to the next."""

    slots: Array
    """M_t, shape (slot, word)."""
    usage: Array
    """u_t, shape (slot,)."""
    links: Array
    """L_t, shape (slot, slot)."""
    precedence: Array
    """p_t, shape (slot,)."""
    write: Array
    """w_t, shape (slot,)."""
    reads: Array
    """Read weights, shape (head, slot)."""
    words: Array
    """r_t, shape (head, word)."""


class DifferentiableNeuralComputer(Unrolled):
    """A controller with a memory that knows which slots are free and what was written when.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes; units are those of the controller.
    """

    controller: eqx.nn.Linear
    writing: eqx.nn.Linear
    reading: eqx.nn.Linear
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 4)
        self.controller = eqx.nn.Linear(n_inputs + HEADS * WORD, n_units, key=keys[0])
        self.writing = eqx.nn.Linear(n_units, 3 * WORD + 3, key=keys[1])
        self.reading = eqx.nn.Linear(n_units, HEADS * (WORD + 5), key=keys[2])
        self.readout = eqx.nn.Linear(n_units + HEADS * WORD, n_outputs, key=keys[3])

    def begin(self) -> State:
        """Return an empty memory that nothing was read from."""
        none = jnp.zeros(SLOTS)
        links, slots = jnp.zeros((SLOTS, SLOTS)), jnp.zeros((SLOTS, WORD))
        reads, words = jnp.zeros((HEADS, SLOTS)), jnp.zeros((HEADS, WORD))
        return State(slots, none, links, none, none, reads, words)

    def step(self, state: State, x: Array) -> tuple[State, Now]:
        """Return the memory at t and what the network does; see `Unrolled`."""
        controller = jnp.tanh(self.controller(jnp.concatenate([x, *state.words])))
        reading = self.reading(controller).reshape(HEADS, -1)
        keys, strengths, free, modes = jnp.split(reading, [WORD, WORD + 1, WORD + 2], axis=1)

        usage = use(state.usage, state.write, jax.nn.sigmoid(free[:, 0]), state.reads)
        write, slots = self.write(controller, state.slots, usage)
        links, precedence = link(state.links, state.precedence, write)

        by_content = jax.vmap(memory.content, in_axes=(None, 0, 0))(
            slots, keys, 1 + jax.nn.softplus(SHARPNESS + strengths[:, 0])
        )
        ways = jnp.stack([state.reads @ links, by_content, state.reads @ links.T])
        reads = jnp.einsum("hw,whs->hs", jax.nn.softmax(modes, axis=1), ways)
        words = memory.read(slots, reads)

        report = self.readout(jnp.concatenate([controller, *words]))
        populations = {"controller": controller, "read": words.ravel()}
        attention = {"write": write, **{f"read{head}": each for head, each in enumerate(reads)}}
        state = State(slots, usage, links, precedence, write, reads, words)
        return state, Now(populations, attention, report)

    def write(self, controller: Array, slots: Array, usage: Array) -> tuple[Array, Array]:
        """Return w_t, shape (slot,), and M_t, shape (slot, word), from h_t, M_{t-1} and u_t."""
        key, erased, word, rest = jnp.split(self.writing(controller), [WORD, 2 * WORD, 3 * WORD])
        strength, (allocates, writes) = (
            1 + jax.nn.softplus(SHARPNESS + rest[0]),
            jax.nn.sigmoid(rest[1:]),
        )
        by_content = memory.content(slots, key, strength)
        where = writes * memory.interpolate(allocates, allocate(usage), by_content)
        return where, memory.write(slots, where, jax.nn.sigmoid(erased), word)


def build(
    key: Array, n_inputs: int, n_outputs: int, settings: Network
) -> DifferentiableNeuralComputer:
    """Return an untrained network."""
    return DifferentiableNeuralComputer(key, n_inputs, n_outputs, settings.hidden)
