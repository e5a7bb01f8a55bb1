"""Training on the tasks, error and gradient by length and distance, and costs by length."""

from collections.abc import Iterable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from neuro_attn.configuration import SequenceProcessing
from neuro_attn.networks.learning import BACKPROPAGATION, Batches
from neuro_attn.networks.progress import progress
from neuro_attn.networks.skills.sequence_processing import costs, tasks
from neuro_attn.networks.skills.sequence_processing.processors import (
    FAMILIES,
    Processor,
    build,
    n_weights,
    trained_layers,
    width,
)
from neuro_attn.networks.skills.sequence_processing.symmetry import equivariance_error
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

TOGETHER = 50
"""Number of training steps that are drawn, compiled and run together."""
TESTED_TOGETHER = 50
"""Largest number of sequences that are tested in one pass."""
GRADIENT_SEQUENCES = 32
"""Number of sequences over which gradients are averaged."""
COST_LENGTHS = (8, 16, 32, 64)
"""Lengths for which costs are determined."""
TASKS = {"marked": "marked item", "delayed": "item at a delay"}
"""The tasks, with their names in tables."""


class Tables(NamedTuple):
    """Results of a replicate network, named as the tables of results."""

    sequence_processing: pd.DataFrame
    sequence_costs: pd.DataFrame


def sequence_processing(
    settings: SequenceProcessing, family: str, replicate: int, seed: int
) -> Tables:
    """Train networks of a family on both tasks, test them, and determine their costs.

    Parameters
    ----------
    settings : SequenceProcessing
        Lengths, delays, network size and training.
    family : str
        One of `FAMILIES`.
    replicate : int
        Number of the replicate network.
    seed : int
        The seed of the configuration.

    Returns
    -------
    Tables
    """
    rows = []
    runs: list[tuple[tasks.Task, int | None]] = [("marked", None)]
    runs += [("delayed", delay) for delay in settings.delays]
    for task, delay in runs:
        names = ("sequence processing", task, delay, replicate)
        begin = untrained(settings, family, stream(seed, *names, family, "weights"))
        model = train(begin, settings, task, delay, stream(seed, *names, "training sequences"))
        rng = stream(seed, *names, "test sequences")
        for length, distance in cells(settings, delay):
            drawn = tasks.draw(
                task, rng, n=settings.test_sequences, length=length, distance=distance
            )
            slopes = (gradient(each, drawn, distance) for each in (model, begin))
            place = (family, replicate, TASKS[task], settings.length, length, distance)
            found = (error(model, drawn), 1 - 1 / tasks.ITEMS, *slopes)
            rows.append((*place, *found, len(drawn.inputs)))
    rng = stream(seed, "sequence processing", "costs", replicate, family)
    n_units = width(family, settings.hidden, settings.length)
    return Tables(
        pd.DataFrame(rows, columns=columns_of("sequence_processing")),
        pd.DataFrame(
            [(family, replicate, *cost(family, n_units, length, rng)) for length in COST_LENGTHS],
            columns=columns_of("sequence_costs"),
        ),
    )


def cells(settings: SequenceProcessing, delay: int | None) -> Iterable[tuple[int, int]]:
    """Return the pairs of a length and a distance at which a network is tested.

    Distances are powers of 2, and the largest of each length; or the one delay.
    """
    longest = [length - 1 for length in settings.test_lengths]
    powers = [2**power for power in range(max(longest).bit_length())]
    distances = sorted({*powers, *longest}) if delay is None else [delay]
    for length in settings.test_lengths:
        yield from ((length, distance) for distance in distances if distance < length)


def untrained(settings: SequenceProcessing, family: str, rng: np.random.Generator) -> Processor:
    """Return an untrained network with about as many weights as the GRU."""
    return build(
        family,
        jax.random.key(int(rng.integers(2**31))),
        n_units=width(family, settings.hidden, settings.length),
        n_layers=trained_layers(family, settings.length),
    )


