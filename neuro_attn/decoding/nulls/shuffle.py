"""Labels shuffled over trials, within session and task."""

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.surrogates import Draw
from neuro_attn.study import Study

LABELS = "shuffled labels"
ASSUMES = "trials of a session and task are exchangeable"
LIMITATION = "p-values are too small if labels come in blocks and rates drift"
KEEPS_COUNTS = True
PERMUTES_TRIALS = True


def surrogate_labels(population: Population, study: Study) -> Draw:
    """Return a function that shuffles the labels of a session."""
    return lambda part, index: shuffled(part, study.rng("permutation", part.session, index))


def shuffled(part: SessionTrials, rng: np.random.Generator) -> np.ndarray:
    """Return a session's labels, shuffled among trials of the same task and condition."""
    label = part.decoded.copy()
    condition = part.task
    if part.condition is not None:
        condition = part.task * (part.condition.max() + 1) + part.condition
    for value in np.unique(condition):
        member = condition == value
        label[member] = rng.permutation(label[member])
    return label
