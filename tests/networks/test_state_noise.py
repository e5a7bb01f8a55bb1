"""Noise in the states of a network propagates; noise that is added to activations does not."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.configuration import Network
from neuro_attn.errors import InputError
from neuro_attn.figures import network_behaviour as figure
from neuro_attn.networks import as_table, behaviour, record_replicate, train
from neuro_attn.networks.matching import GRID
from neuro_attn.networks.model import Model, online, report
from neuro_attn.networks.noise import StateNoise, drawn, drawn_for_trials
from neuro_attn.networks.trials import REPORT_STEPS

SD = 0.2


def noise_of(model, seen, sd=SD, seed=0):
    rng = np.random.default_rng(seed)
    xi = drawn_for_trials(model, len(seen), seen.shape[1] + REPORT_STEPS, rng)
    return tuple(jnp.asarray(np.float32(sd) * each) for each in xi)


def residuals(built, seen, n_trials=300):
    """Return the deviations of states with noise from those without, on one trial repeated."""
    same = np.repeat(seen[:1], n_trials, axis=0)
    model = built["gru"]
    quiet = np.asarray(online(model, same)[0]["hidden"])
    return np.asarray(online(model, same, noise_of(model, same))[0]["hidden"]) - quiet


def mean_squared_correlation(deviations):
    between = np.corrcoef(deviations.T)[~np.eye(deviations.shape[1], dtype=bool)]
    return (between**2).mean()


def test_units_have_correlated_noise_only_if_it_is_in_their_states(built, seen):
    last = residuals(built, seen)[:, -1]
    afterwards = last.std(axis=0) * np.random.default_rng(1).normal(size=last.shape)
    # Without correlations, the squares of 28 coefficients of 300 trials have a mean of 1 / 299.
    expected = 1 / 299
    bound = expected * (1 + 6 * np.sqrt(2 / 28))
    assert mean_squared_correlation(afterwards) < bound < mean_squared_correlation(last)


def test_noise_accumulates_over_the_steps_of_a_trial(built, seen):
    variance = residuals(built, seen).var(axis=0).mean(axis=1)
    np.testing.assert_allclose(variance[0], SD**2, rtol=0.15)
    assert variance[10] > 1.2 * variance[0]


def test_noise_of_zero_changes_nothing(built, seen):
    model = built["seq2seq"]
    zero = noise_of(model, seen, sd=0.0)
    np.testing.assert_allclose(report(model, seen, noise=zero), report(model, seen), atol=1e-6)


def test_recorded_activity_is_that_which_leads_to_the_report(built, seen):
    model = built["seq2seq"]
    noise = noise_of(model, seen)
    decoder = online(model, seen, noise)[0]["decoder"][:, -1]
    reports = report(model, seen, noise=noise)
    np.testing.assert_allclose(jax.vmap(model.decoder.readout)(decoder), reports[:, 0], atol=1e-5)
    assert np.abs(reports - report(model, seen)).max() > 0.01


def test_every_family_has_a_place_for_noise(model):
    places = eqx.filter_eval_shape(lambda: drawn(model, 1.0, 3, jax.random.key(0)))
    assert places
    assert all(each.shape[0] == 3 for each in places)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gru", "softhebb"])
def test_a_network_trained_with_noise_learned_from_it(family, small):
    weights = [
        jax.tree.leaves(eqx.filter(train(settings, 1, "net", 0)[0], eqx.is_array))
        for sd in (0.0, 0.5)
        for settings in (small(family, steps=1, state_noise=sd, hidden=4),)
    ]
    assert any(np.any(np.asarray(a) != np.asarray(b)) for a, b in zip(*weights, strict=True))


class Answers(Model):
    """Reports the cued colour, with noise."""

    noise: StateNoise

    def __call__(self, inputs, n_report=REPORT_STEPS):
        seen = inputs.sum(axis=0)
        items, cues = seen[1:5].reshape(2, 2), seen[5:].reshape(2, 2).sum(axis=0)
        answer = items[jnp.argmax(cues)]
        answer = self.noise(answer / jnp.linalg.norm(answer))
        return jnp.repeat(answer[None], n_report, axis=0)

    def online(self, inputs):
        return {"units": inputs}, {}


def settings(**keys):
    return Network(family="gru", input_noise=0.01, test_trials=60, **keys)


def test_matched_noise_leads_to_the_errors_of_the_animals(analysis):
    model, matched = Answers(StateNoise(2)), settings(match="behaviour")
    behaved = behaviour(model, matched, "net", "seed0", 3)
    assert behaved.state_noise in GRID
    table = behaved.table.set_index("task")
    # Both tasks are the same to this network, so that it cannot differ between them.
    assert abs(table["report_error"].mean() - (46.1 + 51.8) / 2) < 1
    np.testing.assert_allclose(table[["target", "swap", "guess"]].sum(axis=1), 1)
    assert (table["swap"] < 0.15).all()
    recorded, _, quiet = record_replicate(
        model, matched, analysis(), "network-net", "seed0", 3, behaved.state_noise
    )
    whole = as_table(behaved, recorded)
    # 60 trials of each task have a standard error of 6 degrees.
    assert (abs(whole["recorded_error"] - 48.95) < 24).all()
    assert quiet["report_error"].abs().max() < 5
    (left, _) = figure.draw(whole.assign(network="net", seed=0)).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["net, pro", "net, retro"]
    assert "degrees (animals 46.1); swaps" in figure.caption(whole.assign(network="net", seed=0))


def test_a_network_that_errs_more_than_animals_gets_no_noise():
    class Guesses(Answers):
        def __call__(self, inputs, n_report=REPORT_STEPS):
            return jnp.ones((n_report, 2))

    behaved = behaviour(Guesses(StateNoise(2)), settings(match="behaviour"), "net", "seed0", 3)
    assert behaved.state_noise == 0
    assert (behaved.table["report_error"] > 70).all()


def test_a_family_without_states_to_disturb_is_an_input_error():
    class Bare(Answers):
        noise: None = None

    with pytest.raises(InputError, match=r"^family gru: has no `StateNoise`.*Remove state_noise"):
        behaviour(Bare(), settings(state_noise=0.1), "net", "seed0", 3)
