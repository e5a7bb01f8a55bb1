"""Sentences of the grammar, and the numbers of their words."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from neuro_attn.networks.skills.translation.grammar import KEPT_OUT, LONGEST, corpus
from neuro_attn.networks.skills.translation.lexicon import ELIDED, NOUNS, PRONOUNS, VERBS, elides
from neuro_attn.networks.skills.translation.vocabulary import Languages, words_of

DE = ("de", "d'")


@pytest.fixture(scope="module")
def sentences():
    return corpus(3000, np.random.default_rng(5))


def test_a_corpus_is_as_large_and_as_varied_as_it_says(sentences):
    for language in ("english", "french"):
        words = Counter(word for each in sentences for word in getattr(each, language))
        assert len(words) >= 100
        # A word that occurs once in 3,000 sentences could not be learned.
        assert min(words.values()) >= 5
    assert len({each.english for each in sentences}) == len(sentences)
    assert max(len(each.english) for each in sentences) <= LONGEST


def test_every_french_word_translates_one_english_word(sentences):
    for each in sentences:
        assert sorted(k for k, _ in each.links) == list(range(len(each.french)))
        linked = {s for _, s in each.links}
        left = {word for s, word in enumerate(each.english) if s not in linked}
        assert left <= {"do", "does"}  # auxiliaries of a negation


def test_the_same_english_sentence_has_the_same_translation(sentences):
    others = corpus(3000, np.random.default_rng(6))
    french = {each.english: (each.french, each.links) for each in sentences}
    common = [each for each in others if each.english in french]
    assert len(common) > 20  # short sentences
    for each in common:
        assert french[each.english] == (each.french, each.links)


def test_one_sentence_is_kept_out_of_all_others(sentences):
    english, french = map(" ".join, KEPT_OUT)
    assert (english, french) == ("I love you", "je t' aime")
    assert not any(english in " ".join(each.english) for each in sentences)
    assert not any(french in " ".join(each.french) for each in sentences)


def test_french_elides_before_vowels_and_only_there(sentences):
    elided = set(ELIDED.values())
    seen = Counter()
    for each in sentences:
        for word, following in zip(each.french, each.french[1:], strict=False):
            if word in ELIDED:
                assert not elides(following), each
            if word in elided:
                assert elides(following), each
                seen[word] += 1
            assert (word, following) != ("de", "le")
    assert set(seen) == elided


def test_verbs_agree_with_their_subject(sentences):
    forms = {
        (verb.third, pronoun.subject): verb.french[2] for verb in VERBS for pronoun in PRONOUNS
    }
    bases = {
        (verb.base, pronoun.subject): verb.french[pronoun.person]
        for verb in VERBS
        for pronoun in PRONOUNS
    }
    checked = 0
    for each in sentences:
        for k, s in each.links:
            word = each.english[s]
            subject = next((w for w in each.english[s - 1 :: -1] if w != "not"), "")
            if s == 1 and (word, subject) in forms | bases:
                third = subject in ("he", "she")
                assert each.french[k] == (forms if third else bases)[word, subject]
                checked += 1
    assert checked > 500


def test_articles_agree_with_nouns(sentences):
    genders = {noun.french: noun.gender for noun in NOUNS}
    articles = {"masculine": {"un", "mon", "ce", "cet", "le", "du", "l'", *DE}}
    articles["feminine"] = {"une", "ma", "mon", "cette", "la", "l'", *DE}
    checked = 0
    for each in sentences:
        for word, noun in zip(each.french, each.french[1:], strict=False):
            if noun in genders:
                before = {"petit", "petite", "grand", "grande", "jeune", "bon", "bonne"}
                before |= {"vieux", "vieil", "vieille", "beau", "bel", "belle"}
                if word in before:
                    continue
                assert word in articles[genders[noun]], each
                assert word != "mon" or genders[noun] == "masculine" or elides(noun)
                checked += 1
    assert checked > 2000


def test_an_is_written_before_vowels_and_only_there(sentences):
    pairs = [
        pair for each in sentences for pair in pairwise(each.english) if pair[0] in ("a", "an")
    ]
    assert {following for article, following in pairs if article == "an"} == {"old", "apple"}
    assert {"horse", "house", "happy", "hat"} <= {
        after for article, after in pairs if article == "a"
    }
    assert not {"old", "apple"} & {after for article, after in pairs if article == "a"}


def test_the_article_of_a_negated_object_is_de(sentences):
    verbs = {word for verb in VERBS for word in (verb.base, verb.third)}
    seen = Counter()
    for each in sentences:
        for k, s in each.links:
            if each.english[s] in ("a", "an"):
                is_object = s > 0 and each.english[s - 1] in verbs
                own = {each.english[n] for n in range(*_clause(each.english, s))}
                is_negated = is_object and bool({"not", "never"} & own)
                assert (each.french[k] in DE) == is_negated, each
                seen[is_negated] += 1
    assert min(seen[True], seen[False]) > 100


def _clause(words, at: int) -> tuple[int, int]:
    """Return where the clause around a word starts and stops."""
    ends = [n for n, word in enumerate(words) if word in ("and", "but", "because")]
    start = max((n + 1 for n in ends if n < at), default=0)
    return start, min((n for n in ends if n > at), default=len(words))


def test_no_verb_is_reflexive(sentences):
    persons = ({"I", "me", "we", "us"}, {"you"}, {"he", "him"}, {"she", "her"}, {"they", "them"})
    subjects = {pronoun.subject for pronoun in PRONOUNS} - {"you"}
    objects = {pronoun.object for pronoun in PRONOUNS} - {"you"}
    for each in sentences:
        if not {"and", "but", "because"} & set(each.english):
            for own in persons:
                assert not (
                    own & subjects & set(each.english) and own & objects & set(each.english)
                )
            assert each.english.count("you") < 2


def test_rows_return_the_words_and_mark_their_end(sentences):
    languages = Languages(sentences)
    pairs = languages.pairs(sentences)
    for row, each in zip(pairs.french[:200], sentences[:200], strict=True):
        assert languages.french.text(row) == each.french
        assert int(np.sum(words_of(row))) == len(each.french) + 1
        assert row[-1] == 0
