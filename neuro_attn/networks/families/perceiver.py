"""Perceiver (Jaegle et al. 2021): latent vectors that attend to the trial and to each other.

X_t = E x_t + b + g p_t,  z = Z;  then in each layer, with its own weights:
z <- z + A(LN z, LN X),  z <- z + MLP(LN z)                 cross-attention to the trial
z <- z + A'(LN z, LN z),  z <- z + MLP'(LN z)               self-attention between latents
y = R mean(LN z),  A(d, h) = softmax(Q d (K h)' / sqrt(n)) V h

Z are learned initial latents, the same in every trial. Their number and size do not depend on the
length of the trial. Without the position encoding g p, z does not depend on the order of the steps.
Populations: ``layer1``, ``layer2``, ... (z after each layer, averaged over latents). For each t
we recompute them from the steps up to t. Attention: the cross-attention weights of each layer,
averaged over latents.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import QKVAttention
from neuro_attn.networks.model import Model
from neuro_attn.networks.self_attention import Embedding, Positions
from neuro_attn.networks.trials import REPORT_STEPS

ATTENDED = "step"
RECOMPUTED = ("layer",)
LATENTS = 8
"""Number of latents."""


class Attending(eqx.Module):
    """Attention and a perceptron, each with a residual connection and preceding layer norm.

    Parameters
    ----------
    n_units : int
        Number of units of a latent.
    attended : str
        Kind of source attended to; see `Attention`.
    key : jax.Array
        Random key of the initial weights.
    """

    attention: QKVAttention
    expand: eqx.nn.Linear
    contract: eqx.nn.Linear
    norms: list[eqx.nn.LayerNorm]

    def __init__(self, n_units: int, attended: str, key: Array):
        keys = jax.random.split(key, 3)
        self.attention = QKVAttention(n_units, n_units, n_units, keys[0], attended)
        self.expand = eqx.nn.Linear(n_units, 2 * n_units, key=keys[1])
        self.contract = eqx.nn.Linear(2 * n_units, n_units, key=keys[2])
        self.norms = [eqx.nn.LayerNorm(n_units) for _ in range(3)]

    def __call__(self, latents: Array, memory: Array, present: Array) -> tuple[Array, Array]:
        """Update the latents by attention to a memory.

        Parameters
        ----------
        latents : array, shape (latent, unit)
            z, the queries.
        memory : array, shape (source, unit)
            The sources.
        present : array, shape (source,), bool
            Sources that can be attended to.

        Returns
        -------
        latents : array, shape (latent, unit)
            The updated z.
        weights : array, shape (latent, source)
            Attention weights.
        """
        before, of_memory, between = (jax.vmap(norm) for norm in self.norms)
        taken, weights = jax.vmap(self.attention, in_axes=(0, None, None))(
            before(latents), of_memory(memory), present
        )
        latents = latents + taken
        expanded = jax.nn.gelu(jax.vmap(self.expand)(between(latents)))
        return latents + jax.vmap(self.contract)(expanded), weights


class Perceiver(Model):
    """Latents that alternate between cross-attention to the trial and self-attention.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Numbers of input channels, of output units and of units of a latent.
    n_layers : int
        Number of layers, each with one cross-attention to the trial.
    positions : {"none", "sinusoidal", "learned"}
        Position encoding.
    n_steps : int
        Number of steps with a learned position.
    """

    embedding: Embedding
    start: Array
    reads: list[Attending]
    exchanges: list[Attending]
    norm: eqx.nn.LayerNorm
    readout: eqx.nn.Linear

    def __init__(
        self,
        key: Array,
        n_inputs: int,
        n_outputs: int,
        n_units: int,
        n_layers: int,
        positions: Positions,
        n_steps: int,
    ):
        keys = jax.random.split(key, 4)
        self.embedding = Embedding(n_inputs, n_units, positions, n_steps, keys[0])
        self.start = 0.3 * jax.random.normal(keys[1], (LATENTS, n_units))
        keys_read, keys_exchange = jax.random.split(keys[2], (2, n_layers))
        self.reads = [Attending(n_units, "step", each) for each in keys_read]
        self.exchanges = [Attending(n_units, "latent", each) for each in keys_exchange]
        self.norm = eqx.nn.LayerNorm(n_units)
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[3])

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; the output is constant over the report. See `Model`."""
        latents, _ = self.perceive(inputs, jnp.ones(len(inputs), bool))
        report = self.readout(latents[-1].mean(axis=0))
        return jnp.broadcast_to(report, (n_report, len(report)))

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        steps = jnp.arange(len(inputs))

        def at(step: Array) -> Array:
            return self.readout(self.perceive(inputs, steps <= step)[0][-1].mean(axis=0))

        return jnp.repeat(jax.vmap(at)(steps)[:, None], n_report, axis=1)

    def perceive(self, inputs: Array, present: Array) -> tuple[Array, Array]:
        """Compute the latents of every layer for a trial.

        Parameters
        ----------
        inputs : array, shape (time, input)
            Input of the trial.
        present : array, shape (time,), bool
            Steps that can be attended to.

        Returns
        -------
        latents : array, shape (layer, latent, unit)
            LN z after each layer.
        weights : array, shape (layer, latent, time)
            Cross-attention weights.
        """
        latents, tokens, everyone = self.start, self.embedding(inputs), jnp.ones(LATENTS, bool)
        after, attended = [], []
        for read, exchange in zip(self.reads, self.exchanges, strict=True):
            latents, weights = read(latents, tokens, present)
            latents, _ = exchange(latents, latents, everyone)
            after.append(jax.vmap(self.norm)(latents))
            attended.append(weights)
        return jnp.stack(after), jnp.stack(attended)

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        step = jnp.arange(len(inputs))
        latents, weights = jax.vmap(lambda now: self.perceive(inputs, step <= now))(step)
        return (
            {f"layer{i}": each.mean(axis=1) for i, each in enumerate(latents.swapaxes(0, 1), 1)},
            {f"layer{i}": each.mean(axis=1) for i, each in enumerate(weights.swapaxes(0, 1), 1)},
        )


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Perceiver:
    """Return an untrained network."""
    sizes = n_inputs, n_outputs, settings.hidden, settings.layers
    return Perceiver(key, *sizes, settings.positions, settings.encoded_steps)
