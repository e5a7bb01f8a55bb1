"""Sensitivity d': signed, pooled over folds, the mean over pairs of classes."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.decoding import sensitivity


@settings(max_examples=50)
@given(n_classes=st.integers(2, 4), seed=st.integers(0, 10**6))
def test_d_prime_is_the_difference_of_class_means_in_within_class_sds(n_classes, seed):
    """Over two folds of other offsets, with outputs centred between the classes of each."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(n_classes), 200)
    n_outputs = 1 if n_classes == 2 else n_classes
    signal = truth[:, None] * rng.normal(size=n_outputs)
    outputs = signal + rng.normal(size=(2, len(truth), n_outputs))
    folds = outputs + 10 * np.array([0, 1])[:, None, None]
    moments = [sensitivity.score(fold[None, None, :, None], truth)[0, 0, 0] for fold in folds]
    got = sensitivity.value(np.mean(moments, axis=0))
    expected = []
    for zero, one in combinations(range(n_classes), 2):
        axis = outputs[..., 0] if n_outputs == 1 else outputs[..., one] - outputs[..., zero]
        classes = [axis[:, truth == each] for each in (zero, one)]
        pooled = np.sqrt(np.mean([each.var(axis=1).mean() for each in classes]))
        expected.append((classes[1].mean() - classes[0].mean()) / pooled)
    # The midpoint of a fold takes half a degree of freedom of its 400 trials.
    np.testing.assert_allclose(got, np.mean(expected), atol=0.02)


def test_d_prime_is_signed_and_zero_where_outputs_do_not_vary():
    truth = np.repeat([0, 1], 50)
    rng = np.random.default_rng(0)
    output = (2.0 * truth + rng.normal(size=100))[None, None, :, None, None]
    got, turned, constant = (
        sensitivity.value(sensitivity.score(each, truth)).item()
        for each in (output, -output, np.full_like(output, 3.3))
    )
    assert got > 1
    assert turned == -got
    assert constant == 0
