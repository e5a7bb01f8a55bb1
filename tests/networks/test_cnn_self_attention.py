"""A convolutional network with self-attention: what attention adds to the plain network."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks.families.cnn_self_attention import CnnSelfAttention
from neuro_attn.networks.model import report

ENCODED_STEPS = NetworkTrials().encoded_steps


@pytest.fixture(scope="module")
def model(built) -> CnnSelfAttention:
    return built["cnn-self-attention"]


def attending(model: CnnSelfAttention, gamma: float) -> CnnSelfAttention:
    return eqx.tree_at(lambda m: m.gamma, model, jnp.array(gamma))


def plain_network(model: CnnSelfAttention, inputs: jnp.ndarray) -> jnp.ndarray:
    picture = model.picture
    image, _ = jax.lax.scan(
        lambda image, x: (picture.hold(image, x), None), picture.blank(), inputs
    )
    return model.readout(model.pooled(model.maps(image)))


def effects_of_the_cue(model: CnnSelfAttention) -> tuple[np.ndarray, np.ndarray]:
    """Return what a cue changes in the report when nothing else is shown, and beside an item."""
    upper_cos, cue = 1, 5
    inputs = np.zeros((4, 40, 9), "float32")
    inputs[1, 20, cue] = inputs[2, 20, upper_cos] = inputs[3, 20, [upper_cos, cue]] = 8
    none, cued, item, both = np.asarray(report(model, inputs))[:, 0]
    return cued - none, both - item


def test_the_network_starts_as_the_plain_one(model, seen):
    assert model.gamma == 0
    plain = eqx.filter_jit(plain_network)(model, jnp.asarray(seen[0]))
    np.testing.assert_allclose(report(model, seen)[0], np.tile(plain, (5, 1)), atol=1e-6)
    # Whatever its attention is, without gamma it is the same to the last bit.
    other = eqx.tree_at(lambda m: m.attention.V.weight, model, replace_fn=lambda V: 100 * V + 7)
    np.testing.assert_array_equal(report(other, seen), report(model, seen))
    assert np.any(report(attending(other, 1.0), seen) != report(model, seen))


def test_attention_alone_brings_cue_and_item_together(model):
    """Without it the report is a sum over patches: a cue does the same whatever the items are."""
    alone, beside_item = effects_of_the_cue(model)
    assert np.abs(alone).max() > 1e-4
    np.testing.assert_allclose(beside_item, alone, atol=1e-6)
    # Weights as large as learning makes them: small ones attend to all patches nearly alike.
    attentive = eqx.tree_at(
        lambda m: (m.attention.Q.weight, m.attention.K.weight, m.attention.V.weight),
        attending(model, 1.0),
        replace_fn=lambda weight: 20 * weight,
    )
    alone, beside_item = effects_of_the_cue(attentive)
    assert np.abs(beside_item - alone).max() > 1e-3


def test_the_cue_patch_attends_to_all_patches(ran, seen):
    weights = ran("cnn-self-attention")[1]["patches"]
    assert weights.shape == (len(seen), ENCODED_STEPS, 9)
    np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)
