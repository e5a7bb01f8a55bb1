import jax
import numpy as np
import pandas as pd
import pytest

from neuro_attn.networks import Model, train, untrained
from neuro_attn.networks import trials as task
from neuro_attn.networks.model import report
from neuro_attn.networks.progress import progress
from neuro_attn.randomness import stream


def weights(model: Model) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(model)]


def are_same(one: Model, other: Model) -> bool:
    return all(map(np.array_equal, weights(one), weights(other)))


@pytest.fixture(scope="module", params=["seq2seq", "bahdanau"])
def training(request, small):
    settings = small(request.param, steps=150, learning_rate=1e-2)
    return settings, train(settings, 7, "net", 0)


def test_a_short_training_learns(training):
    _, (_, log) = training
    assert log["loss"].iloc[-1] < 0.8 * log["loss"].iloc[0]
    # A random colour is 90 degrees off on average.
    assert (log["report_error"].tail(2) < 75).all()


def test_the_log_has_a_row_for_each_task_every_fifty_steps(training):
    _, (_, log) = training
    assert log.columns.tolist() == ["step", "loss", "task", "report_error"]
    assert log["step"].tolist() == [50, 50, 100, 100, 150, 150]
    assert log["task"].tolist() == ["pro", "retro"] * 3


def test_training_changes_every_weight_of_the_untrained_network(training):
    settings, (model, _) = training
    start = untrained(settings, 7, "net", 0)
    assert jax.tree.structure(start) == jax.tree.structure(model)
    assert all(np.any(a != b) for a, b in zip(weights(start), weights(model), strict=True))


def test_the_same_seed_gives_the_same_bytes_and_another_replicate_does_not(small):
    settings = small("seq2seq", steps=3, batch=5)
    (first, log), (second, same_log) = (train(settings, 7, "net", 0) for _ in range(2))
    assert are_same(first, second)
    pd.testing.assert_frame_equal(log, same_log, check_exact=True)
    assert log["step"].tolist() == [3, 3]
    starts = {
        key: untrained(settings, *key)
        for key in ((7, "net", 0), (7, "net", 1), (7, "other", 0), (8, "net", 0))
    }
    for key, start in starts.items():
        assert are_same(start, starts[7, "net", 0]) == (key == (7, "net", 0))


def test_patience_stops_early_and_keeps_the_network_of_the_smallest_error(small):
    # So high a learning rate that the error soon stops falling.
    keys = {"learning_rate": 1.0, "test_trials": 200}
    settings = small("seq2seq", steps=1000, patience=100, **keys)
    model, log = train(settings, 7, "net", 0)
    error = log.groupby("step")["report_error"].mean()
    best = error.idxmin()
    assert log["step"].iloc[-1] == best + 100 < 1000
    rng = stream(7, "network", "net", 0, "validation trials")
    held_out = task.draw(2 * settings.test_trials, settings, rng)
    reports = report(model, task.inputs(held_out, settings, settings.input_noise, rng))
    now = np.abs(task.report_error(reports, held_out)).mean()
    assert now == pytest.approx(error.min(), abs=1e-3)


def test_without_patience_the_last_network_is_kept(small):
    patient = small("seq2seq", steps=100, patience=100, learning_rate=1.0)
    model, log = train(patient, 7, "net", 0)
    last, same_log = train(small("seq2seq", steps=100, learning_rate=1.0), 7, "net", 0)
    pd.testing.assert_frame_equal(log, same_log)
    error = log.groupby("step")["report_error"].mean()
    assert are_same(model, last) == (error.iloc[1] < error.iloc[0])


def test_progress_is_about_ten_lines_where_there_is_no_terminal(capsys):
    with progress(1500, "training bahdanau seed 0") as tell:
        for done in range(50, 1501, 50):
            tell(done, "loss 0.123, report error 24.1 degrees")
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 10
    assert printed[1] == (
        "training bahdanau seed 0: step 300 of 1500, loss 0.123, report error 24.1 degrees"
    )
    assert "step 1500 of 1500" in printed[-1]
