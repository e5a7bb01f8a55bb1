"""The decoder is scikit-learn's logistic regression, for many times and labellings at once."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuro_attn.decoding import LogisticDecoder, cross_validated_accuracy

EXACT = {"tol": 1e-9, "max_iter": 20_000}


def noisy_classes(n_trials, n_units, n_classes, seed, separation=1.0):
    """Return rates with class means of their own, units of different mean and scale, and labels."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.resize(np.arange(n_classes), n_trials))
    means = separation * rng.normal(size=(n_classes, n_units))
    X = (means[y] + rng.normal(size=(n_trials, n_units))) * rng.uniform(0.2, 3, n_units)
    return X + 5 * rng.normal(size=n_units), y


def oracle(X, y, C, standardize):
    model = LogisticRegression(C=C, tol=1e-10, max_iter=10_000, solver="newton-cholesky")
    with warnings.catch_warnings():
        # It may say so where rounding keeps it from coming nearer than 1e-10.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return make_pipeline(StandardScaler() if standardize else "passthrough", model).fit(X, y)


def assert_same_scores(got, expected, rtol):
    """Compare scores in parts of the largest; those of three and more classes up to a constant."""
    if expected.ndim == 2:
        got = got - got.mean(axis=1, keepdims=True)
        expected = expected - expected.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(got, expected, atol=rtol * (1 + np.abs(expected).max()), rtol=0)


def objective(decoder, X, y, standardize):
    """Return what ridge logistic regression minimises, at the decoder's solution."""
    scores = decoder.decision_function(X).astype(float)
    if scores.ndim == 1:
        loss = np.logaddexp(0, np.where(y == 1, -1, 1) * scores).sum()
    else:
        loss = (np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]).sum()
    scale = X.std(axis=0).astype(float) if standardize else np.ones(X.shape[1])
    weights = decoder.coef_.astype(float).reshape(X.shape[1], -1) * scale[:, None]
    return (weights**2).sum() / 2 + decoder.C * loss


# --- scikit-learn is the oracle ----------------------------------------------------------------


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize(("n_trials", "n_units"), [(12, 40), (30, 30), (40, 30), (80, 7)])
@pytest.mark.parametrize("C", [1e-3, 1.0, 1e2])
def test_scores_on_new_trials_are_those_of_scikit_learn(
    C, n_trials, n_units, n_classes, standardize
):
    X, y = noisy_classes(2 * n_trials, n_units, n_classes, seed=n_trials)
    train, test = slice(n_trials), slice(n_trials, None)
    expected = oracle(X[train], y[train], C, standardize)
    decoder = LogisticDecoder(C=C, standardize=standardize, **EXACT).fit(X[train], y[train])
    assert_same_scores(
        decoder.decision_function(X[test]), expected.decision_function(X[test]), rtol=1e-3
    )
    np.testing.assert_array_equal(decoder.predict(X[train]), expected.predict(X[train]))


