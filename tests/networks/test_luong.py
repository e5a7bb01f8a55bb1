"""Decoders that attend to an encoder: the three scores of Luong, QKV, and hard attention."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks.model import online, report

ENCODED_STEPS = NetworkTrials().encoded_steps

HOSTED = {
    "luong-dot": {"encoder": 8, "decoder": 8, "attentional": 8},
    "luong-general": {"encoder": 8, "decoder": 8, "attentional": 8},
    "luong-concat": {"encoder": 8, "decoder": 8, "attentional": 8},
    "qkv": {"encoder": 8, "decoder": 8, "context": 8},
    "hard": {"encoder": 8, "decoder": 8, "attentional": 8},
}


@pytest.fixture(params=HOSTED)
def hosted(request) -> str:
    return request.param


def with_attention_of(model: eqx.Module, other: eqx.Module) -> eqx.Module:
    """Return a network that attends as another one does."""
    return eqx.tree_at(lambda m: m.attention, model, other.attention)


def test_populations(ran, hosted):
    assert {name: states.shape[2] for name, states in ran(hosted)[0].items()} == HOSTED[hosted]


def test_the_first_state_of_the_decoder_is_the_last_one_online(built, ran, seen, hosted):
    model, inputs = built[hosted], jnp.asarray(seen[0])
    memory = model.encode(inputs)
    first = model.step(memory, jnp.ones(ENCODED_STEPS, bool), model.begin(memory))
    activations, attention = ran(hosted)
    for name, expected in model.populations(first).items():
        np.testing.assert_allclose(activations[name][0, -1], expected, atol=1e-6)
    np.testing.assert_allclose(attention["attention"][0, -1], first.weights, atol=1e-6)
    np.testing.assert_allclose(model(inputs)[0], first.report, atol=1e-6)


def test_a_step_of_the_decoder_is_its_equations(built, seen):
    model = built["luong-general"]
    memory = model.encode(jnp.asarray(seen[0]))
    present = jnp.ones(ENCODED_STEPS, bool)
    before = model.step(memory, present, model.begin(memory))
    now = model.step(memory, present, before)
    d = model.decoder(jnp.concatenate([before.report, before.attentional]), before.state)
    e = np.asarray(memory) @ np.asarray(model.attention.W.weight).T @ np.asarray(d)
    c = (np.exp(e) / np.exp(e).sum()) @ np.asarray(memory)
    z = np.tanh(model.combine.weight @ np.concatenate([c, d]))
    np.testing.assert_allclose(now.state, d, atol=1e-6)
    np.testing.assert_allclose(now.context, c, atol=1e-6)
    np.testing.assert_allclose(now.attentional, z, atol=1e-6)
    np.testing.assert_allclose(now.report, model.readout.weight @ z + model.readout.bias, atol=1e-6)


def test_general_with_the_identity_reports_what_dot_reports(built, seen):
    general = eqx.tree_at(lambda m: m.attention.W.weight, built["luong-general"], jnp.eye(8))
    dot = with_attention_of(general, built["luong-dot"])
    np.testing.assert_allclose(report(general, seen), report(dot, seen), atol=1e-6)


def test_qkv_with_identity_projections_and_no_scale_reports_what_dot_reports(built, seen):
    unscaled = jnp.eye(8) / built["qkv"].attention.scale
    model = eqx.tree_at(
        lambda m: [getattr(m.attention, name).weight for name in "QKV"],
        built["qkv"],
        [unscaled, jnp.eye(8), jnp.eye(8)],
    )
    dot = with_attention_of(model, built["luong-dot"])
    np.testing.assert_allclose(report(model, seen), report(dot, seen), atol=1e-6)


def test_qkv_without_values_has_no_context(built, seen):
    shape = built["qkv"].attention.V.weight.shape
    model = eqx.tree_at(lambda m: m.attention.V.weight, built["qkv"], jnp.zeros(shape))
    assert not online(model, seen)[0]["context"].any()


# --- hard attention ----------------------------------------------------------------------------


@pytest.fixture
def asked(built, seen) -> tuple[jax.Array, jax.Array, jax.Array]:
    """A decoder's state, an encoder's states, and which of them are there."""
    memory = 4 * built["hard"].encode(jnp.asarray(seen[0]))
    return memory[-1], memory, jnp.arange(ENCODED_STEPS) < 12


def test_hard_attention_attends_to_one_state_that_is_there(built, asked):
    keys = jax.random.split(jax.random.key(6), 200)
    context, weights = jax.jit(jax.vmap(lambda key: built["hard"].attend(*asked, key)))(keys)
    picked = np.argmax(weights, axis=1)
    np.testing.assert_allclose(weights, np.eye(ENCODED_STEPS)[picked], atol=1e-7)
    np.testing.assert_allclose(context, np.asarray(asked[1])[picked], atol=1e-5)
    assert picked.max() < 12
    assert len(set(picked.tolist())) > 1


def test_the_mean_of_hard_contexts_tends_to_the_soft_context(built, asked):
    n = 4000
    keys = jax.random.split(jax.random.key(7), n)
    drawn, _ = jax.jit(jax.vmap(lambda key: built["hard"].attend(*asked, key)))(keys)
    soft, weights = built["hard"].attention(*asked)
    variance = weights @ (np.asarray(asked[1]) - soft) ** 2
    z = (np.mean(drawn, axis=0) - soft) / np.sqrt(variance / n)
    # Two-sided normal, 8 units: false alarm below 8 x 6e-7 for sound code and any seed.
    assert np.abs(z).max() < 5


def test_without_a_key_hard_attention_takes_the_most_likely_state(built, asked):
    _, soft = built["hard"].attention(*asked)
    context, weights = built["hard"].attend(*asked, None)
    assert np.flatnonzero(weights).tolist() == [int(np.argmax(soft))]
    np.testing.assert_array_equal(context, asked[1][int(np.argmax(soft))])


def test_the_gradient_of_a_draw_is_that_of_the_soft_weights(built, asked):
    model, key = built["hard"], jax.random.key(8)
    direction = np.random.default_rng(9).normal(size=ENCODED_STEPS)

    @jax.jit
    def gradients(query):
        hard = jax.grad(lambda query: model.attend(query, *asked[1:], key)[1] @ direction)(query)
        soft = jax.grad(lambda query: model.attention(query, *asked[1:])[1] @ direction)(query)
        return hard, soft

    hard, soft = gradients(asked[0])
    np.testing.assert_allclose(hard, soft, atol=1e-6)
    assert np.abs(soft).max() > 0
