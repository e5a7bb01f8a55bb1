"""Training of translators on a corpus, and their tables of results."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from neuro_attn.configuration.skills import Translation
from neuro_attn.networks.attention import GeneralAttention, QKVAttention
from neuro_attn.networks.learning import BACKPROPAGATION, Batches
from neuro_attn.networks.progress import progress
from neuro_attn.networks.skills.translation.beam import search
from neuro_attn.networks.skills.translation.explanation import (
    agreement,
    move_attention,
    moves,
    weights_of,
)
from neuro_attn.networks.skills.translation.grammar import KEPT_OUT, Sentence, corpus
from neuro_attn.networks.skills.translation.recurrent import (
    Attending,
    FixedContext,
    Multiplicative,
)
from neuro_attn.networks.skills.translation.scores import bleu
from neuro_attn.networks.skills.translation.transformer import Transforming
from neuro_attn.networks.skills.translation.translator import Sizes, Taught, Translator
from neuro_attn.networks.skills.translation.vocabulary import Languages
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

BUILDERS: dict[str, Any] = {
    "seq2seq": FixedContext,
    "bahdanau": Attending,
    "bahdanau-unprimed": eqx.Partial(Attending, primed=False),
    "bahdanau-words": eqx.Partial(Attending, primed=False, words=True),
    "luong-general": eqx.Partial(Multiplicative, attention=GeneralAttention),
    "qkv": eqx.Partial(Multiplicative, attention=QKVAttention),
    "transformer": Transforming,
}
"""What makes an untrained translator of each family, from a key and its sizes."""
WITHOUT_ATTENTION = ("seq2seq",)
LENGTHS = ((3, 5), (6, 8), (9, 11), (12, 14))
"""Ranges of numbers of English words for which translations are scored together."""
TOGETHER = 50
"""Number of training steps that are drawn, compiled and run together."""
LOVE = Sentence(*KEPT_OUT, frozenset({(0, 0), (1, 2), (2, 1)}))
"""The sentence that no corpus contains, and whose attention is shown."""
N_SHOWN = 3
"""Number of other held-out sentences whose attention is shown."""


class Corpus(NamedTuple):
    """Sentences to learn and sentences to translate."""

    training: list[Sentence]
    held_out: list[Sentence]
    languages: Languages


def corpus_of(settings: Translation, seed: int) -> Corpus:
    """Draw a corpus, the same for all networks.

    Parameters
    ----------
    settings : Translation
        Numbers of sentences.
    seed : int
        The seed of the configuration.
    """
    n_test = settings.test_sentences
    sentences = corpus(settings.pairs + n_test, stream(seed, "translation", "corpus"))
    training, held_out = sentences[:-n_test], [LOVE, *sentences[-n_test:]]
    return Corpus(training, held_out, Languages([*training, *held_out]))


def translation(
    settings: Translation, family: str, replicate: int, seed: int
) -> dict[str, pd.DataFrame]:
    """Train a network to translate, and score translations and attention on held-out sentences.

    Parameters
    ----------
    settings : Translation
        Corpus, network size and training.
    family : str
        One of `BUILDERS`.
    replicate : int
        Number of the replicate network.
    seed : int
        The seed of the configuration.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``translation``, ``translation_examples``, ``translation_alignment`` and
        ``translation_attention``; see `neuro_attn.results.skill_tables`.
    """
    data = corpus_of(settings, seed)
    translator = train(settings, family, data, replicate, seed)
    rows, examples = [], []
    for n_beams in settings.beams:
        written = translations(translator, data, n_beams)
        rows += [(n_beams, *row) for row in _scores(written, data.held_out)]
        examples += [
            (n_beams, *map(" ".join, (each.english, each.french, ours)))
            for each, ours in zip(data.held_out[: 1 + N_SHOWN], written, strict=False)
        ]
    tables: dict[str, list[tuple]] = {"translation": rows, "translation_examples": examples}
    if family not in WITHOUT_ATTENTION:
        rng = stream(seed, "translation", "moves")
        pairs = data.languages.pairs(data.held_out)
        weights = np.asarray(weights_of(translator, *map(jnp.asarray, pairs)))
        agreed = agreement(weights, data.held_out)
        moved = move_attention(translator, data.languages, data.held_out, moves(data.held_out, rng))
        tables["translation_alignment"] = [(*agreed, len(data.held_out), *moved)]
        tables["translation_attention"] = list(_shown(weights, data.held_out[: 1 + N_SHOWN]))
    return {
        name: pd.DataFrame(
            [(family, replicate, *row) for row in tables.get(name, [])], columns=columns_of(name)
        )
        for name in TABLES
    }


TABLES = (
    "translation",
    "translation_examples",
    "translation_alignment",
    "translation_attention",
)


def train(
    settings: Translation, family: str, data: Corpus, replicate: int, seed: int
) -> Translator:
    """Train a network on random batches of the corpus.

    Parameters
    ----------
    settings : Translation
        Network size and training.
    family : str
        One of `BUILDERS`.
    data : Corpus
        The corpus.
    replicate, seed : int
        See `translation`.
    """
    names = ("translation", replicate)
    key = jax.random.key(int(stream(seed, *names, family, "weights").integers(2**31)))
    model = Taught(BUILDERS[family](key, sizes_of(settings, data)), settings.teacher_forcing)
    state = BACKPROPAGATION.begin(model, settings)
    rng = stream(seed, *names, "batches")
    pairs = data.languages.pairs(data.training)
    with progress(settings.steps, f"{family} translates, seed {replicate}") as tell:
        for done in range(0, settings.steps, TOGETHER):
            n_steps = min(TOGETHER, settings.steps - done)
            drawn = rng.integers(len(data.training), size=(n_steps, settings.batch))
            batches = Batches(
                jnp.asarray(pairs.english[drawn]),
                jnp.asarray(pairs.french[drawn]),
                jnp.zeros(n_steps, jnp.uint32),
            )
            model, state, losses = BACKPROPAGATION.learn(model, state, batches, settings)
            tell(done + n_steps, f"cross-entropy {float(losses.mean()):.3f} nats")
    return model.translator


def sizes_of(settings: Translation, data: Corpus) -> Sizes:
    """Return the sizes of a translator for a corpus."""
    each = data.languages
    longest = max(each.n_source, each.n_target)
    return Sizes(len(each.english), len(each.french), settings.hidden, longest)


def translations(translator: Translator, data: Corpus, n_beams: int) -> list[tuple[str, ...]]:
    """Translate the held-out sentences by beam search.

    Parameters
    ----------
    translator : Translator
        The network.
    data : Corpus
        The corpus.
    n_beams : int
        Number of hypotheses.
    """
    english = jnp.asarray(data.languages.pairs(data.held_out).english)
    numbers = np.asarray(_searched(translator, english, data.languages.n_target, n_beams))
    return [data.languages.french.text(row) for row in numbers]


@eqx.filter_jit
def _searched(translator: Translator, english: Array, length: int, n_beams: int) -> Array:
    return jax.lax.map(
        lambda row: search(translator, translator.read(row), length, n_beams),
        english,
        batch_size=64,
    )


def _scores(written: Sequence[Sequence[str]], held_out: Sequence[Sentence]) -> list[tuple]:
    rows = []
    for least, most in LENGTHS:
        chosen = [n for n, each in enumerate(held_out) if least <= len(each.english) <= most]
        if chosen:
            ours = [written[n] for n in chosen]
            correct = [held_out[n].french for n in chosen]
            exact = float(np.mean([a == b for a, b in zip(ours, correct, strict=True)]))
            rows.append((least, most, exact, bleu(ours, correct), len(chosen)))
    return rows


def _shown(weights: np.ndarray, sentences: Sequence[Sentence]) -> list[tuple]:
    return [
        (number, k, target, s, source, float(weights[number, k, s]), (k, s) in each.links)
        for number, each in enumerate(sentences)
        for k, target in enumerate(each.french)
        for s, source in enumerate(each.english)
    ]
