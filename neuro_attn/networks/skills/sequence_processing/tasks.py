"""Tasks of sequences in which an item is needed some steps after it was seen.

At each step, one of 8 items is seen (one-hot). A ninth channel marks one step of the sequence.

- ``marked``: from the marked step on, answer which item was marked. What is needed is found by its
  content, and one item must be remembered.
- ``delayed``: at every step, answer which item was seen d steps before. What is needed is found by
  its position, and d items must be remembered. One network is trained for each d. No step is
  marked.

The answer is always an item that was seen `distance` steps before.
"""

from typing import Literal, NamedTuple

import numpy as np

ITEMS = 8
"""Number of different items."""
CHANNELS = ITEMS + 1
"""Number of input channels: the items, and the mark."""
Task = Literal["marked", "delayed"]


class Sequences(NamedTuple):
    """Sequences with correct answers."""

    inputs: np.ndarray
    """Shape (sequence, time, channel), float32."""
    targets: np.ndarray
    """The correct items, one-hot, shape (sequence, time, item), float32; 0 without an answer."""


def marked(rng: np.random.Generator, n: int, length: int, distance: int | None = None) -> Sequences:
    """Draw sequences with a marked step.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n, length : int
        Number of sequences and of their steps.
    distance : int, optional
        Distance of the marked step from the last one; random by default.
    """
    items = rng.integers(ITEMS, size=(n, length))
    place = rng.integers(length, size=n)
    if distance is not None:
        place[:] = length - 1 - distance
    steps = np.arange(length)
    correct = one_hot(items[np.arange(n), place])[:, None] * (steps >= place[:, None])[..., None]
    return Sequences(_seen(items, steps == place[:, None]), correct)


def delayed(rng: np.random.Generator, n: int, length: int, distance: int) -> Sequences:
    """Draw sequences whose correct answers are the items `distance` steps before.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n, length, distance : int
        Number of sequences, number of their steps, and steps from an item to its answer.
    """
    items = rng.integers(ITEMS, size=(n, length))
    correct = np.zeros((n, length, ITEMS), np.float32)
    correct[:, distance:] = one_hot(items[:, : length - distance])
    return Sequences(_seen(items, np.zeros((n, length), bool)), correct)


def draw(
    task: Task, rng: np.random.Generator, *, n: int, length: int, distance: int | None
) -> Sequences:
    """Draw sequences of a task; see `marked` and `delayed`."""
    if task == "marked":
        return marked(rng, n, length, distance)
    assert distance is not None
    return delayed(rng, n, length, distance)


def one_hot(items: np.ndarray) -> np.ndarray:
    """Return the one-hot code of items, shape (..., item), float32."""
    return np.eye(ITEMS, dtype=np.float32)[items]


def _seen(items: np.ndarray, is_marked: np.ndarray) -> np.ndarray:
    return np.concatenate([one_hot(items), is_marked[..., None]], axis=2, dtype=np.float32)
