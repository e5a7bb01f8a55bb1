"""SoftHebb: winners' weights settle at length 1, and every layer learns by itself."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn import networks
from neuro_attn.networks.families import softhebb
from neuro_attn.networks.families.softhebb import SoftHebbLayer
from neuro_attn.networks.learning import Batches
from tests.networks.conftest import EASY


@pytest.fixture(scope="module")
def inputs() -> jnp.ndarray:
    """Inputs of length 1."""
    x = np.random.default_rng(0).normal(size=(64, 12))
    return jnp.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), "float32")


@pytest.fixture(scope="module")
def layers() -> list[SoftHebbLayer]:
    return [SoftHebbLayer(12, 10, jax.random.key(0)), SoftHebbLayer(10, 6, jax.random.key(1))]


def test_a_change_is_its_equation(layers, inputs):
    (layer, *_), eta = layers, 0.001
    W = np.asarray(layer.W, float)
    expected = np.zeros_like(W)
    for x in np.asarray(inputs, float):
        u = W @ x
        y = np.exp(u / softhebb.TEMPERATURE)
        y /= y.sum()
        np.testing.assert_allclose(layer(jnp.asarray(x)), y, atol=1e-5)
        expected += y[:, None] * (x - u[:, None] * W)
    changed = layer.learned(inputs, eta).W - layer.W
    np.testing.assert_allclose(changed, eta * len(W) * expected / len(inputs), atol=1e-6)


@pytest.mark.parametrize("length", [0.3, 3.0])
def test_the_weights_of_units_that_win_go_to_length_one(inputs, length):
    layer = SoftHebbLayer(12, 10, jax.random.key(0))
    lengths = jnp.linalg.norm(layer.W, axis=1, keepdims=True)
    start = eqx.tree_at(lambda layer: layer.W, layer, length * layer.W / lengths)

    def step(layer, rate):
        return layer.learned(inputs, rate), None

    settled = jax.jit(lambda start: jax.lax.scan(step, start, jnp.full(3000, 0.05))[0])(start)
    wins = jax.vmap(settled)(inputs).mean(axis=0) > 0.01
    assert wins.any()
    np.testing.assert_allclose(jnp.linalg.norm(settled.W, axis=1)[wins], 1, atol=0.01)


def test_no_gradient_and_no_learning_crosses_layers(layers, inputs):
    after = softhebb.learned(layers, inputs, 0.1)
    # What is above a layer is nothing to it.
    other = [layers[0], SoftHebbLayer(10, 6, jax.random.key(9))]
    np.testing.assert_array_equal(softhebb.learned(other, inputs, 0.1)[0].W, after[0].W)
    assert np.any(after[0].W != layers[0].W)
    # Nor do its weights come from a gradient: they change by its input and its output alone.
    np.testing.assert_array_equal(after[0].W, layers[0].learned(inputs, 0.1).W)
    read = jnp.sqrt(jax.vmap(layers[0])(inputs))
    np.testing.assert_allclose(after[1].W, layers[1].learned(read, 0.1).W, atol=1e-6)


def test_what_a_layer_reads_is_of_length_one(layers, inputs):
    outputs = jax.vmap(lambda x: jnp.sqrt(layers[0](x)))(inputs)
    np.testing.assert_allclose(jnp.linalg.norm(outputs, axis=1), 1, atol=1e-5)


@pytest.fixture(scope="module")
def trained(small):
    settings = small("softhebb", steps=100, batch=32, **EASY)
    return networks.untrained(settings, 7, "net", 0), networks.train(settings, 7, "net", 0)


def test_the_memory_is_fixed_and_layers_and_readout_learn(trained):
    start, (model, log) = trained
    for name in ("W", "W_m", "b", "k"):
        np.testing.assert_array_equal(getattr(model.memory, name), getattr(start.memory, name))
    for before, after in zip(start.layers, model.layers, strict=True):
        assert np.any(before.W != after.W)
    assert np.any(start.readout.weight != model.readout.weight)
    # A random colour is 90 degrees off on average.
    assert (log["report_error"].tail(2) < 75).all()


def test_targets_reach_the_readout_alone(small):
    settings = small("softhebb")
    model = networks.untrained(settings, 7, "net", 0)
    rng = np.random.default_rng(0)
    inputs = jnp.asarray(rng.normal(size=(2, 16, 35, 9)), "float32")
    one, other = (
        softhebb.learn(
            model,
            0,
            Batches(inputs, jnp.asarray(targets, "float32"), jnp.arange(2)),
            settings,
        )[0]
        for targets in rng.normal(size=(2, 2, 16, 1, 2))
    )
    for first, second in zip(one.layers, other.layers, strict=True):
        np.testing.assert_array_equal(first.W, second.W)
    assert np.any(one.readout.weight != other.readout.weight)
