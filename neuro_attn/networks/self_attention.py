"""Embedding and encoders of the self-attention families, which have no recurrence.

X_t = E x_t + b + g p_t, p_t an encoding of the position, if any
Y_t = sum_s a_ts v_s,  a_t = softmax(e_t)

A perceptron with one hidden layer reads out the report from the normalised state of the last step.
The report is constant over its steps. The mask `present` contains the steps (second axis) that each
step (first axis) can attend to: all of them, or with a causal mask those up to itself.
"""

from abc import abstractmethod
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.model import Model
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.trials import REPORT_STEPS

Positions = Literal["none", "sinusoidal", "learned"]
"""Kind of position encoding."""
LONGEST_WAVE = 10_000.0
"""Longest wavelength of sinusoidal positions divided by 2 pi, in steps."""

FIRST_GAIN = 0.1
"""Initial gain of the position encoding."""


def sinusoidal(n_steps: int, n_units: int) -> Array:
    """Return sinusoidal positions, shape (time, unit) (Vaswani et al. 2017, section 3.5).

    PE(t, 2i) = sin(w_i t),  PE(t, 2i + 1) = cos(w_i t),  w_i = 10000^(-2i / n)

    PE(t + k) is a rotation of PE(t) that does not depend on t.
    """
    unit = jnp.arange(n_units)
    phase = jnp.arange(n_steps)[:, None] * LONGEST_WAVE ** (-2 * (unit // 2) / n_units)
    return jnp.where(unit % 2 == 0, jnp.sin(phase), jnp.cos(phase))


def causal(n_steps: int) -> Array:
    """Return the causal mask, shape (time, time), bool: True up to and including the diagonal."""
    return jnp.tril(jnp.ones((n_steps, n_steps), bool))


class Embedding(eqx.Module):
    """Linear embedding with position encoding: X_t = E x_t + b + g p_t.

    The gain g is learned (Li et al. 2019, Transformer TTS, equation 2) and small initially. With
    dot-product scores and a gain of 1, each step would attend almost exclusively to itself.

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of inputs and of units.
    positions : {"none", "sinusoidal", "learned"}
        Kind of position encoding p_t.
    n_steps : int
        Number of steps with a learned position.
    key : jax.Array
        Random key of the initial weights.
    """

    linear: eqx.nn.Linear
    gain: Array | None
    learned: Array | None
    noise: StateNoise
    n_units: int = eqx.field(static=True)

    def __init__(self, n_inputs: int, n_units: int, positions: Positions, n_steps: int, key: Array):
        key_linear, key_learned = jax.random.split(key)
        self.linear = eqx.nn.Linear(n_inputs, n_units, key=key_linear)
        self.gain = None if positions == "none" else jnp.array(FIRST_GAIN)
        self.learned = None
        if positions == "learned":
            self.learned = jax.random.normal(key_learned, (n_steps, n_units))
        self.noise = StateNoise(n_units)
        self.n_units = n_units

    def __call__(self, inputs: Array) -> Array:
        """Embed the first steps of a trial, shape (time, input), as shape (time, unit)."""
        embedded = jax.vmap(self.linear)(inputs)
        return self.noise(embedded + self.encoding(len(inputs)))

    def encoding(self, n_steps: int) -> Array:
        """Return the position encoding g p_t of the first steps, shape (time, unit)."""
        if self.gain is None:
            return jnp.zeros((n_steps, self.n_units))
        known = (
            sinusoidal(n_steps, self.n_units) if self.learned is None else self.learned[:n_steps]
        )
        return self.gain * known


class Encoded(NamedTuple):
    """Output of an encoder."""

    states: Array
    """States, shape (time, unit); the report is read out from the last one."""
    populations: dict[str, Array]
    """Activity of each population, shape (time, unit)."""
    attention: dict[str, Array]
    """Weights of each attention, shape (time, source)."""


class Encoder(Model):
    """Base class of networks that report from the last state of an encoder."""

    readout: eqx.AbstractVar[eqx.nn.Sequential]

    @abstractmethod
    def encode(self, read: Array, present: Array) -> Encoded:
        """Encode the steps of a trial.

        Parameters
        ----------
        read : array, shape (time, input)
            Inputs of the steps.
        present : array, shape (time, time), bool
            Steps (second axis) that each step (first axis) can attend to.
        """

    def held_report(self, last: Array, n_report: int) -> Array:
        """Return the report, shape (report_step, output), from the last state, shape (unit,)."""
        report = self.readout(last)
        return jnp.broadcast_to(report, (n_report, *report.shape))


class CausalEncoder(Encoder):
    """Encoder with a causal mask, for which one pass yields the online states of every step."""

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        states = self.encode(inputs, causal(len(inputs))).states
        return jax.vmap(lambda last: self.held_report(last, n_report))(states)

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        encoded = self.encode(inputs, causal(len(inputs)))
        return self.held_report(encoded.states[-1], n_report)

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        encoded = self.encode(inputs, causal(len(inputs)))
        return encoded.populations, encoded.attention


class WholeEncoder(Encoder):
    """Encoder without a mask, rerun on the steps up to t for the online states at t."""

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        steps = jnp.arange(len(inputs))

        def at(step: Array) -> Array:
            present = jnp.broadcast_to(steps <= step, (len(steps), len(steps)))
            return self.held_report(self.encode(inputs, present).states[step], n_report)

        return jax.vmap(at)(steps)

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
    """Return a perceptron with one hidden layer of `n_units` GELU units."""
    return eqx.nn.MLP(n_inputs, n_outputs, n_units, depth=1, activation=jax.nn.gelu, key=key)


def normalised_perceptron(
    n_inputs: int, n_outputs: int, n_units: int, key: Array
) -> eqx.nn.Sequential:
    """Return a layer norm followed by a perceptron with one hidden layer.

    Attention averages over many steps, of which few are relevant. Without normalisation the signal
    is so small that training needs four times as many steps.

    Parameters
    ----------
    n_inputs, n_outputs, n_units : int
        Numbers of inputs, of outputs and of hidden units.
    key : jax.Array
        Random key of the initial weights.
    """
    return eqx.nn.Sequential(
        [eqx.nn.LayerNorm(n_inputs), perceptron(n_inputs, n_outputs, n_units, key)]
    )
