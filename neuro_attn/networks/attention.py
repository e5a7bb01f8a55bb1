"""Attention: how states are scored, and how they are put together by these scores.

c = sum_s a_s v_s,  a = softmax(e),  e_s = score(d, h_s)

The kinds differ in the score e and in what is read out, v_s, which is h_s itself unless said
otherwise. Self-attention is the same with each of the states as the query (`attend_to_self`).
"""

from abc import abstractmethod
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array


class Attention(eqx.Module):
    """What all kinds of attention have in common."""

    attended: str = eqx.field(static=True, default="step", kw_only=True)
    """What the states h_s stand for, e.g. the steps of the trial, or patches of a picture."""

    @abstractmethod
    def scores(self, query: Array, memory: Array) -> Array:
        """Return e, shape (source,), from d, shape (query,), and h, shape (source, memory)."""

    def values(self, memory: Array) -> Array:
        """Return v, shape (source, value)."""
        return memory

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
        context : array, shape (value,)
            c.
        weights : array, shape (source,)
            a; it sums to 1.
        """
        weights = jax.nn.softmax(self.scores(query, memory), where=present)
        return weights @ self.values(memory), weights


def attend_to_self(attention: Attention, states: Array, present: Array) -> tuple[Array, Array]:
    """Attend from each state to all of them.

    Parameters
    ----------
    attention : Attention
        The kind.
    states : array, shape (time, unit)
        They are queries and memory.
    present : array, shape (time, time), bool
        Which states (second axis) each one (first axis) can attend to.

    Returns
    -------
    contexts : array, shape (time, value)
    weights : array, shape (time, time)
        Rows sum to 1.
    """
    return jax.vmap(attention, in_axes=(0, None, 0))(states, states, present)


class DotAttention(Attention):
    """e_s = d' h_s (Luong, Pham & Manning 2015, equation 8)."""

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e; see `Attention`."""
        return memory @ query


class GeneralAttention(Attention):
    """e_s = d' W h_s (Luong, Pham & Manning 2015, equation 8).

    Parameters
    ----------
    n_query, n_memory : int
        Sizes of d and of h_s.
    key : jax.Array
        Random key of the initial weights.
    """

    W: eqx.nn.Linear

    def __init__(self, n_query: int, n_memory: int, key: Array):
        self.W = eqx.nn.Linear(n_memory, n_query, use_bias=False, key=key)

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e; see `Attention`."""
        return jax.vmap(self.W)(memory) @ query


class ConcatAttention(Attention):
    """e_s = v' tanh(W [d; h_s]) (Luong, Pham & Manning 2015, equation 8).

    Parameters
    ----------
    n_query, n_memory, n_units : int
        Sizes of d, of h_s and of what is compared.
    key : jax.Array
        Random key of the initial weights.
    """

    W: eqx.nn.Linear
    v: eqx.nn.Linear

    def __init__(self, n_query: int, n_memory: int, n_units: int, key: Array):
        key_w, key_v = jax.random.split(key)
        self.W = eqx.nn.Linear(n_query + n_memory, n_units, use_bias=False, key=key_w)
        self.v = eqx.nn.Linear(n_units, "scalar", use_bias=False, key=key_v)

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e; see `Attention`."""
        return jax.vmap(lambda h: self.v(jnp.tanh(self.W(jnp.concatenate([query, h])))))(memory)


class AdditiveAttention(Attention):
    """e_s = v' tanh(W d + U h_s) (Bahdanau, Cho & Bengio 2015, equations 5, 6 and A.1.2).

    Parameters
    ----------
    n_query, n_memory, n_units : int
        Sizes of d, of h_s and of what is compared.
    key : jax.Array
        Random key of the initial weights.
    attended : str
        What h_s stand for.
    """

    W: eqx.nn.Linear
    U: eqx.nn.Linear
    v: eqx.nn.Linear

    def __init__(
        self, n_query: int, n_memory: int, n_units: int, key: Array, attended: str = "step"
    ):
        self.attended = attended
        key_w, key_u, key_v = jax.random.split(key, 3)
        self.W = eqx.nn.Linear(n_query, n_units, key=key_w)
        self.U = eqx.nn.Linear(n_memory, n_units, use_bias=False, key=key_u)
        self.v = eqx.nn.Linear(n_units, "scalar", use_bias=False, key=key_v)

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e; see `Attention`."""
        return jax.vmap(self.v)(jnp.tanh(self.W(query) + jax.vmap(self.U)(memory)))


