"""The Transformer (Vaswani et al. 2017), decoder-only, with normalisation before each part.

X^0_t = E [x_t; 0] + b + g p_t while the trial is read, E [0; y_{k-1}] + b + g p_t in the report
X' = X^{l-1} + multi-head(LN(X^{l-1})),  X^l = X' + MLP(LN(X'))
y_k = V LN(X^L)

Attention is causal. Normalising before each part (Xiong et al. 2020) needs no warm-up of the
learning rate. The report is generated: the first one is read from the last step of the trial, and
each is the input of the next step, which attends to the keys and values that earlier steps have
left (the cache).

Populations: ``layer1``, ``layer2``, ... (X^l_t, the residual stream).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import Memory, MultiHeadAttention
from neuro_attn.networks.model import Model
from neuro_attn.networks.self_attention import Embedding, causal, perceptron
from neuro_attn.networks.trials import REPORT_STEPS

ATTENDED = "step"
WIDENING = 2
"""Hidden units of a block's perceptron for each unit of the residual stream."""


class Block(eqx.Module):
    """A layer: multi-head attention and a perceptron, each added to the residual stream."""

    attention_norm: eqx.nn.LayerNorm
    attention: MultiHeadAttention
    mlp_norm: eqx.nn.LayerNorm
    mlp: eqx.nn.MLP

    def __init__(self, n_units: int, n_heads: int, key: Array):
        key_attention, key_mlp = jax.random.split(key)
        self.attention_norm = eqx.nn.LayerNorm(n_units)
        self.attention = MultiHeadAttention(n_units, n_heads, key_attention)
        self.mlp_norm = eqx.nn.LayerNorm(n_units)
        self.mlp = perceptron(n_units, n_units, WIDENING * n_units, key_mlp)

    def memory(self, states: Array) -> Memory:
        """Return keys and values of steps, from the residual stream (time, unit)."""
        return self.attention.memory(jax.vmap(self.attention_norm)(states))

    def __call__(self, state: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Return a step's next state, shape (unit,), and its weights, shape (head, source)."""
        attended, weights = self.attention(self.attention_norm(state), memory, present)
        state = state + attended
        return state + self.mlp(self.mlp_norm(state)), weights


class Transformer(Model):
    """Blocks under a causal mask that read a trial and generate its report.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Sizes.
    settings : Network
        Units, layers, heads and positions.
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
        blank = jnp.zeros(inputs.shape[1])
        first = self.readout(self.norm(states[-1][-1]))
        caches = jax.tree.map(lambda rows: jnp.pad(rows, ((0, n_report), (0, 0), (0, 0))), caches)

        def answer(carry: tuple, time: Array) -> tuple[tuple, Array]:
            caches, report = carry
            states, caches = self.step(caches, jnp.concatenate([blank, report]), time)
            report = self.readout(self.norm(states[-1]))
            return (caches, report), report

        times = len(inputs) + jnp.arange(n_report - 1)
        _, others = jax.lax.scan(answer, (caches, first), times)
        return jnp.concatenate([first[None], others])

    def read(self, read: Array) -> tuple[list[Array], list[Array], list[Memory]]:
        """Read the steps of a trial in one pass.

        Parameters
        ----------
        read : array, shape (time, input)
            The steps.

        Returns
        -------
        states : list of array, shape (time, unit)
            X^l of each layer.
        weights : list of array, shape (time, head, source)
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
        """Take one step, with the keys and values that earlier steps have left.

        Parameters
        ----------
        caches : list of Memory
            Of each layer; what stands at `time` and later is not looked at.
        token : array, shape (input + output,)
            What is seen and what was last reported.
        time : array, shape (), int
            Which step of the trial it is.

        Returns
        -------
        states : list of array, shape (unit,)
            X^l of each layer.
        caches : list of Memory
            With keys and values of this step.
        """
        n_steps = len(caches[0].keys)
        state = self.embedding.linear(token) + self.embedding.encoding(n_steps)[time]
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
