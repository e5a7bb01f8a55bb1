"""The decoder is scikit-learn's logistic regression, for many times and label sets at once."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from neuro_attn.solver import LogisticDecoder, cross_validated_accuracy

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


@settings(max_examples=60)
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


# --- times and label sets ----------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_trials", [15, 60])
def test_label_sets_that_share_rates_are_separate_fits(n_trials, n_classes):
    X, y = noisy_classes(n_trials, 20, n_classes, seed=5)
    rng = np.random.default_rng(5)
    label_sets = np.stack([y, *(rng.permutation(y) for _ in range(4))], axis=1)
    together = LogisticDecoder(C=0.1, **EXACT).fit(X, label_sets)
    for column in range(5):
        alone = LogisticDecoder(C=0.1, **EXACT).fit(X, label_sets[:, column])
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
def test_scores_are_trial_then_time_then_label_set_then_class(timed, labelled, n_classes):
    rng = np.random.default_rng(7)
    X = rng.normal(size=(30, 8, 5) if timed else (30, 8))
    y = np.resize(np.arange(n_classes), 30)
    y = np.stack([y, rng.permutation(y)], axis=1) if labelled else y
    decoder = LogisticDecoder(C=0.1).fit(X, y)
    time, label_set = [5] * timed, [2] * labelled
    outputs = [n_classes] * (n_classes > 2)
    assert decoder.decision_function(X[:9]).shape == (9, *time, *label_set, *outputs)
    assert decoder.predict(X[:9]).shape == (9, *time, *label_set)
    assert decoder.coef_.shape == (*time, 8, *label_set, *outputs)
    assert decoder.intercept_.shape == (*time, *label_set, *outputs)


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
    label_sets = np.stack([rng.permutation(y) for _ in range(7)], axis=1)
    folds = list(StratifiedKFold(4).split(X, y))
    one, three, all_but_one = (
        cross_validated_accuracy(
            LogisticDecoder(n_jobs=n), X, label_sets, folds, across_time=across_time
        )
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
        "tuning_folds": 3,
        "label_sets_per_batch": 50,
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
        (np.zeros((4, 2)), [0, 0, 0, 0], "two or more classes; label set 0 has one class, 0"),
        (np.zeros((4, 2)), [[0, 1], [0, 0], [0, 1], [0, 0]], "label set 0 has one class, 0"),
        (np.array([[np.nan], [1.0]]), [0, 1], "NaN or infinity; 1 of 2 trials do"),
        (np.array([[np.inf], [1.0]]), [0, 1], "NaN or infinity; 1 of 2 trials do"),
        (np.zeros((4, 2)), [0, 1, 0], r"got \(4, 2\) and \(3,\)"),
        (np.zeros(4), [0, 1, 0, 1], "Expected 2D array, got 1D array"),
        (np.zeros((4, 2, 1, 1)), [0, 1, 0, 1], r"X must be .* got \(4, 2, 1, 1\)"),
        (np.zeros((4, 2)), np.zeros((4, 2, 1)), r"y must be .* got shape \(4, 2, 1\)"),
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
        ("tuning_folds", 1, "tuning_folds must be a whole number of 2 or more; got 1"),
        ("label_sets_per_batch", 0, "label_sets_per_batch must be a whole number of 1 or more"),
        ("n_jobs", 0, "n_jobs must be None or a whole number other than 0; got 0"),
        ("n_jobs", 1.5, "n_jobs must be None or a whole number other than 0; got 1.5"),
        ("class_weight", "even", "class_weight must be 'balanced', a dict or None; got 'even'"),
        ("class_weight", {0: -1.0, 1: 1.0}, "class_weight must be finite and not negative"),
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
        (np.zeros(20), "1 or more trials of every class, with weights above zero"),
        (np.resize([0.0, 1.0], 20), "with weights above zero; label set 0 has 0 of class 0"),
    ],
)
def test_weights_that_cannot_be_used_raise(weight, message):
    X, _ = noisy_classes(20, 5, 2, seed=14)
    y = np.resize([0, 1], 20)
    with pytest.raises(ValueError, match=message):
        LogisticDecoder().fit(X, np.stack([y, y], axis=1), weight)


def test_a_label_set_must_have_the_classes_of_the_others():
    X, y = noisy_classes(21, 5, 3, seed=15)
    with pytest.raises(ValueError, match="label set 1 has 0 of class 2"):
        LogisticDecoder().fit(X, np.stack([y, np.minimum(y, 1)], axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_times_and_label_sets_together_are_separate_fits(n_classes):
    X, y = noisy_classes(24, 12 * 3, n_classes, seed=16)
    X = X.reshape(24, 12, 3)
    rng = np.random.default_rng(16)
    label_sets = np.stack([y, *(rng.permutation(y) for _ in range(9))], axis=1)
    scores = LogisticDecoder(C=0.1, **EXACT).fit(X, label_sets).decision_function(X)
    for time, label_set in np.ndindex(3, 10):
        alone = LogisticDecoder(C=0.1, **EXACT).fit(X[..., time], label_sets[:, label_set])
        np.testing.assert_allclose(
            scores[:, time, label_set], alone.decision_function(X[..., time]), atol=1e-6
        )


def test_new_trials_must_have_the_units_of_the_fit():
    X, y = noisy_classes(20, 5, 2, seed=12)
    decoder = LogisticDecoder().fit(X, y)
    for method in (decoder.decision_function, decoder.predict):
        with pytest.raises(
            ValueError, match="X has 4 features, but LogisticDecoder is expecting 5"
        ):
            method(X[:, :4])
        with pytest.raises(ValueError, match="NaN or infinity; 20 of 20 trials do"):
            method(X * np.nan)
        with pytest.raises(ValueError, match=r"X must be \(trial, 5 units\) as in the fit"):
            method(X[:, :, None])
    timed = LogisticDecoder().fit(np.stack([X, X], 2), y)
    with pytest.raises(ValueError, match=r"X must be \(trial, 5 units, 2 times\) as in the fit"):
        timed.predict(np.stack([X, X, X], 2))


# --- as the README uses it ---------------------------------------------------------------------


def test_the_readme_decodes_arrays():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme, re.S)
    (example,) = (each for each in examples if "LogisticDecoder" in each)
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
    for time, test_time, label_set in np.ndindex(4, 4, 2):
        column = labels[:, label_set]
        expected = np.mean(
            [
                oracle(X[train, :, time], column[train], 1.0, True).score(
                    X[test, :, test_time], column[test]
                )
                for train, test in folds
            ]
        )
        assert across[time, test_time, label_set] == pytest.approx(expected, abs=1e-6)
        if time == test_time:
            assert accuracy[time, label_set] == pytest.approx(expected, abs=1e-6)
    in_batches = LogisticDecoder(label_sets_per_batch=1, **EXACT)
    one_by_one = cross_validated_accuracy(in_batches, X, labels, folds)
    np.testing.assert_allclose(one_by_one, accuracy, atol=1e-6)


@pytest.mark.parametrize("across_time", [False, True])
def test_cross_validated_accuracy_has_the_axes_that_are_given(across_time):
    rng = np.random.default_rng(21)
    X, y = rng.normal(size=(24, 5, 3)), np.resize([0, 1, 2], 24)
    sets = np.stack([y, rng.permutation(y)], axis=1)
    folds = [(np.arange(12), np.arange(12, 24)), (np.arange(12, 24), np.arange(12))]

    def accuracy(X, y):
        return cross_validated_accuracy(
            LogisticDecoder(**EXACT), X, y, folds, across_time=across_time
        )

    full = accuracy(X, sets)
    assert full.shape == ((3, 3, 2) if across_time else (3, 2))
    np.testing.assert_array_equal(accuracy(X, y), full[..., 0])
    masks = [(np.isin(np.arange(24), train), np.isin(np.arange(24), test)) for train, test in folds]
    by_mask = cross_validated_accuracy(
        LogisticDecoder(**EXACT), X, sets, masks, across_time=across_time
    )
    np.testing.assert_array_equal(by_mask, full)
    if across_time:
        with pytest.raises(ValueError, match=r"across_time needs X as \(trial, unit, time\)"):
            accuracy(X[..., 0], y)
    else:
        np.testing.assert_array_equal(accuracy(X[..., 0], sets), full[0])
        assert accuracy(X[..., 0], y).shape == ()
        assert accuracy(X[..., 0], y) == full[0, 0]


# --- labels ------------------------------------------------------------------------------------

NOT_LABELS = [
    (np.nan, "it has NaN{} on 3 of 24 trials. Leave these trials out of X and y."),
    (np.inf, "it has infinity{} on 3 of 24 trials."),
    (0.5, "it has continuous values, such as 0.5,{} on 3 of 24 trials. Split them into classes"),
    (None, "it has missing values (None, NaN){} on 3 of 24 trials."),
    ("a", "of one kind, all text or all numbers; got int, str"),
    (1j, "as numbers or text; got complex128"),
]


@pytest.mark.parametrize("as_sets", [False, True])
@pytest.mark.parametrize(("value", "message"), NOT_LABELS)
@pytest.mark.parametrize("trials", [slice(3), slice(21, 24)], ids=["train", "test"])
def test_what_is_no_label_raises_wherever_it_stands(trials, value, message, as_sets):
    X, labels = np.random.default_rng(22).normal(size=(24, 3)), np.resize([0, 1], 24)
    y = labels.astype(object if value in (None, "a") else type(value))
    y[trials] = value
    if as_sets:
        y, labels = np.stack([labels, y], axis=1), np.stack([labels, labels], axis=1)
    message = re.escape(message.format(" in label set 1" * as_sets))
    folds = [(np.arange(12), np.arange(12, 24))]
    with pytest.raises(ValueError, match=message):
        LogisticDecoder().fit(X, y)
    with pytest.raises(ValueError, match=message):
        cross_validated_accuracy(LogisticDecoder(), X, y, folds)
    with pytest.raises(ValueError, match=message):
        LogisticDecoder().fit(X, labels).score(X, y)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("container", [list, np.array, pd.Series])
def test_names_that_are_missing_raise_in_every_container(container, missing):
    names = ["left", "right", missing] * 4
    y = np.array(names, dtype=object) if container is np.array else container(names)
    with pytest.raises(ValueError, match=r"missing values \(None, NaN\) on 4 of 12 trials"):
        LogisticDecoder().fit(np.zeros((12, 2)), y)


@pytest.mark.parametrize("n_sets", [None, 1, 2, 3])
def test_a_class_that_a_fold_lacks_counts_as_wrong(n_sets):
    """Stimulus 2 is held out; whatever the decoder says of it is wrong, in every label set."""
    rng = np.random.default_rng(0)
    y = np.repeat([1, 2, 3], 20)
    X = rng.normal(size=(60, 10, 1))
    X[:, 0, 0] += 3.0 * (y - 2) + 2.0 * (y == 2)
    fold = [(np.flatnonzero(y != 2), np.flatnonzero(y == 2))]
    sets = y if n_sets is None else np.column_stack([y, rng.permutation(y), y == 1])[:, :n_sets]
    accuracy = cross_validated_accuracy(LogisticDecoder(**EXACT), X, sets, fold)
    assert accuracy.shape == (1, *sets.shape[1:])
    assert accuracy.ravel()[0] == 0
    # All label sets in one call, with their own classes in training, are separate fits.
    for number in range(n_sets or 0):
        column = sets[:, number]
        expected = oracle(X[fold[0][0], :, 0], column[fold[0][0]], 1.0, True).score(
            X[fold[0][1], :, 0], column[fold[0][1]]
        )
        assert accuracy[0, number] == pytest.approx(expected, abs=1e-6)
    fitted = LogisticDecoder().fit(X[fold[0][0], :, 0], y[fold[0][0]])
    assert fitted.score(X[fold[0][1], :, 0], y[fold[0][1]]) == 0
    whole = cross_validated_accuracy(
        LogisticDecoder(),
        X,
        y,
        [(np.flatnonzero(y != k), np.flatnonzero(y == k)) for k in (1, 2, 3)],
    )
    assert whole == 0


@pytest.mark.parametrize("text", [False, True])
def test_class_weights_belong_to_labels_in_every_fold(text):
    X, y = noisy_classes(60, 5, 3, seed=24, separation=0.4)
    y = np.array(["c", "a", "b"])[y] if text else y
    weight = {label: 1.0 + 3 * (label == y[0]) for label in np.unique(y).tolist()}
    folds = [(np.arange(30), np.arange(30, 60)), (np.flatnonzero(y != y[0]), np.arange(0))]
    folds[1] = (folds[1][0], np.flatnonzero(y == y[0]))
    decoder = LogisticDecoder(class_weight=weight, **EXACT)
    train, test = folds[0]
    expected = LogisticRegression(class_weight=weight, tol=1e-10, max_iter=10_000).fit(
        StandardScaler().fit_transform(X[train]), y[train]
    )
    scaled = StandardScaler().fit(X[train]).transform(X[test])
    assert decoder.fit(X[train], y[train]).score(X[test], y[test]) == expected.score(
        scaled, y[test]
    )
    both = cross_validated_accuracy(decoder, X, y, folds)
    assert both == pytest.approx(expected.score(scaled, y[test]) / 2)


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([(np.arange(0, 12, 2), np.arange(1, 12, 2))], "fold 0 have one class only, 0, in label"),
        ([(np.arange(8), np.arange(6, 12))], "fold 0 tests 2 of the trials that it trains on"),
        ([(np.arange(8), np.arange(0))], "fold 0 must have training and test trials"),
        ([], "one or more pairs of training and test trials; got none"),
    ],
)
def test_folds_that_cannot_be_decoded_raise(folds, message):
    X, y = np.random.default_rng(23).normal(size=(12, 3)), np.resize([0, 1], 12)
    with pytest.raises(ValueError, match=message):
        cross_validated_accuracy(LogisticDecoder(), X, y, folds)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("timed", [False, True])
def test_score_is_the_fraction_correct_of_every_time_and_label_set(
    timed, labelled, weighed, n_classes
):
    rng = np.random.default_rng(25)
    X = rng.normal(size=(30, 4, 3) if timed else (30, 4))
    y = np.resize(np.arange(n_classes), 30)
    y = np.stack([y, rng.permutation(y)], axis=1) if labelled else y
    weight = rng.uniform(size=y.shape) if weighed else None
    decoder = LogisticDecoder().fit(X, y)
    score = decoder.score(X, y, weight)
    assert np.shape(score) == (*[3] * timed, *[2] * labelled)
    predicted = decoder.predict(X).reshape(30, 3 if timed else 1, -1)
    for time, number in np.ndindex(predicted.shape[1:]):
        expected = accuracy_score(
            y.reshape(30, -1)[:, number],
            predicted[:, time, number],
            sample_weight=None if weight is None else weight.reshape(30, -1)[:, number],
        )
        got = np.reshape(score, predicted.shape[1:])[time, number]
        assert got == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ValueError, match="y must have the shape"):
        decoder.score(X, y[:, 0] if labelled else y[:, None])


def test_labels_of_another_kind_are_not_counted_as_wrong():
    X, y = noisy_classes(20, 3, 2, seed=26)
    decoder = LogisticDecoder().fit(X, y)
    with pytest.raises(ValueError, match="labels such as '0'; the decoder"):
        decoder.score(X, y.astype(str))


# --- scikit-learn's own checks -----------------------------------------------------------------


def unmet(estimator):
    """Return checks that an estimator cannot meet."""
    if estimator.tol > 1e-9:
        return {"check_sample_weight_equivalence_on_dense_data": "equal within tol, not 1e-7"}
    return {}


@parametrize_with_checks(
    [
        LogisticDecoder(),
        LogisticDecoder(tol=1e-10, standardize=False),
        LogisticDecoder(tol=1e-10, n_jobs=1),
    ],
    expected_failed_checks=unmet,
)
def test_the_decoder_keeps_the_conventions_of_scikit_learn(estimator, check):
    check(estimator)


def test_weights_that_label_sets_share_count_trials_several_times():
    X, y = noisy_classes(30, 5, 2, seed=27)
    times = np.random.default_rng(27).integers(0, 4, 30)
    weighed = LogisticDecoder(**EXACT).fit(X, y, times)
    repeated = LogisticDecoder(**EXACT).fit(np.repeat(X, times, 0), np.repeat(y, times))
    np.testing.assert_allclose(weighed.decision_function(X), repeated.decision_function(X), 1e-6)
