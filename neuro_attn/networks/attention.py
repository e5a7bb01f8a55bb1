"""Attention mechanisms: a weighted mean of states, with weights from a score of each state.

c = sum_s a_s v_s,  a = softmax(e),  e_s = score(d, h_s)

The classes differ in the score e and in the values v_s, which are the states h_s themselves unless
stated otherwise. Self-attention uses each state in turn as the query (`attend_to_self`).
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

AnyModel = TypeVar("AnyModel", bound=eqx.Module)


class Attention(eqx.Module):
    """Base class of attention mechanisms with one query."""

    attended: str = eqx.field(static=True, default="step", kw_only=True)
    """Kind of the sources h_s: ``"step"`` (of the trial), ``"patch"`` (of an image) or other."""

    @abstractmethod
    def scores(self, query: Array, memory: Array) -> Array:
        """Return the scores e, shape (source,).

        Parameters
        ----------
        query : array, shape (query,)
            d.
        memory : array, shape (source, memory)
            States h_s.
        """

    def values(self, memory: Array) -> Array:
        """Return the values v, shape (source, value), of states of shape (source, memory)."""
        return memory

    def __call__(self, query: Array, memory: Array, present: Array) -> tuple[Array, Array]:
        """Compute the context and the attention weights.

        Parameters
        ----------
        query : array, shape (query,)
            The query d.
        memory : array, shape (source, memory)
            The states h_s.
        present : array, shape (source,), bool
            Sources that can be attended to, at least one; the others get zero weight.

        Returns
        -------
        context : array, shape (value,)
            c.
        weights : array, shape (source,)
            a, which sums to 1.
        """
        weights = jax.nn.softmax(self.scores(query, memory), where=present)
        return weights @ self.values(memory), weights


def attend_to_self(attention: Attention, states: Array, present: Array) -> tuple[Array, Array]:
    """Compute self-attention: each state is the query once, and all states are sources.

    Parameters
    ----------
    attention : Attention
        The attention mechanism.
    states : array, shape (time, unit)
        Queries and sources.
    present : array, shape (time, time), bool
        Sources (second axis) that each query (first axis) can attend to.

    Returns
    -------
    contexts : array, shape (time, value)
        c of each query.
    weights : array, shape (time, time)
        Attention weights; rows sum to 1.
    """
    return jax.vmap(attention, in_axes=(0, None, 0))(states, states, present)


class DotAttention(Attention):
    """Dot-product score: e_s = d' h_s (Luong, Pham & Manning 2015, equation 8)."""

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e; see `Attention`."""
        return memory @ query


class GeneralAttention(Attention):
    """General (bilinear) score: e_s = d' W h_s (Luong, Pham & Manning 2015, equation 8).

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
    """Concat score: e_s = v' tanh(W [d; h_s]) (Luong, Pham & Manning 2015, equation 8).

    Parameters
    ----------
    n_query, n_memory, n_units : int
        Sizes of d, of h_s and of the hidden layer.
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
    """Additive score: e_s = v' tanh(W d + U h_s).

    The source is Bahdanau, Cho & Bengio (2015, equations 5, 6 and A.1.2).

    Parameters
    ----------
    n_query, n_memory, n_units : int
        Sizes of d, of h_s and of the hidden layer.
    key : jax.Array
        Random key of the initial weights.
    attended : str
        Kind of the sources h_s; see `Attention`.
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
    """Scaled dot-product attention: c = softmax(Q K' / sqrt(n)) V (Vaswani et al. 2017).

    Q = W_Q d, K = W_K h and V = W_V h are learned projections to n units. It corresponds to one
    head of multi-head attention.

    Parameters
    ----------
    n_query, n_memory, n_units : int
        Sizes of d, of h_s and of the projections.
    key : jax.Array
        Random key of the initial weights.
    attended : str
        Kind of the sources h_s; see `Attention`.
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
        """Return the keys K, shape (source, unit)."""
        return jax.vmap(self.K)(memory)

    def values(self, memory: Array) -> Array:
        """Return the values V; see `Attention`."""
        return jax.vmap(self.V)(memory)


class Memory(NamedTuple):
    """Keys and values of all heads, computed once per source and reused for every query."""

    keys: Array
    """Shape (source, group, unit)."""
    values: Array
    """Shape (source, group, unit)."""


class MultiHeadAttention(eqx.Module):
    """Several heads of scaled dot-product attention (Vaswani et al. 2017, section 3.2.2).

    c^i = softmax(q^i K^g' / sqrt(n)) V^g,  c = W_O [c^1; c^2; ...]

    The sources are the steps of the trial. Each head i has keys and values of its own, or shares
    them with the other heads of its group g: grouped-query attention (Ainslie et al. 2023), with
    one group multi-query attention (Shazeer 2019).

    Parameters
    ----------
    n_units : int
        Number of units of the query, of a source and of c.
    n_heads : int
        Number of heads, each with n_units / n_heads units, rounded up.
    key : jax.Array
        Random key of the initial weights.
    n_groups : int, optional
        Number of groups, a divisor of the number of heads; by default every head is a group.
    """

    Q: eqx.nn.Linear
    K: eqx.nn.Linear
    V: eqx.nn.Linear
    O: eqx.nn.Linear  # noqa: E741 (W_O is its name)
    n_heads: int = eqx.field(static=True)
    n_groups: int = eqx.field(static=True)

    def __init__(self, n_units: int, n_heads: int, key: Array, n_groups: int | None = None):
        keys = jax.random.split(key, 4)
        self.n_heads, self.n_groups = n_heads, n_groups or n_heads
        per_head = -(-n_units // n_heads)
        self.Q, self.K, self.V = (
            eqx.nn.Linear(n_units, n * per_head, use_bias=False, key=each)
            for n, each in zip((n_heads, self.n_groups, self.n_groups), keys[:3], strict=True)
        )
        self.O = eqx.nn.Linear(n_heads * per_head, n_units, use_bias=False, key=keys[3])

    def memory(self, states: Array) -> Memory:
        """Return the keys and values of states of shape (source, unit)."""
        shape = (len(states), self.n_groups, -1)
        return Memory(
            jax.vmap(self.K)(states).reshape(shape), jax.vmap(self.V)(states).reshape(shape)
        )

    def heads(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Compute the context and the attention weights of each head.

        Parameters
        ----------
        query : array, shape (unit,)
            The query, before projection.
        memory : Memory
            Keys and values of the sources.
        present : array, shape (source,), bool
            Sources that can be attended to, at least one.

        Returns
        -------
        contexts : array, shape (head, unit)
            c^i.
        weights : array, shape (head, source)
            Attention weights; rows sum to 1.
        """
        q = self.Q(query).reshape(self.n_groups, self.n_heads // self.n_groups, -1)
        scores = jnp.einsum("ghu,sgu->ghs", q, memory.keys) * q.shape[2] ** -0.5
        weights = jax.nn.softmax(scores, where=present)
        contexts = jnp.einsum("ghs,sgu->ghu", weights, memory.values)
        n_units, n_sources = q.shape[2], len(present)
        return contexts.reshape(self.n_heads, n_units), weights.reshape(self.n_heads, n_sources)

    def __call__(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Return c, shape (unit,), and the attention weights, shape (head, source); see `heads`."""
        contexts, weights = self.heads(query, memory, present)
        return self.O(contexts.reshape(-1)), weights


def attends_to_steps(part: object) -> bool:
    """Return whether a module of a network is attention over the steps of the trial."""
    return isinstance(part, MultiHeadAttention) or (
        isinstance(part, Attention) and part.attended == "step"
    )


def with_attention(
    model: AnyModel,
    of_one: Callable[[Attention], Attention],
    of_heads: Callable[[MultiHeadAttention], MultiHeadAttention],
) -> AnyModel:
    """Return a network in which every attention over the steps of the trial is replaced.

    Attention to other sources is unchanged.

    Parameters
    ----------
    model : Model
        The network.
    of_one, of_heads : callable
        Return what replaces an attention with one query, and multi-head attention.
    """

    def replaced(part: Any) -> Any:
        if not attends_to_steps(part):
            return part
        return of_heads(part) if isinstance(part, MultiHeadAttention) else of_one(part)

    changed: AnyModel = jax.tree.map(replaced, model, is_leaf=attends_to_steps)
    return changed
