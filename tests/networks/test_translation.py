"""Translators, the search for translations, and what attention explains."""

from itertools import product

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from neuro_attn.networks.skills.translation import beam, explanation, scores
from neuro_attn.networks.skills.translation.grammar import Sentence, corpus
from neuro_attn.networks.skills.translation.learning import BUILDERS, WITHOUT_ATTENTION
from neuro_attn.networks.skills.translation.translator import (
    Sizes,
    Source,
    Step,
    Taught,
    Translator,
)
from neuro_attn.networks.skills.translation.vocabulary import END, Languages

SIZES = Sizes(source=9, target=7, units=8, longest=10)
ENGLISH = jnp.array([3, 1, 8, 5, END, END, END])
FRENCH = jnp.array([2, 6, 1, END, END])


@pytest.fixture(scope="module", params=["seq2seq", "bahdanau-words", "qkv", "transformer"])
def family(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def translator(family) -> Translator:
    made = BUILDERS[family](jax.random.key(3), SIZES)
    # Larger weights than at first, so that differences are not hidden by small ones.
    return jax.tree.map(lambda each: 2 * each if eqx.is_inexact_array(each) else each, made)


@eqx.filter_jit
def forced(translator: Translator, english: Array, french: Array):
    return translator.write(translator.read(english), len(french), french)


@eqx.filter_jit
def free(translator: Translator, english: Array):
    return translator.write(translator.read(english), len(FRENCH))


def test_what_follows_the_end_of_a_sentence_does_not_matter(translator):
    assert np.allclose(
        forced(translator, ENGLISH, FRENCH).scores,
        forced(translator, ENGLISH[:5], FRENCH).scores,
        atol=1e-5,
    )


def test_later_words_do_not_matter_for_earlier_ones(translator):
    ours = forced(translator, ENGLISH, FRENCH).scores
    other = forced(translator, ENGLISH, FRENCH.at[2].set(4)).scores
    assert np.allclose(ours[:3], other[:3], atol=1e-5)
    assert not np.allclose(ours[3], other[3], atol=1e-5)


def test_weights_are_those_of_words_of_the_sentence(translator, family):
    weights = np.asarray(forced(translator, ENGLISH, FRENCH).weights)
    if family in WITHOUT_ATTENTION:
        assert not weights.any()
    else:
        assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)
        assert np.allclose(weights[:, 5:], 0)  # after the end
        assert (weights[:, :5] > 0).all()


def test_told_its_own_words_a_network_writes_as_it_does_freely(translator):
    ours = free(translator, ENGLISH)
    again = forced(translator, ENGLISH, ours.words)
    assert np.array_equal(ours.words, again.words)
    assert np.allclose(ours.scores, again.scores, atol=1e-4)
    assert np.allclose(ours.weights, again.weights, atol=1e-5)


def test_an_unprimed_decoder_knows_what_it_attends_to_alone():
    for family in ("bahdanau-unprimed", "bahdanau-words"):
        made = BUILDERS[family](jax.random.key(4), SIZES)
        source = made.read(ENGLISH)
        one = source._replace(present=jnp.arange(len(ENGLISH)) == 2)
        changed = one._replace(memory=one.memory.at[0].add(1).at[3].add(1))
        first, second = (
            made.step(each, made.begin(each), jnp.array(END)) for each in (one, changed)
        )
        assert np.array_equal(first.scores, second.scores)


def test_teacher_forcing_changes_what_the_loss_is_of(translator):
    with_it, without = (
        float(Taught(translator, given).loss(ENGLISH, FRENCH, jax.random.key(0)))
        for given in (True, False)
    )
    log_p = jax.nn.log_softmax(forced(translator, ENGLISH, FRENCH).scores)
    by_hand = -np.mean([log_p[k, word] for k, word in enumerate(np.asarray(FRENCH)[:4])])
    assert with_it == pytest.approx(by_hand, rel=1e-4)
    own = jax.nn.log_softmax(free(translator, ENGLISH).scores)
    assert without == pytest.approx(
        -np.mean([own[k, word] for k, word in enumerate(np.asarray(FRENCH)[:4])]), rel=1e-4
    )


class Counting(Translator):
    """Scores that depend on all words so far, without a source."""

    table: Array

    def read(self, english: Array) -> Source:
        return Source(english, english != -1)

    def begin(self, source: Source) -> Array:
        return jnp.array(0)

    def step(self, source: Source, state: Array, last: Array) -> Step:
        state = (3 * state + last) % len(self.table)
        return Step(state, self.table[state], jnp.zeros(len(source.present)))


@pytest.mark.parametrize("draw", range(5))
def test_beam_search_with_enough_beams_is_exhaustive(draw):
    n_words, length = 3, 4
    table = jax.random.normal(jax.random.key(draw), (11, n_words)) * 2
    model = Counting(Sizes(1, n_words, 1, length), table)
    source = model.read(jnp.array([0]))

    def log_probability(words) -> float:
        state, last, total = model.begin(source), jnp.array(END), 0.0
        for word in words:
            done = model.step(source, state, last)
            total += float(jax.nn.log_softmax(done.scores)[word])
            state, last = done.state, jnp.array(word)
            if word == END:
                break
        return total

    every = {}
    for words in product(range(n_words), repeat=length):
        ended = words.index(END) if END in words else length
        every[tuple(words[:ended]) + (END,) * (length - ended)] = log_probability(words)
    best = max(every, key=every.get)
    found = tuple(map(int, beam.search(model, source, length, n_words**length)))
    assert every[found] == pytest.approx(every[best], abs=1e-5)
    greedy = tuple(map(int, beam.search(model, source, length, 1)))
    written = np.asarray(model.write(source, length).words).tolist()
    ended = written.index(END) if END in written else length
    assert greedy == tuple(written[:ended]) + (END,) * (length - ended)
    assert every[greedy] <= every[found] + 1e-5


