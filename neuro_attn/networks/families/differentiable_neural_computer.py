"""Differentiable neural computer (Graves, Wayne et al. 2016).

h_t = tanh(W [x_t; r_{t-1}])                               the controller, without recurrence
u_t = (u_{t-1} + w_{t-1} - u_{t-1} w_{t-1}) psi_t          slot usage; psi_t: retention
psi_t = prod_i (1 - f_t^i w^i_{t-1})                       i: read heads; f: free gates
a_t[s_j] = (1 - u_t[s_j]) prod_{i<j} u_t[s_i]              allocation; s_1 is the least used slot
w_t = g (g' a_t + (1 - g') C(M_{t-1}, k, beta))            write weights; C: content addressing
M_t = M_{t-1} (1 - w_t e') + w_t v'
L_t[i,j] = (1 - w_t[i] - w_t[j]) L_{t-1}[i,j] + w_t[i] p_{t-1}[j]    i was written right after j
p_t = (1 - sum w_t) p_{t-1} + w_t                          precedence: slots written last
w^i_t = pi_1 L_t' w^i_{t-1} + pi_2 C(M_t, k^i, beta^i) + pi_3 L_t w^i_{t-1}    read
r_t^i = w^i_t' M_t,  y_t = V [h_t; r_t]

Gates g, keys k, strengths beta and modes pi are linear functions of h_t, followed by a
nonlinearity. As in ``neural-turing-machine``, the controller has no recurrence, so all memory is in
the slots and the addresses. Populations: ``controller`` (h_t) and ``read`` (r_t of all heads).
Attention: the write weights and the read weights of each head.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks import memory
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.unrolled import Now, Unrolled

ATTENDED = "slot"
SLOTS = 16
"""Number of memory slots."""
WORD = 16
"""Number of elements in a slot."""
HEADS = 2
"""Number of read heads."""
SHARPNESS = 4.0
"""Added to key strengths before softplus, so that an untrained key selects one slot."""


def use(usage: Array, write: Array, free: Array, reads: Array) -> Array:
    """Return the updated slot usage u_t, shape (slot,).

    Parameters
    ----------
    usage : array, shape (slot,)
        u_{t-1}.
    write : array, shape (slot,)
        w_{t-1}.
    free : array, shape (head,)
        Free gates f_t.
    reads : array, shape (head, slot)
        Read weights w^i_{t-1}.
    """
    kept = jnp.prod(1 - free[:, None] * reads, axis=0)
    return (usage + write - usage * write) * kept


def allocate(usage: Array) -> Array:
    """Return the allocation weights a_t, which fill free slots in order of increasing usage.

    Parameters
    ----------
    usage : array, shape (slot,)
        u_t in [0, 1].

    Returns
    -------
    array, shape (slot,)
        Weights that sum to 1 minus the product of all usages.
    """
    order = jnp.argsort(usage)
    sorted_usage = usage[order]
    before = jnp.concatenate([jnp.ones(1), jnp.cumprod(sorted_usage)[:-1]])
    return jnp.zeros_like(usage).at[order].set((1 - sorted_usage) * before)


def link(links: Array, precedence: Array, write: Array) -> tuple[Array, Array]:
    """Update the temporal links and the precedence.

    Parameters
    ----------
    links : array, shape (slot, slot)
        L_{t-1}.
    precedence : array, shape (slot,)
        p_{t-1}.
    write : array, shape (slot,)
        w_t.

    Returns
    -------
    links : array, shape (slot, slot)
        L_t.
    precedence : array, shape (slot,)
        p_t.
    """
    updated = (1 - write[:, None] - write) * links + jnp.outer(write, precedence)
    return updated * (1 - jnp.eye(len(write))), (1 - write.sum()) * precedence + write


class State(NamedTuple):
    """State that is carried from one step to the next."""

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
    """Feedforward controller with a memory that tracks slot usage and the order of writes.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of controller units.
    """

    controller: eqx.nn.Linear
    writing: eqx.nn.Linear
    reading: eqx.nn.Linear
    readout: eqx.nn.Linear
    noise: StateNoise

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 4)
        self.controller = eqx.nn.Linear(n_inputs + HEADS * WORD, n_units, key=keys[0])
        self.writing = eqx.nn.Linear(n_units, 3 * WORD + 3, key=keys[1])
        self.reading = eqx.nn.Linear(n_units, HEADS * (WORD + 5), key=keys[2])
        self.readout = eqx.nn.Linear(n_units + HEADS * WORD, n_outputs, key=keys[3])
        self.noise = StateNoise(n_units)

    def begin(self) -> State:
        """Return the initial state: empty memory, zero usage, no links and no reads."""
        none = jnp.zeros(SLOTS)
        links, slots = jnp.zeros((SLOTS, SLOTS)), jnp.zeros((SLOTS, WORD))
        reads, words = jnp.zeros((HEADS, SLOTS)), jnp.zeros((HEADS, WORD))
        return State(slots, none, links, none, none, reads, words)

    def step(self, state: State, x: Array) -> tuple[State, Now]:
        """Return the state at t and the activity at this step; see `Unrolled`."""
        controller = self.noise(jnp.tanh(self.controller(jnp.concatenate([x, *state.words]))))
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
        """Compute the write weights and write to the memory.

        Parameters
        ----------
        controller : array, shape (unit,)
            h_t.
        slots : array, shape (slot, word)
            M_{t-1}.
        usage : array, shape (slot,)
            u_t.

        Returns
        -------
        weights : array, shape (slot,)
            w_t.
        slots : array, shape (slot, word)
            M_t.
        """
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
