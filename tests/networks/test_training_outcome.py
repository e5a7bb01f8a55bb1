"""A training that fails, or a network that has not learned, is no result."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neuro_attn import recording
from neuro_attn.comparison import usable
from neuro_attn.networks import mean_report_errors, train, untrained, why_not_learned
from neuro_attn.networks.learning import BACKPROPAGATION, Learner
from neuro_attn.study import Study


def are_same(one, other) -> bool:
    return all(map(np.array_equal, jax.tree.leaves(one), jax.tree.leaves(other)))


def outcome(log: pd.DataFrame, errors=(5.0, 5.0), trained=True) -> pd.DataFrame:
    trials = pd.DataFrame({"trial_type": ["pro", "retro"], "report_error": errors})
    trials = trials.assign(network="net", seed=0, trained=trained)
    return mean_report_errors(trials, log.assign(network="net", seed=0), {"net": 30.0})


@pytest.mark.parametrize("patience", [None, 50])
def test_a_loss_that_is_not_finite_stops_the_training_and_names_network_and_seed(
    small, capsys, patience
):
    # The first update makes outputs of 1e30, whose square is not finite.
    settings = small("relu-rnn", hidden=4, steps=200, learning_rate=1e30, patience=patience)
    model, log = train(settings, 7, "net", 3)
    assert log["step"].tolist() == [2, 2]
    assert log["loss"].isna().all()
    assert "network net, seed 3: the training stopped at step 2" in capsys.readouterr().err
    # What is left is the untrained network, which does not pass for a trained one.
    assert are_same(model, untrained(settings, 7, "net", 3))
    assert not outcome(log)["learned"].any()
    assert why_not_learned(outcome(log)) == "the loss was not finite at training step 2"


def test_a_training_that_fails_late_keeps_the_last_network_with_a_finite_loss(small, monkeypatch):
    models = []

    def learn(model, state, batches, settings):
        model, state, losses = BACKPROPAGATION.learn(model, state, batches, settings)
        models.append(model)
        if len(models) == 3:
            losses = jnp.where(jnp.arange(len(losses)) == 7, jnp.nan, losses)
        return model, state, losses

    learner = Learner(BACKPROPAGATION.begin, learn)
    monkeypatch.setattr("neuro_attn.networks.training.learner_of", lambda family: learner)
    model, log = train(small("relu-rnn", hidden=4, steps=200), 7, "net", 0)
    assert log["step"].unique().tolist() == [50, 100, 108]
    assert are_same(model, models[1])


@pytest.mark.parametrize("failing", ["pro", "retro"])
def test_a_network_has_learned_if_it_reports_well_in_each_of_its_tasks(failing):
    log = pd.DataFrame({"step": [50], "loss": [0.1]})
    assert outcome(log)["learned"].all()
    errors = [31.0 if task == failing else 5.0 for task in ("pro", "retro")]
    assert not outcome(log, errors)["learned"].any()
    assert f"31.0 degrees in {failing} trials" in why_not_learned(outcome(log, errors))
    assert why_not_learned(outcome(log)) == ""


def test_of_a_network_without_reports_it_is_unknown_whether_it_has_learned():
    table = outcome(pd.DataFrame({"step": [50], "loss": [0.1]}), (np.nan, np.nan))
    assert not table["probed"].any()
    assert table["learned"].isna().all()
    assert why_not_learned(table) == ""


def seeds(*reasons: str) -> list[xr.Dataset]:
    return [
        xr.Dataset(attrs={"session": f"seed{n}", recording.NOT_LEARNED: reason})
        for n, reason in enumerate(reasons)
    ]


def test_seeds_that_did_not_learn_are_left_out_and_a_network_without_others_is_not_compared(
    analysis,
):
    some, none = seeds("", "too large", ""), seeds("too large", "too large")
    assert recording.unlearned(some) == {"seed1": "too large"}
    assert recording.unlearned(none) == {}
    found = usable(none, Study("network-net", analysis(), 7), ["decoder"])
    assert not found.windows
    ((name, population, feature, reason),) = found.absent
    assert (name, population, feature) == ("network-net", "decoder", "all")
    assert "no seed" in reason