def test_bleu_of_a_worked_example():
    # Papineni et al. 2002, section 2.1: two of the seven words of the candidate count.
    candidate = ["the"] * 7
    reference = ["the", "cat", "is", "on", "the", "mat"]
    assert scores._ngrams(candidate, 1) & scores._ngrams(reference, 1) == {("the",): 2}
    ours = [["a", "b", "c", "d", "e"]]
    theirs = [["a", "b", "c", "d", "f", "g"]]
    by_hand = np.exp(1 - 6 / 5) * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert scores.bleu(ours, theirs) == pytest.approx(by_hand)
    assert scores.bleu(ours, [["f", "g"]]) == 0


def test_the_error_of_alignments_is_zero_for_the_same_links_and_one_for_others():
    gold = [{(0, 0), (1, 2), (2, 1)}, {(0, 1)}]
    assert scores.alignment_error(gold, gold) == 0
    assert scores.alignment_error([{(0, 1)}, {(0, 0)}], gold) == 1
    assert scores.alignment_error([{(0, 0)}, {(0, 1)}], gold) == pytest.approx(1 - 2 * 2 / (2 + 4))


class Dictionary(Translator):
    """Writes the translation of the word that it attends to, or of a fixed one."""

    translations: Array
    """A French word for each English one."""
    order: Array
    """The English position to attend to at each step."""
    attends: bool = eqx.field(static=True)

    def read(self, english: Array) -> Source:
        return Source(english, english != END)

    def begin(self, source: Source) -> Array:
        return jnp.array(0)

    def step(self, source: Source, state: Array, last: Array) -> Step:
        where = jnp.arange(len(source.present))
        usual = (where == self.order[state]).astype(float)
        weights = jnp.where(source.present.sum() == 1, source.present.astype(float), usual)
        word = self.translations[source.memory[jnp.argmax(weights if self.attends else usual)]]
        return Step(state + 1, jax.nn.one_hot(word, self.sizes.target), weights)


def test_attention_moves_between_words_without_a_common_translation():
    sentences = corpus(1500, np.random.default_rng(12))
    drawn = explanation.moves(sentences, np.random.default_rng(13))
    french = {}
    for each in sentences:
        for k, s in each.links:
            french.setdefault(each.english[s], set()).add(each.french[k])
    for move in drawn:
        english = sentences[move.sentence].english
        source, other = english[move.source], english[move.other]
        assert not french[source] & french[other]
        assert french[other] <= explanation.FORMS[other]
    # Both words of a sentence such as this one are forms of aime.
    both = Sentence(
        ("I", "love", "him", "and", "she", "loves", "me"),
        ("je", "l'", "aime", "et", "elle", "m'", "aime"),
        frozenset({(0, 0), (1, 2), (2, 1), (3, 3), (4, 4), (5, 6), (6, 5)}),
    )
    assert explanation.moves([both], np.random.default_rng(14)) == []


@pytest.mark.parametrize("attends", [True, False])
def test_moved_attention_tells_networks_that_use_it_from_others(attends):
    sentences = corpus(400, np.random.default_rng(8))
    languages = Languages(sentences)
    # One sentence at a time, because the order of words is that of its links.
    drawn = explanation.moves(sentences, np.random.default_rng(9))
    assert len(drawn) > 100
    follows, stays = [], []
    for move in drawn[:12]:
        each = sentences[move.sentence]
        order = [s for _, s in sorted(each.links)] + [0] * languages.n_target
        table = np.zeros(len(languages.english), int)
        for k, s in sorted(each.links):
            number = languages.english.words.index(each.english[s])
            table[number] = languages.french.words.index(each.french[k])
        sizes = Sizes(len(languages.english), len(languages.french), 1, languages.n_target)
        model = Dictionary(sizes, jnp.array(table), jnp.array(order), attends)
        moved = explanation.move_attention(model, languages, sentences, [move])
        follows.append(moved.follows)
        stays.append(moved.stays)
    assert np.mean(stays) == 1
    assert np.mean(follows) == float(attends)


def test_links_of_attention_are_compared_with_those_of_the_grammar():
    sentences = corpus(50, np.random.default_rng(10))
    languages = Languages(sentences)
    weights = np.zeros((50, languages.n_target, languages.n_source))
    for rows, each in zip(weights, sentences, strict=True):
        for k, s in each.links:
            rows[k, s] = 1
    found = explanation.agreement(weights, sentences)
    n_french = sum(len(each.french) for each in sentences)
    assert found.largest_correct == 1
    assert found.alignment_error == 0
    assert 0.2 < found.diagonal_error < 0.8
    moved = np.roll(weights, 1, axis=2)
    assert explanation.agreement(moved, sentences).largest_correct < 0.2
    assert n_french > 50
