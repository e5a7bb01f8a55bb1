"""What must hold of every family, and what each one claims to be."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.networks import FAMILIES
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
            # Attention to source 0 may vanish, but the present is always seen.
            assert np.any(jacobian[:, now]), name


def test_the_steps_of_the_report_are_not_read(model, seen):
    changed = np.array(seen)
    changed[:, ENCODED_STEPS:] += 5
    np.testing.assert_array_equal(report(model, seen), report(model, changed))


def test_attention_sums_to_one_over_the_past_and_is_zero_in_the_future(seen):
    small = FAMILIES["bahdanau"](jax.random.key(2), len(CHANNELS), 2, _settings())
    weights = np.asarray(online(small, seen)[1]["attention"])
    assert weights.shape == (len(seen), ENCODED_STEPS, ENCODED_STEPS)
    np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)
    future = np.triu(np.ones((ENCODED_STEPS, ENCODED_STEPS), bool), k=1)
    assert not weights[:, future].any()
    assert (weights[:, ~future] > 0).all()


def _settings():
    from neuro_attn.configuration import Network

    return Network(family="bahdanau", hidden=8)
