"""The memory of slots, and the neural Turing machine that moves heads over it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.networks import memory
from neuro_attn.networks.families.neural_turing_machine import NeuralTuringMachine, State

SLOTS, WORD = 6, 4


def slot(number: int) -> jax.Array:
    return jax.nn.one_hot(number, SLOTS)


@pytest.fixture
def filled() -> jax.Array:
    return jnp.asarray(np.random.default_rng(0).normal(size=(SLOTS, WORD)), "float32")


@pytest.mark.parametrize("start", range(SLOTS))
def test_a_shift_moves_a_head_by_whole_slots_around_the_ring_exactly(start):
    for index, by in enumerate((-1, 0, 1)):
        moved = memory.shift(slot(start), jax.nn.one_hot(index, 3))
        np.testing.assert_array_equal(moved, slot((start + by) % SLOTS))


def test_a_gate_of_one_or_zero_chooses_exactly():
    np.testing.assert_array_equal(memory.interpolate(1.0, slot(2), slot(4)), slot(2))
    np.testing.assert_array_equal(memory.interpolate(0.0, slot(2), slot(4)), slot(4))


def test_a_blurred_shift_is_sharpened_to_one_slot():
    blurred = memory.shift(slot(3), jnp.array([0.1, 0.8, 0.1]))
    np.testing.assert_allclose(memory.sharpen(blurred, 1.0), blurred, atol=1e-5)
    np.testing.assert_allclose(memory.sharpen(blurred, 20.0), slot(3), atol=1e-5)


@pytest.mark.parametrize("where", range(SLOTS))
def test_what_is_written_is_read_and_nothing_else_is_changed(filled, where):
    word = jnp.array([1.0, -2.0, 0.5, 3.0])
    written = memory.write(filled, slot(where), jnp.ones(WORD), word)
    np.testing.assert_array_equal(memory.read(written, slot(where)), word)
    others = np.arange(SLOTS) != where
    np.testing.assert_array_equal(written[others], filled[others])


def test_without_erasing_a_word_is_added(filled):
    word = jnp.array([1.0, -2.0, 0.5, 3.0])
    written = memory.write(filled, slot(1), jnp.zeros(WORD), word)
    np.testing.assert_allclose(memory.read(written, slot(1)), filled[1] + word, atol=1e-6)


def test_content_finds_the_slot_that_is_like_the_key_whatever_their_lengths(filled):
    for where in range(SLOTS):
        found = memory.content(3 * filled, 0.5 * filled[where], 200.0)
        np.testing.assert_allclose(found, slot(where), atol=1e-3)
        indifferent = memory.content(filled, filled[where], 0.0)
        np.testing.assert_allclose(indifferent, np.full(SLOTS, 1 / SLOTS), atol=1e-6)


@eqx.filter_jit
def state_after(model: NeuralTuringMachine, inputs: jax.Array) -> State:
    return jax.lax.scan(lambda state, x: (model.step(state, x)[0], None), model.begin(), inputs)[0]


def test_heads_stand_on_the_slots_of_the_memory(ran):
    _, heads = ran("neural-turing-machine")
    assert heads.keys() == {"write", "read"}
    for weights in heads.values():
        assert (weights >= 0).all()
        np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)


def test_the_controller_remembers_only_through_the_memory(built, seen):
    """With nothing read, two trials that are alike at one step have the same controller."""
    model = built["neural-turing-machine"]
    one, other = (state_after(model, jnp.asarray(trial[:10])) for trial in seen[:2])
    x, nothing = jnp.asarray(seen[2, 10]), jnp.zeros_like(one.word)
    (_, first), (_, second) = (
        model.step(state._replace(word=nothing), x) for state in (one, other)
    )
    np.testing.assert_array_equal(first.activations["controller"], second.activations["controller"])
    assert np.any(first.activations["read"] != second.activations["read"])
