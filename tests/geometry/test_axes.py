"""Coding axes: the debiased cosine finds the planted one whatever the noise."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.geometry.coding_axes import coding_axes, cosine, inner_products
from neuro_attn.geometry.conditions import bootstrapped, membership, shuffled, split_halves


def planted_axes(shared, units, n_classes, rng):
    """Class means of two tasks whose coding axes have the cosine `shared`."""
    own = np.linalg.qr(rng.normal(size=(units, 2 * (n_classes - 1))))[0].T
    one, other = own[: n_classes - 1], own[n_classes - 1 :]
    contrasts = np.linalg.qr(np.eye(n_classes) - 1 / n_classes)[0][:, : n_classes - 1]
    return contrasts @ one, contrasts @ (shared * one + np.sqrt(1 - shared**2) * other)


def simulated(means, trials, noise, rng):
    labels = np.repeat(np.arange(len(means)), trials)
    return means[labels] + noise * rng.normal(size=(len(labels), means.shape[1])), labels


def axes_of(rates, labels):
    return coding_axes(rates, membership(labels, labels.max() + 1))


def plain_cosine(one, other):
    return (one.axes * other.axes).sum() / np.sqrt((one.axes**2).sum() * (other.axes**2).sum())


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("shared", [1.0, 0.5, 0.0, -0.8])
def test_the_planted_cosine_is_recovered_where_the_plain_one_shrinks(shared, n_classes):
    rng = np.random.default_rng(0)
    debiased, plain = [], []
    for _ in range(60):
        means = planted_axes(shared, 80, n_classes, rng)
        one, other = (axes_of(*simulated(mean, 30, 0.4, rng)) for mean in means)
        debiased.append(cosine(inner_products(one, other)))
        plain.append(plain_cosine(one, other))
    assert np.mean(debiased) == pytest.approx(shared, abs=0.06)
    assert abs(np.mean(plain)) <= 0.75 * abs(shared) + 0.02


def test_squared_length_is_the_mean_over_all_split_halves():
    rng = np.random.default_rng(1)
    rates, labels = rng.normal(size=(8, 5)), np.repeat([0, 1], 4)
    products = []
    for first, second in itertools.product(itertools.combinations(range(4), 2), repeat=2):
        half = np.isin(np.arange(8), [*first, *(4 + np.array(second))])
        one, other = (
            np.stack([rates[side & (labels == k)].mean(axis=0) for k in (0, 1)])
            for side in (half, ~half)
        )
        products.append(((one - one.mean(axis=0)) * (other - other.mean(axis=0))).sum())
    axes = axes_of(rates, labels)
    assert inner_products(axes, axes)[1] == pytest.approx(np.mean(products))


def test_bootstraps_stay_around_the_value_on_the_data():
    rng = np.random.default_rng(2)
    means = planted_axes(0.5, 60, 2, rng)
    rates, labels = simulated(means[0], 40, 0.3, rng)
    axes = axes_of(rates, labels)
    on_data = inner_products(axes, axes)[1]
    resampled = coding_axes(rates, bootstrapped(membership(labels, 2), 2000, rng))
    assert inner_products(resampled, resampled)[1].mean() == pytest.approx(on_data, rel=0.05)


def test_noise_has_no_reliable_axes_more_often_than_not_and_no_preferred_cosine():
    rng = np.random.default_rng(3)
    nothing = np.zeros((2, 50))
    values = [
        cosine(inner_products(*(axes_of(*simulated(nothing, 20, 1.0, rng)) for _ in range(2))))
        for _ in range(300)
    ]
    assert np.isnan(values).mean() > 0.5
    assert abs(np.nanmedian(values)) < 0.5


@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_scale_and_offset_of_all_rates_change_nothing(seed, scale, shift):
    rng = np.random.default_rng(seed)
    means = planted_axes(0.3, 20, 2, rng)
    data = [simulated(mean, 10, 0.05, rng) for mean in means]
    before = cosine(inner_products(*(axes_of(*one) for one in data)))
    after = cosine(inner_products(*(axes_of(scale * r + shift, labels) for r, labels in data)))
    assert after == pytest.approx(before, rel=1e-5)


@given(seed=st.integers(0, 10**6), counts=st.lists(st.integers(4, 9), min_size=2, max_size=4))
def test_halves_are_disjoint_equal_and_of_their_condition(seed, counts):
    rng = np.random.default_rng(seed)
    member = membership(rng.permutation(np.repeat(np.arange(len(counts)), counts)), len(counts))
    one, other = split_halves(member, rng)
    assert (one + other <= member).all()
    assert one.sum(axis=1).tolist() == other.sum(axis=1).tolist() == [n // 2 for n in counts]


def test_shuffles_keep_counts_and_leave_trials_of_no_condition_out():
    rng = np.random.default_rng(4)
    member = membership(np.array([0, 0, 0, 1, 1, -1, -1]), 2)
    result = shuffled(member, 50, rng)
    assert (result.sum(axis=2) == [3, 2]).all()
    assert not result[:, :, 5:].any()
    assert (result != member).any()
