"""Images of one to three objects, and the sentence that describes each.

An image has 24 x 24 pixels, or 3 x 3 places of 8 x 8 pixels. An object has 5 x 5 pixels and lies
anywhere within its place. The sentence names the objects in the order of reading, by rows from the
top and from left to right:

    sentence = object, {relation, object}
    object   = "a", colour, shape
    relation = "left of" (the next object is in the same row of places) or "above" (in a later row)

The order is fixed, so exactly one sentence is correct for an image.
"""

from typing import NamedTuple

import numpy as np

SIZE = 24
"""Side length of an image, pixels."""
PLACES = 3
"""Side length of an image, places."""
MOST = 3
"""Largest number of objects."""
BOX = 5
"""Side length of an object, pixels."""
_PLACE = SIZE // PLACES
_FREEDOM = _PLACE - BOX + 1
NOISE = 0.05
"""SD of the noise of each pixel; intensities are 0 to 1."""

COLORS = {
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
}
"""Intensities of red, green and blue."""
_DRAWN = {
    "circle": (" ### ", "#####", "#####", "#####", " ### "),
    "square": ("#####", "#####", "#####", "#####", "#####"),
    "triangle": ("  #  ", "  #  ", " ### ", " ### ", "#####"),
    "cross": ("  #  ", "  #  ", "#####", "  #  ", "  #  "),
}
SHAPES = {name: np.array([list(row) for row in rows]) == "#" for name, rows in _DRAWN.items()}
"""Pixels of each shape, shape (row, column), bool."""

WORDS = ("", "a", *COLORS, *SHAPES, "left", "of", "above")
"""All words; the first is the end of a sentence."""
END, _A, _LEFT, _OF, _ABOVE = (WORDS.index(word) for word in ("", "a", "left", "of", "above"))
_FIRST_COLOR, _FIRST_SHAPE = 2, 2 + len(COLORS)
LENGTH = 3 * MOST + 2 * (MOST - 1) + 1
"""Number of words of the longest sentence, with its end."""

HELD_OUT = 5
"""One scene in so many is held out."""


class Scenes(NamedTuple):
    """The objects of images, in the order in which they are named.

    Objects that an image does not have fill the last columns, with the place `PLACES` squared.
    """

    places: np.ndarray
    """Place of each object in row-major order, shape (image, object), int."""
    colors: np.ndarray
    """Index of its colour in `COLORS`, shape (image, object), int."""
    shapes: np.ndarray
    """Index of its shape in `SHAPES`, shape (image, object), int."""
    shifts: np.ndarray
    """Distance from the upper and left border of its place, shape (image, object, 2), pixels."""

    @property
    def present(self) -> np.ndarray:
        """Which objects an image has, shape (image, object), bool."""
        return self.places < PLACES**2

    @property
    def corners(self) -> np.ndarray:
        """First row and column of the box of each object, shape (image, object, 2)."""
        return _PLACE * np.stack(np.divmod(self.places, PLACES), axis=-1) + self.shifts

    def of(self, images: slice | np.ndarray) -> "Scenes":
        """Return the scenes of some images."""
        return Scenes(*(each[images] for each in self))


class Captions(NamedTuple):
    """The correct sentences of images."""

    words: np.ndarray
    """Index of each word in `WORDS`, shape (image, word), int; the rest is `END`."""
    named: np.ndarray
    """Index of the object that a colour or shape names, shape (image, word), int; else -1."""


def draw_scenes(n: int, held_out: bool, rng: np.random.Generator) -> Scenes:
    """Draw random scenes, with one to three objects equally often.

    Parameters
    ----------
    n : int
        Number of scenes.
    held_out : bool
        Whether they are held-out scenes; no scene is both held out and not.
    rng : numpy.random.Generator
        Source of randomness.
    """
    parts, found = [], 0
    while found < n:
        scenes = _any_scenes(2 * HELD_OUT * n if held_out else 2 * n, rng)
        parts.append(scenes.of(is_held_out(scenes) == held_out))
        found += len(parts[-1].places)
    return Scenes(*(np.concatenate(each)[:n] for each in zip(*parts, strict=True)))


