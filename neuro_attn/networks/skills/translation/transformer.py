"""The Transformer of `neuro_attn.networks.encoder_decoder` as a translator."""

import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.networks.encoder_decoder import Cache, EncoderDecoder, Shape
from neuro_attn.networks.skills.translation.translator import (
    Sizes,
    Source,
    Step,
    Translator,
    Written,
)
from neuro_attn.networks.skills.translation.vocabulary import END, words_of

LAYERS, HEADS = 2, 4


class Transforming(Translator):
    """Transformer with encoder and decoder; its weights are the mean over blocks and heads.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    sizes : Sizes
        Sizes of the translator.
    """

    network: EncoderDecoder

    def __init__(self, key: Array, sizes: Sizes):
        shape = Shape(sizes.source, sizes.target, sizes.units, LAYERS, HEADS, HEADS)
        self.network = EncoderDecoder(key, shape)
        self.sizes = sizes

    def read(self, english: Array) -> Source:
        """Return keys and values as the memory; see `Translator`."""
        present = words_of(english)
        words = jax.nn.one_hot(english, self.sizes.source)
        return Source(self.network.read(words, present), present)

    def begin(self, source: Source) -> Cache:
        """Return an empty cache; see `Translator`."""
        return self.network.begin(self.sizes.longest)

    def step(self, source: Source, state: Cache, last: Array) -> Step:
        """Return the cache, scores and weights; see `Translator`."""
        word = jax.nn.one_hot(last, self.sizes.target)
        state, decoded = self.network.step(source.memory, source.present, state, word)
        return Step(state, decoded.scores, decoded.weights.mean(axis=(0, 1)))

    def write(self, source: Source, length: int, forced: Array | None = None) -> Written:
        """Write a translation, or all steps at once if words are given; see `Translator`."""
        if forced is None:
            return super().write(source, length)
        before = jnp.concatenate([jnp.array([END]), forced[: length - 1]])
        words = jax.nn.one_hot(before, self.sizes.target)
        decoded = self.network.write(source.memory, source.present, words)
        weights = decoded.weights.mean(axis=(1, 2))
        return Written(jnp.argmax(decoded.scores, axis=1), decoded.scores, weights)
