"""Labels of other sessions: the label sequences of all sessions are permuted over sessions."""

from functools import lru_cache

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.surrogates import Draw, redrawn
from neuro_attn.study import Study

LABELS = "labels swapped between sessions"
ASSUMES = "the same process generated the labels of all sessions"
LIMITATION = "requires at least 4 sessions at alpha = 0.05, and preferably 6"
KEEPS_COUNTS = False
MIN_SESSIONS = 2


def surrogate_labels(population: Population, study: Study) -> Draw:
    """Return a function that gives every session the labels of another.

    The order of the sessions is drawn uniformly from all orders, which alone makes the test exact.
    A session may therefore keep its own labels. Labels are assigned task by task, in order of time,
    and cut to the length needed. Where they are too few, those of the next session follow.
    """
    sessions = population.session_labels
    names = sorted(sessions)

    def drawn(index: int, attempt: int) -> dict[str, tuple[np.ndarray, ...]]:
        order = study.rng("session swap", index, attempt).permutation(len(names))
        donors = {names[i]: [names[k] for k in np.roll(order, -i)] for i in range(len(names))}
        return {
            session: tuple(
                np.concatenate([sessions[donor][task] for donor in donors[session]])[: len(own)]
                for task, own in enumerate(sessions[session])
            )
            for session in names
        }

    def fewest(labels: dict[str, tuple[np.ndarray, ...]]) -> int:
        n_classes = len(population.classes)
        return min(
            int(np.bincount(of_task, minlength=n_classes).min())
            for of_session in labels.values()
            for of_task in of_session
        )

    @lru_cache(maxsize=64)
    def plan(index: int) -> dict[str, tuple[np.ndarray, ...]]:
        return redrawn(lambda attempt: drawn(index, attempt), population, study, fewest=fewest)

    def draw(part: SessionTrials, index: int) -> np.ndarray:
        label = part.label.copy()
        for trials, of_task in zip(part.trials_by_task, plan(index)[part.session], strict=True):
            label[trials] = of_task
        return label

    return draw
