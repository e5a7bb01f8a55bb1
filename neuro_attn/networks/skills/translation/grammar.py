"""A grammar that writes English sentences with their French translations and word alignments.

French differs in what makes translation more than a change of words: objects that are pronouns
precede their verb (clitics), negation has two parts, most adjectives follow their noun, adverbs
follow their verb, words agree in gender and person, vowels are elided, de le becomes du, and the
article of a negated object becomes de (je ne vois pas de chat).

English: subject [never | do not] [adverb] verb object [preposition noun-phrase]
French: subject [ne] [clitic] verb [pas | jamais] [adverb] [object] [preposition noun-phrase]

A sentence is a clause, two clauses with a conjunction, or a question (do ... ?, est-ce que ... ?).
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from neuro_attn.networks.skills.translation.lexicon import (
    ADJECTIVES,
    ADVERBS,
    CONJUNCTIONS,
    DETERMINERS,
    ELIDED,
    NEGATED,
    NOUNS,
    PREPOSITIONS,
    PRONOUNS,
    THIRD,
    VERBS,
    Adjective,
    Determiner,
    Noun,
    Pronoun,
    begins_with_vowel,
    elides,
)

LONGEST = 14
"""Maximum number of English words of a sentence."""
KEPT_OUT = (("I", "love", "you"), ("je", "t'", "aime"))
"""English and French words that follow each other in no sentence: a translation never trained."""

Entry = TypeVar("Entry")


class Sentence(NamedTuple):
    """An English sentence, its translation, and which of their words correspond."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    links: frozenset[tuple[int, int]]
    """Pairs of a French and an English position: words that translate each other."""


class Word:
    """An English word at one place of a sentence, whose repetitions are other objects."""

    def __init__(self, text: str):
        self.text = text


class Phrase(NamedTuple):
    """Part of a sentence in both languages."""

    english: tuple[Word, ...]
    french: tuple[tuple[str, Word], ...]
    """French words, each with the English word that it translates."""


NOTHING = Phrase((), ())


def translate_words(english: str, *french: str) -> Phrase:
    """Return an English word with the French words that translate it."""
    word = Word(english)
    return Phrase((word,), tuple((each, word) for each in french))


def noun_phrase(determiner: Determiner, noun: Noun, adjectives: Sequence[Adjective] = ()) -> Phrase:
    """Return a noun phrase, in which French adjectives agree and stand where they belong.

    Parameters
    ----------
    determiner, noun, adjectives
        Its words; adjectives are in the order of English.

    Examples
    --------
    >>> words = {each.english: each for each in (*DETERMINERS, *NOUNS, *ADJECTIVES)}
    >>> phrase = noun_phrase(words["this"], words["tree"], [words["old"], words["green"]])
    >>> written(phrase).english, written(phrase).french
    (('this', 'old', 'green', 'tree'), ('ce', 'vieil', 'arbre', 'vert'))
    """
    masculine = noun.gender == "masculine"
    noun_pair = translate_words(noun.english, noun.french)
    pairs: list[tuple[Phrase, bool]] = []
    following = noun.french
    for each in reversed(adjectives):
        form = each.masculine if masculine else each.feminine
        if each.precedes and masculine and elides(following):
            form = each.before_vowel
        pair = translate_words(each.english, form)
        pairs.insert(0, (pair, each.precedes))
        following = form if each.precedes else following
    forms = {
        (True, False): determiner.masculine,
        (False, False): determiner.feminine,
        (True, True): determiner.masculine_before_vowel,
        (False, True): determiner.feminine_before_vowel,
    }
    first = translate_words(determiner.english, forms[masculine, elides(following)])
    before = [pair for pair, precedes in pairs if precedes]
    after = [pair for pair, precedes in pairs if not precedes]
    return Phrase(
        _english(first, *(pair for pair, _ in pairs), noun_pair),
        _french(first, *before, noun_pair, *after),
    )


