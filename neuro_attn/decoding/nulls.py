"""Label orders of the null: what the labels could have been, had they nothing to do with rates.

Shuffled labels suppose that trials are exchangeable. Where labels come in blocks and rates drift,
they are not: neighbours are alike in both, and any shuffle is less slow than the true labels. Then
labels must come from the process that made them (Harris 2020): the same blocks in another order
(pseudosession), or what the same process gave in other sessions (session swap).

A label order is a function of a session and the number of the replicate alone. All regions, times
and draws of a data set therefore see the same orders, and a maximum over them keeps what depends on
what.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from neuro_attn.configuration import Inference
from neuro_attn.decoding.populations import Part, Population
from neuro_attn.errors import InputError
from neuro_attn.randomness import stream

LabelOrder = Callable[[Part, int], np.ndarray]
"""Returns the class numbers of a session's trials under a replicate of the null."""
Generator = Callable[[str, str, np.ndarray, np.random.Generator], np.ndarray]
"""Returns class names of the trials of a task, in order of time, from session, task, the true class
names and a source of randomness."""

ATTEMPTS = 100
"""How often labels are drawn anew if they leave a class too few trials for the folds."""


def label_orders(
    population: Population,
    inference: Inference,
    folds: int,
    seed: int,
    name: str,
    generator: Generator | None = None,
) -> LabelOrder:
    """Return what draws the label orders of a population's sessions.

    Parameters
    ----------
    population : Population
        Its classes, tasks and (session swap) the labels of all sessions of the data set.
    inference : Inference
        Which null.
    folds : int
        Trials that every task and class must have; orders with fewer are drawn anew.
    seed, name : int, str
        Seed and data set, which name the random streams.
    generator : callable, optional
        With the null ``pseudosession``, draws the labels instead of the session's blocks.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If a generator is given for another null.
    """
    if generator is not None and inference.null != "pseudosession":
        raise ValueError(f"a generator needs null: pseudosession; got {inference.null}")
    match inference.null:
        case "session_swap":
            return _swapped(population, folds, seed, name)
        case "pseudosession" if generator is not None:
            return _generated(population, folds, seed, name, generator)
        case "pseudosession":
            return lambda part, index: pseudosession(part, seed, name, index)
        case _:
            return lambda part, index: shuffled(part, seed, name, index)


def keeps_counts(inference: Inference, generator: Generator | None) -> bool:
    """Return whether every label order has as many trials of each class as the data."""
    return inference.null != "session_swap" and generator is None


def shuffled(part: Part, seed: int, name: str, index: int) -> np.ndarray:
    """Return a session's labels, shuffled within task and the columns of ``inference.within``."""
    rng = stream(seed, "permutation", name, part.session, index)
    label = part.label.copy()
    condition = part.task
    if part.condition is not None:
        condition = part.task * (part.condition.max() + 1) + part.condition
    for value in np.unique(condition):
        member = condition == value
        label[member] = rng.permutation(label[member])
    return label


def pseudosession(part: Part, seed: int, name: str, index: int) -> np.ndarray:
    """Return a session's labels with the runs of each task in another order.

    Every task keeps its counts, the lengths of the runs of each class and how often which class
    follows which.
    """
    rng = stream(seed, "pseudosession", name, part.session, index)
    label = part.label.copy()
    for trials in _task_trials(part):
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


def _generated(
    population: Population, folds: int, seed: int, name: str, generator: Generator
) -> LabelOrder:
    """Return what asks a generator for the labels of each task of a session."""
    classes = list(population.classes)

    def order(part: Part, index: int) -> np.ndarray:
        for attempt in range(ATTEMPTS):
            rng = stream(seed, "generator", name, part.session, index, attempt)
            label = part.label.copy()
            for task, trials in zip(population.tasks, _task_trials(part), strict=True):
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
            if _enough(label, part.task, population, folds):
                return label
        raise _too_rare(name, population, folds)

    return order


