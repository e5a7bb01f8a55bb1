"""Bootstrap intervals around the value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.geometry.intervals import recentred_interval


@given(seed=st.integers(0, 10**6), value=st.floats(-10, 10), push=st.floats(-10, 10))
def test_the_value_lies_inside_wherever_noise_pushes_the_replicates(seed, value, push):
    replicates = value + push + np.random.default_rng(seed).normal(size=50)
    low, high = recentred_interval(value, replicates, 0.95)
    assert low < value < high


def test_the_spread_is_that_of_the_replicates():
    replicates = np.random.default_rng(0).normal(3, 2, size=100_000)
    assert recentred_interval(1.0, replicates, 0.95) == pytest.approx((1 - 3.92, 1 + 3.92), abs=0.1)
