"""Which steps of the report count in the training loss."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn.networks import FAMILIES, Model, train
from neuro_attn.networks.trials import REPORT_STEPS


class ByTable(Model):
    """Reports what stands in a table, whatever it reads: its weights are its reports."""

    table: jax.Array

    def __call__(self, inputs, n_report=REPORT_STEPS):
        return self.table[:n_report]

    def online(self, inputs):
        return {}, {}


@pytest.fixture
def table(small, monkeypatch):
    """Train a table, in the place of a family, with a loss window; return it."""

    def build(*_):
        return ByTable(jnp.full((REPORT_STEPS, 2), 0.5))

    monkeypatch.setitem(FAMILIES, "seq2seq", build)

    def trained(window, *checkpoint):
        settings = small("seq2seq", steps=100, tasks=["retro"], loss_window=window)
        return np.asarray(train(settings, 7, "net", 0, *checkpoint)[0].table)

    return trained


@pytest.mark.parametrize(("first", "end"), [(0, 5), (0, 2), (1, 4), (4, 5)])
def test_what_is_reported_outside_the_window_is_never_learned(table, first, end):
    learned = table([first / 10, end / 10]) != 0.5
    counts = np.isin(np.arange(REPORT_STEPS), np.arange(first, end))
    np.testing.assert_array_equal(learned, np.stack([counts, counts], axis=1))


def test_the_whole_report_is_the_default(table):
    np.testing.assert_array_equal(table(None), table([0, 0.5]))


def test_a_checkpoint_of_another_window_is_ignored(table, tmp_path):
    path = tmp_path / "checkpoint.npz"
    table([0, 0.1], path)
    assert path.exists()
    np.testing.assert_array_equal(table([0.1, 0.2], path), table([0.1, 0.2]))


@pytest.mark.parametrize("family", ["transformer", "relu-rnn"])
def test_the_loss_is_the_squared_error_in_the_window(built, seen, family):
    model, trial, key = built[family], jnp.asarray(seen[0]), jax.random.key(0)
    target = jnp.asarray(np.random.default_rng(0).normal(size=(REPORT_STEPS, 2)), "float32")

    @eqx.filter_jit
    def in_training(model):
        whole = model.report_in_training(trial, REPORT_STEPS, key)
        return whole, model.loss(trial, target, key), model.loss(trial, target[1:3], key, 1)

    whole, of_all, of_window = in_training(model)
    error = np.asarray((whole - target) ** 2)
    assert float(of_all) == pytest.approx(error.mean(), rel=1e-5)
    assert float(of_window) == pytest.approx(error[1:3].mean(), rel=1e-5)
