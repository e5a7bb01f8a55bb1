"""Recurrence, convolution and self-attention: paths, reach, steps, operations, symmetry, tasks."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError
from scipy.sparse.csgraph import shortest_path

from neuro_attn.configuration import SequenceProcessing
from neuro_attn.networks.skills.sequence_processing import costs, learning, processors, tasks
from neuro_attn.networks.skills.sequence_processing.processors import (
    FAMILIES,
    Convolution,
    Processor,
    build,
)
from neuro_attn.networks.skills.sequence_processing.symmetry import equivariance_error

UNITS = 4
LENGTH = 9
DIRECTION = np.array([0.3, -0.2, 0.1, 0.4], np.float32)
"""A perturbation that no layer norm removes."""
MOVE = 1000
"""Cost of a move between steps, much more than of an update of the same step."""


def network(family: str, length: int = LENGTH) -> Processor:
    """A network that reaches a whole sequence."""
    n_layers = FAMILIES[family].n_layers(length)
    return build(family, jax.random.key(3), n_units=UNITS, n_layers=n_layers)


@pytest.fixture(scope="module", params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def found(family) -> tuple[Processor, costs.Chains]:
    model = network(family)
    return model, costs.chains(model, LENGTH)


def digits(number: int, base: int) -> list[int]:
    """The digits of a number, which are not 0."""
    return [d for d in ((number // base**place) % base for place in range(20)) if d]


PATHS = {
    "gru": lambda distance: distance,
    # A distance is a sum of dilations 1, 2, 4, ...
    "dilated-convolution": lambda distance: len(digits(distance, 2)),
    "undilated-convolution": lambda distance: distance,
    "self-attention": lambda distance: min(distance, 1),
    "self-attention-without-positions": lambda distance: min(distance, 1),
}
STEPS = {"gru": LENGTH, "dilated-convolution": 4, "undilated-convolution": LENGTH - 1}


def test_paths_and_sequential_steps_are_those_of_theory(family, found):
    _, chains = found
    assert list(chains.path_length) == [PATHS[family](d) for d in reversed(range(LENGTH))]
    assert chains.sequential_steps == STEPS.get(family, 1)


@eqx.filter_jit
def update(layer, before, now):
    return layer.update(before, now)


@eqx.filter_jit
def apply(layer, before):
    return layer(before)


def changed(layer, *states: np.ndarray, by: int) -> np.ndarray:
    """Which steps of a layer (second axis) change with each step (first axis) of its argument."""
    plain = np.asarray(update(layer, *states))
    rows = []
    for step in range(LENGTH):
        other = [each.copy() for each in states]
        other[by][step] += DIRECTION
        rows.append(np.asarray(update(layer, *other)))
    return np.any(rows != plain, axis=2)


def test_paths_are_the_shortest_in_the_graph_of_what_changes_what(found):
    model, chains = found
    size = (1 + len(model.layers)) * LENGTH
    graph = np.zeros((size, size))
    cost = np.where(np.eye(LENGTH, dtype=bool), 1, MOVE)
    states = np.random.default_rng(5).normal(size=(2, LENGTH, UNITS)).astype(np.float32)
    for number, layer in enumerate(model.layers):
        before, own = (slice(n * LENGTH, (n + 1) * LENGTH) for n in (number, number + 1))
        graph[before, own] = cost * changed(layer, *states, by=0)
        graph[own, own] = cost * changed(layer, *states, by=1)
    shortest = shortest_path(graph)[:LENGTH, -1]
    np.testing.assert_array_equal(shortest // MOVE, chains.path_length)


def test_rounds_in_which_all_steps_are_updated_at_once_end_after_the_sequential_steps(found):
    model, chains = found
    before = np.random.default_rng(6).normal(size=(LENGTH, UNITS)).astype(np.float32)
    rounds = 0
    for layer in model.layers:
        exact, now = np.asarray(apply(layer, before)), np.zeros_like(before)
        while not np.allclose(now, exact, atol=1e-7):
            now, rounds = np.asarray(update(layer, before, now)), rounds + 1
        before = exact
    assert rounds == chains.sequential_steps


@pytest.mark.parametrize("is_dilated", [True, False])
def test_a_convolution_has_no_gradient_beyond_its_reach_and_paths_of_its_digits(is_dilated):
    kernel = 3
    dilations = [kernel**layer if is_dilated else 1 for layer in range(2)]
    reach = 1 + (kernel - 1) * sum(dilations)
    template = build("dilated-convolution", jax.random.key(1), n_units=UNITS, n_layers=0)
    keys = jax.random.split(jax.random.key(2))
    layers = [Convolution(UNITS, kernel, d, key) for d, key in zip(dilations, keys, strict=True)]
    model = eqx.tree_at(lambda model: model.layers, template, layers)
    inputs = jax.random.normal(jax.random.key(3), (1, reach + 2, tasks.CHANNELS))
    slopes = learning.gradients(model, inputs, jnp.ones((1, tasks.ITEMS)) * jnp.arange(tasks.ITEMS))
    reached = np.any(np.asarray(slopes)[0] != 0, axis=1)[::-1]
    assert list(reached) == [True] * reach + [False] * 2
    paths = costs.chains(model, reach + 2).path_length[::-1]
    if is_dilated:
        expected = [len(digits(distance, kernel)) for distance in range(reach)]
    else:
        expected = [-(-distance // (kernel - 1)) for distance in range(reach)]
    assert list(paths) == [*expected, np.inf, np.inf]


def operations(family: str, length: int, units: int) -> int:
    """Multiply-adds of the equations."""
    n_layers = FAMILIES[family].n_layers(length)
    per_step = {
        "gru": 6 * units**2,  # three gates, each of the input and of the state
        "dilated-convolution": 2 * n_layers * units**2,
        "undilated-convolution": 2 * n_layers * units**2,
        # Queries, keys, values, output and perceptron; scores and contexts of all pairs.
    }.get(family, 8 * units**2 + 2 * length * units)
    return length * (per_step + (tasks.CHANNELS + tasks.ITEMS) * units)


@pytest.mark.parametrize("length", [8, 64])
def test_multiply_adds_are_those_of_the_equations(family, length):
    assert costs.multiply_adds(network(family, length), length) == operations(family, length, UNITS)


def test_memory_of_learning_grows_with_the_square_of_the_length_for_self_attention_alone(family):
    model = build(family, jax.random.key(3), n_units=UNITS, n_layers=1)
    first, second, third = (costs.held(model, length) for length in (16, 32, 64))
    beyond_linear = (third - second) - 2 * (second - first)
    # a + b n + c n^2 leaves 6 c n^2, and each of two heads has weights of all pairs.
    least = 6 * 2 * 16**2 if family.startswith("self-attention") else 0
    assert (beyond_linear >= least > 0) or beyond_linear == least == 0


def doubled(model: Processor) -> Processor:
    """The network in double precision."""
    return jax.tree.map(
        lambda leaf: leaf.astype(float) if eqx.is_inexact_array(leaf) else leaf, model
    )


def test_self_attention_without_positions_is_equivariant_and_positions_end_that():
    rng = np.random.default_rng(4)
    with jax.enable_x64(True):
        without, placed = (
            equivariance_error(doubled(network(family)), LENGTH, rng)
            for family in ("self-attention-without-positions", "self-attention")
        )
    assert without < 1e-13
    assert placed > 1e-3


def test_networks_have_about_the_same_number_of_weights():
    sizes = {
        family: processors.n_weights(
            eqx.filter_eval_shape(
                build,
                family,
                jax.random.key(0),
                n_units=processors.width(family, 32, 64),
                n_layers=processors.trained_layers(family, 64),
            )
        )
        for family in FAMILIES
    }
    assert max(sizes.values()) / min(sizes.values()) < 1.1


def test_marked_items_are_asked_for_from_their_step_on():
    drawn = tasks.marked(np.random.default_rng(1), 20, 7)
    places = set()
    for inputs, targets in zip(*drawn, strict=True):
        [place] = np.flatnonzero(inputs[:, tasks.ITEMS])
        places.add(place)
        assert not targets[:place].any()
        assert (targets[place:] == inputs[place, : tasks.ITEMS]).all()
    assert len(places) > 3
    drawn = tasks.marked(np.random.default_rng(1), 20, 7, distance=5)
    assert (np.nonzero(drawn.inputs[:, :, tasks.ITEMS])[1] == 1).all()


def test_delayed_items_are_those_seen_a_delay_before():
    inputs, targets = tasks.delayed(np.random.default_rng(1), 20, 7, 3)
    assert not targets[:, :3].any()
    np.testing.assert_array_equal(targets[:, 3:], inputs[:, :4, : tasks.ITEMS])
    assert not inputs[:, :, tasks.ITEMS].any()


def test_the_loss_is_the_mean_cross_entropy_of_the_steps_with_an_answer():
    model = network("gru")
    inputs, targets = (each[0] for each in tasks.marked(np.random.default_rng(2), 1, LENGTH))
    scores = np.asarray(model(inputs), float)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log(p[targets == 1]).mean()
    loss = float(model.loss(inputs, targets, jax.random.key(0)))
    assert loss == pytest.approx(expected, rel=1e-5)


def test_distances_are_powers_of_two_and_the_largest_of_each_length():
    settings = SequenceProcessing(length=8, test_lengths=(8, 16), delays=(4,))
    assert list(learning.cells(settings, None)) == [
        *((8, distance) for distance in (1, 2, 4, 7)),
        *((16, distance) for distance in (1, 2, 4, 7, 8, 15)),
    ]
    assert list(learning.cells(settings, 12)) == [(16, 12)]


@pytest.mark.slow
def test_within_its_reach_alone_a_convolution_learns_and_beyond_it_guesses():
    settings = SequenceProcessing(
        length=8, test_lengths=(8, 16), delays=(4,), steps=200, test_sequences=200, hidden=16
    )
    answers = learning.sequence_processing(settings, "dilated-convolution", 0, 7)
    marked = answers.sequence_processing.query("task == 'marked item'")
    # Guesses are wrong 175 of 200 times, with an SD of 4.7.
    within = marked["distance"] < 8
    assert (marked.loc[within & (marked["length"] == 8), "error"] < 0.5).all()
    beyond = marked[~within]
    assert (beyond["error"] > 0.75).all()
    assert (beyond[["gradient", "gradient_untrained"]] == 0).all(axis=None)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"delays": (64,)}, r"must be below the length of 64 steps \(given: 64\)"),
        ({"families": ("gru", "gru")}, "an entry occurs twice"),
        ({"families": ("transformer",)}, "'gru', 'dilated-convolution'"),
        ({"test_lengths": ()}, "at least 1 item"),
    ],
)
def test_impossible_settings_are_refused(keys, told):
    with pytest.raises(ValidationError, match=told):
        SequenceProcessing(**keys)
