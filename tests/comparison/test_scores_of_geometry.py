"""Similarity of representations: independent implementations, and no similarity of noise."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from neuro_attn.comparison.scores.crossnobis_correlation import correlation, crossnobis
from neuro_attn.comparison.scores.debiased_cka import debiased_cka
from neuro_attn.comparison.scores.procrustes import procrustes


def u_statistic(one, other):
    """The unbiased HSIC by its definition, a mean over all ordered fours of conditions."""
    kernels = [each @ each.T for each in (one, other)]
    total, count = 0.0, 0
    for i, j, q, r in itertools.permutations(range(len(one)), 4):
        k, m = kernels
        total += k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q])
        count += 1
    return total / count


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), n=st.integers(4, 8), units=st.integers(1, 12))
def test_debiased_cka_is_the_mean_over_fours_of_conditions(seed, n, units):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(n, 3))
    one, other = (signal @ rng.normal(size=(3, units + i)) for i in (0, 4))
    terms = [u_statistic(a, b) for a, b in ((one, other), (one, one), (other, other))]
    found = debiased_cka(one, other)
    if min(terms[1:]) <= 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(terms[0] / np.sqrt(terms[1] * terms[2]), abs=1e-8)


@pytest.mark.parametrize("units", [20, 100])
def test_debiased_cka_of_independent_noise_is_0_at_16_conditions(units):
    """Mean over 2000 pairs; .02 is 9 standard errors. The biased one grows with the units."""
    one, other = np.random.default_rng(0).normal(size=(2, 2000, 16, units))
    assert abs(debiased_cka(one, other).mean()) < 0.02
    centring = np.eye(16) - 1 / 16
    first, second = (
        centring @ rates @ np.swapaxes(rates, -1, -2) @ centring for rates in (one, other)
    )
    biased = (first * second).sum((-2, -1)) / np.sqrt(
        (first**2).sum((-2, -1)) * (second**2).sum((-2, -1))
    )
    assert biased.mean() > 0.5


def test_independent_codes_have_no_cka_on_average():
    """Random geometries of 16 conditions in few dimensions: a mean within .02 of 0."""
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 4000, 16, 5)) @ rng.normal(size=(2, 1, 5, 60))
    assert abs(debiased_cka(one, other).mean()) < 0.02


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 100))
def test_rotation_scale_and_shift_of_all_rates_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    one = rng.normal(size=(8, 6))
    turned = scale * one @ ortho_group.rvs(6, random_state=seed) + 3
    assert debiased_cka(one, turned) == pytest.approx(1, abs=1e-6)
    assert procrustes(one, turned) == pytest.approx(1, abs=1e-6)
    distances = [crossnobis(each, each) for each in (one, turned)]
    assert correlation(*distances) == pytest.approx(1, abs=1e-6)


def test_crossnobis_is_the_product_of_differences_in_two_halves():
    first, second = np.random.default_rng(2).normal(size=(2, 5, 7))
    expected = [
        (first[i] - first[j]) @ (second[i] - second[j]) / 7
        for i, j in itertools.combinations(range(5), 2)
    ]
    assert crossnobis(first, second) == pytest.approx(np.array(expected), abs=1e-12)


def test_crossnobis_distances_of_noise_are_0_on_average():
    first, second = np.random.default_rng(3).normal(size=(2, 3000, 4, 20))
    assert crossnobis(first, second).mean() == pytest.approx(0, abs=0.02)


def test_correlation_is_that_of_numpy():
    one, other = np.random.default_rng(4).normal(size=(2, 10))
    assert correlation(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-12)


def test_procrustes_is_what_the_best_rotation_leaves():
    one, other = np.random.default_rng(5).normal(size=(2, 10, 4))
    one, other = (each - each.mean(axis=0) for each in (one, other))
    rotation, _ = orthogonal_procrustes(one, other)
    cosine = ((one @ rotation) * other).sum() / np.linalg.norm(one) / np.linalg.norm(other)
    assert procrustes(one, other) == pytest.approx(cosine, abs=1e-8)


def test_three_conditions_are_too_few():
    with pytest.raises(ValueError, match="4 or more conditions"):
        debiased_cka(np.zeros((3, 5)), np.zeros((3, 5)))


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), units=st.integers(1, 6), n=st.integers(4, 9))
def test_a_stack_of_resamples_is_measured_like_each_by_itself(seed, units, n):
    """In double precision; one of them is not defined."""
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(5, n, units)), rng.normal(size=(5, n, units + 1))
    one[0] = 0.0
    stacks = [(one, other), (one, one[::-1])]
    for measure, (first, second) in itertools.product((debiased_cka, procrustes), stacks):
        each = [float(measure(a, b)) for a, b in zip(first, second, strict=True)]
        np.testing.assert_allclose(measure(first, second), each, rtol=0, atol=1e-8)
        assert np.isnan(each[0])
    distances = crossnobis(one, one[::-1])
    each = np.stack([crossnobis(a, b) for a, b in zip(one, one[::-1], strict=True)])
    np.testing.assert_allclose(distances, each, rtol=0, atol=1e-8)
    each = [float(correlation(row, each[1])) for row in each]
    np.testing.assert_allclose(correlation(distances, distances[1]), each, rtol=0, atol=1e-8)
