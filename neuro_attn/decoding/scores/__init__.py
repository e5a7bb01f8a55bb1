"""Scores of decoders, one module each, found by its file.

A module defines ``LABEL``, its name in figures and captions, ``MEANING``, a sentence on what it
measures, and two functions. ``score(decision, truth)`` returns the score of decision values
(replicate, test_bin, row, train_bin, output) against the true classes (row,), for every pair of
bins: (replicate, train_bin, test_bin). It lies between 0 and 1, and counts trials or pairs of
trials, so that equal counts give equal scores to the last bit. ``chance(n_classes)`` returns the
expected score of a decoder without information.
"""

from importlib import import_module
from types import ModuleType
from typing import Protocol

import numpy as np

from neuro_attn.configuration import Decoding


def score_of(settings: Decoding) -> ModuleType:
    """Return the module of the score that a data set uses."""
    return import_module(f"neuro_attn.decoding.scores.{settings.score}")


class PooledScore(Protocol):
    """A score of the means of some statistics over folds and draws, such as `sensitivity`."""

    def score(self, decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Return statistics of a fold for every pair of bins, on axes after these."""

    def value(self, statistics: np.ndarray) -> np.ndarray:
        """Return the score from the means of these statistics."""
