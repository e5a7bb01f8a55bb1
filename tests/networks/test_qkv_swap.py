"""Swapped queries, keys and values, in networks that are known to select by one of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn import experiment
from neuro_attn.networks import Replicate
from neuro_attn.networks import trials as task
from neuro_attn.networks.attention import Attention, MultiHeadAttention
from neuro_attn.networks.design import design_of
from neuro_attn.networks.model import Model, report
from neuro_attn.networks.qkv_swap import (
    COLUMNS,
    RUN,
    SWAPS,
    Swap,
    SwappedAttention,
    other_cue,
    swap_attention,
    swapped,
)

COLORS = [task.CHANNELS.index(f"{place}_cos") for place in experiment.LOCATIONS]
CUES = [
    [task.CHANNELS.index(f"{order}_{place}") for order in experiment.TASKS]
    for place in experiment.LOCATIONS
]


class ByTag(Attention):
    """e_s = 50 q' tag_s, where the tag of a state is its last two numbers; v_s are the others."""

    def scores(self, query, memory):
        return 50 * memory[:, 2:] @ query

    def values(self, memory):
        return memory[:, :2]


class ByHand(Model):
    """Selects an item by the queries, keys or values of attention, as it is told.

    The first two steps of what is attended to are the upper and the lower item; a tag says which.
    """

    attention: Attention
    by: str = eqx.field(static=True)

    def __call__(self, inputs, n_report=task.REPORT_STEPS):
        items = jnp.stack([inputs[:, [first, first + 1]].sum(axis=0) for first in COLORS])
        cued = jnp.stack([inputs[:, channels].sum() for channels in CUES])
        cued = jax.nn.one_hot(jnp.argmax(cued), 2)
        query, tags = jnp.ones(2), jnp.eye(2)
        if self.by == "queries":
            query = cued
        elif self.by == "keys":
            tags = jnp.diag(cued)
        elif self.by == "values":
            items = jnp.stack([cued @ items] * 2)
        memory = jnp.zeros((len(inputs), 4)).at[:2].set(jnp.concatenate([items, tags], axis=1))
        context, _ = self.attention(query, memory, jnp.ones(len(inputs), bool))
        if self.by == "afterwards":
            context = cued @ items
        return jnp.broadcast_to(context, (n_report, 2))

    def online(self, inputs):
        return {}, {}


@pytest.mark.parametrize("by", ["queries", "keys", "values", "afterwards"])
def test_the_report_follows_the_twin_where_that_is_swapped_which_selects(small, by):
    settings = small("qkv", input_noise=0.0)
    table = swap_attention(Replicate(ByHand(ByTag(), by), settings, "net", 0, 7))
    assert list(table.columns) == COLUMNS
    assert len(table) == len(SWAPS) * len(experiment.TASKS)
    assert set(table["n_trials"]) == {40}
    follows = (by == table["swapped"]) | ((table["swapped"] == "everything") & (by in SWAPS))
    np.testing.assert_array_equal(table["follows_twin"], follows.astype(float))
    right = np.where(follows, table["error_twin"], table["error_own"])
    np.testing.assert_allclose(right, 0, atol=0.1)
    wrong = np.where(follows, table["error_own"], table["error_twin"])
    # The mean difference of 40 pairs of colours, with an SE of 8.
    assert np.all(wrong > 50)


def test_a_twin_differs_in_nothing_but_the_cue_and_what_is_asked_for(small):
    rng = np.random.default_rng(0)
    settings = small("qkv")
    trials = task.draw(20, settings, rng)
    design = design_of(settings)
    twins = other_cue(trials, design)
    own, other = (
        task.inputs(each, settings, 0.1, np.random.default_rng(1)) for each in (trials, twins)
    )
    cues = list(np.ravel(CUES))
    differs = np.any(own != other, axis=(0, 1))
    assert set(np.flatnonzero(differs)) == set(cues)
    np.testing.assert_allclose(
        own[:, :, cues].sum(axis=2), other[:, :, cues].sum(axis=2), atol=1e-5
    )
    assert set(trials.columns[(trials != twins).any()]) == {"selected", "target_color"}
    for trial, twin in zip(trials.itertuples(), twins.itertuples(), strict=True):
        assert twin.target_color == getattr(trial, f"{twin.selected}_color") != trial.target_color
    assert other_cue(twins, design).equals(trials)


def test_with_nothing_swapped_a_network_does_what_it_does(built, seen):
    model, pair = built["multi-head"], jnp.asarray(seen[:2])
    run = eqx.filter_jit(eqx.filter_vmap(swapped(model, Swap()), axis_name=RUN))
    np.testing.assert_allclose(run(pair), report(model, pair), atol=1e-5)


def test_hard_attention_takes_the_states_of_the_twin(built, seen):
    """One state is read at a time: with everything swapped it is the state that the twin reads."""
    n_steps, n_units = seen.shape[1], 8
    rng = np.random.default_rng(2)
    states = jnp.asarray(rng.normal(size=(2, n_steps, n_units)))
    query, present = jnp.asarray(rng.normal(size=(2, n_units))), jnp.ones(n_steps, bool)

    def attend(swap, query, states):
        return swapped(built["hard"], swap).attend(query, states, present, None)[0]

    run = jax.vmap(attend, in_axes=(None, 0, 0), axis_name=RUN)
    for swap, expected in ((Swap(), 0), (SWAPS["everything"], 1)):
        scores = built["hard"].attention.scores(query[expected], states[expected])
        taken = states[expected][jnp.argmax(scores)]
        np.testing.assert_allclose(run(swap, query, states)[0], taken, atol=1e-6)


@pytest.mark.parametrize("family", ["perceiver", "grid", "cnn-self-attention"])
def test_attention_to_anything_but_steps_is_left_alone(built, family):
    model = built[family]
    patched = swapped(model, SWAPS["everything"])
    if family == "perceiver":
        assert all(isinstance(each.attention, SwappedAttention) for each in patched.reads)
        patched, model = patched.exchanges, model.exchanges
    assert eqx.tree_equal(patched, model)


@pytest.mark.parametrize("part", Swap._fields)
def test_heads_take_what_is_swapped_from_the_twin_and_the_twin_keeps_its_own(part):
    heads = MultiHeadAttention(6, 2, jax.random.key(2))
    rng = np.random.default_rng(1)
    states = jnp.asarray(rng.normal(size=(2, 5, 6)))
    query, present = jnp.asarray(rng.normal(size=(2, 6))), jnp.ones(5, bool)
    patched = swapped(heads, SWAPS[part])

    def attend(query, states):
        return patched(query, patched.memory(states), present)[0]

    own, twin = jax.vmap(attend, axis_name=RUN)(query, states)
    of_own, of_twin = (heads.memory(each) for each in states)
    mixed = of_own if part == "queries" else of_own._replace(**{part: getattr(of_twin, part)})
    asked = query[1] if part == "queries" else query[0]
    np.testing.assert_allclose(own, heads(asked, mixed, present)[0], atol=1e-6)
    np.testing.assert_allclose(twin, heads(query[1], of_twin, present)[0], atol=1e-6)
