"""Sentences as arrays: the number of each word, and which words translate which."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from neuro_attn.networks.skills.translation.grammar import Sentence

END = 0
"""Number of the end of a sentence, which also fills the rest of a row."""


class Vocabulary:
    """The words of a language, in alphabetical order.

    Parameters
    ----------
    sentences : iterable of sequence of str
        Sentences that contain all words.

    Examples
    --------
    >>> words = Vocabulary([("le", "chat"), ("je", "suis")])
    >>> words.numbers([("je", "suis", "le", "chat"), ("chat",)], 5)
    array([[2, 4, 3, 1, 0],
           [1, 0, 0, 0, 0]])
    >>> words.text([1, 0, 0])
    ('chat',)
    """

    def __init__(self, sentences: Iterable[Sequence[str]]):
        self.words = ("", *sorted({word for sentence in sentences for word in sentence}))
        self._number = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def numbers(self, sentences: Sequence[Sequence[str]], length: int) -> np.ndarray:
        """Return the numbers of words, shape (sentence, length), int; the rest is `END`."""
        rows = np.full((len(sentences), length), END)
        for row, sentence in zip(rows, sentences, strict=True):
            row[: len(sentence)] = [self._number[word] for word in sentence]
        return rows

    def text(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """Return the words before the first `END`."""
        known = [self.words[number] for number in numbers]
        return tuple(known[: known.index("")] if "" in known else known)


class Pairs(NamedTuple):
    """Sentences of both languages as arrays; every row ends with at least one `END`."""

    english: np.ndarray
    """Shape (sentence, source), int."""
    french: np.ndarray
    """Shape (sentence, target), int."""


class Languages:
    """The vocabularies and longest sentences of a corpus.

    Parameters
    ----------
    sentences : sequence of Sentence
        The corpus.
    """

    def __init__(self, sentences: Sequence[Sentence]):
        self.english = Vocabulary([each.english for each in sentences])
        self.french = Vocabulary([each.french for each in sentences])
        self.n_source = 1 + max(len(each.english) for each in sentences)
        self.n_target = 1 + max(len(each.french) for each in sentences)

    def pairs(self, sentences: Sequence[Sentence]) -> Pairs:
        """Return sentences as arrays."""
        return Pairs(
            self.english.numbers([each.english for each in sentences], self.n_source),
            self.french.numbers([each.french for each in sentences], self.n_target),
        )


def words_of(numbers: Array) -> Array:
    """Return which positions belong to a sentence, including its first `END`, shape (position,).

    Parameters
    ----------
    numbers : array, shape (position,), int
        A row of `Pairs`.
    """
    is_word = jnp.asarray(numbers) != END
    return is_word | (jnp.arange(len(is_word)) == is_word.sum())
