"""The classifier of the highest correlation decodes the class that correlations by hand decode."""

import numpy as np
import pytest

from neuro_attn.decoding.decoders.max_correlation import fit


@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("n_units", [2, 5, 60])
def test_decision_values_are_correlations_by_hand_times_a_number_of_the_trial(n_classes, n_units):
    rng = np.random.default_rng(n_classes)
    labels = rng.permutation(np.repeat(np.arange(n_classes), 8))
    code = rng.normal(size=(n_classes, n_units))
    rates = code[labels] + rng.normal(size=(len(labels), n_units))
    rates -= rates.mean(axis=0)
    # A unit that does not vary in training does in the test, and must not count.
    rates = np.insert(rates, 1, 0.0, axis=1)
    test = 1 + rng.normal(size=(50, n_units + 1))
    found = fit(rates[None], labels[:, None], n_classes)
    values = test @ found.weights[0, :, 0] + found.intercept[0, 0]
    used = np.delete(np.arange(n_units + 1), 1)
    means = [rates[labels == label][:, used].mean(axis=0) for label in range(n_classes)]
    by_hand = np.array([[np.corrcoef(trial[used], mean)[0, 1] for mean in means] for trial in test])
    length = test[:, used].std(axis=1, keepdims=True)
    expected = length * (by_hand if n_classes > 2 else np.diff(by_hand))
    factor = (values * expected).sum() / (expected**2).sum()
    assert factor > 0
    np.testing.assert_allclose(values, factor * expected, rtol=0, atol=1e-9 * np.abs(values).max())


def test_one_unit_has_no_correlation_so_no_class_is_preferred():
    labels = np.repeat([0, 1, 2], 5)[:, None]
    found = fit(labels[None] - 1.0, labels, 3)
    assert not found.weights.any()
    assert not found.intercept.any()
