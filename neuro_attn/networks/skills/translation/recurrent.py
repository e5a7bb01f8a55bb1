"""Recurrent translators, made of the encoders and decoders of the families.

seq2seq        c = [f_S; b_1] of a bidirectional encoder is all that its decoder reads
bahdanau       additive attention to h_s = [f_s; b_s], and d_0 = tanh(W_0 b_1)
luong-general  bilinear attention to h_s, d_0 = h_S, input feeding
qkv            the same with queries, keys and values

All encoders are bidirectional, because French articles agree with nouns that follow them.

Two changes of `bahdanau` close the ways around attention, one after the other:

bahdanau-unprimed  d_0 = 0: of the sentence, the decoder receives only what it attends to
bahdanau-words     and h_s = E x_s + g p_s: a word and its position, without a recurrent encoder
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.attention import Attention, GeneralAttention, QKVAttention
from neuro_attn.networks.families import bahdanau, seq2seq
from neuro_attn.networks.layers import Bidirectional, halves
from neuro_attn.networks.luong import Decoded, Luong
from neuro_attn.networks.self_attention import Embedding
from neuro_attn.networks.skills.translation.translator import Sizes, Source, Step, Translator
from neuro_attn.networks.skills.translation.vocabulary import words_of


class FixedContext(Translator):
    """Translator whose decoder reads the sentence as one vector."""

    encoder: Bidirectional
    decoder: seq2seq.Decoder

    def __init__(self, key: Array, sizes: Sizes):
        keys = jax.random.split(key, 5)
        self.sizes, n_units = sizes, sizes.units
        self.encoder = Bidirectional(sizes.source, n_units, keys[0], keys[1])
        self.decoder = seq2seq.Decoder(keys[2:], 2 * n_units, sizes.target, n_units)

    def read(self, english: Array) -> Source:
        """Return c as the memory; see `Translator`."""
        present = words_of(english)
        states = self.encoder(_one_hot(english, self.sizes.source), present)
        last = states[present.sum() - 1]
        return Source(jnp.concatenate([halves(last)[0], halves(states[0])[1]]), present)

    def begin(self, source: Source) -> Array:
        """Return d_0; see `Translator`."""
        return self.decoder.begin(source.memory)[0]

    def step(self, source: Source, state: Array, last: Array) -> Step:
        """Return d_k and its scores; see `Translator`."""
        word = _one_hot(last, self.sizes.target)
        state, scores = self.decoder.step(source.memory, state, word)
        return Step(state, scores, jnp.zeros(len(source.present)))


class Attending(Translator):
    """Translator with additive attention."""

    encoder: Bidirectional | Embedding
    decoder: bahdanau.Decoder
    primed: bool = eqx.field(static=True)
    """Whether d_0 depends on the sentence."""

    def __init__(self, key: Array, sizes: Sizes, *, primed: bool = True, words: bool = False):
        keys = jax.random.split(key, 6)
        self.sizes, n_units = sizes, sizes.units
        if words:
            self.encoder = Embedding(
                sizes.source, 2 * n_units, "sinusoidal", sizes.longest, keys[0]
            )
        else:
            self.encoder = Bidirectional(sizes.source, n_units, keys[0], keys[1])
        self.decoder = bahdanau.Decoder(keys[2:], sizes.target, n_units)
        self.primed = primed

    def read(self, english: Array) -> Source:
        """Return h as the memory; see `Translator`."""
        present = words_of(english)
        if isinstance(self.encoder, Embedding):
            words = _one_hot(english, self.sizes.source)
            return Source(self.encoder(words), present)
        words = _one_hot(english, self.sizes.source)
        return Source(self.encoder(words, present), present)

    def begin(self, source: Source) -> Array:
        """Return d_0; see `Translator`."""
        start = self.decoder.begin(source.memory)[0]
        return start if self.primed else jnp.zeros_like(start)

    def step(self, source: Source, state: Array, last: Array) -> Step:
        """Return d_k, its scores and weights; see `Translator`."""
        word = _one_hot(last, self.sizes.target)
        state, scores, _, weights = self.decoder.step(source.memory, source.present, state, word)
        return Step(state, scores, weights)


class Multiplicative(Translator):
    """Translator with the decoder of Luong et al. (2015) and an attention by products."""

    network: Luong

    def __init__(self, key: Array, sizes: Sizes, attention: type[GeneralAttention | QKVAttention]):
        key_attention, key = jax.random.split(key)
        self.sizes, n_units = sizes, sizes.units
        if attention is QKVAttention:
            attends: Attention = QKVAttention(n_units, n_units, n_units, key_attention)
        else:
            attends = GeneralAttention(n_units, n_units, key_attention)
        network = Luong(key, sizes.source, sizes.target, n_units, attends)
        keys = jax.random.split(jax.random.fold_in(key, 1))
        encoder = Bidirectional(sizes.source, n_units // 2, keys[0], keys[1])
        self.network = eqx.tree_at(lambda each: each.encoder, network, encoder)

    def read(self, english: Array) -> Source:
        """Return h as the memory; see `Translator`."""
        present = words_of(english)
        words = _one_hot(english, self.sizes.source)
        return Source(self.network.encoder(words, present), present)

    def begin(self, source: Source) -> Decoded:
        """Return d_0 and z_0; see `Translator`."""
        return self.network.begin(source.memory, source.present.sum() - 1)

    def step(self, source: Source, state: Decoded, last: Array) -> Step:
        """Return d_k and z_k, scores and weights; see `Translator`."""
        word = _one_hot(last, self.sizes.target)
        before = state._replace(report=word)
        done = self.network.step(source.memory, source.present, before)
        return Step(done, done.report, done.weights)


def _one_hot(numbers: Array, n_words: int) -> Array:
    """Return words as one-hot vectors; the end of a sentence is a word like others."""
    return jax.nn.one_hot(numbers, n_words)
