"""What must hold of every family; what each one claims to be has a module of its own."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import ATTENDED, NetworkTrials
from neuro_attn.configuration.families import recomputed
from neuro_attn.networks.families import FAMILIES
from neuro_attn.networks.layers import Recurrent
from neuro_attn.networks.model import Model, online, report
from neuro_attn.networks.trials import CHANNELS, REPORT_STEPS

ENCODED_STEPS = NetworkTrials().encoded_steps


def test_a_model_reports_a_colour_at_every_step_of_the_report(model, seen):
    assert report(model, seen).shape == (len(seen), REPORT_STEPS, 2)


def test_populations_have_a_row_for_every_encoded_step(family, ran, seen):
    activations, _ = ran(family)
    assert activations
    for name, states in activations.items():
        assert states.shape[:2] == (len(seen), ENCODED_STEPS), name
        assert np.isfinite(states).all(), name


@pytest.mark.parametrize("now", [0, 17, 33])
def test_no_population_and_no_attention_sees_the_future(model, family, ran, seen, now):
    # Exactly: what is to come may not change a single bit of what is.
    changed = np.array(seen)
    changed[:, now + 1 :] = 7 * np.random.default_rng(0).normal(size=changed[:, now + 1 :].shape)
    for original, perturbed in zip(ran(family), online(model, changed), strict=True):
        for name, values in original.items():
            past = np.s_[:, : now + 1]
            np.testing.assert_array_equal(values[past], perturbed[name][past], err_msg=name)
            assert np.any(values[:, now + 1 :] != perturbed[name][:, now + 1 :]), name


def test_the_attention_that_a_family_declares_is_the_attention_it_has(family, ran):
    assert bool(ran(family)[1]) == (family in ATTENDED)


@pytest.mark.parametrize("family", sorted(f for f, of in ATTENDED.items() if of == "step"))
def test_attention_sums_to_one_over_the_past_and_is_zero_in_the_future(family, ran, seen):
    for name, weights in ran(family)[1].items():
        assert weights.shape == (len(seen), ENCODED_STEPS, ENCODED_STEPS), name
        np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5, err_msg=name)
        assert (weights >= 0).all(), name
        assert not np.triu(weights, k=1).any(), name


def test_a_family_takes_the_length_of_a_trial_from_its_settings(family, small):
    timing = {
        "pro": {"fixation": [0, 0.1], "cue_delay": [0, 0], "memory_delay": [0.1, 0.3]},
        "retro": {"fixation": [0, 0], "memory_delay": [0.1, 0.2], "selection_delay": [0, 0]},
    }
    for of_task in timing.values():
        of_task.update(stimuli=[0.1, 0.1], cue=[0.1, 0.1], report=[0.2, 0.2])
    settings = small(family, hidden=4, heads=2, timing=timing)
    model = FAMILIES[family](jax.random.key(0), len(CHANNELS), 2, settings)
    trial = jax.ShapeDtypeStruct((6, len(CHANNELS)), jnp.float32)
    answer = jax.ShapeDtypeStruct((2, 2), jnp.float32)
    assert settings.encoded_steps == 6
    assert eqx.filter_eval_shape(model, trial, 2).shape == (2, 2)
    gradient = eqx.filter_grad(lambda m, x, y: m.loss(x, y, jax.random.key(0)))
    eqx.filter_eval_shape(gradient, model, trial, answer)
    activations, attention = eqx.filter_eval_shape(model.online, trial)
    assert {states.shape[0] for states in activations.values()} == {6}
    sources = {weights.shape for weights in attention.values()}
    assert sources <= {(6, 6)} or ATTENDED[family] != "step"


@pytest.mark.slow
def test_a_report_asked_at_a_step_is_that_of_a_trial_that_ends_there(family, small):
    timing = {
        "pro": {"fixation": [0, 0.1], "cue_delay": [0, 0], "memory_delay": [0.1, 0.3]},
        "retro": {"fixation": [0, 0], "memory_delay": [0.1, 0.2], "selection_delay": [0, 0]},
    }
    for of_task in timing.values():
        of_task.update(stimuli=[0.1, 0.1], cue=[0.1, 0.1], report=[0.2, 0.2])
    settings = small(family, hidden=4, heads=2, timing=timing)
    model = FAMILIES[family](jax.random.key(0), len(CHANNELS), 2, settings)
    trial = jnp.asarray(np.random.default_rng(0).normal(size=(6, len(CHANNELS))), "float32")
    # The version of the base class runs the network on every shorter trial.
    np.testing.assert_allclose(model.asked(trial, 2), Model.asked(model, trial, 2), atol=1e-6)


def test_populations_that_exist_only_when_asked_are_populations(family, ran):
    names = {name.rstrip("0123456789") for name in ran(family)[0]}
    assert set(recomputed(family)) <= names


def test_a_family_is_its_file():
    assert {"seq2seq", "bahdanau"} <= FAMILIES.keys()
    assert all(name == name.lower() and "_" not in name for name in FAMILIES)


def test_the_state_stands_still_where_there_is_no_input(seen):
    layer = Recurrent(len(CHANNELS), 8, jax.random.key(0))
    inputs = jnp.asarray(seen[0, :6])
    held = layer(inputs, jnp.array([True, True, False, False, True, True]))
    shorter = layer(inputs[jnp.array([0, 1, 4, 5])], jnp.ones(4, bool))
    np.testing.assert_array_equal(held[2], held[1])
    np.testing.assert_allclose(held[jnp.array([0, 1, 4, 5])], shorter, atol=1e-6)


def test_recurrent_weights_start_orthogonal(built):
    for cell in (built["seq2seq"].encoder.cell, built["bahdanau"].decoder.cell):
        for gate in np.split(np.asarray(cell.weight_hh), 3):
            np.testing.assert_allclose(gate @ gate.T, np.eye(8), atol=1e-5)
