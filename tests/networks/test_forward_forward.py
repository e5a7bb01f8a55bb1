"""Forward-Forward: goodness tells what fits from what does not; gradients stay in their layer."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn import networks
from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks import trials as task
from neuro_attn.networks.families import forward_forward
from neuro_attn.networks.families.forward_forward import (
    THRESHOLD,
    ForwardForward,
    activities,
    examples,
    goodness,
    layer_losses,
)
from neuro_attn.networks.learning import Batches
from neuro_attn.networks.local_learning import memorise
from tests.networks.conftest import EASY


@pytest.fixture(scope="module")
def model(built) -> ForwardForward:
    return built["forward-forward"]


@pytest.fixture(scope="module")
def data(model) -> tuple[jnp.ndarray, jnp.ndarray]:
    """A positive and a negative input."""
    state = jnp.asarray(np.random.default_rng(0).normal(size=8), "float32")
    return examples(model, state, jnp.array([0.0, 1.0]), jax.random.key(0))


def test_no_gradient_goes_from_a_layer_to_the_one_below(model, data):
    jacobian = eqx.filter_jit(jax.jacrev(layer_losses))(model.layers, *data)
    for of_layer, layer in enumerate(jacobian):
        for by_loss in range(len(jacobian)):
            moved = np.any(layer.linear.weight[by_loss])
            assert moved == (by_loss == of_layer), (of_layer, by_loss)


def test_goodness_is_hidden_from_the_next_layer(model, data):
    layer, h = model.layers[1], activities(model.layers, data[0])[0]
    np.testing.assert_allclose(layer(7 * h), layer(h), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(goodness(7 * h), 49 * goodness(h), rtol=1e-5)


def test_the_loss_is_its_equation(model, data):
    expected = []
    positive, negative = data
    for layer in model.layers:
        good, bad = (np.mean(np.square(layer(x))) for x in (positive, negative))
        expected.append(np.log1p(np.exp(THRESHOLD - good)) + np.log1p(np.exp(bad - THRESHOLD)))
        positive, negative = layer(positive), layer(negative)
    np.testing.assert_allclose(layer_losses(model.layers, *data), expected, rtol=1e-5)


def test_negative_colours_are_never_the_right_one(model):
    state, target = jnp.zeros(8), jnp.array([1.0, 0.0])
    keys = jax.random.split(jax.random.key(0), 500)
    positive, negative = jax.vmap(lambda key: examples(model, state, target, key))(keys)
    bumps = forward_forward.BUMPS
    right = forward_forward.code(0.0)
    np.testing.assert_allclose(positive[:, -bumps:], np.tile(right, (500, 1)), atol=1e-5)
    assert (np.abs(negative[:, -bumps:] - right).max(axis=1) > 0.1).all()


@pytest.fixture(scope="module")
def trained(small):
    keys = {"steps": 300, "batch": 32, "learning_rate": 1e-2}
    settings = small("forward-forward", hidden=32, **keys, **EASY)
    return networks.untrained(settings, 7, "net", 0), networks.train(settings, 7, "net", 0)


def test_held_out_goodness_is_above_the_threshold_where_the_colour_fits_and_below_elsewhere(
    trained,
):
    model = trained[1][0]
    rng = np.random.default_rng(11)
    easy = NetworkTrials(**EASY)
    trials = task.draw(200, easy, rng)
    inputs = jnp.asarray(task.inputs(trials, easy, 0.1, rng))[None]
    memory = memorise(model, Batches(inputs, targets=inputs, seeds=inputs))[0]
    keys = jax.random.split(jax.random.key(0), len(trials))

    @eqx.filter_jit
    def of_layers(memory, target, key):
        said = examples(model, memory, target, key)
        return tuple(jnp.stack([goodness(h) for h in activities(model.layers, x)]) for x in said)

    positive, negative = jax.vmap(of_layers)(memory, jnp.asarray(task.targets(trials)[:, 0]), keys)
    assert (positive.mean(axis=0) > THRESHOLD).all()
    assert (negative.mean(axis=0) < THRESHOLD).all()


def test_the_memory_is_fixed_and_all_layers_learn(trained):
    start, (model, log) = trained
    for name in ("W", "W_m", "b", "k"):
        np.testing.assert_array_equal(getattr(model.memory, name), getattr(start.memory, name))
    for before, after in zip(start.layers, model.layers, strict=True):
        assert np.any(before.linear.weight != after.linear.weight)
    # A random colour is 90 degrees off on average.
    assert (log["report_error"].tail(2) < 60).all()