class QKVAttention(Attention):
    """Scaled dot product of a query and keys: c = softmax(Q K' / sqrt(n)) V (Vaswani et al. 2017).

    Q = W_Q d, K = W_K h and V = W_V h are learned projections to n units. One such attention is a
    head of multi-head attention.

    Parameters
    ----------
    n_query, n_memory, n_units : int
        Sizes of d, of h_s and of the projections.
    key : jax.Array
        Random key of the initial weights.
    attended : str
        What h_s stand for.
    """

    Q: eqx.nn.Linear
    K: eqx.nn.Linear
    V: eqx.nn.Linear
    scale: float = eqx.field(static=True)

    def __init__(
        self, n_query: int, n_memory: int, n_units: int, key: Array, attended: str = "step"
    ):
        self.attended = attended
        key_q, key_k, key_v = jax.random.split(key, 3)
        self.Q = eqx.nn.Linear(n_query, n_units, use_bias=False, key=key_q)
        self.K = eqx.nn.Linear(n_memory, n_units, use_bias=False, key=key_k)
        self.V = eqx.nn.Linear(n_memory, n_units, use_bias=False, key=key_v)
        self.scale = n_units**-0.5

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e; see `Attention`."""
        return self.scale * (self.keys(memory) @ self.Q(query))

    def keys(self, memory: Array) -> Array:
        """Return K, shape (source, unit)."""
        return jax.vmap(self.K)(memory)

    def values(self, memory: Array) -> Array:
        """Return V; see `Attention`."""
        return jax.vmap(self.V)(memory)


class Memory(NamedTuple):
    """What heads can attend to: computed once for a step, whoever asks for it later."""

    keys: Array
    """Shape (source, head, unit)."""
    values: Array
    """Shape (source, head, unit)."""


class MultiHeadAttention(eqx.Module):
    """Several heads of scaled dot-product attention (Vaswani et al. 2017, section 3.2.2).

    c^i = softmax(q^i K^i' / sqrt(n)) V^i,  c = W_O [c^1; c^2; ...]

    Here they attend to the steps of the trial.

    Parameters
    ----------
    n_units, n_heads : int
        Units of query, memory and c, and heads; a head has n_units / n_heads units, rounded up.
    key : jax.Array
        Random key of the initial weights.
    """

    Q: eqx.nn.Linear
    K: eqx.nn.Linear
    V: eqx.nn.Linear
    O: eqx.nn.Linear  # noqa: E741 (W_O is its name)
    n_heads: int = eqx.field(static=True)

    def __init__(self, n_units: int, n_heads: int, key: Array):
        keys = jax.random.split(key, 4)
        n_all = n_heads * -(-n_units // n_heads)
        self.Q, self.K, self.V = (
            eqx.nn.Linear(n_units, n_all, use_bias=False, key=each) for each in keys[:3]
        )
        self.O = eqx.nn.Linear(n_all, n_units, use_bias=False, key=keys[3])
        self.n_heads = n_heads

    def memory(self, states: Array) -> Memory:
        """Return keys and values of states, shape (source, unit)."""
        shape = (len(states), self.n_heads, -1)
        return Memory(
            jax.vmap(self.K)(states).reshape(shape), jax.vmap(self.V)(states).reshape(shape)
        )

    def heads(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Attend with each head.

        Parameters
        ----------
        query : array, shape (unit,)
            Who asks.
        memory : Memory
            What is asked.
        present : array, shape (source,), bool
            What of it there is. One at least.

        Returns
        -------
        contexts : array, shape (head, unit)
            c^i.
        weights : array, shape (head, source)
            Each row sums to 1.
        """
        q = self.Q(query).reshape(self.n_heads, -1)
        scores = jnp.einsum("hu,shu->hs", q, memory.keys) * q.shape[1] ** -0.5
        weights = jax.nn.softmax(scores, where=present)
        return jnp.einsum("hs,shu->hu", weights, memory.values), weights

    def __call__(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Return c, shape (unit,), and the weights of `heads`."""
        contexts, weights = self.heads(query, memory, present)
        return self.O(contexts.reshape(-1)), weights


def attends_to_steps(part: object) -> bool:
    """Return whether a part of a network is an attention to the steps of the trial."""
    return isinstance(part, MultiHeadAttention) or (
        isinstance(part, Attention) and part.attended == "step"
    )
