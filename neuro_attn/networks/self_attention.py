"""What the families share that have no recurrence: steps attend to steps.

X_t = E x_t + b + g p_t, p_t an encoding of the position, if any
Y_t = sum_s a_ts v_s,  a_t = softmax(e_t)

The report is read from the state of the last step, normalised, by a perceptron with one hidden
layer, and held over the steps of the report. `present` says which steps (second axis) each step
(first axis) can attend to: all of them, or with a causal mask those up to itself.
"""

from abc import abstractmethod
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.model import Model
from neuro_attn.networks.trials import REPORT_STEPS

Positions = Literal["none", "sinusoidal", "learned"]
"""How the order of steps is known."""
LONGEST_WAVE = 10_000.0
"""2 pi times this many steps is the longest wave of sinusoidal positions."""

FIRST_GAIN = 0.1
"""Gain of positions before learning."""


def sinusoidal(n_steps: int, n_units: int) -> Array:
    """Return sinusoidal positions, shape (time, unit) (Vaswani et al. 2017, section 3.5).

    PE(t, 2i) = sin(w_i t),  PE(t, 2i + 1) = cos(w_i t),  w_i = 10000^(-2i / n)

    PE(t + k) is a rotation of PE(t) that does not depend on t.
    """
    unit = jnp.arange(n_units)
    phase = jnp.arange(n_steps)[:, None] * LONGEST_WAVE ** (-2 * (unit // 2) / n_units)
    return jnp.where(unit % 2 == 0, jnp.sin(phase), jnp.cos(phase))


def causal(n_steps: int) -> Array:
    """Return the mask that lets each step attend to itself and to earlier ones."""
    return jnp.tril(jnp.ones((n_steps, n_steps), bool))


class Embedding(eqx.Module):
    """X_t = E x_t + b + g p_t.

    The gain g is learned (Li et al. 2019, Transformer TTS, equation 2) and starts low: where
    steps are compared as they are, positions of norm 1 would make each attend to itself alone.

    Parameters
    ----------
    n_inputs, n_units : int
        Sizes.
    positions : {"none", "sinusoidal", "learned"}
        What p_t is.
    n_steps : int
        Steps that positions are known for.
    key : jax.Array
        Random key of the initial weights.
    """

    linear: eqx.nn.Linear
    gain: Array | None
    learned: Array | None
    n_units: int = eqx.field(static=True)

    def __init__(self, n_inputs: int, n_units: int, positions: Positions, n_steps: int, key: Array):
        key_linear, key_learned = jax.random.split(key)
        self.linear = eqx.nn.Linear(n_inputs, n_units, key=key_linear)
        self.gain = None if positions == "none" else jnp.array(FIRST_GAIN)
        self.learned = None
        if positions == "learned":
            self.learned = jax.random.normal(key_learned, (n_steps, n_units))
        self.n_units = n_units

    def __call__(self, inputs: Array) -> Array:
        """Embed steps from the first one on, (time, input) to (time, unit)."""
        embedded = jax.vmap(self.linear)(inputs)
        return embedded + self.encoding(len(inputs))

    def encoding(self, n_steps: int) -> Array:
        """Return g p_t, shape (time, unit)."""
        if self.gain is None:
            return jnp.zeros((n_steps, self.n_units))
        known = (
            sinusoidal(n_steps, self.n_units) if self.learned is None else self.learned[:n_steps]
        )
        return self.gain * known


class Encoded(NamedTuple):
    """What an encoder makes of the steps that it reads."""

    states: Array
    """What the report is read from, shape (time, unit)."""
    populations: dict[str, Array]
    """Shape (time, unit) each."""
    attention: dict[str, Array]
    """Shape (time, source) each."""


class Encoder(Model):
    """A network that reports from the last state of an encoder."""

    readout: eqx.AbstractVar[eqx.nn.Sequential]

    @abstractmethod
    def encode(self, read: Array, present: Array) -> Encoded:
        """Encode steps.

        Parameters
        ----------
        read : array, shape (time, input)
            The steps.
        present : array, shape (time, time), bool
            Which steps each one can attend to.
        """

    def held_report(self, last: Array, n_report: int) -> Array:
        """Return the report from the last state, shape (report_step, output)."""
        report = self.readout(last)
        return jnp.broadcast_to(report, (n_report, *report.shape))


class CausalEncoder(Encoder):
    """An encoder under a causal mask: one pass gives the states of every step."""

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        encoded = self.encode(inputs, causal(len(inputs)))
        return self.held_report(encoded.states[-1], n_report)

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        encoded = self.encode(inputs, causal(len(inputs)))
        return encoded.populations, encoded.attention


class WholeEncoder(Encoder):
    """An encoder in which every step attends to all: it is run anew over the steps up to t."""

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        present = jnp.ones((len(inputs), len(inputs)), bool)
        return self.held_report(self.encode(inputs, present).states[-1], n_report)

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        n_steps = len(inputs)

        def at(step: Array) -> tuple[dict[str, Array], dict[str, Array]]:
            present = jnp.arange(n_steps) <= step
            encoded = self.encode(inputs, jnp.broadcast_to(present, (n_steps, n_steps)))
            row: tuple[dict[str, Array], dict[str, Array]] = jax.tree.map(
                lambda rows: rows[step], (encoded.populations, encoded.attention)
            )
            return row

        return jax.vmap(at)(jnp.arange(n_steps))


def perceptron(n_inputs: int, n_outputs: int, n_units: int, key: Array) -> eqx.nn.MLP:
    """Return a perceptron with one hidden layer (GELU)."""
    return eqx.nn.MLP(n_inputs, n_outputs, n_units, depth=1, activation=jax.nn.gelu, key=key)


def normalised_perceptron(
    n_inputs: int, n_outputs: int, n_units: int, key: Array
) -> eqx.nn.Sequential:
    """Return a perceptron behind a layer normalisation.

    What is attended to is a mean over many steps, of which few matter. Without normalisation the
    signal is so small that learning needs four times as many steps.
    """
    return eqx.nn.Sequential(
        [eqx.nn.LayerNorm(n_inputs), perceptron(n_inputs, n_outputs, n_units, key)]
    )
