"""Attention weights show where a network looks; only without them is it seen whether it must."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neuro_attn.figures import attention_needed
from neuro_attn.figures.attended import use_in_tasks, verdict
from neuro_attn.networks import Model, Replicate, untrained, use_as_attribute, use_of_attention
from neuro_attn.networks.attention import Attention
from neuro_attn.networks.trials import REPORT_STEPS


class ToItems(Attention):
    """All weight on the steps of the items, whatever the query."""

    def scores(self, query, memory):
        return 50 * (memory[:, 1:5] ** 2).sum(axis=1)


class Reader(Model):
    """Reports the colour of the cued item in the context, or in its input if it has a bypass."""

    attention: Attention
    bypass: bool = eqx.field(static=True)

    def __call__(self, inputs, n_report=REPORT_STEPS):
        context, _ = self.attention(jnp.zeros(1), inputs, jnp.ones(len(inputs), bool))
        read = inputs.sum(axis=0)
        # Of a context of 0 the angle is undefined, so that reports would all be 0 rad.
        items = (read if self.bypass else context)[1:5].reshape(2, 2)
        cued = jnp.argmax(read[5:].reshape(2, 2).sum(axis=0))
        return jnp.broadcast_to(items[cued], (n_report, 2))

    def online(self, inputs):
        _, weights = self.attention(jnp.zeros(1), inputs, jnp.ones(len(inputs), bool))
        return {"state": inputs}, {"attention": jnp.tile(weights, (len(inputs), 1))}


@pytest.fixture
def table(small):
    def of(bypass: bool) -> pd.DataFrame:
        settings = small("bahdanau", input_noise=0.01)
        return use_of_attention(Replicate(Reader(ToItems(), bypass), settings, "net", 0, 7))

    return of


def test_a_network_that_reads_by_attention_alone_fails_without_a_context(table):
    use = table(bypass=False)
    assert use["task"].tolist() == ["pro", "retro"]
    assert (use["report_error"] < 5).all()
    # The sum over all steps is the context under uniform weights, up to a factor.
    assert (use["error_uniform"] < 10).all()
    assert not use["needs_weights"].any()
    assert use["needs_context"].all()
    # Where the items are blocked, only noise is left.
    assert (use["error_blocked"] > 50).all()


def test_a_network_with_a_bypass_does_not_use_its_attention_although_it_looks_at_the_items(table):
    use = table(bypass=True)
    errors = use[["error_uniform", "error_zero", "error_blocked"]]
    assert errors.eq(use["report_error"], axis=0).all(axis=None)
    assert not use[["needs_weights", "needs_context"]].any(axis=None)
    assert (use["items"] > 0.99).all()
    np.testing.assert_allclose(use[["items", "cue", "elsewhere"]].sum(axis=1), 1)
    np.testing.assert_allclose(use["items_uniform"], 5 / 39)
    # At most five of 39 steps have a weight; the noise of the items makes them unequal.
    assert (use["entropy"] <= np.log(5) / np.log(39)).all()
    use = use.assign(network="net", seed=0)
    (panel,) = attention_needed.draw(use).axes
    assert [label.get_text() for label in panel.get_yticklabels()] == ["net, pro", "net, retro"]
    text = attention_needed.caption(use)
    assert text.count("does not use its attention") == 2
    # The caption of the weights also states this.
    seed = xr.Dataset(attrs=use_as_attribute(use))
    used = use_in_tasks([seed, xr.Dataset(), seed])
    assert list(used) == ["pro", "retro"]
    assert verdict(used["pro"]["needs_weights"], used["pro"]["needs_context"]) in text
    assert used["pro"]["report_error"] == pytest.approx(use["report_error"].iloc[0], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["hard", "multi-head", "perceiver", "fully-connected"])
def test_every_kind_of_attention_to_steps_can_be_altered(family, small):
    """Untrained networks ignore the items, so that only their attention weights are known."""
    settings = small(family, tasks=["retro"])
    use = use_of_attention(Replicate(untrained(settings, 7, "net", 0), settings, "net", 0, 7))
    assert use["entropy"].between(0, 1).all()
    assert jax.tree.all(use[["items", "cue", "elsewhere"]].ge(-1e-6).all().to_dict())
    assert (use["error_zero"] != use["report_error"]).all()
