"""Significant is what is strictly below alpha, in tables as in memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.configuration import Inference
from neuro_attn.inference.significance import first_look, significant


@given(m=st.integers(1, 2000), b=st.integers(0, 200), above=st.integers(0, 5))
def test_a_p_that_equals_alpha_is_not_significant_nor_is_it_once_it_was_in_a_table(m, b, above):
    alpha = (b + 1) / (m + 1)
    p = (b + 1 + above) / (m + 1)
    assert not significant(np.array(p), alpha)
    assert not significant(np.array(float(f"{p:.9g}")), alpha)


@given(m=st.integers(1, 10**6), b=st.integers(1, 200))
def test_one_permutation_less_that_reaches_the_observation_is_significant(m, b):
    assert significant(np.array(b / (m + 1)), (b + 1) / (m + 1))


@pytest.mark.parametrize(
    ("permutations", "alpha", "note"),
    [
        (19, 0.05, "first look: 19 permutations, the smallest attainable p is 0.05"),
        (20, 0.05, ""),
        (200, 0.05, ""),
        (200, 0.001, "first look: 200 permutations, the smallest attainable p is 0.005"),
        (1, 0.05, "first look: 1 permutation, the smallest attainable p is 0.5"),
        (1000, 0.001, ""),
    ],
)
def test_a_run_that_can_find_nothing_significant_is_a_first_look(permutations, alpha, note):
    assert first_look(Inference(permutations=permutations, alpha=alpha)) == note
