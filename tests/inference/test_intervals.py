"""Intervals are percentiles of bootstrap replicates, moved to the observed value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neuro_attn.inference.intervals import centred, interval, within_limits_of_trials


@pytest.mark.parametrize(("confidence", "tail"), [(0.95, 0.025), (0.5001, 0.24995)])
def test_an_interval_holds_the_stated_fraction_of_the_replicates(confidence, tail):
    replicates = np.random.default_rng(0).normal(size=(3, 4001))
    low, high = interval(replicates, confidence)
    assert low.shape == high.shape == (3,)
    np.testing.assert_allclose((replicates < low[:, None]).mean(axis=1), tail, atol=1e-3)
    np.testing.assert_allclose((replicates > high[:, None]).mean(axis=1), tail, atol=1e-3)


@pytest.mark.parametrize("n", [39, 79, 199])
def test_one_more_replicate_lies_inside_as_often_as_stated(n):
    # Exact for ends that are order statistics, as with these n. Outside the central 1 - 1e-5 of
    # Binomial(20,000, .95) by chance in 3 of 100,000 runs, all three n together.
    replicates = np.random.default_rng(n).exponential(size=(20_000, n + 1))
    low, high = interval(replicates[:, 1:], 0.95)
    inside = ((low <= replicates[:, 0]) & (replicates[:, 0] <= high)).sum()
    fewest, most = stats.binom.interval(1 - 1e-5, 20_000, 0.95)
    assert fewest <= inside <= most


@given(seed=st.integers(0, 10**6), n=st.integers(20, 80), bias=st.floats(-0.3, 0.3))
def test_centring_moves_the_mean_to_the_observation_and_keeps_the_spread(seed, n, bias):
    rng = np.random.default_rng(seed)
    observed = rng.uniform(0.3, 0.9, (2, 3))
    replicates = observed[..., None] + bias + 0.1 * rng.normal(size=(2, 3, n))
    moved = centred(observed, replicates)
    np.testing.assert_allclose(moved.mean(axis=-1), observed)
    np.testing.assert_allclose(moved.std(axis=-1), replicates.std(axis=-1))


def test_an_interval_covers_the_truth_as_often_as_stated_though_replicates_are_biased():
    # Means of 400 numbers; 200 replicates, all .3 too low. Binomial(1000, .95) outside its central
    # 1 - 1e-4, widened by the .5 % that 200 replicates and 400 numbers cost.
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(1000):
        sample = rng.normal(size=400)
        replicates = rng.choice(sample, (200, 400)).mean(axis=1) - 0.3
        low, high = interval(centred(sample.mean(), replicates), 0.95)
        covered += low <= 0 <= high
    fewest, most = stats.binom.interval(1 - 1e-4, 1000, [0.94, 0.955])
    assert fewest[0] <= covered <= most[1]


@given(n=st.integers(1, 1000), confidence=st.sampled_from([0.5001, 0.9, 0.95, 0.999]))
def test_the_limits_of_an_accuracy_of_0_or_1_are_those_of_scipys_wilson_interval(n, confidence):
    for accuracy, successes in ((1.0, n), (0.0, 0)):
        point = np.array(accuracy)
        low, high = within_limits_of_trials(point, (point, point), np.array(n), confidence)
        expected = stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")
        np.testing.assert_allclose((low, high), expected, atol=1e-12)


def test_other_accuracies_keep_their_intervals_cut_at_0_and_1():
    observed, limits = np.array([0.4, 0.98]), (np.array([-0.1, 0.9]), np.array([0.6, 1.1]))
    low, high = within_limits_of_trials(observed, limits, np.array([10, 10]), 0.95)
    assert (low.tolist(), high.tolist()) == ([0, 0.9], [0.6, 1])
