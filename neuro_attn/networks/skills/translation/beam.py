"""Beam search: the most probable translation that a limited search finds.

A hypothesis w_1 ... w_k has the log-probability sum_k log p(w_k | w_1 ... w_{k-1}, x). At every
step all hypotheses are continued by all words, and the `n_beams` most probable continuations are
kept; one that has ended keeps its log-probability. One beam is greedy search.
"""

import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.skills.translation.translator import Source, Translator
from neuro_attn.networks.skills.translation.vocabulary import END


def search(translator: Translator, source: Source, length: int, n_beams: int) -> Array:
    """Return the most probable translation that is found, shape (target,), int.

    Parameters
    ----------
    translator : Translator
        The network.
    source : Source
        The sentence.
    length : int
        Maximum number of words, including the end.
    n_beams : int
        Number of hypotheses.
    """

    def step(carry: tuple, at: Array) -> tuple[tuple, None]:
        states, words, total, last, ended = carry
        done = jax.vmap(translator.step, in_axes=(None, 0, 0))(source, states, last)
        log_p = jax.nn.log_softmax(done.scores)
        only_end = jnp.where(jnp.arange(log_p.shape[1]) == END, 0.0, -jnp.inf)
        log_p = jnp.where(ended[:, None], only_end, log_p)
        together = total[:, None] + log_p
        best, index = jax.lax.top_k(together.reshape(-1), n_beams)
        parent, word = index // log_p.shape[1], index % log_p.shape[1]
        states = jax.tree.map(lambda each: each[parent], done.state)
        words = words[parent].at[:, at].set(word)
        return (states, words, best, word, ended[parent] | (word == END)), None

    states = jax.tree.map(
        lambda each: jnp.broadcast_to(each, (n_beams, *jnp.shape(each))), translator.begin(source)
    )
    # All hypotheses are the same at first, so only one of them may be continued.
    total = jnp.where(jnp.arange(n_beams) == 0, 0.0, -jnp.inf)
    start = (
        states,
        jnp.full((n_beams, length), END),
        total,
        jnp.full(n_beams, END),
        jnp.zeros(n_beams, bool),
    )
    (_, words, *_), _ = jax.lax.scan(step, start, jnp.arange(length))
    return words[0]
