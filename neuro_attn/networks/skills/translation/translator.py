"""What all translators share: reading a sentence, and writing its translation word by word.

h = read(x_1 ... x_S),  s_0 = begin(h),  (s_k, y_k, a_k) = step(h, s_{k-1}, w_{k-1})
p(w_k | w_1 ... w_{k-1}, x) = softmax(y_k)

x and w are words, the last of each sentence its end; w_0 is the end of nothing. During training,
w_{k-1} is the correct word (teacher forcing; Williams & Zipser 1989) or, without it, the word with
the highest score at k - 1. The loss is the cross-entropy, averaged over the words of a sentence.
"""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import Array

from neuro_attn.networks.skills.translation.vocabulary import END, words_of


class Sizes(NamedTuple):
    """The sizes of a translator."""

    source: int
    """Number of English words."""
    target: int
    """Number of French words."""
    units: int
    """Number of units of each layer."""
    longest: int
    """Largest number of words of a sentence, with its end."""


class Source(NamedTuple):
    """A sentence that has been read."""

    memory: Any
    """What the decoder reads, with one row per word where it attends."""
    present: Array
    """Words that can be attended to, shape (source,), bool."""


class Step(NamedTuple):
    """A step of the decoder."""

    state: Any
    """s_k, any arrays."""
    scores: Array
    """y_k, shape (word,)."""
    weights: Array
    """a_k, attention to each word of the source, shape (source,); 0 without attention."""


class Written(NamedTuple):
    """What a decoder wrote, or its scores if it receives given words."""

    words: Array
    """Word with the highest score at each step, shape (target,), int."""
    scores: Array
    """y_k, shape (target, word)."""
    weights: Array
    """a_k, shape (target, source)."""


class Translator(eqx.Module):
    """Base class of translators."""

    sizes: Sizes = eqx.field(static=True)

    @abstractmethod
    def read(self, english: Array) -> Source:
        """Read the numbers of words, shape (source,), whose last ones can be `END`."""

    @abstractmethod
    def begin(self, source: Source) -> Any:
        """Return s_0."""

    @abstractmethod
    def step(self, source: Source, state: Any, last: Array) -> Step:
        """Advance the decoder by one step.

        Parameters
        ----------
        source : Source
            The sentence. Attention is limited to its words that are present.
        state : any arrays
            s_{k-1}.
        last : array, shape (), int
            w_{k-1}, `END` at first.
        """

    def write(self, source: Source, length: int, forced: Array | None = None) -> Written:
        """Write a translation.

        Parameters
        ----------
        source : Source
            The sentence.
        length : int
            Number of steps.
        forced : array, shape (target,), int, optional
            Words w_1, w_2, ... that the decoder receives; by default those that it writes.
        """

        def step(carry: tuple[Any, Array], forced: Array | None) -> tuple:
            done = self.step(source, *carry)
            word = jnp.argmax(done.scores)
            following = word if forced is None else forced
            return (done.state, following), (word, done.scores, done.weights)

        start = (self.begin(source), jnp.array(END))
        return Written(*jax.lax.scan(step, start, forced, length=length)[1])


class Taught(eqx.Module):
    """A translator and how it is trained."""

    translator: Translator
    teacher_forcing: bool = eqx.field(static=True, default=True)
    """Whether the decoder receives the correct words."""

    def loss(self, english: Array, french: Array, key: Array, first: int = 0) -> Array:
        """Return the cross-entropy of a translation, averaged over its words and its end.

        Parameters
        ----------
        english, french : array, shape (source,) and (target,), int
            The sentences.
        key, first
            Unused; see `neuro_attn.networks.learning.Learnable`.

        Returns
        -------
        array, shape ()
            Cross-entropy, nats.
        """
        forced = french if self.teacher_forcing else None
        source = self.translator.read(english)
        scores = self.translator.write(source, len(french), forced).scores
        each = optax.losses.softmax_cross_entropy_with_integer_labels(scores, french)
        return jnp.mean(each, where=words_of(french))
