"""Ridge regression of angles: scikit-learn's Ridge is the oracle, a refit that of permutations."""

import numpy as np
import pytest
from scipy.stats import sem
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuro_attn.solver import CircularRidge, cross_validated_circular_error
from neuro_attn.solver.ridge import selected_weights

FAR = 5
"""Standard errors; for n >= 25 a t statistic beyond it has a probability below 5e-5."""


def tuned(rng, n_trials=60, n_units=12, n_times=None, noise=1.0, preferred=None):
    """Return angles, and the rates of units that prefer an angle each."""
    angle = rng.uniform(-np.pi, np.pi, n_trials)
    preferred = rng.uniform(-np.pi, np.pi, n_units) if preferred is None else preferred
    mean = 5 + np.cos(angle[:, None] - preferred)
    times = () if n_times is None else (n_times,)
    shape = (*mean.shape, *times)
    return mean.reshape(*mean.shape, *(1 for _ in times)) + noise * rng.normal(size=shape), angle


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize(("n_units", "alpha"), [(12, 0.1), (12, 100.0), (150, 3.0)])
def test_predictions_are_those_of_scikit_learn(n_units, alpha, standardize):
    rng = np.random.default_rng(1)
    X, angle = tuned(rng, n_units=n_units, n_times=3)
    X *= rng.uniform(0.1, 10, (n_units, 1))
    y = np.stack([angle, rng.permutation(angle)], axis=1)
    decoder = CircularRidge(alpha, standardize=standardize).fit(X[:45], y[:45])
    vectors = decoder.predict_vector(X[45:])
    assert vectors.shape == (15, 3, 2, 2)
    assert decoder.coef_.shape == (3, n_units, 2, 2)
    for time, number in np.ndindex(3, 2):
        targets = np.stack([np.cos(y[:45, number]), np.sin(y[:45, number])], axis=1)
        oracle = make_pipeline(StandardScaler(with_std=standardize), Ridge(alpha))
        expected = oracle.fit(X[:45, :, time], targets).predict(X[45:, :, time])
        np.testing.assert_allclose(vectors[:, time, number], expected, rtol=0, atol=1e-6)
        with_weights = X[45:, :, time] @ decoder.coef_[time, :, number]
        with_weights += decoder.intercept_[time, number]
        np.testing.assert_allclose(with_weights, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        decoder.predict(X[45:]), np.arctan2(vectors[..., 1], vectors[..., 0])
    )


def absolute_error(predicted, truth):
    return np.degrees(np.abs((predicted - truth + np.pi) % (2 * np.pi) - np.pi))


