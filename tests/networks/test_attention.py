"""Kinds of attention: what is exact about each score, and how the kinds contain each other."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.networks.attention import (
    AdditiveAttention,
    ConcatAttention,
    DotAttention,
    GeneralAttention,
    MultiHeadAttention,
    QKVAttention,
    attend_to_self,
)

N_UNITS, N_SOURCES = 6, 9
KEY = jax.random.key(2)
KINDS = {
    "dot": DotAttention(),
    "general": GeneralAttention(N_UNITS, N_UNITS, KEY),
    "concat": ConcatAttention(N_UNITS, N_UNITS, 5, KEY),
    "additive": AdditiveAttention(N_UNITS, N_UNITS, 5, KEY),
    "qkv": QKVAttention(N_UNITS, N_UNITS, N_UNITS, KEY),
}


@pytest.fixture(scope="module")
def asked() -> tuple[jax.Array, jax.Array, jax.Array]:
    """A query, a memory, and which of it is present."""
    rng = np.random.default_rng(4)
    query, memory = rng.normal(size=N_UNITS), rng.normal(size=(N_SOURCES, N_UNITS))
    present = np.array([True, True, False, True, True, False, True, True, False])
    return jnp.asarray(query, "float32"), jnp.asarray(memory, "float32"), jnp.asarray(present)


def with_weights(attention: eqx.Module, **weights) -> eqx.Module:
    """Return an attention whose projections have these weights."""
    for name, weight in weights.items():
        attention = eqx.tree_at(
            lambda a, name=name: getattr(a, name).weight, attention, jnp.asarray(weight, "float32")
        )
    return attention


def identity(*names: str) -> dict[str, np.ndarray]:
    return dict.fromkeys(names, np.eye(N_UNITS))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_a_softmax_over_what_is_present(kind, asked):
    query, memory, present = asked
    context, weights = KINDS[kind](query, memory, present)
    scores = np.asarray(KINDS[kind].scores(query, memory), float)
    expected = np.where(present, np.exp(scores), 0) / np.exp(scores)[present].sum()
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(context, expected @ KINDS[kind].values(memory), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_absent_does_not_matter(kind, asked):
    query, memory, present = asked
    other = jnp.where(present[:, None], memory, 100.0)
    for one, two in zip(*(KINDS[kind](query, m, present) for m in (memory, other)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_scores_are_their_equations(asked):
    d, h, _ = asked
    general, concat = KINDS["general"], KINDS["concat"]
    np.testing.assert_allclose(DotAttention().scores(d, h), [d @ h_s for h_s in h], rtol=1e-5)
    expected = [d @ general.W.weight @ h_s for h_s in h]
    np.testing.assert_allclose(general.scores(d, h), expected, rtol=1e-4)
    W, v = concat.W.weight, concat.v.weight[0]
    expected = [v @ np.tanh(W @ np.concatenate([d, h_s])) for h_s in h]
    np.testing.assert_allclose(concat.scores(d, h), expected, rtol=1e-4)


def test_dot_is_qkv_with_identity_projections_and_no_scale(asked):
    qkv = with_weights(KINDS["qkv"], **identity("Q", "K", "V"))
    # What the scores are multiplied by is divided out of the queries.
    unscaled = with_weights(qkv, Q=np.eye(N_UNITS) / qkv.scale)
    for one, two in zip(unscaled(*asked), DotAttention()(*asked), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_general_with_the_identity_is_dot(asked):
    general = with_weights(KINDS["general"], **identity("W"))
    for one, two in zip(general(*asked), DotAttention()(*asked), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_concat_is_additive_with_its_two_matrices_side_by_side(asked):
    additive = eqx.tree_at(lambda a: a.W.bias, KINDS["additive"], jnp.zeros(5))
    both = np.concatenate([additive.W.weight, additive.U.weight], axis=1)
    concat = with_weights(KINDS["concat"], W=both, v=additive.v.weight)
    for one, two in zip(concat(*asked), additive(*asked), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_without_values_there_is_no_context(asked):
    context, weights = with_weights(KINDS["qkv"], V=np.zeros((N_UNITS, N_UNITS)))(*asked)
    assert not context.any()
    assert float(weights.sum()) == pytest.approx(1)


def test_the_logits_of_dot_self_attention_are_symmetric(asked):
    _, states, _ = asked
    logits = jax.vmap(DotAttention().scores, in_axes=(0, None))(states, states)
    np.testing.assert_allclose(logits, logits.T, rtol=1e-6)
    qkv = jax.vmap(KINDS["qkv"].scores, in_axes=(0, None))(states, states)
    assert np.abs(qkv - qkv.T).max() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_self_attention_is_permutation_equivariant(kind, asked):
    _, states, _ = asked
    present = jnp.ones((N_SOURCES, N_SOURCES), bool)
    order = np.random.default_rng(5).permutation(N_SOURCES)
    attended, weights = attend_to_self(KINDS[kind], states, present)
    permuted, permuted_weights = attend_to_self(KINDS[kind], states[order], present)
    np.testing.assert_allclose(permuted, attended[order], atol=1e-5)
    np.testing.assert_allclose(permuted_weights, weights[order][:, order], atol=1e-6)


def test_one_head_is_single_head_attention(asked):
    query, states, present = asked
    single = KINDS["qkv"]
    projections = {name: getattr(single, name).weight for name in "QKV"}
    one = with_weights(MultiHeadAttention(N_UNITS, 1, KEY), **projections, **identity("O"))
    context, [weights] = one(query, one.memory(states), present)
    expected, expected_weights = single(query, states, present)
    np.testing.assert_allclose(context, expected, atol=1e-6)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)


def test_heads_are_those_of_equinox(asked):
    query, states, present = asked
    attention = MultiHeadAttention(N_UNITS, 3, KEY)
    oracle = eqx.nn.MultiheadAttention(3, N_UNITS, key=KEY)
    names = {"query_proj": "Q", "key_proj": "K", "value_proj": "V", "output_proj": "O"}
    for theirs, ours in names.items():
        weight = getattr(attention, ours).weight
        oracle = eqx.tree_at(lambda o, t=theirs: getattr(o, t).weight, oracle, weight)
    context, weights = attention(query, attention.memory(states), present)
    expected = oracle(query[None], states, states, present[None])[0]
    np.testing.assert_allclose(context, expected, atol=1e-6)
    assert weights.shape == (3, N_SOURCES)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


def test_heads_that_do_not_divide_the_units_are_rounded_up():
    attention = MultiHeadAttention(N_UNITS, 4, KEY)
    assert attention.Q.out_features == 8
    assert attention.O.out_features == N_UNITS


@pytest.mark.parametrize("n_groups", [1, 2, 4])
def test_heads_of_a_group_are_heads_with_the_same_keys_and_values(asked, n_groups):
    query, states, present = asked
    n_heads = 4
    grouped = MultiHeadAttention(8, n_heads, KEY, n_groups)
    pad = ((0, 0), (0, 2))
    query, states = jnp.pad(query[None], pad)[0], jnp.pad(states, pad)
    repeated = {
        name: jnp.repeat(
            getattr(grouped, name).weight.reshape(n_groups, -1, 8), n_heads // n_groups, axis=0
        ).reshape(-1, 8)
        for name in "KV"
    }
    own = with_weights(
        MultiHeadAttention(8, n_heads, KEY), Q=grouped.Q.weight, O=grouped.O.weight, **repeated
    )
    assert grouped.memory(states).keys.shape[1] == n_groups
    for ours, theirs in zip(
        grouped(query, grouped.memory(states), present),
        own(query, own.memory(states), present),
        strict=True,
    ):
        assert np.allclose(ours, theirs, atol=1e-6)
