"""Surrogate labels drawn from the process that generated the labels (Harris 2020).

By default, the runs of equal labels of each task are put in another order. If the experiment has a
known process, a function can generate the labels instead.
"""

import numpy as np

from neuro_attn.decoding.population import Population, SessionTrials, fewest_trials
from neuro_attn.decoding.surrogates import Draw, Generator, redrawn
from neuro_attn.study import Study

LABELS = "reordered blocks of labels"
ASSUMES = "the class of a block depends on the preceding block alone, its length on its class"
LIMITATION = "few blocks give few label sets and little power"
KEEPS_COUNTS = True
TAKES_GENERATOR = True


def surrogate_labels(
    population: Population, study: Study, generator: Generator | None = None
) -> Draw:
    """Return a function that reorders the blocks of a session, or calls a generator of labels."""
    if generator is not None:
        return _generated(population, study, generator)
    return lambda part, index: reordered_session(
        part, study.rng("pseudosession", part.session, index)
    )


def reordered_session(part: SessionTrials, rng: np.random.Generator) -> np.ndarray:
    """Return a session's labels with the runs of each task in another order.

    Every task keeps its counts of classes, the lengths of the runs of each class, and how often
    each class follows each.
    """
    label = part.label.copy()
    for trials in part.trials_by_task:
        label[trials] = reordered_runs(part.label[trials], rng)
    return label


def reordered_runs(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return labels, in order of time, drawn from the block process that they are a sample of.

    The process is semi-Markov: which class follows depends on the present one, how long a run lasts
    on its class. Given the first class, the lengths of each class's runs and the counts of the
    transitions, all orders are equally likely, so drawing one of them uniformly makes the test of
    such a process exact. Independent labels are such a process, too.

    Parameters
    ----------
    labels : array of int, shape (trial,)
        Class numbers in order of time.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array of int, shape (trial,)
    """
    if not len(labels):
        return labels.copy()
    starts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    lengths = np.diff(starts, append=len(labels))
    state = labels[starts]
    drawn = _same_transitions(state, rng)
    length = np.empty_like(lengths)
    for value in np.unique(state):
        length[drawn == value] = rng.permutation(lengths[state == value])
    return np.repeat(drawn, length)


def _same_transitions(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a sequence with the same first state and counts of transitions, uniformly drawn.

    Such sequences are the Eulerian paths of the graph of transitions: each is a random tree of the
    last exits from all states towards the final one, with the other exits in any order (Kandel,
    Matias, Unger & Winkler 1996; the tree by Wilson 1996).
    """
    values, code = np.unique(state, return_inverse=True)
    if len(values) < 3:
        return state.copy()  # two states take turns
    exits = [code[1:][code[:-1] == value] for value in range(len(values))]
    reached = np.arange(len(values)) == code[-1]
    last = np.full(len(values), -1)
    for first in range(len(values)):
        here = first
        while not reached[here]:
            last[here] = rng.choice(exits[here])
            here = last[here]
        here = first
        while not reached[here]:
            reached[here] = True
            here = last[here]
    to_come: list[list[int]] = []
    for value, following in enumerate(exits):
        if value == code[-1]:
            to_come.append(rng.permutation(following).tolist())
            continue
        others = np.delete(following, np.flatnonzero(following == last[value])[0])
        to_come.append([int(last[value]), *rng.permutation(others).tolist()])
    path = [int(code[0])]
    while to_come[path[-1]]:
        path.append(to_come[path[-1]].pop())
    return values[path]


def _generated(population: Population, study: Study, generator: Generator) -> Draw:
    """Return a function that calls a generator for the labels of each task of a session."""
    classes = list(population.classes)

    def draw(part: SessionTrials, index: int) -> np.ndarray:
        def attempted(attempt: int) -> np.ndarray:
            rng = study.rng("generator", part.session, index, attempt)
            label = part.label.copy()
            for task, trials in zip(population.tasks, part.trials_by_task, strict=True):
                true = np.array(classes, object)[part.label[trials]]
                made = np.asarray(generator(part.session, task, true, rng)).astype(str)
                unknown = sorted(set(made.tolist()) - set(classes))
                if made.shape != true.shape or unknown:
                    raise ValueError(
                        f"the generator must return {len(true)} of the classes "
                        f"{', '.join(classes)} for task {task!r} of session {part.session!r}; got "
                        f"shape {made.shape}" + (f" with {unknown[0]!r}" if unknown else "")
                    )
                label[trials] = [classes.index(each) for each in made]
            return label

        def fewest(label: np.ndarray) -> int:
            return fewest_trials(
                part.task, label, n_tasks=len(population.tasks), n_classes=len(classes)
            )

        return redrawn(attempted, population, study, fewest=fewest)

    return draw
