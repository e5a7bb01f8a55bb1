"""Decoder-only Transformer (Vaswani et al. 2017) with layer norm before each sublayer.

X^0_t = E [x_t; 0] + b + g p_t while the trial is read, E [0; y_{k-1}] + b + g p_t in the report
X' = X^{l-1} + multi-head(LN(X^{l-1})),  X^l = X' + MLP(LN(X'))
y_k = V LN(X^L)

Attention is causal. With layer norm before each sublayer (Xiong et al. 2020), training needs no
warm-up of the learning rate. The report is generated autoregressively. The first output is read out
from the last step of the trial. Each output is the input of the next step, which attends to the
cached keys and values of earlier steps.

Populations: ``layer1``, ``layer2``, ... (X^l_t, the residual stream).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks import noise
from neuro_attn.networks.attention import Memory, MultiHeadAttention
from neuro_attn.networks.model import Model
from neuro_attn.networks.self_attention import Embedding, causal, perceptron
from neuro_attn.networks.trials import REPORT_STEPS

ATTENDED = "step"
WIDENING = 2
"""Number of hidden units of a block's perceptron per unit of the residual stream."""


class Block(eqx.Module):
    """One layer: multi-head attention and a perceptron, each added to the residual stream."""

    attention_norm: eqx.nn.LayerNorm
    attention: MultiHeadAttention
    mlp_norm: eqx.nn.LayerNorm
    mlp: eqx.nn.MLP

    def __init__(self, n_units: int, n_heads: int, key: Array, n_groups: int | None = None):
        key_attention, key_mlp = jax.random.split(key)
        self.attention_norm = eqx.nn.LayerNorm(n_units)
        self.attention = MultiHeadAttention(n_units, n_heads, key_attention, n_groups)
        self.mlp_norm = eqx.nn.LayerNorm(n_units)
        self.mlp = perceptron(n_units, n_units, WIDENING * n_units, key_mlp)

    def memory(self, states: Array) -> Memory:
        """Return keys and values of steps, given their residual stream, shape (time, unit)."""
        return self.attention.memory(jax.vmap(self.attention_norm)(states))

    def __call__(self, state: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Update the residual stream of one step.

        Parameters
        ----------
        state : array, shape (unit,)
            The step's residual stream.
        memory : Memory
            Keys and values of the steps.
        present : array, shape (source,), bool
            Steps that can be attended to.

        Returns
        -------
        state : array, shape (unit,)
            The updated residual stream.
        weights : array, shape (head, source)
            Attention weights.
        """
        attended, weights = self.attention(self.attention_norm(state), memory, present)
        state = state + attended
        return state + self.mlp(self.mlp_norm(state)), weights


class Transformer(Model):
    """Causal Transformer that reads a trial and generates the report autoregressively.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    settings : Network
        Numbers of units, layers and heads, and the position encoding.
    """

    embedding: Embedding
    blocks: list[Block]
    norm: eqx.nn.LayerNorm
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, settings: Network):
        key_embedding, key_readout, *keys = jax.random.split(key, 2 + settings.layers)
        n_units = settings.hidden
        self.embedding = Embedding(
            n_inputs + n_outputs,
            n_units,
            settings.positions,
            settings.encoded_steps + settings.report_steps,
            key_embedding,
        )
        self.blocks = [Block(n_units, settings.heads, each) for each in keys]
        self.norm = eqx.nn.LayerNorm(n_units)
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=key_readout)

    def __call__(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Report on a trial; see `Model`."""
        states, _, caches = self.read(inputs)
        return self.answer(states[-1], caches, len(inputs) - 1, n_report)

    def asked(self, inputs: Array, n_report: int = REPORT_STEPS) -> Array:
        """Return the report if the trial ended at each step; see `Model`."""
        states, _, caches = self.read(inputs)
        steps = jnp.arange(len(inputs))
        return jax.vmap(lambda last: self.answer(states[-1], caches, last, n_report))(steps)

    def answer(
        self, states: Array, caches: list[Memory], last: Array | int, n_report: int
    ) -> Array:
        """Return the report, shape (report_step, output), if the trial ends at step `last`.

        Parameters
        ----------
        states : array, shape (time, unit)
            X^l of the last layer.
        caches : list of Memory
            Keys and values of each layer; the report replaces those after `last`.
        last : int
            Last step of the trial.
        n_report : int
            Number of steps of the report.
        """
        blank = jnp.zeros(self.embedding.linear.weight.shape[1] - self.readout.weight.shape[0])
        first = self.readout(self.norm(states[last]))
        caches = jax.tree.map(lambda rows: jnp.pad(rows, ((0, n_report), (0, 0), (0, 0))), caches)

        def answer(model: Transformer, carry: tuple, time: Array) -> tuple[tuple, Array]:
            caches, report = carry
            states, caches = model.step(caches, jnp.concatenate([blank, report]), time)
            report = model.readout(model.norm(states[-1]))
            return (caches, report), report

        times = last + 1 + jnp.arange(n_report - 1)
        _, others = noise.scan(noise.at(self, last + 1), answer, (caches, first), times)
        return jnp.concatenate([first[None], others])

    def read(self, read: Array) -> tuple[list[Array], list[Array], list[Memory]]:
        """Compute the states of all steps of a trial in one pass.

        Parameters
        ----------
        read : array, shape (time, input)
            Input of the trial.

        Returns
        -------
        states : list of array, shape (time, unit)
            X^l of each layer.
        weights : list of array, shape (time, head, source)
            Attention weights of each layer.
        caches : list of Memory
            Keys and values of each layer.
        """
        no_report = jnp.zeros((len(read), self.readout.out_features))
        state = self.embedding(jnp.concatenate([read, no_report], axis=1))
        present = causal(len(read))
        states, weights, caches = [], [], []
        for block in self.blocks:
            cache = block.memory(state)
            state, attention = jax.vmap(block, in_axes=(0, None, 0))(state, cache, present)
            states.append(state)
            weights.append(attention)
            caches.append(cache)
        return states, weights, caches

    def step(
        self, caches: list[Memory], token: Array, time: Array
    ) -> tuple[list[Array], list[Memory]]:
        """Compute one step, given the cached keys and values of earlier steps.

        Parameters
        ----------
        caches : list of Memory
            Keys and values of each layer; rows from `time` on are ignored.
        token : array, shape (input + output,)
            Input at this step and output at the previous step.
        time : array, shape (), int
            Index of the step.

        Returns
        -------
        states : list of array, shape (unit,)
            X^l of each layer.
        caches : list of Memory
            The caches with the keys and values of this step added.
        """
        n_steps = len(caches[0].keys)
        state = self.embedding.linear(token) + self.embedding.encoding(n_steps)[time]
        state = self.embedding.noise(state)
        present = jnp.arange(n_steps) <= time
        states, filled = [], []
        for block, cache in zip(self.blocks, caches, strict=True):
            new = block.memory(state[None])
            cache = jax.tree.map(lambda rows, row: rows.at[time].set(row[0]), cache, new)
            state, _ = block(state, cache, present)
            states.append(state)
            filled.append(cache)
        return states, filled

    def online(self, inputs: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the populations at every step; see `Model`."""
        states, weights, _ = self.read(inputs)
        populations = {f"layer{number + 1}": state for number, state in enumerate(states)}
        attention = {
            f"layer{number + 1}_head{head + 1}": each[:, head]
            for number, each in enumerate(weights)
            for head in range(each.shape[1])
        }
        return populations, attention


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Transformer:
    """Return an untrained network."""
    return Transformer(key, n_inputs, n_outputs, settings)
