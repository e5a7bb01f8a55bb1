"""Does attention explain a translation? Its links against gold, and what moving it does.

The decoder receives the correct words. At each word its largest weight is a link to a word of the
source; these links are compared with those of the grammar. Links can be right although the network
does not use them, so we also intervene: at one word, all attention is moved from the word of the
source that it translates to another of the same class (for example from noun to noun). If attention
explains the word, the network now writes the translation of the other one. The two words never have
a French form in common, so a network that writes the correct word wherever it attends scores 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from neuro_attn.networks.skills.translation import lexicon
from neuro_attn.networks.skills.translation.grammar import Sentence
from neuro_attn.networks.skills.translation.scores import alignment_error, diagonal
from neuro_attn.networks.skills.translation.translator import Translator
from neuro_attn.networks.skills.translation.vocabulary import END, Languages


def _by_class() -> tuple[dict[str, frozenset[str]], ...]:
    nouns = {each.english: frozenset({each.french}) for each in lexicon.NOUNS}
    adjectives = {
        each.english: frozenset({each.masculine, each.feminine, each.before_vowel})
        for each in lexicon.ADJECTIVES
    }
    verbs = {
        word: frozenset(each.french) for each in lexicon.VERBS for word in (each.base, each.third)
    }
    return nouns, adjectives, verbs


CLASSES = _by_class()
"""English words of a class, whose translations can be exchanged by attention: all French forms."""
FORMS = {word: forms for words in CLASSES for word, forms in words.items()}


class Agreement(NamedTuple):
    """How well links of attention agree with those of the grammar."""

    alignment_error: float
    """Alignment error rate of the largest weights."""
    diagonal_error: float
    """The same of the diagonal."""
    largest_correct: float
    """Fraction of French words whose largest weight is on the word that they translate.

    It is 1 - `alignment_error`, because the grammar links each French word once.
    """


class Move(NamedTuple):
    """An intervention on attention at one word of a translation."""

    sentence: int
    word: int
    """Position k of the French word."""
    source: int
    """Position of the English word that it translates."""
    other: int
    """Position of the English word to which attention is moved."""


class Moved(NamedTuple):
    """What moved attention does to the word that is written."""

    follows: float
    """Fraction of words that become a translation of the word to which attention is moved."""
    stays: float
    """Fraction that are correct with all attention on the word that they translate."""
    n_moves: int
    """Number of interventions."""


@eqx.filter_jit
def weights_of(translator: Translator, english: Array, french: Array) -> Array:
    """Return attention, shape (sentence, target, source), with the correct words as input."""

    def of(english: Array, french: Array) -> Array:
        return translator.write(translator.read(english), len(french), french).weights

    return jax.vmap(of)(english, french)


def agreement(weights: np.ndarray, sentences: Sequence[Sentence]) -> Agreement:
    """Compare the largest weights with the links of the grammar.

    Parameters
    ----------
    weights : array, shape (sentence, target, source)
        Attention, as of `weights_of`.
    sentences : sequence of Sentence
        The sentences.
    """
    found, gold, straight = [], [], []
    for each, rows in zip(sentences, weights, strict=True):
        found.append({(k, int(np.argmax(row))) for k, row in enumerate(rows[: len(each.french)])})
        gold.append(each.links)
        straight.append(diagonal(len(each.french), len(each.english)))
    correct = [link in links for links, ours in zip(gold, found, strict=True) for link in ours]
    return Agreement(
        alignment_error(found, gold), alignment_error(straight, gold), float(np.mean(correct))
    )


def moves(sentences: Sequence[Sentence], rng: np.random.Generator) -> list[Move]:
    """Draw one intervention for each sentence that has two words of a class.

    Parameters
    ----------
    sentences : sequence of Sentence
        The sentences.
    rng : numpy.random.Generator
        Source of randomness.
    """
    drawn = []
    for number, each in enumerate(sentences):
        found = [
            Move(number, k, source, other)
            for k, source in sorted(each.links)
            for other in range(len(each.english))
            if _exchangeable(each.english[source], each.english[other])
        ]
        if found:
            drawn.append(found[int(rng.integers(len(found)))])
    return drawn


def _exchangeable(word: str, other: str) -> bool:
    """Return whether two words are of a class and have no translation in common."""
    are_of_a_class = any(word in words and other in words for words in CLASSES)
    # The correct word would otherwise count as the other one: love and loves are both aime.
    return are_of_a_class and not FORMS[word] & FORMS[other]


def move_attention(
    translator: Translator,
    languages: Languages,
    sentences: Sequence[Sentence],
    interventions: Sequence[Move],
) -> Moved:
    """Move attention at single words, and count which words are written.

    Parameters
    ----------
    translator : Translator
        The network.
    languages : Languages
        The vocabularies.
    sentences : sequence of Sentence
        The sentences; those of the interventions are translated with the correct words before.
    interventions : sequence of Move
        As drawn by `moves`.
    """
    pairs = languages.pairs([sentences[move.sentence] for move in interventions])
    at = np.array([move.word for move in interventions])
    written = {}
    for name in ("source", "other"):
        to = np.array([getattr(move, name) for move in interventions])
        numbers = _written_at(translator, *map(jnp.asarray, (*pairs, at, to)))
        written[name] = [languages.french.words[number] for number in np.asarray(numbers)]
    follows, stays = [], []
    for move, old, new in zip(interventions, written["source"], written["other"], strict=True):
        sentence = sentences[move.sentence]
        follows.append(new in FORMS[sentence.english[move.other]])
        stays.append(old == sentence.french[move.word])
    return Moved(float(np.mean(follows)), float(np.mean(stays)), len(interventions))


@eqx.filter_jit
def _written_at(
    translator: Translator, english: Array, french: Array, at: Array, to: Array
) -> Array:
    """Return the word written at position `at` while only the source `to` can be attended to."""

    def of(english: Array, french: Array, at: Array, to: Array) -> Array:
        source = translator.read(english)
        moved = source._replace(present=jnp.arange(len(english)) == to)

        def step(state: object, now: tuple[Array, Array]) -> tuple[object, Array]:
            k, last = now
            usual = translator.step(source, state, last)
            forced = translator.step(moved, state, last)
            scores = jnp.where(k == at, forced.scores, usual.scores)
            return usual.state, jnp.argmax(scores)

        previous = jnp.concatenate([jnp.array([END]), french[:-1]])
        steps = jnp.arange(len(french)), previous
        return jax.lax.scan(step, translator.begin(source), steps)[1][at]

    return jax.vmap(of)(english, french, at, to)