def _any_scenes(n: int, rng: np.random.Generator) -> Scenes:
    order = rng.permuted(np.tile(np.arange(PLACES**2), (n, 1)), axis=1)[:, :MOST]
    absent = np.arange(MOST) >= rng.integers(1, MOST + 1, size=(n, 1))
    colors, shapes = (rng.integers(len(each), size=(n, MOST)) for each in (COLORS, SHAPES))
    shifts = rng.integers(_FREEDOM, size=(n, MOST, 2))
    return Scenes(np.sort(np.where(absent, PLACES**2, order), axis=1), colors, shapes, shifts)


def is_held_out(scenes: Scenes) -> np.ndarray:
    """Return whether scenes are held out, shape (image,), bool.

    A hash of places, colours and shapes decides, so that a scene is never in both sets, wherever
    its objects lie within their places.
    """
    kinds = 1 + (scenes.places * len(COLORS) + scenes.colors) * len(SHAPES) + scenes.shapes
    code = np.zeros(len(kinds), np.uint64)
    for kind in np.where(scenes.present, kinds, 0).T.astype(np.uint64):
        # The multiplicative hash of Knuth (1998, section 6.4), modulo 2^64.
        code = (code + kind) * np.uint64(0x9E3779B97F4A7C15)
        code ^= code >> np.uint64(29)
    return np.asarray(code % np.uint64(HELD_OUT) == 0)


def draw_images(scenes: Scenes, rng: np.random.Generator | None) -> np.ndarray:
    """Draw images.

    Parameters
    ----------
    scenes : Scenes
        Their objects.
    rng : numpy.random.Generator or None
        Source of the noise; None draws without noise.

    Returns
    -------
    array, shape (image, row, column, colour), float32
        Intensities of red, green and blue.
    """
    n = len(scenes.places)
    images = np.zeros((n, SIZE, SIZE, 3), np.float32)
    inks, stencils = np.array(list(COLORS.values())), np.array(list(SHAPES.values()))
    within = np.arange(BOX)
    for k in range(MOST):
        here = np.flatnonzero(scenes.present[:, k])
        rows, columns = (scenes.corners[here, k, axis, None] + within for axis in (0, 1))
        drawn = (
            stencils[scenes.shapes[here, k], ..., None] * inks[scenes.colors[here, k], None, None]
        )
        images[here[:, None, None], rows[:, :, None], columns[:, None, :]] = drawn
    if rng is not None:
        images += NOISE * rng.standard_normal(images.shape, np.float32)
    return images


def captions(scenes: Scenes) -> Captions:
    """Return the sentence of each image.

    Parameters
    ----------
    scenes : Scenes
        The objects of the images.

    Examples
    --------
    >>> scene = Scenes(*np.array([[[0, 7, 9]], [[0, 2, 0]], [[0, 1, 0]]]), np.zeros((1, 3, 2), int))
    >>> text(captions(scene).words[0])
    'a red circle above a blue square'
    """
    rows = scenes.places // PLACES
    same_row = np.pad(rows[:, 1:] == rows[:, :-1], [(0, 0), (1, 0)])
    phrase = np.stack(
        [
            np.where(same_row, _LEFT, _ABOVE),
            np.where(same_row, _OF, END),
            np.full_like(rows, _A),
            _FIRST_COLOR + scenes.colors,
            _FIRST_SHAPE + scenes.shapes,
        ],
        axis=2,
    )
    phrase[:, 0, :2] = END
    phrase[~scenes.present] = END
    number = np.broadcast_to(np.arange(MOST)[:, None], phrase.shape)
    named = np.where(np.arange(5) >= 3, number, -1)
    words, named = (each.reshape(len(rows), -1) for each in (phrase, named))
    # Gaps are moved to the end.
    order = np.argsort(words == END, axis=1, kind="stable")[:, :LENGTH]
    words, named = (np.take_along_axis(each, order, axis=1) for each in (words, named))
    return Captions(words, np.where(words == END, -1, named))


def text(words: np.ndarray) -> str:
    """Return the words before the first `END`, joined."""
    ends = np.flatnonzero(np.asarray(words) == END)
    return " ".join(WORDS[word] for word in (words[: ends[0]] if len(ends) else words))
