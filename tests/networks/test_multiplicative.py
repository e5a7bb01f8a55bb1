"""Multiplicative gating: what is reported is bilinear in gate and item."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest


@pytest.fixture(scope="module")
def model(built):
    return built["multiplicative"]


@pytest.fixture(scope="module")
def states():
    """Gates and items, four of each."""
    rng = np.random.default_rng(0)
    return jnp.asarray(rng.normal(size=(2, 4, 8)), "float32")


def test_a_gate_of_zero_closes_the_way(model, states):
    for item in states[1]:
        report = model.readout(model.product(jnp.zeros(8), item))
        np.testing.assert_array_equal(report, np.zeros(2))
    assert np.any(model.readout(model.product(states[0, 0], states[1, 0])))


def test_the_product_is_bilinear_in_gate_and_item(model, states):
    (g1, g2, *_), (m1, m2, *_) = states
    product = model.product
    for a, b in ((2.0, -3.0), (0.5, 1.5)):
        in_gate = product(a * g1 + b * g2, m1)
        np.testing.assert_allclose(in_gate, a * product(g1, m1) + b * product(g2, m1), atol=1e-5)
        in_item = product(g1, a * m1 + b * m2)
        np.testing.assert_allclose(in_item, a * product(g1, m1) + b * product(g1, m2), atol=1e-5)


def test_the_report_is_the_sum_over_all_pairs_of_units_of_sigma_pi_units(model, states):
    V, G, M = model.readout.weight, model.product.G.weight, model.product.M.weight
    weights = np.einsum("op,pg,pm->ogm", V, G, M)
    for gate, item in zip(*states, strict=True):
        expected = np.einsum("ogm,g,m->o", weights, gate, item)
        np.testing.assert_allclose(model.readout(model.product(gate, item)), expected, atol=1e-5)


def test_the_gate_never_sees_a_colour_and_the_item_never_sees_a_cue(model, seen):
    # Channels 1 to 4 are colours.
    jacobian = jax.jacrev(lambda inputs: model.online(inputs)[0])(jnp.asarray(seen[0]))
    assert not np.any(jacobian["gate"][..., 1:5])
    assert np.any(jacobian["gate"][..., 5:])
    assert not np.any(jacobian["item"][..., 5:])
    assert np.any(jacobian["item"][..., 1:5])
