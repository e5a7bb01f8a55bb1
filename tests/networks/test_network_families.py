"""What must hold of every family, and what each one claims to be."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.networks.bahdanau import Bahdanau
from neuro_attn.networks.layers import AdditiveAttention, Recurrent
from neuro_attn.networks.model import online, report
from neuro_attn.networks.seq2seq import Seq2Seq
from neuro_attn.networks.trials import CHANNELS, ENCODED_STEPS, REPORT_STEPS

POPULATIONS = {
    "seq2seq": {"encoder": 8, "decoder": 8},
    "bahdanau": {"encoder": 8, "decoder": 8, "context": 16},
}


def test_a_model_reports_a_colour_at_every_step_of_the_report(model, seen):
    assert report(model, seen).shape == (len(seen), REPORT_STEPS, 2)


def test_populations_have_a_row_for_every_encoded_step(model, family, seen):
    activations, _ = online(model, seen)
    assert {name: states.shape for name, states in activations.items()} == {
        name: (len(seen), ENCODED_STEPS, n_units) for name, n_units in POPULATIONS[family].items()
    }


@pytest.mark.parametrize("now", [0, 5, 17, 33])
def test_no_population_and_no_attention_sees_the_future(model, seen, now):
    # Exactly: what is to come may not change a single bit of what is.
    changed = np.array(seen)
    changed[:, now + 1 :] = 7 * np.random.default_rng(0).normal(size=changed[:, now + 1 :].shape)
    for original, perturbed in zip(online(model, seen), online(model, changed), strict=True):
        for name, values in original.items():
            past = np.s_[:, : now + 1]
            np.testing.assert_array_equal(values[past], perturbed[name][past], err_msg=name)
            assert np.any(values[:, now + 1] != perturbed[name][:, now + 1]), name


def test_the_jacobian_of_activations_by_later_inputs_is_exactly_zero(model, seen):
    now = 12
    at_now = eqx.filter_jit(
        jax.jacrev(lambda inputs: jax.tree.map(lambda rows: rows[now, :2], model.online(inputs)))
    )
    for by_name in at_now(jnp.asarray(seen[0])):
        for name, jacobian in by_name.items():
            assert not np.any(jacobian[:, now + 1 :]), name
            assert np.any(jacobian[:, now]), name


def test_the_steps_of_the_report_are_not_read(model, seen):
    changed = np.array(seen)
    changed[:, ENCODED_STEPS:] += 5
    np.testing.assert_array_equal(report(model, seen), report(model, changed))


def test_the_first_state_of_the_decoder_is_the_last_one_online(model, family, seen):
    inputs = jnp.asarray(seen[0])
    if family == "seq2seq":
        context = model.encode(inputs)[-1]
        first, _ = model.step(context, *model.begin(context))
    else:
        present = jnp.ones(ENCODED_STEPS, bool)
        memory = model.encode(inputs, present)
        first, _, context, weights = model.step(memory, present, *model.begin(memory))
    activations, attention = model.online(inputs)
    np.testing.assert_allclose(activations["decoder"][-1], first, atol=1e-6)
    np.testing.assert_allclose(model.readout(first), model(inputs)[0], atol=1e-6)
    if family == "bahdanau":
        np.testing.assert_allclose(activations["context"][-1], context, atol=1e-6)
        np.testing.assert_allclose(attention["attention"][-1], weights, atol=1e-6)


@pytest.mark.parametrize("length", [1, 20])
def test_online_bahdanau_is_what_it_is_on_a_trial_that_ends_there(built, seen, length):
    """Masking the future gives the same as a bidirectional encoder that is run on the past."""
    model, read = built["bahdanau"], jnp.asarray(seen[0, :length])
    present = jnp.ones(length, bool)
    backward = model.backward(read[::-1], present)[::-1]
    memory = jnp.concatenate([model.forward(read, present), backward], axis=1)
    first, _, context, weights = model.step(memory, present, *model.begin(memory))
    activations, attention = model.online(jnp.asarray(seen[0]))
    np.testing.assert_allclose(activations["encoder"][length - 1], memory[-1, :8], atol=1e-6)
    np.testing.assert_allclose(activations["decoder"][length - 1], first, atol=1e-6)
    np.testing.assert_allclose(activations["context"][length - 1], context, atol=1e-6)
    np.testing.assert_allclose(attention["attention"][length - 1, :length], weights, atol=1e-6)


def test_attention_sums_to_one_over_the_past_and_is_zero_in_the_future(built, seen):
    weights = np.asarray(online(built["bahdanau"], seen)[1]["attention"])
    assert weights.shape == (len(seen), ENCODED_STEPS, ENCODED_STEPS)
    np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)
    future = np.triu(np.ones((ENCODED_STEPS, ENCODED_STEPS), bool), k=1)
    assert not weights[:, future].any()
    assert (weights[:, ~future] > 0).all()


def test_seq2seq_has_no_attention(built, seen):
    assert online(built["seq2seq"], seen)[1] == {}


def test_seq2seq_knows_the_trial_only_through_the_last_state_of_the_encoder(built, seen):
    model, one, other = built["seq2seq"], jnp.asarray(seen[0]), jnp.asarray(seen[1])
    context = model.encode(other)[-1]
    # Another trial's c, whatever the inputs were, gives that trial's report.
    np.testing.assert_allclose(model.decode(context), model(other), atol=1e-6)
    fixed = eqx.tree_at(lambda m: m.encoder, model, lambda inputs, present: context[None])
    np.testing.assert_array_equal(fixed(one), fixed(other))
    assert np.any(model(one) != model(other))


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


def test_the_state_stands_still_where_there_is_no_input(seen):
    layer = Recurrent(len(CHANNELS), 8, jax.random.key(0))
    inputs = jnp.asarray(seen[0, :6])
    held = layer(inputs, jnp.array([True, True, False, False, True, True]))
    shorter = layer(inputs[jnp.array([0, 1, 4, 5])], jnp.ones(4, bool))
    np.testing.assert_array_equal(held[2], held[1])
    np.testing.assert_allclose(held[jnp.array([0, 1, 4, 5])], shorter, atol=1e-6)


def test_recurrent_weights_start_orthogonal(built):
    for cell in (built["seq2seq"].encoder.cell, built["bahdanau"].decoder):
        for gate in np.split(np.asarray(cell.weight_hh), 3):
            np.testing.assert_allclose(gate @ gate.T, np.eye(8), atol=1e-5)


def test_each_family_is_built_as_its_class(built):
    assert isinstance(built["seq2seq"], Seq2Seq)
    assert isinstance(built["bahdanau"], Bahdanau)
