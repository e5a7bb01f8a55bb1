"""Families that only attend: order, masks, heads, positions, and the cache."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks import FAMILIES, Model
from neuro_attn.networks.model import online, report
from neuro_attn.networks.self_attention import Embedding, causal, sinusoidal
from neuro_attn.networks.trials import CHANNELS, REPORT_STEPS

ENCODED_STEPS = NetworkTrials().encoded_steps

POPULATIONS = {
    "self-attention-dot": {"attended": 8},
    "self-attention-qkv": {"layer1": 8, "layer2": 8},
    "masked-self-attention": {"layer1": 8, "layer2": 8},
    "multi-head": {"head1": 2, "head2": 2, "head3": 2, "head4": 2, "concatenated": 8},
    "transformer": {"layer1": 8, "layer2": 8},
}
WHOLE = ("self-attention-dot", "self-attention-qkv")


@pytest.fixture(scope="module")
def make(small) -> Callable[..., Model]:
    """Build a small network with some keys of its own."""

    def build(family: str, **keys) -> Model:
        return FAMILIES[family](jax.random.key(1), len(CHANNELS), 2, small(family, **keys))

    return build


@eqx.filter_jit
def encode(model, read, present):
    return model.encode(read, present)


@pytest.fixture(scope="module")
def read(seen) -> jax.Array:
    """The steps of a trial that are read."""
    return jnp.asarray(seen[0, :ENCODED_STEPS])


@pytest.mark.parametrize("family", POPULATIONS)
def test_populations(family, ran):
    sizes = {name: states.shape[2] for name, states in ran(family)[0].items()}
    assert sizes == POPULATIONS[family]


# --- the order of steps ------------------------------------------------------------------------


@pytest.mark.parametrize("family", WHOLE)
@pytest.mark.parametrize("positions", ["none", "sinusoidal", "learned"])
def test_states_are_permutation_equivariant_without_positions_and_not_with(
    make, family, positions, read
):
    model = make(family, positions=positions)
    present = jnp.ones((ENCODED_STEPS, ENCODED_STEPS), bool)
    order = np.random.default_rng(5).permutation(ENCODED_STEPS)
    states, permuted = (encode(model, x, present).states for x in (read, read[order]))
    apart = np.abs(permuted - states[order]).max()
    assert (apart < 1e-5) if positions == "none" else (apart > 1e-3)


def test_without_positions_the_report_is_blind_to_the_order_of_earlier_steps(make, seen):
    order = np.append(np.random.default_rng(5).permutation(ENCODED_STEPS - 1), ENCODED_STEPS - 1)
    blind, knowing = (make("multi-head", positions=each) for each in ("none", "learned"))
    knowing = eqx.tree_at(lambda m: m.embedding.gain, knowing, jnp.array(1.0))
    moved = [np.abs(report(m, seen) - report(m, seen[:, order])).max() for m in (blind, knowing)]
    assert moved[0] < 1e-5
    assert moved[1] > 1e-3


def test_a_shift_of_sinusoidal_positions_is_one_rotation_wherever_it_starts():
    encoding = np.asarray(sinusoidal(60, 8), float)
    for k in (1, 7):
        shift = np.zeros((8, 8))
        for i in range(4):
            angle = k * 10_000.0 ** (-2 * i / 8)
            pair = slice(2 * i, 2 * i + 2)
            shift[pair, pair] = [
                [np.cos(angle), np.sin(angle)],
                [-np.sin(angle), np.cos(angle)],
            ]
        np.testing.assert_allclose(encoding[k:], encoding[:-k] @ shift.T, atol=1e-5)


def test_sinusoidal_positions_are_those_of_the_paper():
    encoding = sinusoidal(30, 8)
    for t, i in ((0, 0), (3, 1), (29, 3)):
        wave = t / 10_000 ** (2 * i / 8)
        np.testing.assert_allclose(encoding[t, 2 * i], np.sin(wave), atol=1e-5)
        np.testing.assert_allclose(encoding[t, 2 * i + 1], np.cos(wave), atol=1e-5)


def test_positions_have_a_gain_and_only_learned_ones_are_weights():
    weights = {
        positions: len(jax.tree.leaves(Embedding(3, 8, positions, 5, jax.random.key(0))))
        for positions in ("none", "sinusoidal", "learned")
    }
    assert weights == {"none": 2, "sinusoidal": 3, "learned": 4}


# --- masks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "population"),
    [
        ("masked-self-attention", "layer2"),
        ("multi-head", "concatenated"),
        ("transformer", "layer2"),
    ],
)
def test_the_jacobian_by_later_steps_is_exactly_zero(built, family, population, read):
    model = built[family]
    of_all = eqx.filter_jit(jax.jacrev(lambda x: model.online(x)[0][population][:, 0]))(read)
    sensitive = np.asarray(of_all).any(axis=2)
    assert not np.triu(sensitive, k=1).any()
    assert np.diag(sensitive).all()
    assert sensitive[-1].all()


def test_one_masked_layer_is_one_unmasked_layer_run_anew(make, seen):
    masked, whole = (
        make(family, layers=1) for family in ("masked-self-attention", "self-attention-qkv")
    )
    for one, two in zip(online(masked, seen), online(whole, seen), strict=True):
        np.testing.assert_allclose(one["layer1"], two["layer1"], atol=1e-5)


def test_with_two_layers_masked_states_do_not_know_what_came_later(built, ran):
    masked, whole = built["masked-self-attention"], built["self-attention-qkv"]
    np.testing.assert_array_equal(
        masked.residual.embedding.linear.weight, whole.residual.embedding.linear.weight
    )
    one, two = (ran(f)[0]["layer2"] for f in ("masked-self-attention", "self-attention-qkv"))
    apart = np.abs(one - two)
    assert apart[:, 0].max() < 1e-5
    assert apart[:, -1].max() > 1e-4


@pytest.mark.parametrize("length", [1, 20])
def test_online_is_what_it_is_on_a_trial_that_ends_there(built, ran, read, length):
    present = jnp.ones((length, length), bool)
    ended = encode(built["self-attention-qkv"], read[:length], present)
    activations, attention = ran("self-attention-qkv")
    for name, states in ended.populations.items():
        np.testing.assert_allclose(activations[name][0, length - 1], states[-1], atol=1e-5)
        weights = attention[name][0, length - 1, :length]
        np.testing.assert_allclose(weights, ended.attention[name][-1], atol=1e-5)


# --- heads and cache ---------------------------------------------------------------------------


def test_one_head_is_a_layer_of_single_head_attention(make, read):
    single, model = make("masked-self-attention", layers=1), make("multi-head", heads=1)
    [layer] = single.residual.layers
    model = eqx.tree_at(
        lambda m: [getattr(m.attention, name).weight for name in "QKVO"] + [m.embedding],
        model,
        [layer.Q.weight, layer.K.weight, layer.V.weight, jnp.eye(8), single.residual.embedding],
    )
    one, other = (encode(m, read, causal(ENCODED_STEPS)) for m in (single, model))
    np.testing.assert_allclose(one.states, other.states, atol=1e-5)
    np.testing.assert_allclose(one.attention["layer1"], other.attention["head1"], atol=1e-6)


def test_a_cached_step_of_the_transformer_is_the_full_pass(built, read):
    model = built["transformer"]
    states, _, caches = eqx.filter_jit(model.read)(read)
    empty = jax.tree.map(jnp.zeros_like, caches)
    tokens = jnp.concatenate([read, jnp.zeros((ENCODED_STEPS, 2))], axis=1)

    def step(cache, now):
        at, cache = model.step(cache, *now)
        return cache, at

    filled, stepped = jax.lax.scan(step, empty, (tokens, jnp.arange(ENCODED_STEPS)))
    for one, other in zip(jax.tree.leaves(stepped), states, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for one, other in zip(jax.tree.leaves(filled), jax.tree.leaves(caches), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_transformer_generates_what_it_would_read_from_its_own_reports(built, read, seen):
    """Step by step with the cache, or all at once with the reports written into the inputs."""
    model = built["transformer"]
    reports = report(model, seen)[0]
    blank = jnp.zeros((REPORT_STEPS - 1, len(CHANNELS)))
    tokens = jnp.concatenate(
        [
            jnp.concatenate([read, jnp.zeros((ENCODED_STEPS, 2))], axis=1),
            jnp.concatenate([blank, reports[:-1]], axis=1),
        ]
    )

    @eqx.filter_jit
    def at_once(model, tokens):
        state = model.embedding(tokens)
        mask = causal(len(tokens))
        for block in model.blocks:
            state, _ = jax.vmap(block, in_axes=(0, None, 0))(state, block.memory(state), mask)
        return jax.vmap(lambda x: model.readout(model.norm(x)))(state[ENCODED_STEPS - 1 :])

    expected = at_once(model, tokens)
    np.testing.assert_allclose(reports, expected, atol=1e-5)