@pytest.mark.parametrize("n_units", [12, 80])
@pytest.mark.parametrize("across_time", [False, True])
def test_errors_of_permutations_are_those_of_a_refit_for_each(n_units, across_time):
    rng = np.random.default_rng(2)
    X, angle = tuned(rng, n_units=n_units, n_times=2)
    y = np.stack([angle, *(rng.permutation(angle) for _ in range(4))], axis=1)
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    found = cross_validated_circular_error(CircularRidge(2.0), X, y, folds, across_time=across_time)
    expected = np.zeros((2, 2, 5))
    for (train, test), time, tested, number in (
        (fold, *index) for fold in folds for index in np.ndindex(2, 2, 5)
    ):
        decoder = CircularRidge(2.0).fit(X[train][..., time], y[train, number])
        predicted = decoder.predict(X[test][..., tested])
        expected[time, tested, number] += absolute_error(predicted, y[test, number]).mean() / 3
    if not across_time:
        expected = np.einsum("ttn->tn", expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


def test_axes_are_those_of_X_and_y():
    X, angle = tuned(np.random.default_rng(3), n_times=2)
    one, folds = X[..., 0], list(KFold(2).split(X))
    error = cross_validated_circular_error
    assert np.shape(error(CircularRidge(), one, angle, folds)) == ()
    assert error(CircularRidge(), one, angle[:, None], folds).shape == (1,)
    assert error(CircularRidge(), X, angle, folds).shape == (2,)
    masks = [tuple(np.isin(np.arange(60), trials) for trials in fold) for fold in folds]
    of_masks, of_numbers = (error(CircularRidge(), X, angle, each) for each in (masks, folds))
    assert (of_masks == of_numbers).all()
    decoder = CircularRidge().fit(one, angle)
    assert isinstance(decoder.score(one, angle), float)
    assert decoder.coef_.shape == (12, 2)
    assert decoder.intercept_.shape == (2,)


def test_rotated_angles_rotate_predictions():
    """No direction of the circle is special."""
    X, angle = tuned(np.random.default_rng(4))
    predicted = CircularRidge().fit(X, angle).predict(X)
    rotated = CircularRidge().fit(X, angle + 2.0).predict(X)
    assert absolute_error(rotated, predicted + 2.0).max() < 1e-6


def test_a_large_offset_changes_nothing_and_a_constant_unit_has_no_weight():
    X, angle = tuned(np.random.default_rng(5))
    expected = CircularRidge().fit(X, angle).predict(X)
    moved = CircularRidge().fit(X + 1e7, angle).predict(X + 1e7)
    assert absolute_error(moved, expected).max() < 1e-4
    constant = np.concatenate([X, np.full((60, 1), 3.0)], axis=1)
    decoder = CircularRidge().fit(constant, angle)
    assert (decoder.coef_[-1] == 0).all()
    constant[:, -1] = 1e6
    assert absolute_error(decoder.predict(constant), expected).max() < 1e-6


def test_the_error_of_noise_is_90_degrees_and_that_of_a_strong_code_small():
    errors, folds = [], list(KFold(2).split(np.zeros(60)))
    for seed in range(40):
        rng = np.random.default_rng(seed)
        X, angle = tuned(rng)
        noise = rng.normal(size=X.shape)
        errors.append(cross_validated_circular_error(CircularRidge(), noise, angle, folds))
    assert abs(np.mean(errors) - 90) < FAR * sem(errors)
    X, angle = tuned(rng, n_trials=200, n_units=40, noise=0.1)
    folds = KFold(2).split(X)
    assert cross_validated_circular_error(CircularRidge(), X, angle, folds) < 5


def test_a_code_transfers_to_a_task_with_the_same_tuning():
    """Preferred angles that are opposite in the other task give opposite predictions."""
    rng = np.random.default_rng(6)
    preferred = rng.uniform(-np.pi, np.pi, 40)
    X, angle = tuned(rng, n_trials=200, noise=0.1, preferred=preferred)
    decoder = CircularRidge().fit(X, angle)
    for shift, expected in ((0.0, 1.0), (np.pi, -1.0)):
        other, color = tuned(rng, n_trials=200, noise=0.1, preferred=preferred + shift)
        assert decoder.score(other, color) == pytest.approx(expected, abs=0.02)


def test_it_is_an_estimator_of_scikit_learn():
    decoder = clone(CircularRidge(3.0, standardize=False))
    assert decoder.get_params() == {"alpha": 3.0, "standardize": False}
    with pytest.raises(NotFittedError):
        decoder.predict(np.zeros((2, 2)))


X, ANGLE = tuned(np.random.default_rng(7))
SPLIT = [(np.arange(30), np.arange(30, 60))]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CircularRidge(0.0).fit(X, ANGLE), "alpha must be a positive number; got 0.0"),
        (lambda: CircularRidge("1").fit(X, ANGLE), "alpha must be a positive number; got '1'"),
        (lambda: CircularRidge().fit(X, ANGLE[1:]), r"with as many trials.*\(60, 12\) and \(59,\)"),
        (lambda: CircularRidge().fit(X[:, 0], ANGLE), r"X must be \(trial, unit\)"),
        (lambda: CircularRidge().fit(X * np.nan, ANGLE), "X must not contain NaN"),
        (lambda: CircularRidge().fit(X, ANGLE * np.inf), "y must not contain NaN or infinity"),
        (lambda: CircularRidge().fit(X, ANGLE.astype(str)), "y must contain angles in rad"),
        (lambda: CircularRidge().fit(X, ANGLE[:, None, None]), r"y must be \(trial,\)"),
        (lambda: CircularRidge().fit(X, ANGLE).predict(X[:, 1:]), r"X must be \(trial, 12\)"),
        (lambda: CircularRidge().fit(X, ANGLE).score(X, ANGLE[:5]), r"y must have the shape \(60,"),
        (lambda: cross_validated_circular_error(CircularRidge(), X, ANGLE, []), "got none"),
        (
            lambda: cross_validated_circular_error(
                CircularRidge(), X, ANGLE, SPLIT, across_time=True
            ),
            r"across_time needs X as \(trial, unit, time\)",
        ),
        (
            lambda: cross_validated_circular_error(
                CircularRidge(), X, ANGLE, [(np.arange(40), np.arange(30, 60))]
            ),
            "fold 0 tests 10 of the trials that it trains on",
        ),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_penalty_is_selected_for_each_label_set_by_the_error_of_left_out_trials():
    rng = np.random.default_rng(12)
    rates = rng.normal(size=(30, 8))
    rates -= rates.mean(axis=0)
    strong = rates @ rng.normal(size=8) + 0.1 * rng.normal(size=30)
    targets = np.stack([strong, rng.normal(size=30)], axis=1)
    alphas = [0.1, 10.0, 1000.0]
    centred, once = (targets - targets.mean(axis=0))[:, :, None], np.ones(30, int)
    (weights,), (chosen,) = selected_weights(rates[None], centred, alphas, once[None])
    for number, y in enumerate(targets.T):
        oracle = RidgeCV(alphas).fit(rates, y)
        assert chosen[number] == oracle.alpha_
        np.testing.assert_allclose(weights[:, number, 0], oracle.coef_, atol=1e-10)
    assert chosen.tolist() == [0.1, 1000.0]


def test_copies_of_a_trial_are_left_out_together_in_the_selection_of_a_penalty():
    """As refits without all rows of a trial: a copy would be predicted from the others."""
    rng = np.random.default_rng(13)
    drawn = np.sort(rng.integers(0, 25, 40))
    rates = rng.normal(size=(25, 10))[drawn]
    coded = rates @ rng.normal(size=(10, 12)) * np.linspace(0, 1, 12)
    targets = coded + 2 * rng.normal(size=(25, 12))[drawn]
    alphas = [0.01, 1.0, 10.0, 100.0, 1000.0]
    errors = [
        sum(
            (
                (Ridge(alpha).fit(rates[~out], targets[~out]).predict(rates[out]) - targets[out])
                ** 2
            ).sum(axis=0)
            for out in (drawn == each for each in np.unique(drawn))
        )
        for alpha in alphas
    ]
    expected = np.asarray(alphas)[np.argmin(errors, axis=0)]
    rates, targets = rates - rates.mean(axis=0), targets - targets.mean(axis=0)
    copies = np.stack([np.bincount(drawn)[drawn], np.ones(40, int)])
    _, (chosen, leaking) = selected_weights(
        np.stack([rates, rates]), targets[:, :, None], alphas, copies
    )
    assert chosen.tolist() == expected.tolist()
    assert leaking.tolist() != expected.tolist()