class Writer:
    """Draws random phrases of the grammar.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    """

    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def sentence(self) -> Sentence:
        """Draw a sentence of at most `LONGEST` words that does not contain `KEPT_OUT`."""
        while True:
            found = written(self._any_sentence())
            is_kept_out = any(map(_contains, (found.english, found.french), KEPT_OUT))
            if len(found.english) <= LONGEST and not is_kept_out:
                return found

    def _any_sentence(self) -> Phrase:
        kind = self.rng.random()
        if kind < 0.15:
            return self.clause(question=True)
        first = self.clause()
        if kind < 0.75:
            return first
        english, french = self._one_of(CONJUNCTIONS)
        return _in_order(first, translate_words(english, *french), self.clause())

    def clause(self, question: bool = False) -> Phrase:
        """Draw a clause, or a question."""
        person = self._one_of((None, *range(len(PRONOUNS))))
        subject, number = self._subject(person)
        is_third = number == THIRD
        helper = Word("does" if is_third else "do")
        negation = self._chosen(0.6, 0.25, 0.15)  # none, not, never
        ne, pas = _negation(negation)
        auxiliary = Phrase((helper,), ()) if negation == 1 and not question else NOTHING
        adverb = NOTHING
        if negation != 2 and self._happens(0.3):
            adverb = translate_words(*self._one_of(ADVERBS))
        verb = self._one_of(VERBS)
        is_bare = question or negation == 1 or not is_third
        verb_pair = translate_words(verb.base if is_bare else verb.third, verb.french[number])
        clitic, thing = self._object(person, is_negated=negation > 0)
        place = self._place() if self._happens(0.25) else NOTHING
        opening, end = _question(helper) if question else (NOTHING, NOTHING)
        return Phrase(
            _english(opening, subject, auxiliary, ne, adverb, verb_pair, clitic, thing, place, end),
            _french(opening, subject, ne, clitic, verb_pair, pas, adverb, thing, place, end),
        )

    def _subject(self, person: int | None) -> tuple[Phrase, int]:
        """Return a subject and the number of its verb form."""
        if person is None:
            return self.noun_phrase(), THIRD
        pronoun = PRONOUNS[person]
        return translate_words(pronoun.subject, pronoun.french_subject), pronoun.person

    def _object(self, subject: int | None, *, is_negated: bool) -> tuple[Phrase, Phrase]:
        """Return an object as a clitic and as a noun phrase, one of which is `NOTHING`."""
        if self._happens(0.6):
            return NOTHING, self.noun_phrase(is_negated)
        pronoun = self._one_of([each for each in PRONOUNS if not _is_same(subject, each)])
        return translate_words(pronoun.object, pronoun.french_object), NOTHING

    def _place(self) -> Phrase:
        english, french = self._one_of(PREPOSITIONS)
        return _in_order(translate_words(english, *french), self.noun_phrase())

    def noun_phrase(self, is_negated: bool = False) -> Phrase:
        """Draw a noun phrase with up to two adjectives, possibly as the object of a negation."""
        adjectives = []
        for precedes, chance in ((True, 0.25), (False, 0.3)):
            if self._happens(chance):
                adjectives.append(
                    self._one_of([each for each in ADJECTIVES if each.precedes == precedes])
                )
        determiner = self._one_of(DETERMINERS)
        if is_negated:
            determiner = NEGATED.get(determiner.english, determiner)
        return noun_phrase(determiner, self._one_of(NOUNS), adjectives)

    def _one_of(self, entries: Sequence[Entry]) -> Entry:
        return entries[int(self.rng.integers(len(entries)))]

    def _happens(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _chosen(self, *probabilities: float) -> int:
        return int(self.rng.choice(len(probabilities), p=probabilities))


def _is_same(subject: int | None, other: Pronoun) -> bool:
    """Return whether a verb with this subject and object would be reflexive (we see me)."""
    if subject is None:
        return False
    first = {"I", "we"}
    ours = PRONOUNS[subject]
    return ours == other or {ours.subject, other.subject} <= first


def _negation(kind: int) -> tuple[Phrase, Phrase]:
    """Return ne, with the English word of a negation, and pas or jamais; 0 is no negation."""
    if kind == 0:
        return NOTHING, NOTHING
    english, second = ("not", "pas") if kind == 1 else ("never", "jamais")
    ne = translate_words(english, "ne")
    return ne, Phrase((), ((second, ne.english[0]),))


def _question(helper: Word) -> tuple[Phrase, Phrase]:
    return Phrase((helper,), (("est-ce", helper), ("que", helper))), translate_words("?", "?")


def written(phrase: Phrase) -> Sentence:
    """Return a phrase as a sentence, with elided and contracted French words."""
    places = {id(word): place for place, word in enumerate(phrase.english)}
    french: list[tuple[str, Word]] = []
    words = list(phrase.french)
    for at, (text, word) in enumerate(words):
        following = words[at + 1][0] if at + 1 < len(words) else ""
        if text == "de" and following == "le":
            continue  # de le becomes du, and is written with le
        if text == "le" and at and words[at - 1][0] == "de":
            text = "du"
        elif text in ELIDED and following and elides(following):
            text = ELIDED[text]
        french.append((text, word))
    english = [word.text for word in phrase.english]
    for at, text in enumerate(english[:-1]):
        if text == "a" and begins_with_vowel(english[at + 1]):
            english[at] = "an"
    return Sentence(
        tuple(english),
        tuple(text for text, _ in french),
        frozenset((place, places[id(word)]) for place, (_, word) in enumerate(french)),
    )


def corpus(n: int, rng: np.random.Generator) -> list[Sentence]:
    """Draw sentences that differ in English.

    Parameters
    ----------
    n : int
        Number of sentences.
    rng : numpy.random.Generator
        Source of randomness.

    Examples
    --------
    >>> for each in corpus(2, np.random.default_rng(1)):
    ...     print(" ".join(each.english), "->", " ".join(each.french))
    we follow a king -> nous suivons un roi
    do they see me ? -> est-ce qu' ils me voient ?
    """
    writer = Writer(rng)
    found: dict[tuple[str, ...], Sentence] = {}
    while len(found) < n:
        drawn = writer.sentence()
        found.setdefault(drawn.english, drawn)
    return list(found.values())


def _in_order(*phrases: Phrase) -> Phrase:
    """Return phrases that have the same order in both languages."""
    return Phrase(_english(*phrases), _french(*phrases))


def _english(*phrases: Phrase) -> tuple[Word, ...]:
    return tuple(word for phrase in phrases for word in phrase.english)


def _french(*phrases: Phrase) -> tuple[tuple[str, Word], ...]:
    return tuple(pair for phrase in phrases for pair in phrase.french)


def _contains(words: Sequence[str], part: Sequence[str]) -> bool:
    return any(tuple(words[at : at + len(part)]) == part for at in range(len(words)))
