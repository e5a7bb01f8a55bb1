"""Colour information: Hays' omega squared, and nothing where there is nothing."""

import numpy as np
import pytest

from neuro_attn.geometry.conditions import membership
from neuro_attn.geometry.estimates import bootstrap_weights
from neuro_attn.geometry.information import omega_squared


def test_it_is_hays_omega_squared_where_bins_are_equal():
    rng = np.random.default_rng(0)
    groups = rng.normal(size=(4, 12, 5)) + rng.normal(size=(4, 1, 5))
    rates = groups.reshape(-1, 5)
    grand = rates.mean(axis=0)
    means = groups.mean(axis=1)
    between = 12 * ((means - grand) ** 2).sum(axis=0)
    error = ((groups - means[:, None]) ** 2).sum(axis=(0, 1)) / (48 - 4)
    total = ((rates - grand) ** 2).sum(axis=0)
    expected = (between - 3 * error) / (total + error)
    member = membership(np.repeat(np.arange(4), 12), 4)
    assert omega_squared(rates, member) == pytest.approx(expected)


@pytest.mark.parametrize("planted", [0.0, 0.1, 0.5])
def test_noise_does_not_move_its_mean(planted):
    """Mean over 4000 units; its standard error is below .003."""
    rng = np.random.default_rng(1)
    bins = np.repeat(np.arange(4), [15, 20, 25, 20])
    share = np.bincount(bins) / len(bins)
    means = np.array([1.0, -1.0, 0.5, 0.0])
    spread = (share * (means - share @ means) ** 2).sum()
    strength = np.sqrt(planted / (1 - planted) / spread)
    rates = strength * means[bins][:, None] + rng.normal(size=(len(bins), 4000))
    assert omega_squared(rates, membership(bins, 4)).mean() == pytest.approx(planted, abs=0.015)


def test_bootstraps_stay_around_the_value_on_the_data():
    rng = np.random.default_rng(2)
    bins = np.repeat(np.arange(4), 20)
    rates = 0.5 * np.cos(bins * np.pi / 2)[:, None] + rng.normal(size=(80, 200))
    member = membership(bins, 4)
    resampled = omega_squared(rates, member, bootstrap_weights(len(rates), 200, rng)[1:]).mean()
    assert resampled == pytest.approx(omega_squared(rates, member).mean(), abs=0.01)


def test_a_unit_that_never_varies_has_none():
    rates = np.column_stack([np.full(40, 0.1), np.random.default_rng(3).normal(size=40)])
    found = omega_squared(rates, membership(np.repeat(np.arange(4), 10), 4))
    assert np.isnan(found).tolist() == [True, False]
