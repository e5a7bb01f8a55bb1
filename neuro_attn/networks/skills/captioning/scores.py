"""Scores of captions, of the attention to what they name, and of interventions on attention.

The map of a word is compared with the object that the word names. Exactly one receptive field
contains a given object whole, and its patch is the right one.

A map can be right although the network does not use it. We therefore intervene: while the colour or
the shape of an object is written, all attention is moved to another object of the image, for this
word only. If attention decides what is written, the word becomes that of the other object.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from neuro_attn.networks.skills.captioning.captioner import GRID, STEP, Captioner, Written
from neuro_attn.networks.skills.captioning.scenes import END, LENGTH, MOST, Captions, Scenes


class Answers(NamedTuple):
    """What a network writes about images."""

    words: np.ndarray
    """Its own sentences, shape (image, word), int."""
    forced: np.ndarray
    """The word with the highest score after the correct ones, shape (image, word), int."""
    maps: np.ndarray
    """The map of each word after the correct ones, shape (image, word, patch)."""


class Move(NamedTuple):
    """Interventions on attention, one per row of each array."""

    image: np.ndarray
    """Index of the image."""
    word: np.ndarray
    """Position of the word."""
    patch: np.ndarray
    """The patch to which attention is moved."""
    other: np.ndarray
    """The word that names the same feature of the object in this patch, which differs."""


def answers(model: Captioner, images: np.ndarray, words: np.ndarray) -> Answers:
    """Let a network describe images, freely and with the correct words as its input.

    Parameters
    ----------
    model : Captioner
        The network.
    images : array, shape (image, row, column, colour)
        The images.
    words : array, shape (image, word), int
        Their correct sentences.
    """
    free, forced = _written(model, jnp.asarray(images), jnp.asarray(words))
    return Answers(*map(np.asarray, (free.words, forced.words, forced.maps)))


@eqx.filter_jit
def _written(model: Captioner, images: Array, words: Array) -> tuple[Written, Written]:
    def of(image: Array, words: Array) -> tuple[Written, Written]:
        memory = model.annotations(image)
        return model.write(memory, LENGTH), model.write(memory, LENGTH, forced=words)

    return jax.vmap(of)(images, words)


def right_patches(scenes: Scenes) -> np.ndarray:
    """Return the patch whose receptive field contains each object, shape (image, object), int.

    Objects that an image does not have get patches outside the grid.
    """
    rows, columns = np.moveaxis(scenes.corners // STEP, -1, 0)
    return np.asarray(rows * GRID + columns)


def is_correct(words: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compare sentences with the correct ones, up to the end of these.

    Parameters
    ----------
    words, correct : array, shape (image, word), int
        The sentences.

    Returns
    -------
    exact : array, shape (image,), bool
        Whether all words and the end are correct.
    fraction : array, shape (image,)
        Fraction of words, with the end, that are correct.
    """
    counted = np.arange(LENGTH) <= np.sum(correct != END, axis=1, keepdims=True)
    same = words == correct
    return np.all(same, axis=1, where=counted), np.mean(same, axis=1, where=counted)


def mass(maps: np.ndarray, scenes: Scenes, named: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the attention on the right patch, and on those of the other objects of the image.

    Parameters
    ----------
    maps : array, shape (image, word, patch)
        The map of each word.
    scenes : Scenes
        The objects.
    named : array, shape (image, word), int
        See `Captions`.

    Returns
    -------
    right, others : array, shape (image,)
        Mean over the colours and shapes that the correct sentence names.
    """
    on_each = np.zeros((*named.shape, MOST))
    patches = right_patches(scenes)
    for k in range(MOST):
        here = np.flatnonzero(scenes.present[:, k])
        on_each[here, :, k] = maps[here, :, patches[here, k]]
    right = np.take_along_axis(on_each, np.maximum(named, 0)[..., None], axis=2)[..., 0]
    others = on_each.sum(axis=2) - right
    return tuple(np.mean(each, axis=1, where=named >= 0) for each in (right, others))


def moves(scenes: Scenes, captions: Captions) -> Move:
    """Return all interventions in which another object of the image has another colour or shape.

    Parameters
    ----------
    scenes : Scenes
        The objects.
    captions : Captions
        Their correct sentences.
    """
    image, word = np.nonzero(captions.named >= 0)
    own = captions.named[image, word]
    patches, found = right_patches(scenes), []
    for ahead in range(1, MOST):
        other = (own + ahead) % MOST
        # A colour is the first of two words that name an object, a shape the second.
        is_second = captions.named[image, word - 1] == own
        at = np.argmax(captions.named[image] == other[:, None], axis=1) + is_second
        there = captions.words[image, at]
        differs = scenes.present[image, other] & (there != captions.words[image, word])
        found.append(np.stack([image, word, patches[image, other], there])[:, differs])
    return Move(*np.concatenate(found, axis=1))


def follows(model: Captioner, images: np.ndarray, captions: Captions, moved: Move) -> np.ndarray:
    """Return whether the word becomes that of the object to which attention is moved.

    Parameters
    ----------
    model : Captioner
        The network.
    images : array, shape (image, row, column, colour)
        The images.
    captions : Captions
        Their correct sentences, which the network receives.
    moved : Move
        The interventions.

    Returns
    -------
    array, shape (intervention,), bool
    """
    written = _moved(
        model, jnp.asarray(images), jnp.asarray(captions.words), *map(jnp.asarray, moved[:3])
    )
    return np.asarray(written) == moved.other


@eqx.filter_jit
def _moved(
    model: Captioner, images: Array, words: Array, image: Array, word: Array, patch: Array
) -> Array:
    memories = jax.vmap(model.annotations)(images)

    def of(image: Array, word: Array, patch: Array) -> Array:
        maps = jnp.zeros((LENGTH, GRID**2)).at[word, patch].set(1)
        return model.write(memories[image], LENGTH, forced=words[image], moved=maps).words[word]

    return jax.lax.map(lambda one: of(*one), (image, word, patch), batch_size=64)