def _swapped(population: Population, folds: int, seed: int, name: str) -> LabelOrder:
    """Return what gives every session the labels of another.

    The sessions' labels change places in a random order of all sessions, drawn uniformly: the only
    draw under which the test is exact. A session may thus keep its own, as often as one in all.
    Labels are taken task by task in order of time and cut to the length that is needed; where they
    are too few, those of the next session follow.
    """
    sessions = population.session_labels
    names = sorted(sessions)

    def drawn(index: int, attempt: int) -> dict[str, tuple[np.ndarray, ...]]:
        order = stream(seed, "session swap", name, index, attempt).permutation(len(names))
        donors = {names[i]: [names[k] for k in np.roll(order, -i)] for i in range(len(names))}
        return {
            session: tuple(
                np.concatenate([sessions[donor][task] for donor in donors[session]])[: len(own)]
                for task, own in enumerate(sessions[session])
            )
            for session in names
        }

    @lru_cache(maxsize=64)
    def plan(index: int) -> dict[str, tuple[np.ndarray, ...]]:
        n_classes = len(population.classes)
        for attempt in range(ATTEMPTS):
            labels = drawn(index, attempt)
            counts = [
                np.bincount(of_task, minlength=n_classes)
                for of_session in labels.values()
                for of_task in of_session
            ]
            if np.min(counts) >= folds:
                return labels
        raise _too_rare(name, population, folds)

    def order(part: Part, index: int) -> np.ndarray:
        label = part.label.copy()
        for trials, of_task in zip(_task_trials(part), plan(index)[part.session], strict=True):
            label[trials] = of_task
        return label

    return order


def check_variety(
    members: list[Population], orders: list[LabelOrder], inference: Inference, name: str
) -> None:
    """Raise `InputError` if a task's labels have too few orders for any p below alpha.

    Of k orders, the data's own is drawn once in k permutations on average, and then equals the
    data. So p is 1 / k or more whatever is coded, and since only p < alpha is significant, k must
    exceed 1 / alpha.
    """
    if inference.null == "shuffle" and not inference.within:
        return
    # 1 / alpha may be a whole number but for its rounding.
    needed = int(np.floor(1 / inference.alpha * (1 + 1e-9))) + 1
    seen: list[set[bytes]] = [set() for _ in members[0].tasks]
    # Five times as many draws as orders are needed leave out 1 in 150 of so many.
    for index in range(5 * needed):
        labels = [
            [(part, order(part, index)) for part in member.parts]
            for member, order in zip(members, orders, strict=True)
        ]
        for task, different in enumerate(seen):
            of_task = [label[part.task == task] for each in labels for part, label in each]
            different.add(np.concatenate(of_task).tobytes())
        if min(map(len, seen)) >= needed:
            return
    fewest = int(np.argmin([len(different) for different in seen]))
    raise InputError(
        f"datasets.{name}.inference.null",
        f"{inference.null} gives only {len(seen[fewest])} orders of the labels of task "
        f"{members[0].tasks[fewest]!r}; alpha {inference.alpha:g} needs {needed}.",
        "More sessions or blocks give more orders, as another null may.",
    )


def _task_trials(part: Part) -> list[np.ndarray]:
    """Return the trials of each task in order of time."""
    order = part.in_time
    return [order[part.task[order] == task] for task in range(int(part.task.max()) + 1)]


def _enough(label: np.ndarray, task: np.ndarray, population: Population, folds: int) -> bool:
    n_classes = len(population.classes)
    cells = len(population.tasks) * n_classes
    return bool(np.bincount(task * n_classes + label, minlength=cells).min() >= folds)


def _too_rare(name: str, population: Population, folds: int) -> InputError:
    return InputError(
        f"datasets.{name}.inference.null",
        f"{ATTEMPTS} label orders drawn in a row leave a class of a task fewer than {folds} "
        f"trials in session {population.parts[0].session!r} or another.",
        "Fewer folds, or another null.",
    )
