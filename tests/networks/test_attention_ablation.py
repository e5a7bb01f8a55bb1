"""Blocked attention to the items: what only attends forgets them, what is recurrent does not."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn import networks
from neuro_attn.configuration import ATTENDED, NetworkTrials
from neuro_attn.networks.attention_ablation import cut
from neuro_attn.networks.families.perceiver import LATENTS
from neuro_attn.networks.model import online
from tests.networks.conftest import EASY

ENCODED_STEPS = NetworkTrials().encoded_steps

HIDDEN = np.r_[10:18]
"""Some steps, as those of the items."""
ALLOWED = np.isin(np.arange(ENCODED_STEPS), HIDDEN, invert=True)


@pytest.mark.parametrize("family", ["bahdanau", "hard", "fully-connected", "multi-head"])
def test_blocked_steps_get_no_weight_and_the_others_all_of_it(built, seen, family):
    for name, weights in online(cut(built[family], jnp.asarray(ALLOWED)), seen)[1].items():
        assert not np.asarray(weights)[:, :, HIDDEN].any(), name
        np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)


def test_a_cut_that_allows_all_changes_nothing(built, ran, seen):
    lesioned = online(cut(built["transformer"], jnp.ones(ENCODED_STEPS, bool)), seen)
    for cut_off, whole in zip(lesioned, ran("transformer"), strict=True):
        for name, values in whole.items():
            np.testing.assert_allclose(cut_off[name], values, atol=1e-6)


def test_self_attention_that_is_cut_off_knows_only_the_steps_that_are_left(built, seen):
    """The states after the items are those of a trial in which the items were never shown."""
    model = cut(built["multi-head"], jnp.asarray(ALLOWED))
    unseen = np.array(seen)
    unseen[:, HIDDEN] = 5
    one, other = online(model, seen)[0], online(model, unseen)[0]
    for name, states in one.items():
        np.testing.assert_array_equal(states[:, 18:], other[name][:, 18:])


def test_a_network_without_attention_is_left_as_it_is(built):
    assert "seq2seq" not in ATTENDED
    assert eqx.tree_equal(cut(built["seq2seq"], jnp.asarray(ALLOWED)), built["seq2seq"])


def test_latents_attend_to_each_other_whatever_steps_are_hidden(built, seen):
    """Also where a trial has as many steps as there are latents."""
    model, trial = built["perceiver"], jnp.asarray(seen[0, :LATENTS])
    allowed = jnp.arange(LATENTS) >= 3
    everything = jnp.ones(LATENTS, bool)

    @eqx.filter_jit
    def perceived(model, present):
        return model.perceive(trial, present)

    latents, weights = perceived(cut(model, allowed), everything)
    expected, expected_weights = perceived(model, allowed)
    np.testing.assert_allclose(latents, expected, atol=1e-6)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)
    assert np.abs(expected - perceived(model, everything)[0]).max() > 1e-4


@pytest.mark.parametrize("family", ["grid", "cnn-self-attention"])
def test_attention_to_patches_is_left_as_it_is(built, family):
    assert eqx.tree_equal(cut(built[family], jnp.asarray(ALLOWED)), built[family])


@pytest.mark.slow
def test_attention_loses_the_items_and_recurrence_does_not(small):
    settings = small("masked-self-attention", hidden=64, batch=64, steps=300, **EASY)
    model, log = networks.train(settings, 7, "net", 0)
    assert log["report_error"].iloc[-1] < 30
    table = networks.ablate_attention(networks.Replicate(model, settings, "net", 0, 7)).set_index(
        "measure"
    )
    assert (table.loc["delay_r2", "intact"] > 0.7).all()
    assert (table.loc["delay_r2", "cut"] < 0.1).all()
    # Guessing gives 90 with a standard error of 8 on 40 trials: 4.5 of them below.
    assert table.loc["report_error_retro", "cut"] > 54
    settings = small("seq2seq", steps=50, **EASY)
    model, _ = networks.train(settings, 7, "net", 0)
    table = networks.ablate_attention(networks.Replicate(model, settings, "net", 0, 7))
    np.testing.assert_array_equal(table["cut"], table["intact"])
    assert (table.loc[table["measure"] == "delay_r2", "cut"] > 0.1).all()
