"""Lesions: what carries the item loses it, and what is not needed loses nothing."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.networks import Model, Replicate, measure_lesions, untrained
from neuro_attn.networks.design import DELAYS
from neuro_attn.networks.lesions import SilencedPlace
from neuro_attn.networks.model import report
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.trials import REPORT_STEPS
from neuro_attn.networks.unrolled import Now, Unrolled


class Holder(Unrolled):
    """Adds up items and cues in two populations, and reports the cued item."""

    noise_of_items: StateNoise
    noise_of_cue: StateNoise

    def begin(self):
        return jnp.zeros(4), jnp.zeros(2)

    def step(self, state, x):
        items = self.noise_of_items(state[0] + x[1:5])
        cue = self.noise_of_cue(state[1] + x[5:].reshape(2, 2).sum(axis=0))
        report = jax.nn.softmax(20 * cue) @ items.reshape(2, 2)
        return (items, cue), Now({}, {}, report)


class Chooser(Model):
    """Holds both items and the cue in separate units, and reports the cued item."""

    items: StateNoise
    cue: StateNoise
    spare: StateNoise

    def __call__(self, inputs, n_report=REPORT_STEPS):
        read = inputs.sum(axis=0)
        items = self.items(read[1:5]).reshape(2, 2)
        cue = self.cue(read[5:].reshape(2, 2).sum(axis=0))
        spare = 0 * self.spare(read[:3]).sum()
        share = jax.nn.softmax(20 * cue)
        return jnp.broadcast_to(share @ items + spare, (n_report, 2))

    def online(self, inputs):
        return {"state": inputs}, {}


@pytest.fixture
def table(small):
    model = Chooser(StateNoise(4), StateNoise(2), StateNoise(3))
    return measure_lesions(Replicate(model, small("gru", input_noise=0.01), "net", 0, 7))


def test_every_unit_and_population_has_a_row_in_each_task(table):
    table = table[table["period"] == "trial"]
    counts = table.groupby(["task", "lesion"]).size().unstack()
    expected = {"nothing": 1, "unit": 9, "population": 3}
    assert counts.loc["pro"].to_dict() == counts.loc["retro"].to_dict() == expected
    assert table["number"].isna().sum() == 2 * 4


def test_without_the_cue_selection_is_lost_and_memory_is_not(table):
    of = table[table["period"] == "trial"].set_index(["lesion", "population", "task"])
    for task in ("pro", "retro"):
        intact = of.loc[("nothing", "", task)]
        assert intact["report_error"] < 5
        assert intact["follows_other"] < 0.1
        # Both items are mixed, so the report lies between them.
        without = of.loc[("population", "cue", task)]
        assert without["report_error"] > 30
        assert without["follows_other"] == pytest.approx(0.5, abs=0.2)
        memory = of.loc[("population", "items", task)]
        assert memory["error_nearest"] > without["error_nearest"]
        spared = of.loc[("population", "spare", task)]
        assert spared["report_error"] == pytest.approx(intact["report_error"], abs=1e-4)


def test_a_population_that_is_silenced_in_a_delay_loses_what_it_holds_then(small):
    model = Holder(StateNoise(4), StateNoise(2))
    table = measure_lesions(Replicate(model, small("gru", input_noise=0.01), "net", 0, 7))
    before_cue, before_report = DELAYS
    of = table[table["lesion"] == "population"].set_index(["population", "period", "task"])
    # In pro trials, the cue comes before the items.
    assert (before_cue, "pro") not in of.droplevel("population").index
    intact = table[table["lesion"] == "nothing"].set_index("task")
    for task in ("pro", "retro"):
        lost = of.loc[("items", before_report, task)]
        assert lost["report_error"] > 50  # chance is 90 with a standard error of 8
        unselected = of.loc[("cue", before_report, task)]
        assert unselected["report_error"] > 30
        assert unselected["error_nearest"] < lost["error_nearest"]
    assert of.loc[("items", before_cue, "retro"), "report_error"] > 50
    # Before the cue there is no selection to lose.
    kept = of.loc[("cue", before_cue, "retro"), "report_error"]
    assert kept == pytest.approx(intact.loc["retro", "report_error"], abs=1)
    assert kept < 5


def test_areas_are_silenced_one_by_one(small):
    model = untrained(small("multi-area"), 1, "net", 0)
    table = measure_lesions(Replicate(model, small("multi-area"), "net", 0, 7))
    of = table[table["lesion"] == "population"]
    assert set(of["population"]) == {"area1", "area2", "area3"}
    assert set(of["period"]) == {"trial", *DELAYS}


@pytest.mark.parametrize("family", ["gru", "leaky-rnn"])
def test_a_silenced_unit_is_as_if_it_were_cut_off(family, small):
    """Its outgoing weights set to 0; rectified units are inhibited instead of set to 0."""
    model = untrained(small(family), 3, "net", 0)
    kept = np.ones(small(family).hidden)
    kept[2] = 0
    inputs = np.random.default_rng(0).normal(size=(3, 12, 9)).astype(np.float32)
    is_gru = family == "gru"
    silenced = eqx.tree_at(
        lambda m: m.cell.noise if is_gru else m.noise,
        model,
        replace_fn=lambda place: SilencedPlace(place, jnp.asarray(kept)),
        is_leaf=lambda part: isinstance(part, StateNoise),
    )

    def without_column(weights):
        return weights * jnp.asarray(kept)

    def outgoing(m):
        recurrent = m.cell.weight_hh if is_gru else m.R
        return [recurrent, m.readout.weight]

    cut = eqx.tree_at(outgoing, model, [without_column(each) for each in outgoing(model)])
    np.testing.assert_allclose(report(silenced, inputs), report(cut, inputs), atol=1e-5)
