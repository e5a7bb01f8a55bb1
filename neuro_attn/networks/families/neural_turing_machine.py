"""Neural Turing machine (Graves, Wayne & Danihelka 2014).

h_t = tanh(W [x_t; r_{t-1}])                              the controller, without recurrence
w^c = softmax(beta cos(k, M_{t-1}))                       address by content,
w^g = g w^c + (1 - g) w_{t-1}                             or stay,
w~ = s * w^g  (around the ring),  w_t ~ w~^gamma          move, sharpen; for each head by itself
M_t = M_{t-1} (1 - w_t e') + w_t v'                       write head
r_t = w_t' M_t,  y_t = V [h_t; r_t]                       read head

k, beta, g, s, gamma, e and v are linear in h_t. A controller without recurrence holds nothing: what
lasts from one step to the next is the memory M and where the heads stand. Populations:
``controller`` (h_t) and ``read`` (r_t). Attention: where each head stands.
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
START = 1e-3
"""What is in the memory before the trial."""


class Head(eqx.Module):
    """A head that is moved by the controller: its address from its last one and the memory.

    Parameters
    ----------
    n_units : int
        Units of the controller.
    key : jax.Array
        Random key of the initial weights.
    """

    interface: eqx.nn.Linear

    def __init__(self, n_units: int, key: Array):
        self.interface = eqx.nn.Linear(n_units, WORD + 6, key=key)

    def __call__(self, controller: Array, slots: Array, weights: Array) -> Array:
        """Return w_t, shape (slot,), from h_t, M_{t-1} and w_{t-1}."""
        key, strength, gate, by, power = jnp.split(
            self.interface(controller), [WORD, WORD + 1, WORD + 2, WORD + 5]
        )
        by_content = memory.content(slots, jnp.tanh(key), 1 + jax.nn.softplus(strength[0]))
        gated = memory.interpolate(jax.nn.sigmoid(gate[0]), by_content, weights)
        moved = memory.shift(gated, jax.nn.softmax(by))
        return memory.sharpen(moved, 1 + jax.nn.softplus(power[0]))


class State(NamedTuple):
    """What lasts from one step to the next."""

    slots: Array
    """M_t, shape (slot, word)."""
    write: Array
    """Where the write head stands, shape (slot,)."""
    read: Array
    """Where the read head stands, shape (slot,)."""
    word: Array
    """r_t, shape (word,)."""


class NeuralTuringMachine(Unrolled):
    """A controller with a memory of slots, a write head and a read head.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes; units are those of the controller.
    """

    controller: eqx.nn.Linear
    write: Head
    read: Head
    content: eqx.nn.Linear
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 5)
        self.controller = eqx.nn.Linear(n_inputs + WORD, n_units, key=keys[0])
        self.write, self.read = Head(n_units, keys[1]), Head(n_units, keys[2])
        self.content = eqx.nn.Linear(n_units, 2 * WORD, key=keys[3])
        self.readout = eqx.nn.Linear(n_units + WORD, n_outputs, key=keys[4])

    def begin(self) -> State:
        """Return an almost empty memory, with both heads at its first slot."""
        first = jax.nn.one_hot(0, SLOTS)
        return State(jnp.full((SLOTS, WORD), START), first, first, jnp.zeros(WORD))

    def step(self, state: State, x: Array) -> tuple[State, Now]:
        """Return the memory at t and what the network does; see `Unrolled`."""
        controller = jnp.tanh(self.controller(jnp.concatenate([x, state.word])))
        write = self.write(controller, state.slots, state.write)
        read = self.read(controller, state.slots, state.read)
        erased, added = jnp.split(self.content(controller), 2)
        slots = memory.write(state.slots, write, jax.nn.sigmoid(erased), jnp.tanh(added))
        word = memory.read(slots, read)
        report = self.readout(jnp.concatenate([controller, word]))
        populations = {"controller": controller, "read": word}
        attention = {"write": write, "read": read}
        return State(slots, write, read, word), Now(populations, attention, report)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> NeuralTuringMachine:
    """Return an untrained network."""
    return NeuralTuringMachine(key, n_inputs, n_outputs, settings.hidden)
