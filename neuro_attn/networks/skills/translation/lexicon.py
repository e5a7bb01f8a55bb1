"""The words of a small English-French grammar, with the forms that its sentences need."""

from typing import Literal, NamedTuple

Gender = Literal["masculine", "feminine"]


class Pronoun(NamedTuple):
    """A personal pronoun as subject and as object, in both languages."""

    subject: str
    object: str
    french_subject: str
    french_object: str
    person: int
    """Index of its verb forms in `Verb.french`."""


class Verb(NamedTuple):
    """A transitive verb in the present tense."""

    base: str
    third: str
    french: tuple[str, str, str, str, str]
    """Forms for je, tu, il or elle, nous, ils."""


class Noun(NamedTuple):
    """A noun in the singular."""

    english: str
    french: str
    gender: Gender


class Adjective(NamedTuple):
    """An adjective; in French most of them follow their noun."""

    english: str
    masculine: str
    feminine: str
    before_vowel: str
    """Masculine form before a vowel, for adjectives that precede their noun."""
    precedes: bool


class Determiner(NamedTuple):
    """A determiner, whose French form depends on gender and on the next word."""

    english: str
    masculine: str
    feminine: str
    masculine_before_vowel: str
    feminine_before_vowel: str


VOWELS = frozenset("aeiouàâéèêëîïôûœ")


def begins_with_vowel(word: str) -> bool:
    """Return whether a word begins with the letter of a vowel."""
    return word[0] in VOWELS


def elides(word: str) -> bool:
    """Return whether words elide before a French word; the h of all our words is mute."""
    return word[0] == "h" or begins_with_vowel(word)


def _regular(base: str, third: str, stem: str) -> Verb:
    """Return a verb of the first group (-er)."""
    e = "e" if stem.endswith("g") else ""  # nous changeons
    return Verb(base, third, (f"{stem}e", f"{stem}es", f"{stem}e", f"{stem}{e}ons", f"{stem}ent"))


def _after(english: str, masculine: str, feminine: str) -> Adjective:
    return Adjective(english, masculine, feminine, masculine, precedes=False)


def _before(english: str, masculine: str, feminine: str, before_vowel: str = "") -> Adjective:
    return Adjective(english, masculine, feminine, before_vowel or masculine, precedes=True)


PRONOUNS = (
    Pronoun("I", "me", "je", "me", 0),
    Pronoun("you", "you", "tu", "te", 1),
    Pronoun("he", "him", "il", "le", 2),
    Pronoun("she", "her", "elle", "la", 2),
    Pronoun("we", "us", "nous", "nous", 3),
    Pronoun("they", "them", "ils", "les", 4),
)
THIRD = 2
"""Person of nouns."""

VERBS = (
    _regular("love", "loves", "aim"),
    _regular("adore", "adores", "ador"),
    _regular("help", "helps", "aid"),
    _regular("invite", "invites", "invit"),
    _regular("forget", "forgets", "oubli"),
    _regular("admire", "admires", "admir"),
    _regular("watch", "watches", "regard"),
    _regular("find", "finds", "trouv"),
    _regular("seek", "seeks", "cherch"),
    _regular("draw", "draws", "dessin"),
    _regular("touch", "touches", "touch"),
    _regular("carry", "carries", "port"),
    _regular("hide", "hides", "cach"),
    _regular("chase", "chases", "chass"),
    _regular("change", "changes", "chang"),
    Verb("see", "sees", ("vois", "vois", "voit", "voyons", "voient")),
    Verb("know", "knows", ("connais", "connais", "connaît", "connaissons", "connaissent")),
    Verb("hear", "hears", ("entends", "entends", "entend", "entendons", "entendent")),
    Verb("take", "takes", ("prends", "prends", "prend", "prenons", "prennent")),
    Verb("follow", "follows", ("suis", "suis", "suit", "suivons", "suivent")),
)

NOUNS = (
    Noun("cat", "chat", "masculine"),
    Noun("dog", "chien", "masculine"),
    Noun("bird", "oiseau", "masculine"),
    Noun("horse", "cheval", "masculine"),
    Noun("book", "livre", "masculine"),
    Noun("tree", "arbre", "masculine"),
    Noun("student", "étudiant", "masculine"),
    Noun("teacher", "professeur", "masculine"),
    Noun("hat", "chapeau", "masculine"),
    Noun("king", "roi", "masculine"),
    Noun("brother", "frère", "masculine"),
    Noun("garden", "jardin", "masculine"),
    Noun("girl", "fille", "feminine"),
    Noun("woman", "femme", "feminine"),
    Noun("flower", "fleur", "feminine"),
    Noun("house", "maison", "feminine"),
    Noun("table", "table", "feminine"),
    Noun("school", "école", "feminine"),
    Noun("apple", "pomme", "feminine"),
    Noun("sister", "sœur", "feminine"),
    Noun("queen", "reine", "feminine"),
    Noun("star", "étoile", "feminine"),
    Noun("church", "église", "feminine"),
    Noun("cow", "vache", "feminine"),
)

ADJECTIVES = (
    _after("red", "rouge", "rouge"),
    _after("green", "vert", "verte"),
    _after("black", "noir", "noire"),
    _after("white", "blanc", "blanche"),
    _after("blue", "bleu", "bleue"),
    _after("happy", "heureux", "heureuse"),
    _after("strange", "étrange", "étrange"),
    _after("round", "rond", "ronde"),
    _before("small", "petit", "petite"),
    _before("big", "grand", "grande"),
    _before("young", "jeune", "jeune"),
    _before("good", "bon", "bonne"),
    _before("old", "vieux", "vieille", "vieil"),
    _before("beautiful", "beau", "belle", "bel"),
)

DETERMINERS = (
    Determiner("the", "le", "la", "l'", "l'"),
    Determiner("a", "un", "une", "un", "une"),
    Determiner("my", "mon", "ma", "mon", "mon"),
    Determiner("this", "ce", "cette", "cet", "cette"),
)
NEGATED = {"a": Determiner("a", "de", "de", "de", "de")}
"""Determiners that change in the object of a negated verb."""

# Not still, whose translation with a negation is another word: pas encore means not yet.
ADVERBS = (
    ("often", "souvent"),
    ("always", "toujours"),
    ("easily", "facilement"),
    ("really", "vraiment"),
)

PREPOSITIONS = (
    ("in", ("dans",)),
    ("with", ("avec",)),
    ("under", ("sous",)),
    ("behind", ("derrière",)),
    ("near", ("près", "de")),
)

CONJUNCTIONS = (("and", ("et",)), ("but", ("mais",)), ("because", ("parce", "que")))

ELIDED = {
    "je": "j'",
    "me": "m'",
    "te": "t'",
    "le": "l'",
    "la": "l'",
    "ne": "n'",
    "de": "d'",
    "que": "qu'",
}
"""Elided forms of words that lose their vowel before another."""
