"""The differentiable neural computer: free slots are found, the order of writing is known."""

import itertools

import hypothesis.extra.numpy as arrays
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.networks.families.differentiable_neural_computer import allocate, link, use

SLOTS = 6
# JAX counts subnormal numbers as 0.
parts = st.floats(0, 1, width=32, allow_subnormal=False)


def weightings(n: int):
    """Weights >= 0 that sum to 1 at most."""
    return arrays.arrays("float32", (n, SLOTS), elements=parts).map(
        lambda w: w / np.maximum(w.sum(axis=1, keepdims=True), 1)
    )


def slot(number: int) -> jax.Array:
    return jax.nn.one_hot(number, SLOTS)


def test_allocation_goes_to_the_least_used_slot():
    usage = jnp.array([0.9, 0.3, 1.0, 0.7, 0.0, 0.5])
    np.testing.assert_array_equal(allocate(usage), slot(4))
    np.testing.assert_array_equal(allocate(usage.at[4].set(1.0)).argmax(), 1)


def test_a_full_memory_has_nothing_to_allocate():
    np.testing.assert_array_equal(allocate(jnp.ones(SLOTS)), np.zeros(SLOTS))


@settings(max_examples=50)
@given(arrays.arrays("float32", SLOTS, elements=parts))
def test_what_is_allocated_is_what_is_free(usage):
    allocated = np.asarray(allocate(jnp.asarray(usage)))
    assert (allocated >= 0).all()
    np.testing.assert_allclose(allocated.sum(), 1 - np.prod(usage), atol=1e-5)
    # Slot by slot, as the paper's equation says it.
    free = 1.0
    for number in np.argsort(usage, kind="stable"):
        np.testing.assert_allclose(allocated[number], free * (1 - usage[number]), atol=1e-5)
        free *= usage[number]


@settings(max_examples=50)
@given(weightings(3), arrays.arrays("float32", 2, elements=parts), st.data())
def test_usage_stays_between_zero_and_one(weights, free, data):
    usage = data.draw(arrays.arrays("float32", SLOTS, elements=parts))
    write, reads = weights[0], weights[1:]
    used = np.asarray(use(*map(jnp.asarray, (usage, write, free, reads))))
    assert (used >= 0).all()
    assert (used <= 1 + 1e-6).all()


def test_writing_uses_a_slot_and_reading_with_an_open_gate_frees_it():
    none, nobody = jnp.zeros(SLOTS), jnp.zeros((1, SLOTS))
    used = use(none, slot(2), jnp.zeros(1), nobody)
    np.testing.assert_array_equal(used, slot(2))
    np.testing.assert_array_equal(use(used, none, jnp.ones(1), slot(2)[None]), none)
    np.testing.assert_array_equal(use(used, none, jnp.zeros(1), slot(2)[None]), used)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (4, 1, 5, 0, 2)])
def test_temporal_links_follow_the_order_of_writing(order):
    links, last = jnp.zeros((SLOTS, SLOTS)), jnp.zeros(SLOTS)
    for number in order:
        links, last = link(links, last, slot(number))
    np.testing.assert_array_equal(last, slot(order[-1]))
    for before, after in itertools.pairwise(order):
        np.testing.assert_array_equal(links @ slot(before), slot(after))
        np.testing.assert_array_equal(links.T @ slot(after), slot(before))
    assert links.sum() == len(order) - 1


def test_a_slot_that_is_written_again_loses_its_old_place_in_the_order():
    links, last = jnp.zeros((SLOTS, SLOTS)), jnp.zeros(SLOTS)
    for number in (0, 1, 2, 1):
        links, last = link(links, last, slot(number))
    np.testing.assert_array_equal(links @ slot(2), slot(1))
    np.testing.assert_array_equal(links @ slot(0), np.zeros(SLOTS))


@settings(max_examples=30)
@given(weightings(5))
def test_links_are_weightings_without_links_of_a_slot_to_itself(writes):
    links, last = jnp.zeros((SLOTS, SLOTS)), jnp.zeros(SLOTS)
    for write in writes:
        links, last = link(links, last, jnp.asarray(write))
    assert (np.asarray(links) >= -1e-6).all()
    assert (links.sum(axis=0) <= 1 + 1e-5).all()
    assert (links.sum(axis=1) <= 1 + 1e-5).all()
    assert not np.diag(links).any()


def test_heads_read_and_write_no_more_than_all_of_the_memory(ran):
    _, heads = ran("differentiable-neural-computer")
    assert heads.keys() == {"write", "read0", "read1"}
    for weights in heads.values():
        assert (weights >= 0).all()
        assert (weights.sum(axis=2) <= 1 + 1e-5).all()