@settings(deadline=None, max_examples=60)
@given(
    n_trials=st.integers(4, 40),
    n_units=st.integers(1, 40),
    n_classes=st.integers(2, 4),
    log_C=st.floats(-3, 1),
    standardize=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_any_shape_gives_the_scores_of_scikit_learn(
    n_trials, n_units, n_classes, log_C, standardize, seed
):
    X, y = noisy_classes(n_trials, n_units, n_classes, seed)
    expected = oracle(X, y, 10**log_C, standardize).decision_function(X)
    decoder = LogisticDecoder(C=10**log_C, standardize=standardize, **EXACT).fit(X, y)
    assert_same_scores(decoder.decision_function(X), expected, rtol=1e-3)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(("n_trials", "n_units"), [(20, 50), (60, 10)])
@pytest.mark.parametrize("C", [1e-3, 1.0, 1e2])
def test_float32_stays_float32_and_reaches_the_minimum(
    C, n_trials, n_units, n_classes, standardize
):
    X, y = noisy_classes(n_trials, n_units, n_classes, seed=1)
    X = X.astype(np.float32)
    decoder = LogisticDecoder(C=C, standardize=standardize, tol=1e-6, max_iter=20_000).fit(X, y)
    assert decoder.coef_.dtype == decoder.decision_function(X).dtype == np.float32
    best = LogisticDecoder(C=C, standardize=standardize, **EXACT).fit(X.astype(float), y)
    reached, lowest = (objective(each, X, y, standardize) for each in (decoder, best))
    assert reached == pytest.approx(lowest, rel=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_default_tolerance_predicts_what_the_exact_solution_predicts(n_classes):
    X, y = noisy_classes(300, 20, n_classes, seed=2, separation=0.3)
    quick, exact = LogisticDecoder(), LogisticDecoder(**EXACT)
    for each in (quick, exact):
        each.fit(X[:150], y[:150])
    assert (quick.predict(X[150:]) == exact.predict(X[150:])).mean() > 0.98


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("n_trials", [10, 60])
def test_constant_units_have_no_weight_and_change_nothing(n_trials, standardize, dtype):
    X, y = noisy_classes(n_trials, 20, 2, seed=3)
    X[:, [4, 11]] = [0.0, 37.1]
    X = X.astype(dtype)
    varying = np.delete(np.arange(20), [4, 11])
    decoder = LogisticDecoder(standardize=standardize).fit(X, y)
    alone = LogisticDecoder(standardize=standardize).fit(X[:, varying], y)
    # The mean of a constant unit is rounded, so its weight is 0 to that precision.
    np.testing.assert_allclose(decoder.coef_[[4, 11]], 0, atol=1e-4 * np.abs(alone.coef_).max())
    np.testing.assert_allclose(decoder.coef_[varying], alone.coef_, rtol=1e-3, atol=1e-4)


def test_standardized_decoders_do_not_see_the_units_of_measurement():
    X, y = noisy_classes(40, 15, 2, seed=4)
    scale = np.logspace(-2, 2, 15)
    one = LogisticDecoder(**EXACT).fit(X, y).decision_function(X)
    other = LogisticDecoder(**EXACT).fit(X * scale + 3, y).decision_function(X * scale + 3)
    np.testing.assert_allclose(other, one, atol=1e-5)


# --- times and labellings ----------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_trials", [15, 60])
def test_labellings_that_share_rates_are_separate_fits(n_trials, n_classes):
    X, y = noisy_classes(n_trials, 20, n_classes, seed=5)
    rng = np.random.default_rng(5)
    labellings = np.stack([y, *(rng.permutation(y) for _ in range(4))], axis=1)
    together = LogisticDecoder(C=0.1, **EXACT).fit(X, labellings)
    for column in range(5):
        alone = LogisticDecoder(C=0.1, **EXACT).fit(X, labellings[:, column])
        np.testing.assert_allclose(together.coef_[:, column], alone.coef_, atol=1e-5)
        np.testing.assert_allclose(
            together.decision_function(X)[:, column], alone.decision_function(X), atol=1e-4
        )
        np.testing.assert_array_equal(together.predict(X)[:, column], alone.predict(X))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_trials", [15, 60])
def test_times_are_separate_fits(n_trials, n_classes):
    X, y = noisy_classes(n_trials, 20 * 6, n_classes, seed=6)
    X = X.reshape(n_trials, 20, 6)
    together = LogisticDecoder(C=0.1, **EXACT).fit(X, y)
    for time in range(6):
        alone = LogisticDecoder(C=0.1, **EXACT).fit(X[..., time], y)
        np.testing.assert_allclose(together.coef_[time], alone.coef_, atol=1e-5)
        np.testing.assert_allclose(
            together.decision_function(X)[:, time],
            alone.decision_function(X[..., time]),
            atol=1e-4,
        )


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("timed", [False, True])
def test_scores_are_trial_then_time_then_labelling_then_class(timed, labelled, n_classes):
    rng = np.random.default_rng(7)
    X = rng.normal(size=(30, 8, 5) if timed else (30, 8))
    y = np.resize(np.arange(n_classes), 30)
    y = np.stack([y, rng.permutation(y)], axis=1) if labelled else y
    decoder = LogisticDecoder(C=0.1).fit(X, y)
    time, labelling = [5] * timed, [2] * labelled
    outputs = [n_classes] * (n_classes > 2)
    assert decoder.decision_function(X[:9]).shape == (9, *time, *labelling, *outputs)
    assert decoder.predict(X[:9]).shape == (9, *time, *labelling)
    assert decoder.coef_.shape == (*time, 8, *labelling, *outputs)
    assert decoder.intercept_.shape == (*time, *labelling, *outputs)


# --- the manners of scikit-learn ---------------------------------------------------------------


def test_labels_may_be_names():
    X, y = noisy_classes(40, 5, 2, seed=8, separation=4)
    names = np.array(["upper", "lower"])[y]
    decoder = LogisticDecoder().fit(X, names)
    assert decoder.classes_.tolist() == ["lower", "upper"]
    assert (decoder.predict(X) == names).all()
    assert decoder.score(X, names) == 1
    assert ((decoder.decision_function(X) > 0) == (names == "upper")).all()


@pytest.mark.parametrize("across_time", [False, True])
def test_the_number_of_threads_changes_nothing(across_time):
    rng = np.random.default_rng(10)
    X, y = rng.normal(size=(40, 12, 5)), np.tile([0, 1], 20)
    labellings = np.stack([rng.permutation(y) for _ in range(7)], axis=1)
    folds = list(StratifiedKFold(4).split(X, y))
    one, three, all_but_one = (
        cross_validated_accuracy(LogisticDecoder(n_jobs=n), X, labellings, folds, across_time)
        for n in (1, 3, -2)
    )
    np.testing.assert_array_equal(one, three)
    np.testing.assert_array_equal(one, all_but_one)


def test_a_decoder_is_cloned_by_its_parameters():
    parameters = {
        "C": 0.3,
        "standardize": False,
        "class_weight": "balanced",
        "tol": 1e-4,
        "max_iter": 7,
        "selection_folds": 3,
        "labellings_per_batch": 50,
        "n_jobs": 2,
    }
    decoder = LogisticDecoder(**parameters)
    assert decoder.get_params() == parameters
    X, y = noisy_classes(20, 5, 2, seed=9)
    copy = clone(decoder.set_params(max_iter=1000).fit(X, y))
    assert copy.get_params() == {**parameters, "max_iter": 1000}
    assert not hasattr(copy, "coef_")


def test_fitting_leaves_the_data_as_they_are():
    X, y = noisy_classes(20, 5, 2, seed=10)
    before = X.copy()
    LogisticDecoder().fit(X, y)
    np.testing.assert_array_equal(X, before)


def test_too_few_iterations_are_told():
    X, y = noisy_classes(40, 60, 2, seed=11)
    with pytest.warns(ConvergenceWarning, match="1 of 1 problems did not converge in 3 iterations"):
        LogisticDecoder(C=10, max_iter=3).fit(X, y)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((4, 2)), [0, 0, 0, 0], "every labelling needs two or more classes"),
        (np.zeros((4, 2)), [[0, 1], [0, 0], [0, 1], [0, 0]], "every labelling needs two or more"),
        (np.array([[np.nan], [1.0]]), [0, 1], "X must be finite"),
        (np.array([[np.inf], [1.0]]), [0, 1], "X must be finite"),
        (np.zeros((4, 2)), [0, 1, 0], r"got \(4, 2\) and \(3,\)"),
        (np.zeros(4), [0, 1, 0, 1], r"got \(4,\) and \(4,\)"),
    ],
)
def test_data_that_cannot_be_fitted_raise(X, y, message):
    with pytest.raises(ValueError, match=message):
        LogisticDecoder().fit(X, y)


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("C", 0, "C must be positive; got 0"),
        ("C", [1.0, -1.0], r"C must be positive; got \[1.0, -1.0\]"),
        ("C", [], r"C must be a number or a sequence of numbers; got \[\]"),
        ("C", np.nan, "C must be a number or a sequence of numbers; got nan"),
        ("C", "strong", "C must be a number or a sequence of numbers; got 'strong'"),
        ("tol", 0, "tol must be positive; got 0"),
        ("tol", -1e-3, "tol must be positive; got -0.001"),
        ("max_iter", 0, "max_iter must be a whole number of 1 or more; got 0"),
        ("selection_folds", 1, "selection_folds must be a whole number of 2 or more; got 1"),
        ("labellings_per_batch", 0, "labellings_per_batch must be a whole number of 1 or more"),
        ("n_jobs", 0, "n_jobs must be a whole number but 0, or None; got 0"),
        ("n_jobs", 1.5, "n_jobs must be a whole number but 0, or None; got 1.5"),
        ("class_weight", "even", "class_weight must be 'balanced' or None; got 'even'"),
    ],
)
def test_parameters_out_of_range_raise(parameter, value, message):
    X, y = noisy_classes(20, 5, 2, seed=13)
    with pytest.raises(ValueError, match=message):
        LogisticDecoder(**{parameter: value}).fit(X, y)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(19), r"sample_weight must be .* got \(19,\)"),
        (np.ones((20, 3)), r"sample_weight must be .* got \(20, 3\)"),
        (np.ones((20, 2, 1)), r"sample_weight must be .* got \(20, 2, 1\)"),
        (np.full(20, np.nan), "sample_weight must be finite and not negative"),
        (np.full(20, -1.0), "sample_weight must be finite and not negative"),
        (np.zeros(20), "1 or more trials of every class, with weights above 0"),
        (np.resize([0.0, 1.0], 20), "1 or more trials of every class, with weights above 0"),
    ],
)
def test_weights_that_cannot_be_used_raise(weight, message):
    X, _ = noisy_classes(20, 5, 2, seed=14)
    y = np.resize([0, 1], 20)
    with pytest.raises(ValueError, match=message):
        LogisticDecoder().fit(X, np.stack([y, y], axis=1), weight)


