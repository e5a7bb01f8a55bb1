"""Recall of lists: what passes through one vector, what is forced, and what is held out."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from neuro_attn.configuration import ListRecall
from neuro_attn.networks.skills import list_recall
from neuro_attn.networks.skills.list_recall import COLUMNS, RECALLERS, VOCABULARY, one_hot

LENGTH = 6


@pytest.fixture(scope="module", params=RECALLERS)
def model(request) -> list_recall.Recaller:
    return RECALLERS[request.param](jax.random.key(3), 5)


@pytest.fixture(scope="module")
def items() -> jax.Array:
    return jnp.asarray(one_hot(np.random.default_rng(4).integers(VOCABULARY, size=LENGTH)))


@eqx.filter_jit
def recall(model, items, forced=None) -> jax.Array:
    return model(items, forced)


@eqx.filter_jit
def first(model, memory) -> jax.Array:
    """The first answer from an encoder's states."""
    return model.step(memory, model.begin(memory), jnp.zeros(VOCABULARY))[1]


def test_a_fixed_context_knows_only_the_ends_of_the_encoder_and_attention_all_of_it(model, items):
    memory = model.encoder(items, jnp.ones(LENGTH, bool))
    assert memory.shape == (LENGTH, 10)
    within = memory.at[1:-1].add(1)
    within = within.at[0, :5].add(1).at[-1, 5:].add(1)  # what is not the last of its direction
    answer = first(model, memory)
    assert np.any(first(model, within) != answer) == isinstance(model, list_recall.Attending)
    for last in (np.s_[-1, :5], np.s_[0, 5:]):
        assert np.any(first(model, memory.at[last].add(1)) != answer)


def test_told_its_own_answers_a_network_does_what_it_does_freely(model, items):
    free = recall(model, items)
    own = jax.nn.one_hot(jnp.argmax(free, axis=1), VOCABULARY)
    np.testing.assert_allclose(recall(model, items, own), free, atol=1e-6)


def test_what_is_told_reaches_later_answers_alone(model, items):
    other = items.at[2].set(jnp.roll(items[2], 1))
    one, forced = recall(model, items, items), recall(model, items, other)
    np.testing.assert_array_equal(one[:3], forced[:3])
    assert np.all(np.any(one[3:] != forced[3:], axis=1))


def test_the_loss_is_the_mean_cross_entropy_with_teacher_forcing(model, items):
    scores = np.asarray(recall(model, items, items), dtype=float)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.asarray(items, bool)]).mean()
    assert float(model.loss(items, items, jax.random.key(0))) == pytest.approx(expected, rel=1e-5)


class Reverser(eqx.Module):
    """Recalls lists from their end, or the forced items, if there are any."""

    def __call__(self, items, forced=None):
        return items[::-1] if forced is None else forced


def test_token_accuracy_counts_items_in_their_place():
    lists = np.array([[0, 1, 2, 3], [4, 5, 5, 4], [1, 2, 3, 1], [7, 7, 0, 7]])
    assert list_recall.token_accuracy(Reverser(), lists) == (0 + 4 + 2 + 2) / 16
    assert list_recall.token_accuracy(Reverser(), lists, forced=True) == 1


def test_no_network_is_trained_on_a_list_that_it_is_scored_on():
    held_out = list_recall.held_out_lists(1000, 4, 7, 0)
    assert held_out.shape == (1000, 4)
    assert len(np.unique(held_out, axis=0)) == 1000
    drawn = list_recall.draw(3000, held_out, np.random.default_rng(5))
    assert not set(map(bytes, drawn)) & set(map(bytes, held_out))
    # Of 3,096 lists that are left, 3,000 draws leave out about 1 in e.
    assert 1500 < len(np.unique(drawn, axis=0)) < 2200


def test_lists_of_another_seed_or_replicate_are_others():
    lists = [list_recall.held_out_lists(40, 8, *names) for names in ((7, 0), (7, 1), (8, 0))]
    assert len(np.unique(np.concatenate(lists), axis=0)) == 120


@pytest.mark.slow
def test_a_list_that_a_vector_can_hold_is_learned():
    settings = ListRecall(lengths=(4,), hidden=16, steps=150, test_lists=40)
    table = list_recall.list_recall(settings, "seq2seq", 0, 7)
    assert list(table.columns) == COLUMNS
    [row] = table.to_dict("records")
    # Guessing gets 20 of 160 items, with an SD of 4.2; after so many steps nine of ten are right.
    assert row["token_accuracy"] > 0.5
    assert row["forced_accuracy"] > 0.5
    assert (row["family"], row["length"], row["n_lists"]) == ("seq2seq", 4, 40)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lengths": (4, 8, 4)}, r"an entry occurs twice \(given: 4, 8, 4\)"),
        ({"families": ("seq2seq", "seq2seq")}, "an entry occurs twice"),
        ({"lengths": (3,)}, "greater than or equal to 4"),
        ({"lengths": ()}, "at least 1 item"),
        ({"families": ("transformer",)}, "'seq2seq' or 'bahdanau'"),
    ],
)
def test_impossible_settings_are_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        ListRecall(**keys)
