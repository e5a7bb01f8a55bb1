"""Attention by position: weights that come from the decoder alone, for trials of limited length."""

import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import NetworkTrials
from neuro_attn.errors import InputError
from neuro_attn.networks.trials import CHANNELS

ENCODED_STEPS = NetworkTrials().encoded_steps


def test_populations(ran):
    sizes = {name: states.shape[2] for name, states in ran("fully-connected")[0].items()}
    assert sizes == {"encoder": 8, "decoder": 8, "combined": 8}


def test_weights_do_not_change_when_the_states_of_the_encoder_are_replaced(built, seen):
    model, present = built["fully-connected"], jnp.ones(ENCODED_STEPS, bool)
    memory, other = (model.encode(jnp.asarray(each[:ENCODED_STEPS])) for each in seen[:2])
    before = model.begin(memory[-1])
    one, two = model.step(memory, present, before), model.step(other, present, before)
    np.testing.assert_array_equal(one.weights, two.weights)
    assert np.any(one.state != two.state)
    # What changes them is what the decoder knows.
    changed = model.step(memory, present, model.begin(other[-1]))
    assert np.any(one.weights != changed.weights)


def test_a_longer_trial_is_an_error(built):
    message = rf"has weights for {ENCODED_STEPS} steps, but the trial has {ENCODED_STEPS + 1}"
    with pytest.raises(InputError, match=message):
        built["fully-connected"].encode(jnp.zeros((ENCODED_STEPS + 1, len(CHANNELS))))


def test_a_shorter_trial_is_filled_up_with_zeros(built, seen):
    model, read = built["fully-connected"], jnp.asarray(seen[0, :ENCODED_STEPS])
    short = model.encode(read[:20])
    np.testing.assert_allclose(short[:20], model.encode(read)[:20], atol=1e-6)
    assert not short[20:].any()


def test_the_first_state_of_the_decoder_is_the_last_one_online(built, ran, seen):
    model = built["fully-connected"]
    memory = model.encode(jnp.asarray(seen[0, :ENCODED_STEPS]))
    first = model.step(memory, jnp.ones(ENCODED_STEPS, bool), model.begin(memory[-1]))
    np.testing.assert_allclose(ran("fully-connected")[0]["decoder"][0, -1], first.state, atol=1e-6)
    np.testing.assert_allclose(model(jnp.asarray(seen[0]))[0], first.report, atol=1e-6)
