"""Nuisance variables as levels and as regressors."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.decoding.nuisance import levels, regressors, values_by_session


@pytest.fixture(scope="session")
def sessions(population):
    """Make a population of sessions with so many trials of each of two tasks."""

    def make(*n_trials):
        return population(
            *(
                (np.zeros((2 * n, 1, 1)), np.repeat([0, 1], n), np.zeros(2 * n, int))
                for n in n_trials
            )
        )

    return make


def levels_of(member, values):
    return levels({"V4": [member]}, {"V4": values}, folds=2)["V4"]


@settings(max_examples=50)
@given(n=st.integers(8, 40), seed=st.integers(0, 10**6), power=st.sampled_from([1, 3]))
def test_quantiles_have_as_many_trials_in_every_task_and_order_the_values(sessions, n, seed, power):
    values = np.random.default_rng(seed).normal(size=2 * n) ** power
    values[n:] += 100
    found = levels_of(sessions(n), {"s0": values})
    assert found.names == tuple(f"quantile {number} of 4" for number in range(1, 5))
    for task in (slice(n), slice(n, None)):
        level = found.of_session["s0"][task]
        assert np.ptp(np.bincount(level, minlength=4)) <= 1
        assert (np.diff(level[np.argsort(values[task])]) >= 0).all()


@pytest.mark.parametrize(("n", "expected"), [(20, 4), (7, 3), (5, 2), (3, 2)])
def test_few_trials_have_fewer_quantiles(sessions, n, expected):
    values = np.random.default_rng(2).permutation(2 * n).astype(float)
    assert len(levels_of(sessions(n), {"s0": values}).names) == expected


def test_all_regions_have_the_same_levels(sessions):
    """In FEF, whose session is short, quartiles would have too few trials."""
    values = {"V4": {"s0": np.arange(80.0)}, "FEF": {"s0": np.arange(10.0)}}
    members = {"V4": [sessions(40)], "FEF": [sessions(5)]}
    found = levels(members, values, folds=2)
    assert found["V4"].names == found["FEF"].names == ("quantile 1 of 2", "quantile 2 of 2")


def test_quantiles_with_many_equal_values_are_fewer_and_none_is_empty(sessions):
    values = np.tile(np.r_[np.zeros(30), np.arange(1, 11)], 2)
    found = levels_of(sessions(40), {"s0": values})
    assert np.bincount(found.of_session["s0"]).min() > 0
    assert len(found.names) < 4


def test_values_are_the_same_whether_they_are_whole_or_not(sessions):
    """A session with a missing number has 1.0 where another has 1."""
    columns = {"s0": np.tile([1, 2], 4), "s1": np.tile([1.0, 2.0, np.nan, 2.0], 2)}
    recordings = [
        xr.Dataset(coords={"side": ("trial", values)}, attrs={"session": session})
        for session, values in columns.items()
    ]
    made = sessions(4, 4)
    values = values_by_session(recordings, [made], "side", "confounds")
    found = levels_of(made, values)
    assert found.names == ("1.0", "2.0")
    assert found.of_session["s0"].tolist() == np.tile([0, 1], 4).tolist()
    assert found.of_session["s1"].tolist() == np.tile([0, 1, -1, 1], 2).tolist()


@pytest.mark.parametrize(("n_train", "freedom"), [(5, 1), (25, 2), (39, 3), (50, 5), (500, 6)])
def test_few_training_trials_have_few_regressors(n_train, freedom):
    values = np.random.default_rng(5).normal(size=200)
    (found,) = regressors({"s": values}, n_train={"s": n_train}).values()
    # Beside the intercept.
    assert np.linalg.matrix_rank(found[..., 0] - found[..., 0].mean(axis=0)) == freedom


@pytest.mark.parametrize("function", [np.abs, np.square, np.cos, np.tanh])
def test_regressors_describe_what_is_neither_linear_nor_monotonic(function):
    values = np.random.default_rng(6).normal(size=300)
    z = regressors({"s": 1.7e9 + values})["s"][..., 0]
    target = function(values)
    residual = target - z @ np.linalg.lstsq(z, target, rcond=None)[0]
    assert residual.var() < 0.02 * target.var()


def test_a_missing_value_has_the_mean_of_the_regressors_and_perhaps_an_indicator():
    for values in (np.r_[np.nan, np.arange(20.0)], np.array(["", *"ab" * 10], object)):
        plain = regressors({"s": values})["s"]
        np.testing.assert_allclose(plain[0], plain[1:].mean(axis=0))
        marked = regressors({"s": values}, missing=True)["s"]
        np.testing.assert_array_equal(marked[:, :-1], plain)
        assert marked[:, -1, 0].tolist() == [1.0] + [0.0] * 20
    complete = np.arange(20.0)
    assert regressors({"s": complete}, missing=True)["s"].shape == (20, 7, 1)


def test_a_value_for_every_bin_has_regressors_for_every_bin():
    values = np.random.default_rng(7).normal(size=(50, 3))
    values[:, 2] = 4.0
    found = regressors({"s": values})["s"]
    assert found.shape == (50, 7, 3)
    alone = regressors({"s": values[:, 0]})["s"]
    np.testing.assert_allclose(found[..., :1], alone, atol=1e-10)
    assert np.ptp(found[..., 2], axis=0).max() < 1e-12
