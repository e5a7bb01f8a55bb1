"""Additive attention over the states of a bidirectional encoder."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks.attention import AdditiveAttention

ENCODED_STEPS = NetworkTrials().encoded_steps


def test_populations(ran):
    sizes = {name: states.shape[2] for name, states in ran("bahdanau")[0].items()}
    assert sizes == {"encoder": 8, "decoder": 8, "context": 16}


def test_the_first_state_of_the_decoder_is_the_last_one_online(built, ran, seen):
    model, inputs = built["bahdanau"], jnp.asarray(seen[0])
    present = jnp.ones(ENCODED_STEPS, bool)
    memory = model.encoder(inputs, present)
    start = model.decoder.begin(memory)
    first, _, context, weights = model.decoder.step(memory, present, *start)
    activations, attention = ran("bahdanau")
    np.testing.assert_allclose(activations["decoder"][0, -1], first, atol=1e-6)
    np.testing.assert_allclose(activations["context"][0, -1], context, atol=1e-6)
    np.testing.assert_allclose(attention["attention"][0, -1], weights, atol=1e-6)
    np.testing.assert_allclose(model.decoder.readout(first), model(inputs)[0], atol=1e-6)


@pytest.mark.parametrize("length", [1, 20])
def test_online_is_what_it_is_on_a_trial_that_ends_there(built, ran, seen, length):
    """Masking the future gives the same as a bidirectional encoder that is run on the past."""
    model, read = built["bahdanau"], jnp.asarray(seen[0, :length])
    present = jnp.ones(length, bool)
    forward, backward = model.encoder.forward, model.encoder.backward
    halves = [forward(read, present), backward(read[::-1], present)[::-1]]
    memory = jnp.concatenate(halves, axis=1)
    start = model.decoder.begin(memory)
    first, _, context, weights = model.decoder.step(memory, present, *start)
    activations, attention = ran("bahdanau")
    now = np.s_[0, length - 1]
    np.testing.assert_allclose(activations["encoder"][now], memory[-1, :8], atol=1e-6)
    np.testing.assert_allclose(activations["decoder"][now], first, atol=1e-6)
    np.testing.assert_allclose(activations["context"][now], context, atol=1e-6)
    np.testing.assert_allclose(attention["attention"][now][:length], weights, atol=1e-6)


def test_the_jacobian_of_activations_by_later_inputs_is_exactly_zero(built, seen):
    now = 12
    at_now = eqx.filter_jit(
        jax.jacrev(
            lambda x: jax.tree.map(lambda rows: rows[now, :2], built["bahdanau"].online(x)[0])
        )
    )
    for name, jacobian in at_now(jnp.asarray(seen[0])).items():
        assert not np.any(jacobian[:, now + 1 :]), name
        assert np.any(jacobian[:, now]), name


def test_additive_attention_is_its_equation():
    attention = AdditiveAttention(8, 16, 8, jax.random.key(0))
    rng = np.random.default_rng(0)
    d, h = rng.normal(size=8), rng.normal(size=(6, 16))
    present = np.array([True, True, False, True, True, False])
    context, weights = attention(jnp.asarray(d), jnp.asarray(h), jnp.asarray(present))
    W, b, U, v = attention.W.weight, attention.W.bias, attention.U.weight, attention.v.weight
    e = np.array([v[0] @ np.tanh(W @ d + b + U @ h_s) for h_s in h])
    expected = np.where(present, np.exp(e), 0) / np.exp(e)[present].sum()
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(context, expected @ h, atol=1e-6)
