"""Scores: as scikit-learn computes them, for every pair of bins."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from neuro_attn.decoding.scores import balanced_accuracy


@settings(max_examples=50)
@given(n_classes=st.integers(2, 4), n_rows=st.integers(8, 30), seed=st.integers(0, 10**6))
def test_balanced_accuracy_is_that_of_scikit_learn(n_classes, n_rows, seed):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(n_rows) % n_classes)
    n_outputs = 1 if n_classes == 2 else n_classes
    decision = rng.normal(size=(2, 3, n_rows, 2, n_outputs))
    got = balanced_accuracy.score(decision, truth)
    assert got.shape == (2, 2, 3)
    for replicate, train, test in np.ndindex(got.shape):
        values = decision[replicate, test, :, train]
        predicted = values[:, 0] > 0 if n_outputs == 1 else values.argmax(axis=1)
        expected = balanced_accuracy_score(truth, predicted.astype(int))
        np.testing.assert_allclose(got[replicate, train, test], expected, rtol=1e-12)


def test_a_decoder_that_always_gives_the_same_class_is_at_chance():
    for n_classes in (2, 3, 5):
        truth = np.repeat(np.arange(n_classes), np.arange(1, n_classes + 1))
        decision = np.zeros((1, 1, len(truth), 1, 1 if n_classes == 2 else n_classes))
        decision[..., -1] = 1
        got = balanced_accuracy.score(decision, truth).item()
        np.testing.assert_allclose(got, balanced_accuracy.chance(n_classes))
