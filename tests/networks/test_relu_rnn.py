"""A plain recurrent network of rectified units: its equation, its start, its noise."""

import jax
import jax.numpy as jnp
import numpy as np


def test_the_states_are_their_equation(built, ran, seen):
    model, x = built["relu-rnn"], np.asarray(seen[0], float)
    W, b, R = (np.asarray(each, float) for each in (model.W.weight, model.W.bias, model.R))
    h, expected = np.zeros(8), []
    for now in x:
        h = np.maximum(W @ now + b + R @ h, 0)
        expected.append(h)
    np.testing.assert_allclose(ran("relu-rnn")[0]["recurrent"][0], expected, atol=1e-5)
    report = np.asarray(model.readout.weight) @ h + np.asarray(model.readout.bias)
    np.testing.assert_allclose(model(jnp.asarray(seen[0]), 3), np.tile(report, (3, 1)), atol=1e-5)


def test_the_recurrent_weights_start_orthogonal(built):
    R = np.asarray(built["relu-rnn"].R)
    np.testing.assert_allclose(R @ R.T, np.eye(8), atol=1e-5)


def test_the_units_are_noisy_while_they_learn_and_only_then(built, seen):
    model, trial, target = built["relu-rnn"], jnp.asarray(seen[0]), jnp.zeros((1, 2))
    losses = [float(model.loss(trial, target, jax.random.key(k))) for k in (0, 1, 0)]
    assert losses[0] == losses[2] != losses[1]
    np.testing.assert_array_equal(model(trial), model(trial))