def test_a_labelling_must_have_the_classes_of_the_others():
    X, y = noisy_classes(21, 5, 3, seed=15)
    with pytest.raises(ValueError, match="every labelling needs 1 or more trials of every class"):
        LogisticDecoder().fit(X, np.stack([y, np.minimum(y, 1)], axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_times_and_labellings_together_are_separate_fits(n_classes):
    X, y = noisy_classes(24, 12 * 3, n_classes, seed=16)
    X = X.reshape(24, 12, 3)
    rng = np.random.default_rng(16)
    labellings = np.stack([y, *(rng.permutation(y) for _ in range(9))], axis=1)
    scores = LogisticDecoder(C=0.1, **EXACT).fit(X, labellings).decision_function(X)
    for time, labelling in np.ndindex(3, 10):
        alone = LogisticDecoder(C=0.1, **EXACT).fit(X[..., time], labellings[:, labelling])
        np.testing.assert_allclose(
            scores[:, time, labelling], alone.decision_function(X[..., time]), atol=1e-6
        )


def test_new_trials_must_have_the_units_of_the_fit():
    X, y = noisy_classes(20, 5, 2, seed=12)
    decoder = LogisticDecoder().fit(X, y)
    with pytest.raises(ValueError, match=r"X must have 5 units; got shape \(20, 4\)"):
        decoder.decision_function(X[:, :4])


# --- as the README uses it ---------------------------------------------------------------------


def test_the_readme_decodes_arrays():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    found = {}
    exec(compile(example, "README.md", "exec"), found)
    assert found["accuracy"].shape == (20, 1001)
    # There is nothing to decode: p is uniform at twenty independent times, and the mean of twenty
    # lies outside these bounds, 4.5 of its SDs from .5, once in 100,000 times.
    assert 0.2 < found["p"].mean() < 0.8
    assert found["p"].min() >= 1 / 1001


def test_cross_validated_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(20)
    y = np.repeat([0, 1, 2], 20)
    X = rng.normal(size=(60, 15, 4)) + 0.5 * rng.normal(size=(3, 15, 4))[y]
    labels = np.column_stack([y, rng.permutation(y)])
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X[:, :, 0], y))
    decoder = LogisticDecoder(**EXACT)
    accuracy = cross_validated_accuracy(decoder, X, labels, folds)
    across = cross_validated_accuracy(decoder, X, labels, folds, across_time=True)
    for time, test_time, labelling in np.ndindex(4, 4, 2):
        column = labels[:, labelling]
        expected = np.mean(
            [
                oracle(X[train, :, time], column[train], 1.0, True).score(
                    X[test, :, test_time], column[test]
                )
                for train, test in folds
            ]
        )
        assert across[time, test_time, labelling] == pytest.approx(expected, abs=1e-6)
        if time == test_time:
            assert accuracy[time, labelling] == pytest.approx(expected, abs=1e-6)
    in_batches = LogisticDecoder(labellings_per_batch=1, **EXACT)
    one_by_one = cross_validated_accuracy(in_batches, X, labels, folds)
    np.testing.assert_allclose(one_by_one, accuracy, atol=1e-6)


@pytest.mark.parametrize("shapes", [((6, 3), (6, 1)), ((6, 3, 2), (6,))])
def test_cross_validated_accuracy_wants_times_and_labellings(shapes):
    with pytest.raises(ValueError, match=r"X must be \(trial, unit, time\)"):
        cross_validated_accuracy(LogisticDecoder(), np.zeros(shapes[0]), np.zeros(shapes[1]), [])
