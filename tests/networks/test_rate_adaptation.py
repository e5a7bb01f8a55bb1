"""Spike-rate adaptation: memory without recurrence, for as long as units are tired."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks.families.rate_adaptation import RateAdaptation

ENCODED_STEPS = NetworkTrials().encoded_steps


@pytest.fixture(scope="module")
def model(built) -> RateAdaptation:
    return built["rate-adaptation"]


def adapting(model: RateAdaptation, beta: float, tau: float) -> RateAdaptation:
    """Return the network with one strength and one time constant (s) for all units."""
    log_beta = jnp.full_like(model.log_beta, -jnp.inf if beta == 0 else jnp.log(beta))
    log_tau = jnp.full_like(model.log_tau, jnp.log(tau))
    return eqx.tree_at(lambda m: (m.log_beta, m.log_tau), model, (log_beta, log_tau))


@pytest.fixture(scope="module")
def pasts(seen) -> tuple[jnp.ndarray, jnp.ndarray]:
    """Two trials that differ in the first 10 steps alone."""
    other = np.array(seen[0])
    other[:10] = seen[1, :10] + 1
    return jnp.asarray(seen[0]), jnp.asarray(other)


def difference(model: RateAdaptation, pasts: tuple) -> np.ndarray:
    """Return how much rates differ at every step."""
    one, other = (model.online(inputs)[0]["rate"] for inputs in pasts)
    return np.abs(one - other).max(axis=1)


def test_without_recurrence_there_is_memory_only_if_units_adapt(model, pasts):
    assert model.W_r is None
    forgetful = difference(adapting(model, 0.0, 5.0), pasts)
    assert forgetful[:10].all()
    np.testing.assert_array_equal(forgetful[10:], np.zeros(ENCODED_STEPS - 10))
    assert difference(adapting(model, 5.0, 5.0), pasts)[10:].all()


def test_with_recurrence_there_is_memory_without_adaptation(model, pasts):
    connected = RateAdaptation(jax.random.key(0), 9, 2, 8, recurrent=True)
    assert difference(adapting(connected, 0.0, 5.0), pasts)[10]


def test_the_span_of_memory_grows_with_the_time_constant(model, pasts):
    spans = []
    for tau in (0.3, 1.0, 3.0, 10.0):
        kept = difference(adapting(model, 1.0, tau), pasts)
        spans.append((kept[10:] > kept[10] / np.e).sum())
    assert (np.diff(spans) > 0).all(), spans


def test_a_trace_decays_exponentially_while_a_unit_is_silent(model):
    tau, n_steps = 2.0, 12
    silent = eqx.tree_at(lambda m: m.W.bias, adapting(model, 1.0, tau), jnp.full(8, -100.0))
    state = jnp.zeros(8), jnp.arange(1.0, 9.0)
    for _ in range(n_steps):
        state, now = silent.step(state, jnp.zeros(9))
        assert not now.activations["rate"].any()
    expected = (1 - 0.1 / tau) ** n_steps * np.arange(1.0, 9.0)
    np.testing.assert_allclose(state[1], expected, rtol=1e-5)


def test_a_step_is_its_equation(model, seen):
    rng = np.random.default_rng(0)
    rate, trace = (jnp.asarray(rng.uniform(size=8), "float32") for _ in range(2))
    x = jnp.asarray(seen[0, 12])
    beta, tau = np.exp(model.log_beta), np.exp(model.log_tau)
    expected = np.maximum(model.W.weight @ x + model.W.bias - beta * trace, 0)
    (new_rate, new_trace), now = model.step((rate, trace), x)
    np.testing.assert_allclose(new_rate, expected, atol=1e-5)
    np.testing.assert_allclose(new_trace, trace + 0.1 / tau * (expected - trace), atol=1e-5)
    np.testing.assert_array_equal(now.activations["rate"], new_rate)
