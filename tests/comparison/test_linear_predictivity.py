"""Linear predictivity equals scikit-learn's ridge regression, and its properties hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group
from sklearn.linear_model import RidgeCV

from neuro_attn.comparison.scores.linear_predictivity import (
    FOLDS,
    PENALTIES,
    predictivity,
    reliability,
)


def by_scikit_learn(predictor, predicted):
    """The correlation over folds of kinds, with RidgeCV; arrays (bin, kind, unit)."""
    guesses, truths = [], []
    n_kinds = predictor.shape[1]
    for fold in range(min(FOLDS, n_kinds)):
        out = [kind for kind in range(n_kinds) if kind % min(FOLDS, n_kinds) == fold]
        kept = [kind for kind in range(n_kinds) if kind not in out]
        x, y = (each - each[:, kept].mean(1)[:, None] for each in (predictor, predicted))
        train = [np.concatenate([each[:, kind] for kind in kept]) for each in (x, y)]
        penalties = PENALTIES * np.trace(train[0].T @ train[0]) / x.shape[-1]
        model = RidgeCV(penalties, fit_intercept=False).fit(*train)
        guesses += [model.predict(x[:, kind]) for kind in out]
        truths += [y[:, kind] for kind in out]
    guess, truth = np.ravel(guesses), np.ravel(truths)
    return guess @ truth / np.linalg.norm(guess) / np.linalg.norm(truth)


shapes = st.tuples(st.integers(1, 8), st.integers(3, 17), st.integers(2, 12), st.integers(2, 9))


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), shape=shapes, noise=st.floats(0.1, 10))
def test_it_is_what_scikit_learn_gives(seed, shape, noise):
    rng = np.random.default_rng(seed)
    n_bins, n_kinds, units, others = shape
    one = rng.normal(size=(2, n_bins, n_kinds, units))
    other = one @ rng.normal(size=(units, others))
    other = other + noise * rng.normal(size=other.shape)
    found = predictivity(one, other)
    expected = [by_scikit_learn(*each) for each in zip(one, other, strict=True)]
    assert found == pytest.approx(np.array(expected), abs=1e-6)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 100))
def test_rotation_scale_and_a_course_common_to_all_kinds_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(2, 3, 6, 8, 5))
    course = rng.normal(size=(3, 6, 1, 5))
    turn = ortho_group.rvs(5, random_state=seed)
    found = predictivity(scale * one @ turn + course, other @ turn / scale - 2 * course)
    assert found == pytest.approx(predictivity(one, other), abs=1e-8)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_the_same_responses_in_few_dimensions_predict_each_other(seed):
    rng = np.random.default_rng(seed)
    courses = rng.normal(size=(1, 10, 8, 3)) @ rng.normal(size=(3, 12))
    assert predictivity(courses, courses)[0] > 0.99


def test_the_ceiling_is_the_correlation_with_expected_values():
    """Signal and noise of equal variance in halves: the mean of both has a correlation of
    sqrt(2/3) with the signal."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(1, 1, 20, 40, 60))
    halves = signal + rng.normal(size=(1, 2, 20, 40, 60))
    measured, expected = halves.mean(axis=1).ravel(), signal.ravel()
    assert reliability(halves)[0] == pytest.approx(np.sqrt(2 / 3), abs=0.01)
    assert reliability(halves)[0] == pytest.approx(np.corrcoef(measured, expected)[0, 1], abs=0.01)
    assert reliability(np.concatenate([halves[:, :1]] * 2, axis=1))[0] == pytest.approx(1)
