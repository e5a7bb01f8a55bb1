"""C is chosen on held-out trials, for each time and label set."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from neuro_attn.solver import LogisticDecoder

GRID = [1e-3, 1e-1, 1e1]


def recording(n_trials, n_units, n_classes, signal, seed):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.resize(np.arange(n_classes), n_trials))
    means = signal * rng.normal(size=(n_classes, n_units))
    return means[y] + rng.normal(size=(n_trials, n_units)), y


def held_out_loss(X, y, grid, folds, weight=None):
    """Return scikit-learn's summed log loss for each C, a class's trials dealt out in turn."""
    weight = np.ones(len(y)) if weight is None else weight
    fold = np.empty(len(y), int)
    for label in np.unique(y):
        fold[y == label] = np.arange((y == label).sum()) % folds
    loss = np.zeros(len(grid))
    for number, C in enumerate(grid):
        for part in range(folds):
            train, test = fold != part, fold == part
            model = LogisticRegression(C=C, tol=1e-10, max_iter=10_000, solver="newton-cholesky")
            model.fit(X[train], y[train], sample_weight=weight[train])
            p = model.predict_proba(X[test])
            loss[number] += log_loss(
                y[test], p, labels=np.unique(y), sample_weight=weight[test], normalize=False
            )
    return loss


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_units", [50, 8])
def test_the_best_C_is_that_of_a_loop_over_scikit_learn(n_units, n_classes, weighed):
    chosen = set()
    for seed, signal in enumerate([0.0, 0.2, 0.5, 1.5]):
        X, y = recording(36, n_units, n_classes, signal, seed)
        weight = np.random.default_rng(seed).uniform(0.2, 2, 36) if weighed else None
        loss = held_out_loss(X, y, GRID, 4, weight)
        # Losses must be further apart than what the tolerance leaves open.
        first, second = np.sort(loss)[:2]
        assert second - first > 1e-4 * first
        decoder = LogisticDecoder(C=GRID, standardize=False, tuning_folds=4, tol=1e-6)
        decoder.fit(X, y, weight)
        assert GRID[np.argmin(loss)] == decoder.C_
        chosen.add(float(decoder.C_))
    assert len(chosen) > 1


def test_each_time_and_label_set_has_its_own_C_and_is_fitted_with_it():
    quiet, y = recording(40, 20, 2, 0.0, seed=1)
    loud, _ = recording(40, 20, 2, 0.0, seed=2)
    loud = loud + 2 * np.where(y, 1, -1)[:, None]
    X = np.stack([quiet, loud], axis=2)
    label_sets = np.stack([y, np.random.default_rng(3).permutation(y)], axis=1)
    decoder = LogisticDecoder(C=GRID, tol=1e-6).fit(X, label_sets)
    assert decoder.C_.shape == (2, 2)
    assert decoder.C_[1, 0] > decoder.C_[1, 1]
    scores = decoder.decision_function(X)
    for time, label_set in np.ndindex(2, 2):
        alone = LogisticDecoder(C=GRID, tol=1e-6).fit(X[..., time], label_sets[:, label_set])
        assert decoder.C_[time, label_set] == alone.C_
        fixed = LogisticDecoder(C=float(alone.C_), tol=1e-6)
        expected = fixed.fit(X[..., time], label_sets[:, label_set]).decision_function(X[..., time])
        got = scores[:, time, label_set]
        assert np.linalg.norm(got - expected) <= 2e-6 * np.linalg.norm(expected)


def test_among_equal_losses_the_smallest_C_is_taken():
    X = np.ones((20, 3))
    decoder = LogisticDecoder(C=[10.0, 0.1, 1.0]).fit(X, np.resize([0, 1], 20))
    assert decoder.C_ == 0.1


@pytest.mark.parametrize("n_classes", [2, 4])
def test_choosing_C_finds_nothing_in_noise(n_classes):
    # Choosing on the trials that are tested would find more than chance. Each recording has fresh
    # test trials, so hits are binomial; 4.5 SD has a false-alarm rate of 7e-6 (two-sided).
    n_recordings, n_new = 60, 100
    rng = np.random.default_rng(n_classes)
    y = np.resize(np.arange(n_classes), 24)
    hits, chosen = 0, []
    for _ in range(n_recordings):
        decoder = LogisticDecoder(C=np.logspace(-4, 4, 7)).fit(rng.normal(size=(24, 30)), y)
        chosen.append(decoder.C_)
        new = rng.integers(n_classes, size=n_new)
        hits += (decoder.predict(rng.normal(size=(n_new, 30))) == new).sum()
    n, chance = n_recordings * n_new, 1 / n_classes
    # The loss on training trials would always choose the largest. On held-out noise C above 1 was
    # best in 1 of 120 recordings, so half of 60 is out of reach of chance (below 1e-15).
    assert sum(C > 1 for C in chosen) < n_recordings / 2
    assert abs(hits - n * chance) <= 4.5 * np.sqrt(n * chance * (1 - chance))


def test_float32_stays_float32():
    X, y = recording(30, 10, 2, 0.5, seed=4)
    decoder = LogisticDecoder(C=GRID).fit(X.astype(np.float32), y)
    assert decoder.coef_.dtype == np.float32


def test_trials_without_weight_do_not_count_for_the_choice():
    X, y = recording(40, 10, 2, 0.5, seed=5)
    weight = np.resize([1, 0, 1, 1], 40)
    with_them = LogisticDecoder(C=GRID, standardize=False, tol=1e-6).fit(X, y, weight)
    kept = weight > 0
    without = LogisticDecoder(C=GRID, standardize=False, tol=1e-6).fit(X[kept], y[kept])
    assert with_them.C_ == without.C_
    np.testing.assert_allclose(with_them.coef_, without.coef_, rtol=1e-4, atol=1e-8)


def test_a_class_of_one_trial_leaves_none_to_hold_out():
    X, y = recording(20, 5, 2, 0.5, seed=6)
    y = np.arange(20) == 3
    with pytest.raises(ValueError, match="needs 2 or more trials of every class to choose C"):
        LogisticDecoder(C=GRID).fit(X, y)
