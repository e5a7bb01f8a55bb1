"""Units are constant only within their own rounding, and an offset takes nothing from a signal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuro_attn.solver import LogisticDecoder, constant_units, cross_validated_accuracy, standardize

DTYPES = [np.float32, np.float64]
N_TRIALS = st.sampled_from([2, 3, 7, 40, 3000])


def finite(dtype):
    """Return values of a precision whose differences are also finite."""
    most = float(np.finfo(dtype).max) / 8
    return st.floats(-most, most, width=np.dtype(dtype).itemsize * 8).map(dtype)


def resolved(dtype):
    """Return a filter of values whose neighbours are not subnormal steps away."""
    return lambda x: abs(x) > 100 * np.finfo(dtype).tiny / np.finfo(dtype).eps


def found_constant(X, **keys):
    """Return which units (trial, unit) are constant, as all ways to ask say alike."""
    standardized, units = standardize(X, scale=True, **keys)
    np.testing.assert_array_equal(units.constant, constant_units(X))
    assert np.isfinite(standardized).all()
    assert (standardized[:, units.constant] == 0).all()
    return units.constant


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), n_trials=N_TRIALS)
def test_units_that_are_exactly_constant_are_always_found(dtype, data, n_trials):
    values = np.array(data.draw(st.lists(finite(dtype), min_size=1, max_size=8)), dtype)
    X = np.tile(values, (n_trials, 1))
    assert found_constant(X).all()
    # Their mean is exact, however many trials are summed.
    np.testing.assert_array_equal(standardize(X, scale=False)[1].center, values)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), n_trials=N_TRIALS, seed=st.integers(0, 2**32 - 1))
def test_units_that_vary_by_rounding_alone_are_constant(dtype, data, n_trials, seed):
    value = data.draw(finite(dtype).filter(resolved(dtype)))
    step = np.random.default_rng(seed).integers(-1, 2, n_trials)
    rounded = np.where(step < 0, np.nextafter(value, dtype(-np.inf)), value)
    rounded = np.where(step > 0, np.nextafter(value, dtype(np.inf)), rounded).astype(dtype)
    assert found_constant(rounded[:, None]).all()


@pytest.mark.parametrize("magnitude", 10.0 ** np.arange(-280, 0, 20))
def test_the_sd_of_rates_of_any_magnitude_is_as_precise(magnitude):
    X = magnitude * np.random.default_rng(0).normal(size=(50, 3))
    expected = (X / magnitude).std(axis=0)
    np.testing.assert_allclose(standardize(X, scale=True)[1].scale / magnitude, expected, 1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), n_trials=N_TRIALS, seed=st.integers(0, 2**32 - 1))
def test_a_signal_that_the_precision_resolves_is_never_constant(dtype, data, n_trials, seed):
    """Five steps of the spacing of numbers around the offset are more than rounding makes."""
    offset = data.draw(finite(dtype).filter(resolved(dtype)))
    signal = np.random.default_rng(seed).integers(-8, 9, n_trials)
    signal[:2] = [-3, 3]
    X = (offset + signal.astype(dtype) * np.spacing(offset)).astype(dtype)[:, None]
    assert not found_constant(X).any()
    standardized, units = standardize(X, scale=True, dtype=np.dtype(np.float64))
    # Differences of neighbouring numbers are exact, and small multiples of their spacing.
    spacing = np.abs(np.spacing(offset))
    steps = ((X - X[0]) / spacing).astype(float)[:, 0]
    exact = (steps - steps.mean()) / steps.std()
    np.testing.assert_allclose(standardized[:, 0], exact, atol=1e-12)
    assert units.scale == pytest.approx(steps.std() * spacing, rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    offset=st.integers(-(2**17), 2**17),
    power=st.integers(-60, 60),
    n_trials=st.sampled_from([2, 9, 300]),
    seed=st.integers(0, 2**32 - 1),
)
def test_neither_offset_nor_unit_of_measurement_matters(dtype, offset, power, n_trials, seed):
    """All sums and products are representable, so results are equal to the last digits."""
    rng = np.random.default_rng(seed)
    X = rng.integers(-40, 41, (n_trials, 6)) / 8
    X[:, 2] = 1
    moved = ((X + offset) * 2.0**power).astype(dtype)
    assert (moved.astype(float) == (X + offset) * 2.0**power).all()
    np.testing.assert_array_equal(found_constant(moved), (X[0] == X).all(axis=0))
    plain, units = standardize(X.astype(dtype), scale=True)
    np.testing.assert_allclose(standardize(moved, scale=True)[0], plain, atol=1e-6)
    mean = units.center.astype(float) + units.remainder
    np.testing.assert_allclose(mean, X.mean(axis=0), atol=1e-14)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=30)
@given(
    offset=st.integers(-(2**17), 2**17),
    power=st.integers(-40, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_decision_values_do_not_depend_on_offset_and_scale(dtype, n_classes, offset, power, seed):
    rng = np.random.default_rng(seed)
    y = np.resize(np.arange(n_classes), 24)
    X = np.round(8 * (rng.normal(size=(30, 5)) + y[np.arange(30) % 24, None])) / 8
    moved = ((X + offset) * 2.0**power).astype(dtype)
    X = X.astype(dtype)
    plain, other = (LogisticDecoder(tol=1e-5, n_jobs=1).fit(each[:24], y) for each in (X, moved))
    expected = plain.decision_function(X[24:])
    found = other.decision_function(moved[24:])
    assert found.dtype == dtype
    size = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, atol=1e-3 * size)
    assert other.n_constant_units_ == plain.n_constant_units_
    # The public weights and intercepts say the same, up to the digits that the offset leaves.
    scores = moved[24:].astype(float) @ other.coef_.astype(float) + other.intercept_
    lost = np.finfo(dtype).eps * np.abs(moved.astype(float)).max() * np.abs(other.coef_).sum()
    np.testing.assert_allclose(scores, found, atol=1e-5 * size + 4 * lost)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("offset", [0, 1000, 20_000, 50_000, 1_000_000])
def test_a_signal_on_an_offset_is_decoded_as_scikit_learn_decodes_it(offset, dtype):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 100)
    X = rng.normal(size=(200, 30))
    X[:, :10] += 0.8 * (y[:, None] - 0.5)
    X = (X + offset).astype(dtype)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    peer = make_pipeline(StandardScaler(), LogisticRegression())
    # Both see the same rounded data; scikit-learn, in double precision.
    expected = cross_val_score(peer, X.astype(np.float64), y, cv=folds).mean()
    decoder = LogisticDecoder(tol=1e-5)
    assert expected > 0.8
    assert cross_validated_accuracy(decoder, X, y, folds) == pytest.approx(expected, abs=0.006)
    timed = np.stack([X, X[:, ::-1]], axis=2)
    across = cross_validated_accuracy(decoder, timed, y, folds, across_time=True)
    np.testing.assert_allclose(np.diag(across), expected, atol=0.006)
    assert decoder.fit(X, y).n_constant_units_ == 0


@pytest.mark.parametrize("scaled", [True, False])
def test_the_number_of_constant_units_is_known_at_every_time(scaled):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(20, 6, 3)).astype(np.float32)
    X[:, :2, 1] = 0.1
    X[:, 5, 2] = 0
    decoder = LogisticDecoder(standardize=scaled).fit(X, np.resize([0, 1], 20))
    assert decoder.n_constant_units_.tolist() == [0, 2, 1]
    assert (decoder.coef_[1, :2] == 0).all()
    alone = LogisticDecoder(standardize=scaled).fit(X[..., 1], np.resize([0, 1], 20))
    assert alone.n_constant_units_ == 2
    assert isinstance(alone.n_constant_units_, int)


def test_trials_without_weight_neither_scale_units_nor_make_them_vary():
    X = np.random.default_rng(2).normal(size=(30, 4))
    X[:20, 0] = 0.1
    weight = np.repeat([1.0, 0.0], [20, 10])
    _, units = standardize(X, scale=True, weight=weight)
    assert units.constant.tolist() == [True, False, False, False]
    np.testing.assert_allclose(units.scale[1:], X[:20, 1:].std(axis=0), rtol=1e-12)
