"""Neural Turing machine (Graves, Wayne & Danihelka 2014).

h_t = tanh(W [x_t; r_{t-1}])                              the controller, without recurrence
w^c = softmax(beta cos(k, M_{t-1}))                       content addressing, for each head
w^g = g w^c + (1 - g) w_{t-1}                             interpolation with the last address
w~ = s * w^g  (around the ring),  w_t ~ w~^gamma          circular shift, then sharpening
M_t = M_{t-1} (1 - w_t e') + w_t v'                       write head
r_t = w_t' M_t,  y_t = V [h_t; r_t]                       read head

k, beta, g, s, gamma, e and v are linear functions of h_t, followed by a nonlinearity. The
controller has no recurrence, so all memory is in M, in the addresses of the heads and in the last
word read. Populations: ``controller`` (h_t) and ``read`` (r_t). Attention: the address (weights
over slots) of each head.
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
START = 1e-3
"""Value of every memory element before the trial."""


class Head(eqx.Module):
    """Read or write head; its address depends on controller, memory and its last address.

    Parameters
    ----------
    n_units : int
        Number of controller units.
    key : jax.Array
        Random key of the initial weights.
    """

    interface: eqx.nn.Linear

    def __init__(self, n_units: int, key: Array):
        self.interface = eqx.nn.Linear(n_units, WORD + 6, key=key)

    def __call__(self, controller: Array, slots: Array, weights: Array) -> Array:
        """Return the address w_t, shape (slot,).

        Parameters
        ----------
        controller : array, shape (unit,)
            h_t.
        slots : array, shape (slot, word)
            M_{t-1}.
        weights : array, shape (slot,)
            w_{t-1}.
        """
        key, strength, gate, by, power = jnp.split(
            self.interface(controller), [WORD, WORD + 1, WORD + 2, WORD + 5]
        )
        by_content = memory.content(slots, jnp.tanh(key), 1 + jax.nn.softplus(strength[0]))
        gated = memory.interpolate(jax.nn.sigmoid(gate[0]), by_content, weights)
        moved = memory.shift(gated, jax.nn.softmax(by))
        return memory.sharpen(moved, 1 + jax.nn.softplus(power[0]))


class State(NamedTuple):
    """State that is carried from one step to the next."""

    slots: Array
    """M_t, shape (slot, word)."""
    write: Array
    """Address of the write head, shape (slot,)."""
    read: Array
    """Address of the read head, shape (slot,)."""
    word: Array
    """r_t, shape (word,)."""


class NeuralTuringMachine(Unrolled):
    """Feedforward controller with a memory of slots, a write head and a read head.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of controller units.
    """

    controller: eqx.nn.Linear
    write: Head
    read: Head
    content: eqx.nn.Linear
    readout: eqx.nn.Linear
    noise: StateNoise

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 5)
        self.controller = eqx.nn.Linear(n_inputs + WORD, n_units, key=keys[0])
        self.write, self.read = Head(n_units, keys[1]), Head(n_units, keys[2])
        self.content = eqx.nn.Linear(n_units, 2 * WORD, key=keys[3])
        self.readout = eqx.nn.Linear(n_units + WORD, n_outputs, key=keys[4])
        self.noise = StateNoise(n_units)

    def begin(self) -> State:
        """Return the initial state: memory filled with `START`, both heads at the first slot."""
        first = jax.nn.one_hot(0, SLOTS)
        return State(jnp.full((SLOTS, WORD), START), first, first, jnp.zeros(WORD))

    def step(self, state: State, x: Array) -> tuple[State, Now]:
        """Return the state at t and the activity at this step; see `Unrolled`."""
        controller = self.noise(jnp.tanh(self.controller(jnp.concatenate([x, state.word]))))
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