def train(
    model: Processor,
    settings: SequenceProcessing,
    task: tasks.Task,
    delay: int | None,
    rng: np.random.Generator,
) -> Processor:
    """Train a network on random sequences, with new sequences at every step.

    Parameters
    ----------
    model : Processor
        The untrained network.
    settings : SequenceProcessing
        Length and training.
    task : {"marked", "delayed"}
        The task.
    delay : int or None
        The delay, of the task that has one.
    rng : numpy.random.Generator
        Source of the sequences.

    Returns
    -------
    Processor
    """
    state = BACKPROPAGATION.begin(model, settings)
    label = TASKS[task] if delay is None else f"{TASKS[task]} of {delay}"
    with progress(settings.steps, label) as tell:
        for done in range(0, settings.steps, TOGETHER):
            n_steps = min(TOGETHER, settings.steps - done)
            drawn = tasks.draw(
                task, rng, n=n_steps * settings.batch, length=settings.length, distance=delay
            )
            shape = (n_steps, settings.batch, settings.length, -1)
            inputs, targets = (jnp.asarray(each.reshape(shape)) for each in drawn)
            batches = Batches(inputs, targets, jnp.zeros(n_steps, jnp.uint32))
            model, state, losses = BACKPROPAGATION.learn(model, state, batches, settings)
            tell(done + n_steps, f"cross-entropy {float(losses.mean()):.3f} nats")
    return model


def error(model: Processor, drawn: tasks.Sequences) -> float:
    """Return the fraction of sequences with a wrong answer at the last step.

    Parameters
    ----------
    model : Processor
        The network.
    drawn : Sequences
        Sequences with an answer at the last step.
    """
    n_parts = -(-len(drawn.inputs) // TESTED_TOGETHER)
    parts = np.array_split(drawn.inputs, n_parts)
    scores = np.concatenate([last_scores(model, jnp.asarray(part)) for part in parts])
    return float(np.mean(scores.argmax(axis=1) != drawn.targets[:, -1].argmax(axis=1)))


def gradient(model: Processor, drawn: tasks.Sequences, distance: int) -> float:
    """Return the gradient of the score of the correct item at the last step.

    Parameters
    ----------
    model : Processor
        The network.
    drawn : Sequences
        Sequences with an answer at the last step.
    distance : int
        Distance from the last step to the input with respect to which the gradient is taken.

    Returns
    -------
    float
        Root mean square over sequences of the norm of the gradient.
    """
    inputs, correct = (jnp.asarray(each[:GRADIENT_SEQUENCES]) for each in drawn)
    slopes = np.asarray(gradients(model, inputs, correct[:, -1]))[:, -1 - distance]
    return float(np.sqrt(np.mean(np.sum(slopes**2, axis=1))))


@eqx.filter_jit
def last_scores(model: Processor, inputs: Array) -> Array:
    """Return the scores at the last step, shape (sequence, item)."""
    return jax.vmap(lambda each: model(each)[-1])(inputs)


@eqx.filter_jit
def gradients(model: Processor, inputs: Array, correct: Array) -> Array:
    """Return gradients of the correct item's score at the last step.

    Parameters
    ----------
    model : Processor
        The network.
    inputs : array, shape (sequence, time, channel)
        Sequences.
    correct : array, shape (sequence, item)
        The correct item, one-hot.

    Returns
    -------
    array, shape (sequence, time, channel)
    """

    def score(inputs: Array, correct: Array) -> Array:
        return model(inputs)[-1] @ correct

    return jax.vmap(jax.grad(score))(inputs, correct)


class Cost(NamedTuple):
    """Costs of an untrained network with enough layers to reach a whole sequence."""

    length: int
    n_weights: int
    sequential_steps: int
    path_length: float
    multiply_adds: int
    held: int
    equivariance_error: float


def cost(family: str, n_units: int, length: int, rng: np.random.Generator) -> Cost:
    """Return the costs of an untrained network of a family on sequences of one length.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    n_units : int
        Number of units of each layer.
    length : int
        Length of the sequence.
    rng : numpy.random.Generator
        Source of randomness.
    """
    key = jax.random.key(int(rng.integers(2**31)))
    model = build(family, key, n_units=n_units, n_layers=FAMILIES[family].n_layers(length))
    chains = costs.chains(model, length)
    return Cost(
        length,
        n_weights(model),
        chains.sequential_steps,
        chains.path_length.max(),
        costs.multiply_adds(model, length),
        costs.held(model, length),
        equivariance_error(model, length, rng),
    )
