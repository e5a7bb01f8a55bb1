"""The Perceiver: latents of one size, to which the order of steps is nothing without positions."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks.families.perceiver import LATENTS, Perceiver
from neuro_attn.networks.trials import CHANNELS

ENCODED_STEPS = NetworkTrials().encoded_steps


def perceive(model: Perceiver, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return latents and weights on a trial of so many steps."""
    return eqx.filter_jit(model.perceive)(jnp.asarray(inputs), jnp.ones(len(inputs), bool))


@pytest.mark.parametrize("length", [1, ENCODED_STEPS])
def test_latents_are_of_one_size_however_long_the_trial_is(built, seen, length):
    latents, weights = perceive(built["perceiver"], seen[0, :length])
    assert latents.shape == (2, LATENTS, 8)
    assert weights.shape == (2, LATENTS, length)
    np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)


@pytest.mark.parametrize("positions", ["none", "sinusoidal", "learned"])
def test_only_positions_tell_the_order_of_the_steps(positions, seen):
    model = Perceiver(jax.random.key(1), len(CHANNELS), 2, 8, 2, positions, ENCODED_STEPS)
    order = np.random.default_rng(0).permutation(ENCODED_STEPS)
    latents, weights = perceive(model, seen[0, :ENCODED_STEPS])
    shuffled, shuffled_weights = perceive(model, seen[0, order])
    if positions == "none":
        np.testing.assert_allclose(shuffled, latents, atol=1e-5)
        np.testing.assert_allclose(shuffled_weights, weights[:, :, order], atol=1e-5)
    else:
        assert np.abs(shuffled - latents).max() > 1e-3


def test_online_is_a_trial_that_ends_there(built, ran, seen):
    activations, attention = ran("perceiver")
    now = 20
    latents, weights = perceive(built["perceiver"], seen[0, : now + 1])
    for i, name in enumerate(("layer1", "layer2")):
        np.testing.assert_allclose(activations[name][0, now], latents[i].mean(axis=0), atol=1e-5)
        expected = weights[i].mean(axis=0)
        np.testing.assert_allclose(attention[name][0, now, : now + 1], expected, atol=1e-5)
